//! The queue between the order and the notification service: bounded, and its messages are bytes with headers, as over a
//! broker, so that the trace context travels inside them.

use axum::http::HeaderMap;
use tokio::sync::mpsc;

/// The name of the queue's system and of its one destination.
pub(crate) const SYSTEM: &str = "in_memory";
pub(crate) const DESTINATION: &str = "orders.placed";

/// How many messages may wait.
const CAPACITY: usize = 1024;

/// One message.
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    #[error("the queue {DESTINATION} holds {CAPACITY} messages and takes no more")]
    Full,
    #[error("the queue {DESTINATION} is closed")]
    Closed,
}

/// The end that publishes.
pub(crate) struct Publisher(mpsc::Sender<Message>);

impl Publisher {
    pub(crate) fn publish(&self, message: Message) -> Result<(), Unsent> {
        self.0.try_send(message).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Unsent::Full,
            mpsc::error::TrySendError::Closed(_) => Unsent::Closed,
        })
    }
}

/// The end that consumes; `None` from it means that the publisher is gone and everything was consumed.
pub(crate) type Consumer = mpsc::Receiver<Message>;

pub(crate) fn open() -> (Publisher, Consumer) {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    (Publisher(sender), receiver)
}
