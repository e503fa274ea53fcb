//! The auth service: says who sends a request. A bearer token names its user; without one the user of the request is taken
//! as a guest.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::routing::post;
use axum::{Json, Router};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use serde::{Deserialize, Serialize};

use super::fields::{Fields, object};
use crate::runtime::{Problem, Service, around};

/// A verified sender.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) user_id: String,
    /// `token` or `guest`.
    pub(crate) method: String,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>) -> Router {
    let routes = Router::new().route("/verify", post(verify)).with_state(Arc::clone(service));
    around(service, &["POST /verify"], &[], routes)
}

async fn verify(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Session>, Problem> {
    let members = object(bytes, service.name)?;
    let fields = Fields::of(&members, service.name);
    let user_id = fields.required("user_id", fields.id("user_id")?)?;
    let token = fields.text("token")?;
    let checking = service.internal(&cx, "verify token");
    service.pace.work(2.0).await;
    let method = if token.is_some() { "token" } else { "guest" };
    checking.span().set_attributes([
        KeyValue::new(attribute::USER_ID, user_id.clone()),
        KeyValue::new("auth.method", method),
    ]);
    checking.span().end();
    Ok(Json(Session { user_id, method: method.into() }))
}
