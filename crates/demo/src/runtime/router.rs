//! What goes around the routes of every service: `/`, `/health`, `/metrics`, answers for unknown paths and methods, the limit
//! of a body, and the SERVER span.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde_json::json;

use super::body;
use super::health::health;
use super::problem::Problem;
use super::server_span::server_span;
use super::service::Service;

/// Adds it. `endpoints` is what `/` lists, as method and path; `downstream` names the services that this one
/// calls where they have an address.
pub(crate) fn around(
    service: &Arc<Service>,
    endpoints: &'static [&'static str],
    downstream: &'static [&'static str],
    routes: Router,
) -> Router {
    let name = service.name;
    let downstream: Vec<&'static str> =
        downstream.iter().copied().filter(|name| service.peers.has(name)).collect();
    let unknown = move |method: Method, request: Request| async move {
        let message = format!("{name} has nothing at {method} {}", request.uri().path());
        Problem::new(StatusCode::NOT_FOUND, "not_found", name, message)
    };
    let not_allowed = move |method: Method| async move {
        let message = format!("{method} is not allowed here");
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", name, message)
    };
    let index = move || async move {
        let common = ["GET /", "GET /health", "GET /metrics"];
        let endpoints: Vec<&str> = common.iter().chain(endpoints).copied().collect();
        Json(json!({"service": name, "version": env!("CARGO_PKG_VERSION"), "endpoints": endpoints}))
    };
    let measured = Arc::clone(service);
    let metrics = move || async move {
        match measured.metrics.text(&measured.breakers.states()) {
            Ok(text) => {
                let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                ([(header::CONTENT_TYPE, media_type)], text).into_response()
            }
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    routes
        .route("/", get(index))
        .route("/metrics", get(metrics))
        .route("/health", get(health).with_state((Arc::clone(service), downstream.into())))
        .method_not_allowed_fallback(not_allowed)
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(name, body::limit))
        .layer(middleware::from_fn_with_state(Arc::clone(service), server_span))
}
