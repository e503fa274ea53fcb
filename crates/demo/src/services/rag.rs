//! The rag service: prepares the context of a question from the documents that search and vector lookup found.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::routing::post;
use axum::{Json, Router};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use serde::{Deserialize, Serialize};

use super::search::Hit;
use crate::data::corpus::CORPUS;
use crate::runtime::{Problem, Service, around};

/// Documents of a context at most.
const MOST: usize = 4;
/// How much the place in one list counts: the usual constant of reciprocal rank fusion.
const FUSION: f64 = 60.0;

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) by_words: Vec<Hit>,
    pub(crate) by_vector: Vec<Hit>,
}

/// The context for the generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Prepared {
    pub(crate) context: String,
    pub(crate) sources: Vec<String>,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>) -> Router {
    let routes = Router::new().route("/context", post(prepare)).with_state(Arc::clone(service));
    around(service, &["POST /context"], &[], routes)
}

async fn prepare(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    found: Result<Json<Found>, JsonRejection>,
) -> Result<Json<Prepared>, Problem> {
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

/// Reciprocal rank fusion of both lists (Cormack, Clarke and Büttcher, 2009).
fn fuse(found: &Found) -> Prepared {
    let score = |id: &str| -> f64 {
        let place = |hits: &[Hit]| hits.iter().position(|hit| hit.id == id);
        [place(&found.by_words), place(&found.by_vector)]
            .into_iter()
            .flatten()
            .map(|place| 1.0 / (FUSION + place as f64))
            .sum()
    };
    let mut ranked: Vec<_> = CORPUS.iter().map(|document| (score(document.id), document)).collect();
    ranked.retain(|(score, _)| *score > 0.0);
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
    ranked.truncate(MOST);
    Prepared {
        context: ranked.iter().map(|(_, document)| format!("{} ", document.text)).collect(),
        sources: ranked.iter().map(|(_, document)| document.title.to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_both_lists_comes_before_the_first_of_one() {
        let hit = |id: &str| Hit { id: id.into(), score: 1.0 };
        let prepared = fuse(&Found {
            by_words: vec![hit("trace"), hit("cache")],
            by_vector: vec![hit("span"), hit("cache")],
        });
        assert_eq!(prepared.sources[0], "Cache");
        assert_eq!(prepared.sources.len(), 3);
        assert!(prepared.context.starts_with("A cache keeps"));
    }
}
