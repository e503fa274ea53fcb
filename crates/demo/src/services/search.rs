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
use crate::data::corpus::CORPUS;
use crate::data::embedding::words;
use crate::runtime::{Problem, Service, around};

/// Documents that are found at most.
pub(crate) const MOST: usize = 4;
/// The longest question, in bytes.
pub(crate) const LONGEST_QUESTION: usize = 2_000;

/// A question on its way between services.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) question: String,
}

/// A document that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Hit {
    pub(crate) id: String,
    pub(crate) score: f64,
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
    fields.required("question", fields.text_up_to("question", LONGEST_QUESTION)?)
}

async fn search(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Vec<Hit>>, Problem> {
    let question = question(bytes, service.name)?;
    let ranking = service.internal(&cx, "rank documents");
    service.pace.work(14.0).await;
    let hits = rank(&question);
    ranking.span().set_attributes([
        KeyValue::new("search.documents", i64::try_from(CORPUS.len()).unwrap_or(i64::MAX)),
        KeyValue::new("search.hits", i64::try_from(hits.len()).unwrap_or(i64::MAX)),
    ]);
    ranking.span().end();
    Ok(Json(hits))
}

/// The documents with most of the words, each weighted by how few documents have it.
fn rank(question: &str) -> Vec<Hit> {
    let documents: Vec<Vec<String>> =
        CORPUS.iter().map(|document| words(document.title).chain(words(document.text)).collect()).collect();
    let mut scores = vec![0.0; documents.len()];
    for word in words(question) {
        let with: Vec<usize> =
            (0..documents.len()).filter(|at| documents.get(*at).is_some_and(|d| d.contains(&word))).collect();
        let weight = (documents.len() as f64 / (with.len() as f64).max(1.0)).ln();
        for at in with {
            if let Some(score) = scores.get_mut(at) {
                *score += weight;
            }
        }
    }
    let mut hits: Vec<Hit> = CORPUS
        .iter()
        .zip(scores)
        .filter(|(_, score)| *score > 0.0)
        .map(|(document, score)| Hit { id: document.id.into(), score })
        .collect();
    hits.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.id.cmp(&other.id)));
    hits.truncate(MOST);
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_with_the_rare_words_comes_first() {
        assert_eq!(rank("What is a circuit breaker?")[0].id, "circuit-breaker");
        assert!(rank("xylophone").is_empty());
        assert!(rank("a span of a trace, its parent and its children").len() <= MOST);
    }
}
