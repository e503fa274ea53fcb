//! The payment service: authorizes an amount, or says why not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use serde::{Deserialize, Serialize};

use crate::order_form::{body, units};
use crate::refusal::{Refusal, record};
use crate::service::Service;

/// The most that is authorized at once, in cents.
const LIMIT_CENTS: i64 = 1_000_000;

/// What the order service asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PaymentRequest {
    pub(crate) order_id: String,
    pub(crate) amount_cents: i64,
    pub(crate) method: String,
    /// Whether the bank is to be out of reach, for a simulated error.
    #[serde(default)]
    pub(crate) fail: bool,
}

/// What it gets.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) payment_id: String,
    pub(crate) status: String,
}

/// The failure of a simulated error.
#[derive(Debug, thiserror::Error)]
#[error("the bank did not authorize the payment")]
struct BankError {
    #[source]
    cause: BankSilent,
}

#[derive(Debug, thiserror::Error)]
#[error("no answer from the card network within 60 ms")]
struct BankSilent;

struct Till {
    service: Arc<Service>,
    next: AtomicU64,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>) -> Router {
    let till = Arc::new(Till { service: Arc::clone(service), next: AtomicU64::new(1) });
    service.around(Router::new().route("/payments", post(pay)).with_state(till))
}

async fn pay(
    State(till): State<Arc<Till>>,
    Extension(cx): Extension<Context>,
    request: Result<Json<PaymentRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<Payment>), Refusal> {
    let request = body(request, till.service.name)?;
    let amount = units(request.amount_cents);
    cx.span().set_attribute(KeyValue::new("order.id", request.order_id.clone()));
    if request.amount_cents > LIMIT_CENTS {
        let limit = units(LIMIT_CENTS);
        cx.span().add_event("payment declined", vec![KeyValue::new("limit", limit)]);
        return Err(Refusal::new(
            StatusCode::PAYMENT_REQUIRED,
            "payment_declined",
            till.service.name,
            format!("{amount:.2} is more than the limit of {limit:.2}"),
        ));
    }
    let authorization = till.service.span(
        &cx,
        SpanKind::Internal,
        "authorize payment",
        vec![
            KeyValue::new("payment.method", request.method.clone()),
            KeyValue::new("payment.amount", amount),
        ],
    );
    let outcome = till.authorize(&authorization, request.fail).await;
    authorization.span().end();
    outcome.map(|payment| (StatusCode::CREATED, Json(payment)))
}

impl Till {
    async fn authorize(&self, cx: &Context, fail: bool) -> Result<Payment, Refusal> {
        self.service.pace.work(5.0).await;
        let score = self.service.pace.with(|random| random.i64(1..40));
        cx.span().add_event("fraud check passed", vec![KeyValue::new("fraud.score", score)]);
        if fail {
            self.service.pace.work(60.0).await;
            let error = BankError { cause: BankSilent };
            record(cx, "payment::BankError", &error);
            return Err(Refusal::new(
                StatusCode::BAD_GATEWAY,
                "payment_failed",
                self.service.name,
                format!("{error}: {}", error.cause),
            ));
        }
        self.service.pace.work(22.0).await;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let payment_id = format!("p-{number}");
        cx.span().set_attribute(KeyValue::new("payment.id", payment_id.clone()));
        Ok(Payment { payment_id, status: "authorized".into() })
    }
}
