//! The order service: reserves, charges, stores and publishes; what was reserved is given back when it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;

use super::fault_paths;
use super::inventory::{Reservation, ReservationRequest};
use super::notification::Receipt;
use super::order_form::{FailingService, OrderPlaced, OrderRequest, units};
use super::order_store::{self, StoredOrder};
use super::payment::{Payment, PaymentRequest};
use super::stock::Line;
use super::user::User;
use crate::data::database::Database;
use crate::data::queue::{DESTINATION, Message, Publisher};
use crate::faults::{Fault, fault_of};
use crate::runtime::{Call, Problem, Service, around, record, trace_id, with_baggage};

/// The number of the first order.
const FIRST: u64 = 1001;
/// How long a payment may take.
const PAYMENT_TIMEOUT: Duration = Duration::from_secs(1);
/// An address at which nothing listens: port 9 (discard) of this host.
const NOWHERE: &str = "http://127.0.0.1:9";

struct Orders {
    service: Arc<Service>,
    database: Arc<Database>,
    queue: Publisher,
    next: AtomicU64,
}

/// The routes of the service. Numbers go on after the newest order of the database.
pub(crate) async fn routes(service: &Arc<Service>, database: Arc<Database>, queue: Publisher) -> Router {
    let next = order_store::last(&database).await.map_or(FIRST, |last| (last + 1).max(FIRST));
    let next = AtomicU64::new(next);
    let orders = Arc::new(Orders { service: Arc::clone(service), database, queue, next });
    let routes =
        Router::new().route("/orders", post(place)).route("/orders/{id}", get(one)).with_state(orders);
    around(service, &["POST /orders", "GET /orders/{id}"], &["user", "inventory", "payment"], routes)
}

async fn one(
    State(orders): State<Arc<Orders>>,
    Extension(cx): Extension<Context>,
    Path(id): Path<String>,
) -> Result<Json<StoredOrder>, Problem> {
    order_store::read(&orders.database, &orders.service, &cx, &id).await.map(Json)
}

async fn place(
    State(orders): State<Arc<Orders>>,
    Extension(cx): Extension<Context>,
    request: Result<Json<OrderRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<OrderPlaced>), Problem> {
    let service = &orders.service;
    let Json(request) = request.map_err(|rejection| {
        Problem::new(rejection.status(), "unreadable_request", service.name, rejection.body_text()).at("body")
    })?;
    let order_id = orders.next.fetch_add(1, Ordering::Relaxed).to_string();
    cx.span().set_attribute(KeyValue::new("order.id", order_id.clone()));
    let customer = orders.customer(&cx, &request.form.user_id).await?;
    cx.span().set_attribute(KeyValue::new("user.tier", customer.tier.clone()));
    let cx = with_baggage(&cx, "user.tier", customer.tier);
    let total_cents = orders.price(&cx, &request).await;
    cx.span().set_attribute(KeyValue::new("order.total", units(total_cents)));
    fault_paths::of_order(service, &cx).await?;
    let reservation = orders.reserve(&cx, &order_id, &request).await?;
    if let Err(problem) = orders.charge(&cx, &order_id, &request, total_cents).await {
        orders.give_back(&cx, reservation).await;
        return Err(problem);
    }
    order_store::store(&orders.database, service, &cx, &order_id, &request.form, "confirmed").await?;
    let total = units(total_cents);
    let receipt = Receipt { order_id: order_id.clone(), user_id: request.form.user_id, total };
    orders.publish(&cx, &receipt).await;
    let placed = OrderPlaced { order_id, status: "confirmed".into(), total, trace_id: trace_id(&cx) };
    Ok((StatusCode::CREATED, Json(placed)))
}

impl Orders {
    async fn customer(&self, cx: &Context, user_id: &str) -> Result<User, Problem> {
        let call = Call::get("user", "/customers/{id}").with_id(user_id);
        self.service.call(cx, call, None::<&()>).await
    }

    async fn price(&self, cx: &Context, request: &OrderRequest) -> i64 {
        let pricing = self.service.internal(cx, "price order");
        self.service.pace.work(2.0).await;
        let cents = request.form.total_cents();
        let lines = i64::try_from(request.form.items.len()).unwrap_or(i64::MAX);
        pricing.span().set_attributes([
            KeyValue::new("order.items", lines),
            KeyValue::new("order.total", units(cents)),
        ]);
        pricing.span().end();
        cents
    }

    async fn reserve(
        &self,
        cx: &Context,
        order_id: &str,
        request: &OrderRequest,
    ) -> Result<Reservation, Problem> {
        let line =
            |item: &super::order_form::OrderItem| Line { id: item.id.clone(), quantity: item.quantity };
        let wanted = ReservationRequest {
            order_id: order_id.into(),
            lines: request.form.items.iter().map(line).collect(),
            fail: request.failing == Some(FailingService::Inventory),
        };
        self.service.call(cx, Call::post("inventory", "/reservations"), Some(&wanted)).await
    }

    async fn charge(
        &self,
        cx: &Context,
        order_id: &str,
        request: &OrderRequest,
        total_cents: i64,
    ) -> Result<Payment, Problem> {
        let wanted = PaymentRequest {
            order_id: order_id.into(),
            user_id: request.form.user_id.clone(),
            amount: units(total_cents),
            payment_method: request.form.payment_method.clone(),
            fail: request.failing == Some(FailingService::Payment),
        };
        let mut call = Call::post("payment", "/payments").timeout(PAYMENT_TIMEOUT);
        match fault_of(cx) {
            Some(Fault::ServiceDown) => call = call.base(NOWHERE),
            Some(Fault::RetryStorm) => call = call.retries(6, Duration::from_millis(20)),
            _ => {}
        }
        self.service.call(cx, call, Some(&wanted)).await
    }

    async fn give_back(&self, cx: &Context, reservation: Reservation) {
        cx.span().add_event("giving the reservation back", vec![]);
        let call = Call::delete("inventory", "/reservations/{id}").with_id(&reservation.reservation_id);
        // Its failure is on its own span; the order has failed already.
        let _: Result<Reservation, Problem> = self.service.call(cx, call, None::<&()>).await;
    }

    /// A PRODUCER span around the message (semantic conventions for messaging). An order stands though its receipt is
    /// lost, so a full queue is an error of this span only.
    async fn publish(&self, cx: &Context, receipt: &Receipt) {
        let id = format!("m-{}", receipt.order_id);
        let body = serde_json::to_vec(receipt).unwrap_or_default();
        let size = i64::try_from(body.len()).unwrap_or(i64::MAX);
        let sending = self.service.span(
            cx,
            SpanKind::Producer,
            format!("send {DESTINATION}"),
            vec![
                KeyValue::new(attribute::MESSAGING_SYSTEM, self.queue.system()),
                KeyValue::new(attribute::MESSAGING_DESTINATION_NAME, DESTINATION),
                KeyValue::new(attribute::MESSAGING_OPERATION_NAME, "send"),
                KeyValue::new(attribute::MESSAGING_OPERATION_TYPE, "send"),
                KeyValue::new(attribute::MESSAGING_MESSAGE_ID, id.clone()),
                KeyValue::new(attribute::MESSAGING_MESSAGE_BODY_SIZE, size),
            ],
        );
        let mut headers = HeaderMap::new();
        self.service.inject(&sending, &mut headers);
        if let Err(unsent) = self.queue.publish(Message { id, headers, body }).await {
            record(&sending, "queue::Unsent", &unsent);
        }
        sending.span().end();
    }
}
