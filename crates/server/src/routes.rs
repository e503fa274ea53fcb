//! Which request goes where, on the query port and on the OTLP port.

use crate::demo_proxy::DemoProxy;
use crate::durations;
use crate::etag::{self, Owner};
use crate::eval_track::EvalTrack;
use crate::files::Viewer;
use crate::guard::{self, Guard};
use crate::health::{self, Health};
use crate::ingest::{Intake, http, zipkin};
use crate::jaeger::{Backend, not_found, text};
use crate::live::{self, Live};
use crate::logs::query::{self as log_query, LogQueries};
use crate::logs::receive::{self, LogIntake};
use crate::metrics::Metrics;
use crate::{eval_track, jaeger_v1, jaeger_v3};
use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::middleware::{from_fn_with_state, map_request};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{MethodRouter, any, get, post};
use prometheus_client::metrics::histogram::Histogram;
use std::sync::Arc;
use tower::ServiceBuilder;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::set_header::SetResponseHeaderLayer;

/// What the query port needs to answer one tenant.
#[derive(Clone)]
pub struct Query {
    /// Whose data it is.
    pub owner: Owner,
    /// What the query APIs answer from.
    pub backend: Backend,
    /// Takes the browser's own spans.
    pub intake: Intake,
    /// Takes its log lines.
    pub log_intake: LogIntake,
    /// What queries of log lines answer from.
    pub logs: LogQueries,
    /// The viewer.
    pub viewer: Viewer,
    /// The demo.
    pub demo: DemoProxy,
    /// State behind `/health` and `/ready`.
    pub health: Health,
    /// Values of `/metrics`.
    pub metrics: Metrics,
    /// Response times of queries.
    pub asked: Histogram,
    /// Clients of the live endpoint.
    pub live: Live,
    /// Path prefix, empty or `/…`.
    pub prefix: Arc<str>,
}

/// Paths that are not the viewer's, beside those below `/api` and `/v1`.
const NEVER_PAGES: [&str; 6] =
    ["/api/", "/v1/", "/sampling", "/sampling/", "/sampling/{*path}", "/eval-track/"];

/// The query port: the viewer, Jaeger's APIs, the browser's own spans, below the prefix.
pub fn query(state: Query, guard: &Guard) -> Router {
    // Unknown paths and methods below `/api` have one and the same answer.
    let api = Router::new()
        .merge(jaeger_v1::routes())
        .nest("/v3", jaeger_v3::routes())
        .method_not_allowed_fallback(no_such_route)
        .fallback(no_such_route)
        .with_state(state.backend.clone())
        .layer(from_fn_with_state(state.owner.clone(), etag::tag))
        .merge(Router::new().route("/live", get(live::watch)).with_state(state.live.clone()))
        .merge(Router::new().route("/logs", get(log_query::find)).with_state(state.logs.clone()))
        .layer(from_fn_with_state(state.asked.clone(), durations::until_answered));
    let prefix = state.prefix.clone();
    let root: MethodRouter = any(page).with_state(state.clone());
    let root = root.layer(from_fn_with_state(guard.clone(), guard::check_token));
    let mut inner = Router::new();
    for path in NEVER_PAGES {
        inner = inner.route(path, any(no_such_route));
    }
    let inner = inner
        .nest("/api", api)
        .nest("/v1", export(state.intake.clone(), state.log_intake.clone()))
        .route(ZIPKIN, zipkin_spans(state.intake.clone()))
        .route("/demo/{*path}", any(demo))
        .route("/demo/", any(demo))
        .route("/metrics", get(metrics))
        // Another site may link to a page of the viewer, and nothing else.
        .route_layer(from_fn_with_state(guard.clone(), guard::check_site))
        .fallback(page)
        .layer(from_fn_with_state(guard.clone(), guard::check_token))
        .merge(records(&state, guard))
        .route("/health", get(health::health).with_state(state.health.clone()))
        .route("/ready", get(health::ready).with_state(state.health.clone()))
        .with_state(state);
    let router = if prefix.is_empty() {
        inner
    } else {
        let below = Router::new().nest(&prefix, inner);
        below.route(&format!("{prefix}/"), root).fallback(no_such_route)
    };
    // A higher level takes five times as long as the answer itself.
    let router = router.layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
    single_slashes(guarded(router, guard), format!("{prefix}{TRACES}"))
}

/// The eval-track API, and what of it its clients send without its prefix; the viewer's pages stay where they are.
fn records(state: &Query, guard: &Guard) -> Router<Query> {
    let secret = from_fn_with_state(guard.clone(), guard::check_secret);
    let site = from_fn_with_state(guard.clone(), guard::check_site);
    let page = page.layer(from_fn_with_state(guard.clone(), guard::check_token));
    let (backend, intake) = (state.backend.clone(), state.intake.clone());
    let api = eval_track::routes(EvalTrack { intake: intake.clone(), backend });
    let bare = |methods: MethodRouter<Query>| {
        methods.route_layer(secret.clone()).route_layer(site.clone()).fallback(page.clone())
    };
    Router::new()
        .nest("/eval-track", api.layer(secret.clone()).layer(site.clone()))
        .route("/traces", bare(eval_track::unnamed(intake.clone())))
        .route("/traces/{id}", bare(eval_track::named(intake)))
}

/// The OTLP port.
pub fn otlp(intake: Intake, logs: LogIntake, guard: &Guard) -> Router {
    let payloads = Router::new()
        .route("/api/v2/logs", post(receive::datadog))
        .route("/loki/api/v1/push", post(receive::loki))
        .route("/api/logs", post(receive::generic))
        .route("/", post(receive::cloudwatch))
        .method_not_allowed_fallback(no_such_route)
        .with_state(logs.clone());
    let router = Router::new()
        .nest("/v1", export(intake.clone(), logs))
        .merge(payloads)
        .route(ZIPKIN, zipkin_spans(intake.clone()))
        .fallback(no_such_route)
        .layer(from_fn_with_state(guard.clone(), guard::check_token))
        .merge(eval_track::collecting(intake).layer(from_fn_with_state(guard.clone(), guard::check_secret)))
        .layer(from_fn_with_state(guard.clone(), guard::allow_origins))
        .layer(from_fn_with_state(guard.clone(), guard::check_site));
    single_slashes(guarded(router, guard), TRACES.to_owned())
}

/// Where OTLP is posted to.
const TRACES: &str = "/v1/traces";
/// Where Zipkin's spans are posted to.
const ZIPKIN: &str = "/api/v2/spans";

/// Takes requests for `path` also where slashes are doubled or one stands at the end, as senders make them that join an
/// endpoint and a path.
fn single_slashes(router: Router, path: String) -> Router {
    let rewrite = map_request(move |mut request: Request| {
        let written = request.uri().path();
        let is_same = written != path
            && written.split('/').filter(|segment| !segment.is_empty()).eq(path.split('/').skip(1));
        let query = request.uri().query().map(|query| format!("{path}?{query}"));
        // The address in the request line stays: whether it names this server is checked later.
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = query.as_deref().unwrap_or(&path).parse().ok();
        if is_same && let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        std::future::ready(request)
    });
    Router::new().fallback_service(ServiceBuilder::new().layer(rewrite).service(router))
}

/// What holds for both ports: only requests for this server are answered, and browsers take answers for what they
/// say they are and keep them from pages of other origins.
fn guarded(router: Router, guard: &Guard) -> Router {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    router
        .layer(from_fn_with_state(guard.clone(), guard::check_host))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
}

/// `/traces` and `/logs`, below `/v1`.
fn export<S: Clone + Send + Sync + 'static>(intake: Intake, logs: LogIntake) -> Router<S> {
    let export =
        |State(intake): State<Intake>, request: Request| async move { http::export(&intake, request).await };
    Router::new()
        .route("/traces", any(export))
        .with_state(intake)
        .merge(Router::new().route("/logs", any(receive::otlp)).with_state(logs))
        .fallback(no_such_route)
}

fn zipkin_spans<S: Clone + Send + Sync + 'static>(intake: Intake) -> MethodRouter<S> {
    any(|State(intake): State<Intake>, request: Request| async move { zipkin::spans(&intake, request).await })
        .with_state(intake)
}

async fn no_such_route() -> Response<Body> {
    not_found()
}

async fn metrics(State(state): State<Query>) -> Response<Body> {
    state.metrics.answer()
}

async fn demo(State(state): State<Query>, request: Request) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    match path.strip_prefix("/demo").unwrap_or(path).parse() {
        Ok(below) => state.demo.forward(&below, request).await,
        Err(_) => not_found(),
    }
}

/// Every other path: a file of the viewer, or its page.
async fn page(State(state): State<Query>, OriginalUri(uri): OriginalUri, request: Request) -> Response<Body> {
    let Some(path) = uri.path().strip_prefix(&*state.prefix) else { return not_found() };
    if path.is_empty() {
        return Redirect::temporary(&format!("{}/", state.prefix)).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let refused =
            text(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed, supported: [GET, HEAD]\n");
        return ([(header::ALLOW, "GET, HEAD")], refused).into_response();
    }
    let (method, headers) = (request.method().clone(), request.headers().clone());
    // These routes take no body.
    drop(request);
    state.viewer.answer(path, &method, &headers).await
}
