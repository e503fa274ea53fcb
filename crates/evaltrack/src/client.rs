//! The client: a queue in front of background tasks that send.

use crate::counts::{Counters, Counts};
use crate::record::Record;
use crate::sender::{Message, Shared, Waiting, run};
use serde::Serialize;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// A client of a collector that speaks the eval-track API. Cheap to clone; all clones share one queue. When the last one
/// is dropped, what waits is still sent as long as the runtime runs; [`Client::close`] waits for it.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    lanes: Vec<mpsc::UnboundedSender<Message>>,
    closed: AtomicBool,
    service: Option<String>,
    body_limit: usize,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.0.shared.delivery.base.as_str())
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn start(
        runtime: &tokio::runtime::Handle,
        shared: Arc<Shared>,
        lanes: usize,
        service: Option<String>,
        body_limit: usize,
    ) -> Self {
        let lanes = (0..lanes)
            .map(|_| {
                let (sender, receiver) = mpsc::unbounded_channel();
                runtime.spawn(run(shared.clone(), receiver));
                sender
            })
            .collect();
        Client(Arc::new(Inner { shared, lanes, closed: AtomicBool::new(false), service, body_limit }))
    }

    /// Queues a JSON object under an id. Versions of one id are sent in the order in which they were put. Does not wait:
    /// what finds no room, or is not a JSON object, is dropped and counted. Whether it was queued.
    pub fn put(&self, id: &str, object: &impl Serialize) -> bool {
        let queued = self.queue(id, object);
        let counters = &self.0.shared.counters;
        if queued {
            return true;
        }
        if Counters::add(&counters.dropped) == 0 {
            tracing::warn!(
                "a record was dropped: the queue is full, the client closed, or it is no JSON object"
            );
        }
        false
    }

    /// Queues a record under its id; as [`Client::put`].
    pub fn send(&self, record: &Record) -> bool {
        self.put(&record.id, record)
    }

    fn queue(&self, id: &str, object: &impl Serialize) -> bool {
        let inner = &*self.0;
        if inner.closed.load(Ordering::Acquire) {
            return false;
        }
        let Ok(body) = serde_json::to_vec(object) else { return false };
        if !body.starts_with(b"{") {
            return false;
        }
        let Some(room) = inner.shared.room(body.len()) else { return false };
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let lane = hasher.finish() as usize % inner.lanes.len();
        Counters::add(&inner.shared.counters.queued);
        let waiting = Waiting { id: id.to_owned(), body: body.into(), _room: room };
        if inner.lanes[lane].send(Message::Record(waiting)).is_err() {
            // The runtime is gone, and with it the task that would have sent it.
            Counters::add(&inner.shared.counters.failed);
        }
        true
    }

    /// Waits until everything that was queued before is sent or given up, at most for so long. Whether it is.
    pub async fn flush(&self, at_most: Duration) -> bool {
        tokio::time::timeout(at_most, self.done()).await.is_ok()
    }

    async fn done(&self) {
        let mut waiting = Vec::with_capacity(self.0.lanes.len());
        for lane in &self.0.lanes {
            let (done, answer) = oneshot::channel();
            if lane.send(Message::Flush(done)).is_ok() {
                waiting.push(answer);
            }
        }
        for answer in waiting {
            // An error means that the task is gone: there is nothing to wait for.
            let _ = answer.await;
        }
    }

    /// Takes no more records, sends what waits, at most for so long, then gives up the rest, which counts as failed.
    /// Every record that was queued is then in `sent` or in `failed`.
    pub async fn close(&self, at_most: Duration) -> Counts {
        self.0.closed.store(true, Ordering::Release);
        if !self.flush(at_most).await {
            self.0.shared.abandoned.send_replace(true);
            self.done().await;
        }
        self.counts()
    }

    /// What became of the records so far.
    pub fn counts(&self) -> Counts {
        self.0.shared.counters.read()
    }

    /// The service that captured calls are calls of.
    pub(crate) fn service(&self) -> Option<&str> {
        self.0.service.as_deref()
    }

    pub(crate) fn body_limit(&self) -> usize {
        self.0.body_limit
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }
}
