//! The queue between order and notification: a Redis stream, or a bounded channel in this process. Messages are bytes with
//! headers, so that the trace context travels inside them.

use std::collections::VecDeque;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use redis::aio::ConnectionManager;
use redis::streams::{StreamId, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, FromRedisValue};
use tokio::sync::{mpsc, watch};

use super::redis_server::connect;

/// The name of the queue's one destination.
pub(crate) const DESTINATION: &str = "orders.placed";
/// The name of the group of consumers.
pub(crate) const GROUP: &str = "notification";

/// How many messages may wait in this process.
const CAPACITY: usize = 1024;
/// Messages that a Redis stream keeps, about.
const KEPT: usize = 10_000;
/// Messages that are read from a Redis stream at once.
const READ_AT_ONCE: usize = 32;
/// Milliseconds for which the consumer waits for the next message before it looks whether it has to stop.
const WAIT: usize = 500;

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
    #[error("Redis did not take the message for {DESTINATION}")]
    Redis(#[from] redis::RedisError),
}

/// The end that publishes.
pub(crate) enum Publisher {
    Process(mpsc::Sender<Message>),
    Redis(ConnectionManager),
}

impl Publisher {
    /// The system of the queue, as spans name it.
    pub(crate) fn system(&self) -> &'static str {
        match self {
            Publisher::Process(_) => "in_memory",
            Publisher::Redis(_) => "redis",
        }
    }

    pub(crate) async fn publish(&self, message: Message) -> Result<(), Unsent> {
        match self {
            Publisher::Process(sender) => sender.try_send(message).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => Unsent::Full,
                mpsc::error::TrySendError::Closed(_) => Unsent::Closed,
            }),
            Publisher::Redis(connection) => {
                let mut fields: Vec<(String, Vec<u8>)> =
                    vec![("id".into(), message.id.into_bytes()), ("body".into(), message.body)];
                for (name, value) in &message.headers {
                    fields.push((format!("header:{name}"), value.as_bytes().to_vec()));
                }
                let kept = redis::streams::StreamMaxlen::Approx(KEPT);
                let _: Option<String> =
                    connection.clone().xadd_maxlen(DESTINATION, kept, "*", &fields).await?;
                Ok(())
            }
        }
    }
}

/// The end that consumes.
pub(crate) enum Consumer {
    Process(mpsc::Receiver<Message>),
    Redis(StreamConsumer),
}

impl Consumer {
    /// The system of the queue, as spans name it.
    pub(crate) fn system(&self) -> &'static str {
        match self {
            Consumer::Process(_) => "in_memory",
            Consumer::Redis(_) => "redis",
        }
    }

    /// The next message. `None` where the publisher is gone and everything was consumed; of a stream, where the consumer
    /// was stopped and nothing waits.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        match self {
            Consumer::Process(receiver) => receiver.recv().await,
            Consumer::Redis(stream) => stream.next().await,
        }
    }
}

/// The end that consumes a Redis stream.
pub(crate) struct StreamConsumer {
    connection: ConnectionManager,
    stop: watch::Receiver<bool>,
    /// Read and not given yet.
    read: VecDeque<Message>,
    /// How many messages may still be read after the stop: others may publish without end.
    after_stop: usize,
}

impl StreamConsumer {
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.read.pop_front() {
                return Some(message);
            }
            let is_stopped = *self.stop.borrow();
            if is_stopped && self.after_stop == 0 {
                return None;
            }
            match read_some(&mut self.connection, !is_stopped).await {
                Ok(messages) if is_stopped && messages.is_empty() => return None,
                Ok(messages) => {
                    if is_stopped {
                        self.after_stop = self.after_stop.saturating_sub(messages.len());
                    }
                    self.read.extend(messages);
                }
                Err(error) => {
                    tracing::warn!("Messages could not be read from Redis: {error}");
                    if is_stopped {
                        return None;
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

/// Reads and acknowledges up to [`READ_AT_ONCE`] messages. Where none is there, `waits` says whether to wait for one.
async fn read_some(connection: &mut ConnectionManager, waits: bool) -> redis::RedisResult<Vec<Message>> {
    let mut options = StreamReadOptions::default().group(GROUP, "notification-1").count(READ_AT_ONCE);
    if waits {
        options = options.block(WAIT);
    }
    let reply: Option<StreamReadReply> = connection.xread_options(&[DESTINATION], &[">"], &options).await?;
    let entries: Vec<StreamId> =
        reply.into_iter().flat_map(|reply| reply.keys).flat_map(|stream| stream.ids).collect();
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    let _: usize = connection.xack(DESTINATION, GROUP, &ids).await?;
    Ok(entries.into_iter().map(message).collect())
}

fn message(entry: StreamId) -> Message {
    let mut message = Message { id: entry.id, headers: HeaderMap::new(), body: Vec::new() };
    for (field, value) in entry.map {
        let bytes = Vec::<u8>::from_redis_value(value).unwrap_or_default();
        match field.as_str() {
            "id" => message.id = String::from_utf8_lossy(&bytes).into_owned(),
            "body" => message.body = bytes,
            other => {
                let name = other.strip_prefix("header:").and_then(|name| name.parse::<HeaderName>().ok());
                if let (Some(name), Ok(value)) = (name, HeaderValue::from_bytes(&bytes)) {
                    message.headers.append(name, value);
                }
            }
        }
    }
    message
}

/// Both ends in this process. The consumer ends when the publisher is dropped.
pub(crate) fn in_process() -> (Publisher, Consumer) {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    (Publisher::Process(sender), Consumer::Process(receiver))
}

/// The end that publishes into a Redis stream.
///
/// # Errors
/// Where Redis cannot be reached.
pub(crate) async fn redis_publisher(url: &str) -> redis::RedisResult<Publisher> {
    Ok(Publisher::Redis(connect(url).await?))
}

/// The end that consumes a Redis stream, until it is stopped.
///
/// # Errors
/// Where Redis cannot be reached.
pub(crate) async fn redis_consumer(url: &str, stop: watch::Receiver<bool>) -> redis::RedisResult<Consumer> {
    let mut connection = connect(url).await?;
    // A group that exists already is an error, and as good.
    let created: redis::RedisResult<()> = connection.xgroup_create_mkstream(DESTINATION, GROUP, "0").await;
    if let Err(error) = created
        && error.code() != Some("BUSYGROUP")
    {
        return Err(error);
    }
    Ok(Consumer::Redis(StreamConsumer { connection, stop, read: VecDeque::new(), after_stop: CAPACITY }))
}
