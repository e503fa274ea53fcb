//! The order service: reserves, charges, and tells whom it concerns; what was reserved is given back when it fails.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;

use crate::inventory::{Reservation, ReservationRequest};
use crate::notification::Receipt;
use crate::order_form::{Fault, OrderPlaced, OrderRequest, body, units};
use crate::payment::{Payment, PaymentRequest};
use crate::queue::{DESTINATION, Message, Publisher, SYSTEM};
use crate::refusal::{Refusal, record};
use crate::service::{Call, Service, trace_id};
use crate::stock::Line;

/// The number of the first order.
const FIRST: u64 = 1001;

struct Orders {
    service: Arc<Service>,
    payment: SocketAddr,
    inventory: SocketAddr,
    queue: Publisher,
    next: AtomicU64,
}

/// The routes of the service.
pub(crate) fn routes(
    service: &Arc<Service>,
    payment: SocketAddr,
    inventory: SocketAddr,
    queue: Publisher,
) -> Router {
    let orders = Arc::new(Orders {
        service: Arc::clone(service),
        payment,
        inventory,
        queue,
        next: AtomicU64::new(FIRST),
    });
    service.around(Router::new().route("/orders", post(place)).with_state(orders))
}

async fn place(
    State(orders): State<Arc<Orders>>,
    Extension(cx): Extension<Context>,
    request: Result<Json<OrderRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<OrderPlaced>), Refusal> {
    let request = body(request, orders.service.name)?;
    request.form.check(orders.service.name)?;
    let order_id = orders.next.fetch_add(1, Ordering::Relaxed).to_string();
    cx.span().set_attribute(KeyValue::new("order.id", order_id.clone()));
    let total_cents = orders.price(&cx, &request).await;
    let reservation = orders.reserve(&cx, &order_id, &request).await?;
    let charged = orders.charge(&cx, &order_id, &request, total_cents).await;
    if let Err(refusal) = charged {
        orders.give_back(&cx, reservation).await;
        return Err(refusal);
    }
    let total = units(total_cents);
    orders.publish(&cx, &Receipt { order_id: order_id.clone(), user_id: request.form.user_id, total });
    let placed = OrderPlaced { order_id, status: "confirmed".into(), total, trace_id: trace_id(&cx) };
    Ok((StatusCode::CREATED, Json(placed)))
}

impl Orders {
    async fn price(&self, cx: &Context, request: &OrderRequest) -> i64 {
        let pricing = self.service.span(cx, SpanKind::Internal, "price order", Vec::new());
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
    ) -> Result<Reservation, Refusal> {
        let line = |item: &crate::order_form::Item| Line { id: item.id.clone(), quantity: item.quantity };
        let wanted = ReservationRequest {
            order_id: order_id.into(),
            lines: request.form.items.iter().map(line).collect(),
            fail: request.fault == Some(Fault::Inventory),
        };
        let call = Call {
            method: Method::POST,
            to: "inventory",
            address: self.inventory,
            template: "/reservations",
            path: "/reservations".into(),
        };
        self.service.call(cx, call, Some(&wanted)).await
    }

    async fn charge(
        &self,
        cx: &Context,
        order_id: &str,
        request: &OrderRequest,
        amount_cents: i64,
    ) -> Result<Payment, Refusal> {
        let wanted = PaymentRequest {
            order_id: order_id.into(),
            amount_cents,
            method: request.form.payment_method.clone(),
            fail: request.fault == Some(Fault::Payment),
        };
        let call = Call {
            method: Method::POST,
            to: "payment",
            address: self.payment,
            template: "/payments",
            path: "/payments".into(),
        };
        self.service.call(cx, call, Some(&wanted)).await
    }

    async fn give_back(&self, cx: &Context, reservation: Reservation) {
        cx.span().add_event("giving the reservation back", vec![]);
        let call = Call {
            method: Method::DELETE,
            to: "inventory",
            address: self.inventory,
            template: "/reservations/{id}",
            path: format!("/reservations/{}", reservation.reservation_id),
        };
        // Its failure is on its own span; the order has failed already.
        let _: Result<Reservation, Refusal> = self.service.call(cx, call, None::<&()>).await;
    }

    /// A PRODUCER span around the message (semantic conventions for messaging). An order stands though its receipt is
    /// lost, so a full queue is an error of this span only.
    fn publish(&self, cx: &Context, receipt: &Receipt) {
        let id = format!("m-{}", receipt.order_id);
        let body = serde_json::to_vec(receipt).unwrap_or_default();
        let size = i64::try_from(body.len()).unwrap_or(i64::MAX);
        let sending = self.service.span(
            cx,
            SpanKind::Producer,
            format!("send {DESTINATION}"),
            vec![
                KeyValue::new(attribute::MESSAGING_SYSTEM, SYSTEM),
                KeyValue::new(attribute::MESSAGING_DESTINATION_NAME, DESTINATION),
                KeyValue::new(attribute::MESSAGING_OPERATION_NAME, "send"),
                KeyValue::new(attribute::MESSAGING_OPERATION_TYPE, "send"),
                KeyValue::new(attribute::MESSAGING_MESSAGE_ID, id.clone()),
                KeyValue::new(attribute::MESSAGING_MESSAGE_BODY_SIZE, size),
            ],
        );
        let mut headers = HeaderMap::new();
        self.service.inject(&sending, &mut headers);
        if let Err(unsent) = self.queue.publish(Message { id, headers, body }) {
            record(&sending, "queue::Unsent", &unsent);
        }
        sending.span().end();
    }
}
