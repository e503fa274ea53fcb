//! Which request goes where: one function for the query port, one for the OTLP port.
//!
//! Dispatch is by hand because Jaeger's is odd (an unknown path or method below `/api` is one and the same plain
//! text 404, any other unknown path is the viewer's page).

use crate::files::Viewer;
use crate::forward::Shop;
use crate::ingest::{Intake, http};
use crate::jaeger::params::{Params, path_decode};
use crate::jaeger::{json, not_found, text};
use crate::store::Store;
use crate::{jaeger_v1, jaeger_v3};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::Semaphore;

/// Bytes of a body below `/api` at most.
const MOST_BODY: usize = 64 << 20;

/// What the query port needs.
#[derive(Clone)]
pub struct Query {
    /// The spans.
    pub store: Store,
    /// The way in, for the browser's own spans.
    pub intake: Intake,
    /// The viewer.
    pub viewer: Viewer,
    /// The shop.
    pub shop: Shop,
    /// Path prefix, empty or `/…`.
    pub prefix: Arc<str>,
    /// Reads at once.
    pub readers: Arc<Semaphore>,
}

/// Answers on the query port.
pub async fn query(state: &Query, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let Some(rest) = path.strip_prefix(&*state.prefix) else { return not_found() };
    if rest.is_empty() && !state.prefix.is_empty() {
        let location = format!("{}/", state.prefix);
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        return response;
    }
    let Some(rest) = rest.strip_prefix('/') else { return not_found() };
    let (first, below) = rest.split_once('/').unwrap_or((rest, ""));
    match first {
        "api" => api(state, below.to_owned(), request).await,
        "v1" if below == "traces" => http::export(&state.intake, request).await,
        "v1" => not_found(),
        "shop" if rest.contains('/') => {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            state.shop.forward(&format!("/{below}{query}"), request).await
        }
        "health" if below.is_empty() => json(StatusCode::OK, r#"{"status":"ok"}"#),
        "metrics" if below.is_empty() => metrics(state),
        _ => page(state, path_decode(rest), request).await,
    }
}

async fn page(state: &Query, path: String, request: Request<Body>) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed, supported: [GET, HEAD]\n");
    }
    let (viewer, headers) = (state.viewer.clone(), request.headers().clone());
    let answered = tokio::task::spawn_blocking(move || viewer.answer(&path, &headers)).await;
    answered.unwrap_or_else(|_| broken())
}

async fn api(state: &Query, path: String, request: Request<Body>) -> Response<Body> {
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let params = Params::of(request.uri().query());
    let body = if method == Method::POST {
        match Limited::new(request.into_body(), MOST_BODY).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(_) => return text(StatusCode::PAYLOAD_TOO_LARGE, "413 request body too large\n"),
        }
    } else {
        Default::default()
    };
    let Ok(turn) = state.readers.clone().acquire_owned().await else { return broken() };
    let store = state.store.clone();
    let answered = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let segments: Vec<&str> = path.split('/').collect();
        match segments.as_slice() {
            ["v3", rest @ ..] if method == Method::GET => jaeger_v3::answer(&store, rest, &params),
            ["v3", ..] => not_found(),
            all => jaeger_v1::answer(&store, &method, all, &params, &body),
        }
    });
    answered.await.unwrap_or_else(|_| broken())
}

fn broken() -> Response<Body> {
    text(StatusCode::INTERNAL_SERVER_ERROR, "500 internal error\n")
}

/// The few numbers that say whether all is well, in the format that Prometheus scrapes.
fn metrics(state: &Query) -> Response<Body> {
    let [spans, parts, segments, bytes] = state.store.numbers();
    let unreadable = state.store.losses();
    let counters = &state.intake.counters;
    let mut out = String::new();
    for (name, kind, help, value) in [
        (
            "spandrel_spans_accepted_total",
            "counter",
            "Spans on disk since the start",
            read(&counters.accepted),
        ),
        (
            "spandrel_requests_refused_total",
            "counter",
            "Requests malformed or too large",
            read(&counters.malformed),
        ),
        (
            "spandrel_requests_deferred_total",
            "counter",
            "Requests told to come again",
            read(&counters.deferred),
        ),
        ("spandrel_intake_bytes", "gauge", "Bytes of requests in memory", state.intake.held()),
        ("spandrel_store_spans", "gauge", "Spans kept", spans),
        ("spandrel_store_parts", "gauge", "Parts (one per trace and batch) kept", parts),
        ("spandrel_store_segments", "gauge", "Segment files", segments),
        ("spandrel_store_bytes", "gauge", "Bytes on disk", bytes),
        (
            "spandrel_unreadable_spans_total",
            "counter",
            "Times a span was left out of an answer",
            unreadable.0,
        ),
        (
            "spandrel_unreadable_blobs_total",
            "counter",
            "Times a blob was left out of an answer",
            unreadable.1,
        ),
    ] {
        out.push_str(&format!("# HELP {name} {help}.\n# TYPE {name} {kind}\n{name} {value}\n"));
    }
    let mut response = text(StatusCode::OK, out);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    response
}

fn read(counter: &std::sync::atomic::AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// What the OTLP port needs.
#[derive(Clone)]
pub struct Otlp {
    /// The way in.
    pub intake: Intake,
    /// Origins of the viewer that this server serves: the only ones whose pages may post here.
    pub origins: Arc<[String]>,
}

/// Answers on the OTLP/HTTP port.
pub async fn otlp(state: &Otlp, request: Request<Body>) -> Response<Body> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let own =
        origin.filter(|origin| origin.to_str().is_ok_and(|text| state.origins.iter().any(|own| own == text)));
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && own.is_some();
    let mut response = match request.uri().path() {
        "/v1/traces" if preflight => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("content-type, content-encoding, traceparent, tracestate, baggage"),
            );
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
            response
        }
        "/v1/traces" => http::export(&state.intake, request).await,
        _ => not_found(),
    };
    if let Some(own) = own {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, own);
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}
