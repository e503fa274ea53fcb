//! The notification service: takes placed orders off the queue, after they were answered, and sends receipts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use serde::{Deserialize, Serialize};

use crate::data::queue::{Consumer, DESTINATION, GROUP, Message};
use crate::runtime::{Service, around, record};

/// How many receipts `GET /notifications` remembers.
const REMEMBERED: usize = 50;

/// What a message says, and what was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) order_id: String,
    pub(crate) user_id: String,
    /// In whole currency units.
    pub(crate) total: f64,
}

/// The receipts sent last, newest last.
type Sent = Arc<Mutex<VecDeque<Receipt>>>;

/// The routes of the service, and the loop that consumes the queue until it ends.
pub(crate) fn open(
    service: &Arc<Service>,
    queue: Consumer,
) -> (Router, impl Future<Output = ()> + Send + use<>) {
    let sent = Sent::default();
    let routes = Router::new().route("/notifications", get(remembered)).with_state(Arc::clone(&sent));
    let routes = around(service, &["GET /notifications"], &[], routes);
    (routes, consume(Arc::clone(service), queue, sent))
}

async fn remembered(State(sent): State<Sent>) -> Json<Vec<Receipt>> {
    let receipts = match sent.lock() {
        Ok(sent) => sent.iter().cloned().collect(),
        Err(_) => Vec::new(),
    };
    Json(receipts)
}

async fn consume(service: Arc<Service>, mut queue: Consumer, sent: Sent) {
    let system = queue.system();
    while let Some(message) = queue.next().await {
        // A broker delivers when it does: by then the order has been answered.
        service.pace.work(25.0).await;
        deliver(&service, system, &message, &sent).await;
    }
}

/// A CONSUMER span below the PRODUCER span, and linked to it (semantic conventions for messaging).
async fn deliver(service: &Service, system: &'static str, message: &Message, sent: &Sent) {
    let parent = service.extract(&message.headers);
    let producer = parent.span().span_context().clone();
    let size = i64::try_from(message.body.len()).unwrap_or(i64::MAX);
    let attributes = vec![
        KeyValue::new(attribute::MESSAGING_SYSTEM, system),
        KeyValue::new(attribute::MESSAGING_DESTINATION_NAME, DESTINATION),
        KeyValue::new(attribute::MESSAGING_CONSUMER_GROUP_NAME, GROUP),
        KeyValue::new(attribute::MESSAGING_OPERATION_NAME, "process"),
        KeyValue::new(attribute::MESSAGING_OPERATION_TYPE, "process"),
        KeyValue::new(attribute::MESSAGING_MESSAGE_ID, message.id.clone()),
        KeyValue::new(attribute::MESSAGING_MESSAGE_BODY_SIZE, size),
    ];
    let name = format!("process {DESTINATION}");
    let cx = if producer.is_valid() {
        service.linked_span(&parent, SpanKind::Consumer, name, attributes, producer)
    } else {
        service.span(&parent, SpanKind::Consumer, name, attributes)
    };
    match serde_json::from_slice::<Receipt>(&message.body) {
        Ok(receipt) => send(service, &cx, receipt, sent).await,
        Err(error) => record(&cx, "serde_json::Error", &error),
    }
    cx.span().end();
}

async fn send(service: &Service, cx: &Context, receipt: Receipt, sent: &Sent) {
    cx.span().set_attribute(KeyValue::new("order.id", receipt.order_id.clone()));
    let rendering = service.internal(cx, "render receipt");
    rendering.span().set_attribute(KeyValue::new("template", "receipt.txt"));
    service.pace.work(3.0).await;
    rendering.span().end();
    let sending = service.internal(cx, "send email");
    sending.span().set_attribute(KeyValue::new(attribute::USER_ID, receipt.user_id.clone()));
    service.pace.work(12.0).await;
    sending.span().add_event("handed to the mail server", vec![]);
    sending.span().end();
    if let Ok(mut sent) = sent.lock() {
        if sent.len() >= REMEMBERED {
            sent.pop_front();
        }
        sent.push_back(receipt);
    }
}
