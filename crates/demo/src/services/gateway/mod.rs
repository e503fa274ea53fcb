//! The gateway: the one address of the demo. It checks requests and passes them on, continuing the caller's trace.

mod docs;
mod flow;
mod orders;
mod passed_on;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::runtime::{Service, around};

/// What `/` lists.
const ENDPOINTS: &[&str] = &[
    "GET /products",
    "POST /orders",
    "GET /orders/{id}",
    "POST /orders/simulate-error",
    "POST /users",
    "GET /users/{id}",
    "POST /payments",
    "POST /ask",
    "GET /service1",
    "GET /service2",
    "GET /orchestrate",
    "GET /demo/full-flow/{user_id}",
    "GET /demo/faults",
    "GET /demo/links",
    "GET /openapi.json",
    "GET /docs",
];
/// The services that it calls.
const DOWNSTREAM: &[&str] =
    &["auth", "user", "order", "payment", "inventory", "orchestrator", "service1", "service2"];

/// The routes of the service. `jaeger_ui` is what `/demo/links` names.
pub(crate) fn routes(service: &Arc<Service>, jaeger_ui: Option<&str>) -> Router {
    let links = flow::DemoLinks { jaeger: jaeger_ui.map(|url| url.trim_end_matches('/').to_owned()) };
    let routes = Router::new()
        .route("/products", get(passed_on::products))
        .route("/orders", post(orders::place))
        .route("/orders/{id}", get(orders::one))
        .route("/orders/simulate-error", post(orders::simulate))
        .route("/users", post(passed_on::create_user))
        .route("/users/{id}", get(passed_on::user))
        .route("/payments", post(passed_on::pay))
        .route("/ask", post(flow::ask))
        .route("/service1", get(passed_on::service1))
        .route("/service2", get(passed_on::service2))
        .route("/orchestrate", get(passed_on::orchestrate))
        .route("/demo/full-flow/{user_id}", get(flow::full))
        .route("/demo/faults", get(flow::faults))
        .route("/demo/links", get(flow::links).layer(Extension(links)))
        .route("/openapi.json", get(docs::openapi))
        .route("/docs", get(docs::page))
        .with_state(Arc::clone(service));
    around(service, ENDPOINTS, DOWNSTREAM, routes)
}
