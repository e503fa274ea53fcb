//! Spans in: OTLP over HTTP (`http`) and gRPC (`grpc`), decompressed (`encoding`), JSON turned into protobuf
//! (`json`), regrouped by trace (`regroup`) and handed to the store. Answered when they are on disk.

mod answer;
pub mod encoding;
pub mod grpc;
pub mod http;
pub mod json;
mod json_value;
pub mod regroup;

use crate::store::{Store, StoreError};
use crate::wire::WireError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests smaller than this are taken apart where they arrive; bigger ones on a thread that may block.
const INLINE: usize = 512 << 10;

/// Why a request was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not OTLP: the sender must not send it again.
    #[error("{0}")]
    Malformed(String),
    /// It is bigger than one request may be.
    #[error("the request is larger than {0} bytes after decompression")]
    TooLarge(usize),
    /// No room now: the sender should come again.
    #[error("{0}")]
    Full(String),
    /// Too much at once: the sender should come again soon.
    #[error("too many requests are being taken in")]
    Busy,
    /// The disk or the file system failed: the sender should come again.
    #[error("{0}")]
    Failed(String),
}

impl From<WireError> for Refusal {
    fn from(error: WireError) -> Self {
        Refusal::Malformed(error.to_string())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full(_) => Refusal::Full(error.to_string()),
            StoreError::Busy => Refusal::Busy,
            other => Refusal::Failed(other.to_string()),
        }
    }
}

impl Refusal {
    /// Seconds after which to come again; `None` when the sender must not.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Refusal::Malformed(_) | Refusal::TooLarge(_) => None,
            Refusal::Full(_) => Some(30),
            Refusal::Busy => Some(1),
            Refusal::Failed(_) => Some(5),
        }
    }
}

/// What came in and what was refused since the start.
#[derive(Default)]
pub struct Counters {
    /// Spans that are on disk.
    pub accepted: AtomicU64,
    /// Requests that were malformed or too large.
    pub malformed: AtomicU64,
    /// Requests that were told to come again.
    pub deferred: AtomicU64,
}

/// The way in, shared by all receivers.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    /// Kibibytes of request bodies that may be in memory.
    room: Arc<Semaphore>,
    kibibytes: usize,
    /// Bytes of one request after decompression.
    pub max_request: usize,
    /// What happened so far.
    pub counters: Arc<Counters>,
}

impl Intake {
    /// A way into the store for requests of at most `max_request` bytes, at most `max_waiting` bytes at once (but
    /// always enough for one request, compressed and not).
    pub fn new(store: Store, max_request: usize, max_waiting: usize) -> Self {
        let bytes = max_waiting.max(max_request.saturating_mul(2));
        let kibibytes = (bytes.div_ceil(1024) + 2).min(Semaphore::MAX_PERMITS);
        let room = Arc::new(Semaphore::new(kibibytes));
        Intake { store, room, kibibytes, max_request, counters: Arc::default() }
    }

    /// Bytes of requests that are in memory.
    pub fn held(&self) -> u64 {
        (self.kibibytes.saturating_sub(self.room.available_permits()) * 1024) as u64
    }

    /// Reserves memory for so many bytes of a request; refuses when there is none.
    pub fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let kibibytes =
            u32::try_from(bytes.div_ceil(1024)).map_err(|_| Refusal::TooLarge(self.max_request))?;
        self.room.clone().try_acquire_many_owned(kibibytes).map_err(|_| Refusal::Busy)
    }

    /// Counts a refusal.
    pub fn count(&self, refusal: &Refusal) {
        let counter =
            if refusal.retry_after().is_none() { &self.counters.malformed } else { &self.counters.deferred };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes in a request of OTLP protobuf. `Ok` means that its spans are on disk.
    pub async fn take(&self, request: impl AsRef<[u8]> + Send + 'static) -> Result<(), Refusal> {
        let parts = if request.as_ref().len() < INLINE {
            regroup::regroup(request.as_ref())?
        } else {
            blocking(move || regroup::regroup(request.as_ref())).await??
        };
        let spans: u64 = parts.iter().map(|part| u64::from(part.extent.spans)).sum();
        self.store.append(parts).await?;
        self.counters.accepted.fetch_add(spans, Ordering::Relaxed);
        Ok(())
    }
}

/// Runs work that takes long on a thread that may block.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Refusal::Failed("taking the request apart failed".to_owned()))
}
