//! Flows through several services: a question, and everything in one request. And the list of faults.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use opentelemetry::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::orders::{send, verify};
use crate::faults::{FAULTS, FaultFacts};
use crate::runtime::{Call, Problem, ProblemDetails, Service, correlation_id, trace_id};
use crate::services::fields::{Fields, object};
use crate::services::orchestrator::Answered;
use crate::services::order_form::{OrderForm, OrderRequest};
use crate::services::search::LONGEST_QUESTION;
use crate::services::user::User;

/// How long an answer may take: a generator outside takes its time.
const TIMEOUT: Duration = Duration::from_secs(40);

/// A question of a user.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(dead_code, reason = "read member by member, so that a wrong one is named; this describes the body")]
pub(crate) struct QuestionForm {
    #[schema(example = "What is the critical path of a trace?")]
    question: String,
    /// A text or a whole number; a guest where absent.
    #[schema(example = "demo-user")]
    user_id: Option<String>,
}

/// An answer and its trace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskAnswer {
    #[serde(flatten)]
    answered: Answered,
    /// 32 hexadecimal digits, absent where tracing is switched off.
    trace_id: Option<String>,
}

/// Ask a question
///
/// Search and vector lookup find documents, from which an answer is generated. A repeated question is answered from the cache.
#[utoipa::path(post, path = "/ask", request_body = QuestionForm, responses(
    (status = 200, description = "The answer", body = AskAnswer),
    (status = 422, description = "A member of the request is wrong: `field` names it", body = ProblemDetails),
))]
pub(crate) async fn ask(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<AskAnswer>, Problem> {
    let members = object(bytes, service.name)?;
    let fields = Fields::of(&members, service.name);
    let question = fields.required("question", fields.text_up_to("question", LONGEST_QUESTION)?)?;
    let user_id = fields.id("user_id")?.unwrap_or_else(|| "guest".into());
    verify(&service, &cx, &headers, &user_id).await?;
    let answered = answer(&service, &cx, &question).await?;
    Ok(Json(AskAnswer { answered, trace_id: trace_id(&cx) }))
}

async fn answer(service: &Service, cx: &Context, question: &str) -> Result<Answered, Problem> {
    let call = Call::post("orchestrator", "/answer").timeout(TIMEOUT);
    service.call(cx, call, Some(&json!({"question": question}))).await
}

/// Run everything for a user
///
/// Reads the user, places an order and asks a question, in one trace.
#[utoipa::path(get, path = "/demo/full-flow/{user_id}", params(("user_id" = String, Path)), responses(
    (status = 200, description = "What each step gave", body = Value),
))]
pub(crate) async fn full(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    Path(user_id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let call = Call::get("user", "/customers/{id}").with_id(&user_id);
    let user: User = service.call(&cx, call, None::<&()>).await?;
    let request = OrderRequest { form: OrderForm::sample(&user_id), failing: None };
    let (_, Json(order)) = send(&service, &cx, &headers, request).await?;
    let answered = answer(&service, &cx, "What is a trace, and what is a span?").await?;
    Ok(Json(json!({
        "user": user,
        "order": order,
        "answer": answered,
        "trace_id": trace_id(&cx),
        "correlation_id": correlation_id(&cx),
    })))
}

/// List the faults
///
/// Each is ordered with the header `X-Demo-Fault` or the query parameter `fault`.
#[utoipa::path(get, path = "/demo/faults", responses((status = 200, description = "All faults", body = Value)))]
pub(crate) async fn faults() -> Json<&'static [FaultFacts]> {
    Json(FAULTS)
}

/// Where else the traces are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DemoLinks {
    /// The base URL of a Jaeger's UI, without a slash at its end; null where none is configured.
    #[schema(example = "http://127.0.0.1:16687")]
    pub(crate) jaeger: Option<String>,
}

/// Say where else the traces are
#[utoipa::path(get, path = "/demo/links", responses(
    (status = 200, description = "The Jaeger that is sent the same traces", body = DemoLinks),
))]
pub(crate) async fn links(Extension(links): Extension<DemoLinks>) -> Json<DemoLinks> {
    Json(links)
}
