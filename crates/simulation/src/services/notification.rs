//! The notification service: takes placed orders off the queue, after they were answered, and sends receipts.

use serde_json::json;
use spandrel_trace::model::SpanKind;
use spandrel_trace::model::record::Attribute;

use crate::recorder::{Cx, Run, attribute, int};

/// The queue.
const DESTINATION: &str = "orders.placed";

fn describe(message: &str, size: usize, operation: &str) -> Vec<Attribute> {
    vec![
        attribute("messaging.system", "in_memory"),
        attribute("messaging.destination.name", DESTINATION),
        attribute("messaging.operation.name", operation),
        attribute("messaging.operation.type", operation),
        attribute("messaging.message.id", message),
        attribute("messaging.message.body.size", int(size)),
    ]
}

impl Run<'_> {
    /// Publishes a placed order: a PRODUCER span, and below it the CONSUMER span of notification, which is linked to it. The
    /// order goes on meanwhile.
    pub(super) fn publish(&mut self, cx: Cx, order_id: &str, user_id: &str, total: f64) {
        let id = format!("m-{order_id}");
        let body = json!({"order_id": order_id, "user_id": user_id, "total": total}).to_string();
        let name = format!("send {DESTINATION}");
        let sending = self.child(cx, SpanKind::Producer, name, describe(&id, body.len(), "send"));
        self.wait(0.05);
        self.end(sending);
        let sent = self.now;
        // A broker delivers when it does: by then the order has been answered.
        self.work(25.0);
        self.wait(10.0);
        let mut attributes = describe(&id, body.len(), "process");
        attributes.insert(2, attribute("messaging.consumer.group.name", "notification"));
        let parent = (sending.trace, sending.span);
        let name = format!("process {DESTINATION}");
        let processing = self.start("notification", parent, SpanKind::Consumer, name, attributes);
        self.link(processing, sending);
        self.set(processing, "order.id", order_id);
        let rendering = self.internal(processing, "render receipt");
        self.set(rendering, "template", "receipt.txt");
        self.work(3.0);
        self.end(rendering);
        let mailing = self.internal(processing, "send email");
        self.set(mailing, "user.id", user_id);
        self.work(12.0);
        self.event(mailing, "handed to the mail server", vec![]);
        self.end(mailing);
        self.end(processing);
        self.now = sent;
    }
}
