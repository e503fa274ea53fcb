//! The llm service: generates an answer, in a span by the semantic conventions for generative AI.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use serde::{Deserialize, Serialize};

use super::fields::{Fields, object};
use super::gen_ai;
use super::search::LONGEST_QUESTION;
use crate::data::generator::Generator;
use crate::runtime::{Problem, Service, around, record};

/// The longest context, in bytes.
const LONGEST_CONTEXT: usize = 100_000;

/// A generated answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GeneratedAnswer {
    pub(crate) answer: String,
    pub(crate) model: String,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
}

struct Llm {
    service: Arc<Service>,
    generator: Generator,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>, generator: Generator) -> Router {
    let llm = Arc::new(Llm { service: Arc::clone(service), generator });
    let routes = Router::new().route("/generate", post(generate)).with_state(llm);
    around(service, &["POST /generate"], &[], routes)
}

async fn generate(
    State(llm): State<Arc<Llm>>,
    Extension(cx): Extension<Context>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<GeneratedAnswer>, Problem> {
    let service = &llm.service;
    let members = object(bytes, service.name)?;
    let fields = Fields::of(&members, service.name);
    let question = fields.required("question", fields.text_up_to("question", LONGEST_QUESTION)?)?;
    let context = fields.text_up_to("context", LONGEST_CONTEXT)?.unwrap_or_default();
    let model = llm.generator.model().to_owned();
    let chat = service.span(
        &cx,
        SpanKind::Client,
        format!("chat {model}"),
        vec![
            KeyValue::new(gen_ai::OPERATION_NAME, "chat"),
            KeyValue::new(gen_ai::PROVIDER_NAME, llm.generator.provider()),
            KeyValue::new(gen_ai::REQUEST_MODEL, model),
        ],
    );
    service.pace.work(90.0).await;
    let generated = llm.generator.generate(&question, &context).await;
    let answer = match generated {
        Ok(generated) => {
            let reasons = Array::String(vec![StringValue::from(generated.finish_reason)]);
            chat.span().set_attributes([
                KeyValue::new(gen_ai::RESPONSE_MODEL, generated.model.clone()),
                KeyValue::new(gen_ai::RESPONSE_FINISH_REASONS, Value::Array(reasons)),
                KeyValue::new(gen_ai::USAGE_INPUT_TOKENS, generated.input_tokens),
                KeyValue::new(gen_ai::USAGE_OUTPUT_TOKENS, generated.output_tokens),
            ]);
            Ok(Json(GeneratedAnswer {
                answer: generated.text,
                model: generated.model,
                input_tokens: generated.input_tokens,
                output_tokens: generated.output_tokens,
            }))
        }
        Err(error) => {
            record(&chat, "generator::GeneratorError", &error);
            let why = error.to_string();
            Err(Problem::new(StatusCode::BAD_GATEWAY, "generation_failed", service.name, why))
        }
    };
    chat.span().end();
    answer
}
