//! The search service: documents by the words of a question, rare words first.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::routing::post;
use axum::{Json, Router};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use serde::{Deserialize, Serialize};

use super::fields::{Fields, object};
use crate::data::retrieval::{DOCUMENTS, DocumentHit, rank};
use crate::runtime::{Problem, Service, around};

/// The longest question, in bytes.
pub(crate) const LONGEST_QUESTION: usize = 2_000;

/// A question on its way between services.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) question: String,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>) -> Router {
    let routes = Router::new().route("/search", post(search)).with_state(Arc::clone(service));
    around(service, &["POST /search"], &[], routes)
}

/// Reads the question of a body.
pub(crate) fn question(
    bytes: Result<Bytes, BytesRejection>,
    service: &'static str,
) -> Result<String, Problem> {
    let members = object(bytes, service)?;
    let fields = Fields::of(&members, service);
    Ok(fields.required("question", fields.text_up_to("question", LONGEST_QUESTION)?)?)
}

async fn search(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Vec<DocumentHit>>, Problem> {
    let question = question(bytes, service.name)?;
    let ranking = service.internal(&cx, "rank documents");
    service.pace.work(14.0).await;
    let hits = rank(&question);
    ranking.span().set_attributes([
        KeyValue::new("search.documents", i64::try_from(DOCUMENTS).unwrap_or(i64::MAX)),
        KeyValue::new("search.hits", i64::try_from(hits.len()).unwrap_or(i64::MAX)),
    ]);
    ranking.span().end();
    Ok(Json(hits))
}
