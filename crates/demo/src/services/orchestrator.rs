//! The orchestrator: answers questions with search, vector lookup, context and generation, and calls services in parallel.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use spandrel_evaltrack::Client;
use utoipa::ToSchema;

use super::cache::CacheEntry;
use super::llm::GeneratedAnswer;
use super::search::{Question, question};
use super::timed::TimedAnswer;
use crate::data::retrieval::{AnswerContext, DocumentHit, FoundDocuments, question_key};
use crate::faults::{Fault, carries};
use crate::runtime::peers::{CLASSIFIER, READING_TIME};
use crate::runtime::{Call, Problem, Service, around};

/// How long the generator may take: an endpoint outside is slower than the built-in one.
const GENERATION_TIMEOUT: Duration = Duration::from_secs(35);
/// An address at which nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// An answered question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Answered {
    pub(crate) answer: String,
    /// Titles of the documents that it is taken from.
    pub(crate) sources: Vec<String>,
    #[schema(example = "extractive-1")]
    pub(crate) model: String,
    /// Whether the answer was in the cache.
    pub(crate) cached: bool,
    /// What the question is about, where the service `classifier` runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "performance")]
    pub(crate) topic: Option<String>,
    /// How long the answer takes to read, where the service `reading-time` runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reading_seconds: Option<f64>,
}

/// The answer of `classifier`.
#[derive(Deserialize)]
struct Classified {
    topic: String,
}

/// The answer of `reading-time`.
#[derive(Deserialize)]
struct Estimated {
    seconds: f64,
}

/// What became of the parallel calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Orchestrated {
    /// By name of the service.
    pub(crate) services: BTreeMap<String, TimedAnswer>,
    /// Seconds.
    #[schema(example = 1.01)]
    pub(crate) total_time: f64,
    #[schema(example = 2)]
    pub(crate) success_count: usize,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>, capture: Option<&Client>) -> Router {
    let mut captured = Router::new().route("/orchestrate", get(orchestrate));
    if let Some(capture) = capture {
        captured = captured.layer(capture.capture_response());
    }
    let routes = Router::new().route("/answer", post(answer)).merge(captured).with_state(Arc::clone(service));
    let downstream =
        &["cache", "search", "vector", "rag", "llm", "service1", "service2", CLASSIFIER, READING_TIME];
    around(service, &["POST /answer", "GET /orchestrate"], downstream, routes)
}

async fn answer(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Answered>, Problem> {
    let question = question(bytes, service.name)?;
    let key = question_key(&question);
    let lookup = Call::get("cache", "/entries/{key}").with_id(&key);
    let entry: CacheEntry = service.call(&cx, lookup, None::<&()>).await?;
    let known = entry.value.and_then(|value| serde_json::from_str::<Answered>(&value).ok());
    cx.span().set_attribute(KeyValue::new("answer.cached", known.is_some()));
    if let Some(known) = known {
        return Ok(Json(Answered { cached: true, ..known }));
    }
    let asked = Question { question: question.clone() };
    let (by_words, by_vector, classified) = tokio::join!(
        service.call::<Vec<DocumentHit>>(&cx, Call::post("search", "/search"), Some(&asked)),
        service.call::<Vec<DocumentHit>>(&cx, Call::post("vector", "/lookup"), Some(&asked)),
        optional::<Classified>(&service, &cx, Call::post(CLASSIFIER, "/classify"), json!(asked)),
    );
    let found = FoundDocuments { by_words: by_words?, by_vector: by_vector? };
    let prepared: AnswerContext = service.call(&cx, Call::post("rag", "/context"), Some(&found)).await?;
    let generate = Call::post("llm", "/generate").timeout(GENERATION_TIMEOUT);
    let body = json!({"question": question, "context": prepared.context});
    let generated: GeneratedAnswer = service.call(&cx, generate, Some(&body)).await?;
    let text = json!({"text": generated.answer});
    let estimated = optional::<Estimated>(&service, &cx, Call::post(READING_TIME, "/estimate"), text).await;
    let answered = Answered {
        answer: generated.answer,
        sources: prepared.sources,
        model: generated.model,
        cached: false,
        topic: classified.map(|classified| classified.topic),
        reading_seconds: estimated.map(|estimated| estimated.seconds),
    };
    let entry = CacheEntry { value: serde_json::to_string(&answered).ok() };
    let write = Call::put("cache", "/entries/{key}").with_id(&key);
    // An answer that was not stored is an answer all the same.
    let _: Result<CacheEntry, Problem> = service.call(&cx, write, Some(&entry)).await;
    Ok(Json(answered))
}

/// Calls a service that runs or not, and without which a question is answered all the same: what fails is on the span of the
/// call.
async fn optional<T: DeserializeOwned>(
    service: &Service,
    cx: &Context,
    call: Call,
    body: Value,
) -> Option<T> {
    if !service.peers.has(call.to()) {
        return None;
    }
    service.call(cx, call, Some(&body)).await.ok()
}

async fn orchestrate(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
) -> Json<Orchestrated> {
    let start = Instant::now();
    let first = Call::get("service1", "/service1");
    let mut second = Call::get("service2", "/service2");
    if carries(&cx, Fault::ServiceDown) {
        second = second.base(NOWHERE);
    }
    let (first, second) = tokio::join!(
        service.call::<TimedAnswer>(&cx, first, None::<&()>),
        service.call::<TimedAnswer>(&cx, second, None::<&()>),
    );
    let mut services = BTreeMap::new();
    let mut success_count = 0;
    for (name, outcome) in [("service1", first), ("service2", second)] {
        success_count += usize::from(outcome.is_ok());
        let answer = outcome.unwrap_or_else(|problem| TimedAnswer {
            service: name.into(),
            status: "error".into(),
            message: problem.detail,
        });
        services.insert(name.to_owned(), answer);
    }
    let count = i64::try_from(success_count).unwrap_or(i64::MAX);
    cx.span().set_attribute(KeyValue::new("orchestration.success_count", count));
    Json(Orchestrated { services, total_time: start.elapsed().as_secs_f64(), success_count })
}
