//! The vector service: documents whose embeddings are nearest to that of a question.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::routing::post;
use axum::{Json, Router};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};

use super::gen_ai;
use super::search::question;
use crate::data::embedding::{DIMENSIONS, embed};
use crate::data::retrieval::{DocumentHit, nearest};
use crate::runtime::{Problem, Service, around};

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>) -> Router {
    let routes = Router::new().route("/lookup", post(lookup)).with_state(Arc::clone(service));
    around(service, &["POST /lookup"], &[], routes)
}

async fn lookup(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Vec<DocumentHit>>, Problem> {
    let question = question(bytes, service.name)?;
    let embedding = service.span(
        &cx,
        SpanKind::Internal,
        "embeddings hashing-128",
        vec![
            KeyValue::new(gen_ai::OPERATION_NAME, "embeddings"),
            KeyValue::new(gen_ai::PROVIDER_NAME, "spandrel"),
            KeyValue::new(gen_ai::REQUEST_MODEL, "hashing-128"),
        ],
    );
    service.pace.work(6.0).await;
    let wanted = embed(&question);
    let tokens = i64::try_from(crate::data::embedding::words(&question).count()).unwrap_or(i64::MAX);
    embedding.span().set_attribute(KeyValue::new(gen_ai::USAGE_INPUT_TOKENS, tokens));
    embedding.span().end();
    let looking = service.internal(&cx, "find nearest");
    service.pace.work(10.0).await;
    let hits = nearest(&wanted);
    looking.span().set_attribute(KeyValue::new("vector.dimensions", DIMENSIONS as i64));
    looking.span().end();
    Ok(Json(hits))
}
