//! The SERVER span of one request (semantic conventions for HTTP, stable), and what goes around every request: correlation
//! id, ordered fault, problem details, metrics and a log line with the ids of the span.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;

use super::problem::{MEDIA_TYPE, Problem};
use super::service::{Service, correlation_id, trace_id, with_baggage, with_correlation_id};
use crate::faults::{BAGGAGE, Fault, HEADER, PARAMETER, fault_of};

/// Paths that make no span: what watches a service, and what only tells a page of the demo what there is.
const QUIET: [&str; 6] = ["/health", "/metrics", "/openapi.json", "/docs", "/demo/faults", "/demo/links"];
/// The header of the correlation id.
const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");
/// The longest correlation id that is taken from a caller.
const LONGEST_ID: usize = 64;

/// Handlers find the context of the span among the request's extensions. The work is a task of its own: a caller that gives
/// up does not stop it, as with most servers.
pub(crate) async fn server_span(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    let running = service.running();
    let answering = tokio::spawn(async move {
        let response = answered(&service, request, next).await;
        drop(running);
        response
    });
    answering.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn answered(service: &Service, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let path = request.uri().path().to_owned();
    let is_quiet = QUIET.contains(&path.as_str());
    let mut parent = service.extract(request.headers());
    if correlation_id(&parent).is_none() {
        parent = with_correlation_id(&parent, correlation(service, request.headers()));
    }
    let ordered = ordered_fault(service, &request, &parent);
    if let Ok(Some(fault)) = &ordered {
        parent = with_baggage(&parent, BAGGAGE, fault.name().to_owned());
    }
    let route = request.extensions().get::<MatchedPath>().map(|matched| matched.as_str().to_owned());
    let cx = if is_quiet {
        parent
    } else {
        let (name, mut attributes) = describe(&request, path.clone(), route.clone());
        if let Ok(Some(fault)) = &ordered {
            attributes.push(KeyValue::new(BAGGAGE, fault.name()));
        }
        attributes
            .extend(parent.baggage().get("user.tier").map(|tier| KeyValue::new("user.tier", tier.clone())));
        service.span(&parent, SpanKind::Server, name, attributes)
    };
    request.extensions_mut().insert(cx.clone());
    // Layers of the routes, such as the capture of calls, see the span that answers.
    if !is_quiet {
        service.inject(&cx, request.headers_mut());
    }
    let response = match ordered {
        Err(why) => Problem::new(StatusCode::BAD_REQUEST, "unknown_fault", service.name, why)
            .at(HEADER)
            .into_response(),
        // A task, so that a panic of a handler ends here.
        Ok(_) => match tokio::spawn(next.run(request)).await {
            Ok(response) => response,
            Err(error) => {
                super::problem::record(&cx, "tokio::task::JoinError", &error);
                let why = "the request could not be answered";
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", service.name, why)
                    .into_response()
            }
        },
    };
    let response = finished(&cx, response, is_quiet);
    let status = response.status();
    service.metrics.answered(
        route.as_deref().unwrap_or("unknown"),
        status.as_u16(),
        start.elapsed().as_secs_f64(),
    );
    if !is_quiet {
        log(service, &cx, &path, status, start);
    }
    response
}

/// Ends the span, and writes what the answer says about it.
fn finished(cx: &Context, mut response: Response, is_quiet: bool) -> Response {
    let status = response.status();
    let correlation = correlation_id(cx);
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let trace_id = if is_quiet { None } else { trace_id(cx) };
        let body = serde_json::to_vec(&problem.details(trace_id, correlation.clone())).unwrap_or_default();
        let allow = response.headers_mut().remove(header::ALLOW);
        response = (status, Body::from(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    if let Some(id) = correlation.and_then(|id| HeaderValue::from_str(&id).ok()) {
        response.headers_mut().insert(CORRELATION, id);
    }
    if is_quiet {
        return response;
    }
    let span = cx.span();
    span.set_attribute(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
    // A wrong request is no failure of the server.
    if status.is_server_error() {
        span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, status.as_u16().to_string()));
        span.set_status(Status::error(""));
    }
    add_trace_response(&mut response, span.span_context());
    span.end();
    response
}

fn log(service: &Service, cx: &Context, path: &str, status: StatusCode, start: Instant) {
    service.logs.answered(cx, path, status, start.elapsed(), correlation_id(cx));
    let span = cx.span();
    let context = span.span_context();
    tracing::debug!(
        service = service.name,
        trace_id = %context.trace_id(),
        span_id = %context.span_id(),
        correlation_id = correlation_id(cx).unwrap_or_default(),
        status = status.as_u16(),
        milliseconds = start.elapsed().as_secs_f64() * 1000.0,
        "{path}"
    );
}

/// The caller's correlation id where it is a short word, else a new one.
fn correlation(service: &Service, headers: &HeaderMap) -> String {
    let is_word = |id: &&str| {
        (1..=LONGEST_ID).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let given = headers.get(CORRELATION).and_then(|value| value.to_str().ok()).filter(is_word);
    match given {
        Some(id) => id.to_owned(),
        None => format!("{:016x}", service.pace.with(|random| random.u64(..))),
    }
}

/// The fault that a request orders; one that is in its baggage already goes on without being ordered again.
fn ordered_fault(service: &Service, request: &Request, parent: &Context) -> Result<Option<Fault>, String> {
    let header = request.headers().get(HEADER).map(|value| value.to_str().unwrap_or("?").to_owned());
    let parameter = || {
        let pairs = request.uri().query().unwrap_or_default().split('&');
        let mut values = pairs.filter_map(|pair| pair.split_once('=')).filter(|(name, _)| *name == PARAMETER);
        values.next().map(|(_, value)| value.to_owned())
    };
    match header.or_else(parameter).filter(|name| !name.is_empty() && name != "none") {
        Some(name) => Fault::named(&name).map(Some),
        None if fault_of(parent).is_some() => Ok(None),
        None => Ok(service.standing_fault),
    }
}

fn describe(request: &Request, path: String, route: Option<String>) -> (String, Vec<KeyValue>) {
    let method = request.method().to_string();
    let text = |name: HeaderName| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let mut attributes = vec![
        KeyValue::new(attribute::HTTP_REQUEST_METHOD, method.clone()),
        KeyValue::new(attribute::URL_PATH, path),
        KeyValue::new(attribute::URL_SCHEME, "http"),
    ];
    let version = match request.version() {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        _ => None,
    };
    attributes.extend(version.map(|v| KeyValue::new(attribute::NETWORK_PROTOCOL_VERSION, v)));
    if let Some(query) = request.uri().query() {
        attributes.push(KeyValue::new(attribute::URL_QUERY, query.to_owned()));
    }
    if let Some(host) = text(header::HOST) {
        match host.rsplit_once(':').map(|(name, port)| (name, port.parse::<i64>())) {
            Some((name, Ok(port))) => {
                attributes.push(KeyValue::new(attribute::SERVER_ADDRESS, name.to_owned()));
                attributes.push(KeyValue::new(attribute::SERVER_PORT, port));
            }
            _ => attributes.push(KeyValue::new(attribute::SERVER_ADDRESS, host)),
        }
    }
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        attributes.push(KeyValue::new(attribute::CLIENT_ADDRESS, peer.ip().to_string()));
    }
    if let Some(agent) = text(header::USER_AGENT) {
        attributes.push(KeyValue::new(attribute::USER_AGENT_ORIGINAL, agent));
    }
    let name = match route {
        Some(route) => {
            attributes.push(KeyValue::new(attribute::HTTP_ROUTE, route.clone()));
            format!("{method} {route}")
        }
        None => method,
    };
    (name, attributes)
}

/// Adds the `traceresponse` header (W3C Trace Context level 2, draft): the caller learns which trace it made.
fn add_trace_response(response: &mut Response<Body>, context: &SpanContext) {
    if !context.is_valid() {
        return;
    }
    let value = format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags());
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert("traceresponse", value);
    }
}
