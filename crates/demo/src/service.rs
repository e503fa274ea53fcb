//! What every service has: its tracer, its client and its pace; the span around each request, and around each call.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, middleware, routing};
use opentelemetry::global::BoxedTracer;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Link, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::{Incoming, Outgoing};
use crate::pace::Pace;
use crate::refusal::{ErrorBody, Refusal, record};
use crate::telemetry::Telemetry;

/// How long one service waits for another.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// The common part of a service.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) pace: Pace,
    tracer: Arc<BoxedTracer>,
    propagator: Arc<dyn TextMapPropagator + Send + Sync>,
    client: reqwest::Client,
}

/// Where to send a call, and what to call it.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) to: &'static str,
    pub(crate) address: SocketAddr,
    /// The path with names in place of values, such as `/reservations/{id}`: it names the span.
    pub(crate) template: &'static str,
    pub(crate) path: String,
}

impl Service {
    pub(crate) fn new(name: &'static str, telemetry: &Telemetry, seed: u64) -> Result<Self, reqwest::Error> {
        Ok(Self {
            name,
            pace: Pace::new(seed),
            tracer: Arc::clone(&telemetry.tracer),
            propagator: Arc::clone(&telemetry.propagator),
            client: reqwest::Client::builder()
                .timeout(CALL_TIMEOUT)
                .no_proxy()
                .user_agent(concat!("spandrel-demo/", env!("CARGO_PKG_VERSION")))
                .build()?,
        })
    }

    /// Starts a span below `parent`; it ends with [`end`] or when its context is dropped.
    pub(crate) fn span(
        &self,
        parent: &Context,
        kind: SpanKind,
        name: impl Into<String>,
        attributes: Vec<KeyValue>,
    ) -> Context {
        self.start(parent, builder(kind, name, attributes))
    }

    /// Like [`Service::span`], with a link to another span.
    pub(crate) fn linked_span(
        &self,
        parent: &Context,
        kind: SpanKind,
        name: impl Into<String>,
        attributes: Vec<KeyValue>,
        link: SpanContext,
    ) -> Context {
        let links = vec![Link::new(link, Vec::new(), 0)];
        self.start(parent, builder(kind, name, attributes).with_links(links))
    }

    fn start(&self, parent: &Context, builder: SpanBuilder) -> Context {
        parent.with_span(self.tracer.build_with_context(builder, parent))
    }

    /// The context that came with headers; empty where none did.
    pub(crate) fn extract(&self, headers: &HeaderMap) -> Context {
        self.propagator.extract_with_context(&Context::new(), &Incoming::read(headers))
    }

    /// Writes the context into headers.
    pub(crate) fn inject(&self, cx: &Context, headers: &mut HeaderMap) {
        self.propagator.inject_context(cx, &mut Outgoing(headers));
    }

    /// Asks another service, in a CLIENT span, and reads its answer.
    ///
    /// # Errors
    /// The refusal of the other service, as it is where the asker is at fault (4xx) and as 502 where the other failed;
    /// 503 where it could not be reached.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        parent: &Context,
        call: Call,
        body: Option<&impl Serialize>,
    ) -> Result<T, Refusal> {
        let url = format!("http://{}{}", call.address, call.path);
        let cx = self.span(
            parent,
            SpanKind::Client,
            format!("{} {}", call.method, call.template),
            vec![
                KeyValue::new(attribute::HTTP_REQUEST_METHOD, call.method.to_string()),
                KeyValue::new(attribute::URL_FULL, url.clone()),
                KeyValue::new(attribute::URL_TEMPLATE, call.template),
                KeyValue::new(attribute::SERVER_ADDRESS, call.address.ip().to_string()),
                KeyValue::new(attribute::SERVER_PORT, i64::from(call.address.port())),
                KeyValue::new(attribute::SERVICE_PEER_NAME, call.to),
            ],
        );
        let mut headers = HeaderMap::new();
        self.inject(&cx, &mut headers);
        let mut request = self.client.request(call.method, &url).headers(headers);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.exchange(&cx, call.to, request).await;
        cx.span().end();
        answer
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        cx: &Context,
        to: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<T, Refusal> {
        let unreachable = |error: reqwest::Error| {
            record(cx, "reqwest::Error", &error);
            Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "service_unreachable",
                self.name,
                format!("{to} did not answer"),
            )
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        cx.span()
            .set_attribute(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
        let bytes = response.bytes().await.map_err(unreachable)?;
        if status.is_client_error() || status.is_server_error() {
            cx.span().set_attribute(KeyValue::new(attribute::ERROR_TYPE, status.as_u16().to_string()));
            cx.span().set_status(Status::error(""));
            let status = if status.is_client_error() { status } else { StatusCode::BAD_GATEWAY };
            return Err(match serde_json::from_slice::<ErrorBody>(&bytes) {
                Ok(body) => Refusal { status, detail: body.error },
                Err(_) => Refusal::new(status, "service_failed", to, format!("{to} failed")),
            });
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            record(cx, "serde_json::Error", &error);
            Refusal::new(
                StatusCode::BAD_GATEWAY,
                "unreadable_answer",
                self.name,
                format!("the answer of {to} could not be read: {error}"),
            )
        })
    }

    /// Puts `/health`, errors for unknown paths and methods, and the SERVER span around the routes of a service.
    pub(crate) fn around(self: &Arc<Self>, routes: Router) -> Router {
        let name = self.name;
        let unknown = move |method: Method, request: Request| async move {
            let message = format!("{name} has nothing at {method} {}", request.uri().path());
            Refusal::new(StatusCode::NOT_FOUND, "not_found", name, message)
        };
        let method = move |method: Method| async move {
            let message = format!("{method} is not allowed here");
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", name, message)
        };
        let health =
            routing::get(move || async move { Json(serde_json::json!({"status": "ok", "service": name})) });
        routes
            .route("/health", health)
            .method_not_allowed_fallback(method)
            .fallback(unknown)
            .layer(middleware::from_fn_with_state(Arc::clone(self), server_span))
    }
}

fn builder(kind: SpanKind, name: impl Into<String>, attributes: Vec<KeyValue>) -> SpanBuilder {
    SpanBuilder::from_name(name.into()).with_kind(kind).with_attributes(attributes)
}

/// The trace that a context belongs to as 32 hexadecimal digits, `None` where tracing is switched off.
pub(crate) fn trace_id(cx: &Context) -> Option<String> {
    let span = cx.span();
    let context = span.span_context();
    context.is_valid().then(|| context.trace_id().to_string())
}

/// The SERVER span of one request (semantic conventions for HTTP, stable): the handlers find its context among the
/// request's extensions. Asking for health makes no span.
async fn server_span(State(service): State<Arc<Service>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let quiet = path == "/health";
    let parent = service.extract(request.headers());
    let cx = if quiet {
        parent
    } else {
        let (name, attributes) = describe(&request, path);
        service.span(&parent, SpanKind::Server, name, attributes)
    };
    request.extensions_mut().insert(cx.clone());
    let mut response = next.run(request).await;
    let status = response.status();
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        let body = ErrorBody { error: refusal.detail, trace_id: if quiet { None } else { trace_id(&cx) } };
        let allow = response.headers_mut().remove(header::ALLOW);
        response = (status, Json(body)).into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    if quiet {
        return response;
    }
    let span = cx.span();
    span.set_attribute(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
    // A client's fault is no failure of the server.
    if status.is_server_error() {
        span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, status.as_u16().to_string()));
        span.set_status(Status::error(""));
    }
    tell_trace(&mut response, span.span_context());
    span.end();
    response
}

fn describe(request: &Request, path: String) -> (String, Vec<KeyValue>) {
    let method = request.method().to_string();
    let route = request.extensions().get::<MatchedPath>().map(|matched| matched.as_str().to_owned());
    let text = |name: header::HeaderName| {
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
fn tell_trace(response: &mut Response<Body>, context: &SpanContext) {
    if !context.is_valid() {
        return;
    }
    let value = format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags());
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert("traceresponse", value);
    }
}
