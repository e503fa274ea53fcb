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
use tokio::task::{JoinError, JoinSet};

use crate::data::queue::{Consumer, DESTINATION, GROUP, Message};
use crate::runtime::{Service, around, record};

/// How many receipts `GET /notifications` remembers.
const REMEMBERED: usize = 50;
/// How many messages are handled at the same time. At 200 orders per second and about 45 ms for each, 9 are on average;
/// the rest is for messages that take four times as long.
const AT_ONCE: usize = 32;

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

/// Handles messages as they come, up to [`AT_ONCE`] at the same time. Ends when the queue ends and all are handled.
async fn consume(service: Arc<Service>, mut queue: Consumer, sent: Sent) {
    let system = queue.system();
    let mut under_way = JoinSet::new();
    loop {
        // A message is taken when there is a place for it: what has to wait, waits in the queue.
        while under_way.len() >= AT_ONCE {
            log_failure(under_way.join_next().await);
        }
        while let Some(done) = under_way.try_join_next() {
            log_failure(Some(done));
        }
        let Some(message) = queue.next().await else { break };
        let (service, sent) = (Arc::clone(&service), Arc::clone(&sent));
        under_way.spawn(async move {
            // A broker delivers when it does: by then the order has been answered.
            service.pace.work(25.0).await;
            deliver(&service, system, &message, &sent).await;
        });
    }
    while let Some(done) = under_way.join_next().await {
        log_failure(Some(done));
    }
}

fn log_failure(done: Option<Result<(), JoinError>>) {
    if let Some(Err(error)) = done {
        tracing::error!("a message could not be handled: {error}");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::queue::in_process;
    use crate::runtime::peers::Peers;
    use crate::runtime::telemetry::Telemetry;
    use axum::http::HeaderMap;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn two_hundred_messages_take_far_less_than_one_after_the_other() {
        let telemetry = Telemetry::open("notification", &[]).unwrap();
        let peers = Arc::new(Peers::new(Default::default()));
        let service = Arc::new(Service::new("notification", &telemetry, peers, 1, None).unwrap());
        let (publisher, consumer) = in_process();
        for number in 0..200 {
            let receipt = Receipt { order_id: number.to_string(), user_id: "ada".into(), total: 1.0 };
            let body = serde_json::to_vec(&receipt).unwrap();
            let message = Message { id: format!("m-{number}"), headers: HeaderMap::new(), body };
            publisher.publish(message).await.unwrap();
        }
        drop(publisher);
        let sent = Sent::default();
        let start = Instant::now();
        consume(service, consumer, Arc::clone(&sent)).await;
        let took = start.elapsed();
        // The least that one takes is 0.6 of 40 ms.
        let in_sequence = Duration::from_millis(24) * 200;
        assert!(took < in_sequence / 2, "{took:?}");
        let mut last: Vec<u32> = sent.lock().unwrap().iter().map(|r| r.order_id.parse().unwrap()).collect();
        last.sort_unstable();
        last.dedup();
        assert_eq!(last.len(), REMEMBERED, "each once");
    }
}
