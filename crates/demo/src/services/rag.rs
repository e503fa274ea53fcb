//! The rag service: prepares the context of a question from the documents that search and vector lookup found.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::routing::post;
use axum::{Json, Router};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};

use crate::data::retrieval::{AnswerContext, FoundDocuments, fuse};
use crate::runtime::{Problem, Service, around};

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>) -> Router {
    let routes = Router::new().route("/context", post(prepare)).with_state(Arc::clone(service));
    around(service, &["POST /context"], &[], routes)
}

async fn prepare(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    found: Result<Json<FoundDocuments>, JsonRejection>,
) -> Result<Json<AnswerContext>, Problem> {
    let Json(found) = found.map_err(|rejection| {
        Problem::new(rejection.status(), "unreadable_request", service.name, rejection.body_text()).at("body")
    })?;
    let preparing = service.internal(&cx, "prepare context");
    service.pace.work(8.0).await;
    let prepared = fuse(&found);
    preparing.span().set_attributes([
        KeyValue::new("rag.documents", i64::try_from(prepared.sources.len()).unwrap_or(i64::MAX)),
        KeyValue::new("rag.context.bytes", i64::try_from(prepared.context.len()).unwrap_or(i64::MAX)),
    ]);
    preparing.span().end();
    Ok(Json(prepared))
}
