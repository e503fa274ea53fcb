//! `service1` and `service2`: each answers after a fixed time.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Extension;
use axum::routing::get;
use axum::{Json, Router};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use serde::{Deserialize, Serialize};
use spandrel_evaltrack::Client;
use utoipa::ToSchema;

use crate::runtime::{Service, around};

/// The answer of both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TimedAnswer {
    #[schema(example = "service1")]
    pub(crate) service: String,
    #[schema(example = "success")]
    pub(crate) status: String,
    pub(crate) message: String,
}

/// The routes of `service1` (1 s) or `service2` (0.5 s).
pub(crate) fn routes(service: &Arc<Service>, capture: Option<&Client>) -> Router {
    let (time, path, endpoints): (_, _, &'static [&'static str]) = match service.name {
        "service1" => (Duration::from_millis(1000), "/service1", &["GET /service1"]),
        _ => (Duration::from_millis(500), "/service2", &["GET /service2"]),
    };
    let own = Arc::clone(service);
    let answer = move |Extension(cx): Extension<Context>| async move {
        let working = own.internal(&cx, "work");
        tokio::time::sleep(time).await;
        working.span().end();
        Json(TimedAnswer {
            service: own.name.into(),
            status: "success".into(),
            message: format!("{} answered after {} ms", own.name, time.as_millis()),
        })
    };
    let mut routes = Router::new().route(path, get(answer));
    if let Some(capture) = capture {
        routes = routes.layer(capture.capture_response());
    }
    around(service, endpoints, &[], routes)
}
