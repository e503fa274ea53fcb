//! The payment service: authorizes an amount, or says why not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::{Fields, object};
use super::order_form::{PAYMENT_METHODS, cents, units};
use super::user::User;
use crate::faults::{Fault, carries};
use crate::runtime::{Call, Problem, Propagate, Service, around, record};

/// The most that is authorized at once, in cents.
const LIMIT_CENTS: i64 = 1_000_000;
/// The highest amount that can be asked for, in whole currency units.
const MAX_AMOUNT: f64 = 1e11;
/// How long the payment takes where the fault is a timeout: longer than its caller waits.
const SLOW: Duration = Duration::from_millis(1600);
/// Attempts that fail where the fault is a retry storm.
const FAILING_ATTEMPTS: u64 = 4;

/// A payment that is asked for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PaymentRequest {
    #[schema(example = "1001")]
    pub(crate) order_id: String,
    #[schema(example = "demo-user")]
    pub(crate) user_id: String,
    /// In whole currency units.
    #[schema(example = 59.98)]
    pub(crate) amount: f64,
    #[schema(example = "credit_card")]
    pub(crate) payment_method: String,
    /// Whether the bank is to be out of reach, for a simulated error.
    #[serde(default)]
    pub(crate) fail: bool,
}

/// An authorized payment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Payment {
    pub(crate) payment_id: String,
    #[schema(example = "authorized")]
    pub(crate) status: String,
}

/// Why a payment is not authorized.
#[derive(Debug, thiserror::Error)]
enum BankError {
    #[error("the bank did not authorize the payment")]
    Unreachable(#[source] BankSilent),
    #[error("the card network declined the payment: insufficient funds")]
    Declined,
    #[error("unknown payment method `{0}`")]
    UnknownMethod(String),
}

#[derive(Debug, thiserror::Error)]
#[error("no answer from the card network within 60 ms")]
struct BankSilent;

struct Payments {
    service: Arc<Service>,
    next: AtomicU64,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>) -> Router {
    let payments = Arc::new(Payments { service: Arc::clone(service), next: AtomicU64::new(1) });
    let routes = Router::new().route("/payments", post(pay)).with_state(payments);
    around(service, &["POST /payments"], &["user"], routes)
}

/// Reads a payment. An unknown method is accepted here: it fails when it is authorized.
fn read(bytes: Result<Bytes, BytesRejection>, service: &'static str) -> Result<PaymentRequest, Problem> {
    let members = object(bytes, service)?;
    let fields = Fields::of(&members, service);
    Ok(PaymentRequest {
        order_id: fields.required("order_id", fields.id("order_id")?)?,
        user_id: fields.id("user_id")?.unwrap_or_else(|| "guest".into()),
        amount: fields.required("amount", fields.number("amount", 0.0, MAX_AMOUNT)?)?,
        payment_method: fields.text("payment_method")?.unwrap_or_else(|| "credit_card".into()),
        fail: members.get("fail").and_then(serde_json::Value::as_bool).unwrap_or(false),
    })
}

async fn pay(
    State(payments): State<Arc<Payments>>,
    Extension(cx): Extension<Context>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Payment>), Problem> {
    let service = &payments.service;
    let request = read(bytes, service.name)?;
    cx.span().set_attribute(KeyValue::new("order.id", request.order_id.clone()));
    let attempt = headers.get("x-attempt").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if carries(&cx, Fault::RetryStorm) && attempt.unwrap_or(1) <= FAILING_ATTEMPTS {
        service.pace.work(6.0).await;
        let why = "too many payments under way: try again";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", service.name, why));
    }
    if cents(request.amount) > LIMIT_CENTS {
        let limit = units(LIMIT_CENTS);
        cx.span().add_event("payment declined", vec![KeyValue::new("limit", limit)]);
        return Err(Problem::new(
            StatusCode::PAYMENT_REQUIRED,
            "payment_declined",
            service.name,
            format!("{:.2} is more than the limit of {limit:.2}", request.amount),
        ));
    }
    payments.bill_to(&cx, &request.user_id).await?;
    let authorization = service.internal(&cx, "authorize payment");
    authorization.span().set_attributes([
        KeyValue::new("payment.method", request.payment_method.clone()),
        KeyValue::new("payment.amount", request.amount),
    ]);
    let outcome = payments.authorize(&authorization, &request).await;
    authorization.span().end();
    outcome.map(|payment| (StatusCode::CREATED, Json(payment)))
}

impl Payments {
    /// Reads whom the bill is for.
    async fn bill_to(&self, cx: &Context, user_id: &str) -> Result<User, Problem> {
        let mut call = Call::get("user", "/customers/{id}").with_id(user_id);
        if carries(cx, Fault::BrokenPropagation) {
            call.propagate = Propagate::BaggageOnly;
        }
        self.service.call(cx, call, None::<&()>).await
    }

    async fn authorize(&self, cx: &Context, request: &PaymentRequest) -> Result<Payment, Problem> {
        let service = &self.service;
        service.pace.work(5.0).await;
        let score = service.pace.with(|random| random.i64(1..40));
        cx.span().add_event("fraud check passed", vec![KeyValue::new("fraud.score", score)]);
        if carries(cx, Fault::Timeout) {
            tokio::time::sleep(SLOW).await;
        }
        service.pace.work(22.0).await;
        let (error, code) = if carries(cx, Fault::PaymentDeclined) {
            (BankError::Declined, "payment_declined")
        } else if !PAYMENT_METHODS.contains(&request.payment_method.as_str()) {
            (BankError::UnknownMethod(request.payment_method.clone()), "payment_failed")
        } else if request.fail {
            service.pace.work(38.0).await;
            (BankError::Unreachable(BankSilent), "payment_failed")
        } else {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let payment_id = format!("p-{number}");
            cx.span().set_attribute(KeyValue::new("payment.id", payment_id.clone()));
            return Ok(Payment { payment_id, status: "authorized".into() });
        };
        record(cx, "payment::BankError", &error);
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Err(Problem::new(StatusCode::BAD_GATEWAY, code, service.name, format!("{error}{cause}")))
    }
}
