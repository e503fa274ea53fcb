//! Spans in: OTLP over HTTP (`http`) and gRPC (`grpc`), Zipkin's lists (`zipkin`), decompressed (`encoding`), JSON turned into protobuf (`json`,
//! `span_writer`), regrouped by trace (`walked`, `regroup`, `part_builder`) and handed to the store. Answered when they are on disk.

pub mod answer;
pub mod body;
pub mod encoding;
pub mod grpc;
pub mod http;
pub mod json;
pub mod json_text;
pub mod limit;
pub mod memory;
mod part_builder;
mod partial_success;
pub mod regroup;
pub(crate) mod span_writer;
mod walked;
pub mod zipkin;

#[cfg(test)]
pub use answer::status as status_of;
pub use partial_success::PartialSuccess;

use crate::durations;
use crate::forwarding::{CompressedRequest, Forwarding, Signal, plain_bytes};
use crate::store::{Store, StoreError};
use crate::wire::WireError;
use limit::RequestLimits;
use memory::{Memory, MemoryReservation};
use prometheus_client::metrics::histogram::Histogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Requests smaller than this are taken apart where they arrive; bigger ones on a thread that may block.
const INLINE: usize = 512 << 10;

/// Why a request was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not OTLP: the sender must not send it again.
    #[error("{0}")]
    Malformed(String),
    /// It is compressed in a way that is not taken.
    #[error("Content-Encoding {0} is not supported, supported: {supported}", supported = encoding::SUPPORTED)]
    Encoding(String),
    /// It is bigger than one request may be.
    #[error("the request is larger than {0} bytes after decompression")]
    TooLarge(usize),
    /// Taking it apart needs more memory than there is.
    #[error("the request needs more than {0} bytes of memory to be taken in (--max-waiting)")]
    TooMuch(usize),
    /// It is bigger than all that may be kept.
    #[error("{0}")]
    NeverFits(String),
    /// It did not arrive in time.
    #[error("the request did not arrive in time")]
    TooSlow,
    /// The store is full: the sender should retry.
    #[error("{0}")]
    Full(String),
    /// Too much at once: the sender should retry soon.
    #[error("too many requests are being taken in")]
    Busy,
    /// The disk or the file system failed: the sender should retry.
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
            StoreError::TooLarge { .. } => Refusal::NeverFits(error.to_string()),
            other => Refusal::Failed(other.to_string()),
        }
    }
}

impl Refusal {
    /// Seconds after which to retry; `None` if the sender must not.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Refusal::Malformed(_)
            | Refusal::Encoding(_)
            | Refusal::TooLarge(_)
            | Refusal::TooMuch(_)
            | Refusal::NeverFits(_)
            | Refusal::TooSlow => None,
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
    /// Requests answered with a retry status.
    pub deferred: AtomicU64,
    /// Requests that were taken in part and whose answer has no place to say so.
    pub limited: AtomicU64,
}

/// The way in, shared by all receivers.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    forwarding: Forwarding,
    memory: Memory,
    /// Bytes of one request after decompression.
    pub max_request: usize,
    client_time: Duration,
    took: Histogram,
    most: RequestLimits,
    /// What happened so far.
    pub counters: Arc<Counters>,
}

impl Intake {
    /// The memory that requests of at most `max_request` bytes and what is built from them take at once: `max_waiting`,
    /// but always enough for one request: its body, its blobs, and packing those.
    pub fn memory(max_request: usize, max_waiting: usize) -> Memory {
        let least = max_request.saturating_mul(4).saturating_add(64 << 10);
        Memory::new(max_waiting.max(least))
    }

    /// A way into the store for requests of at most `max_request` bytes, which take their memory from `memory`.
    pub fn new(
        store: Store,
        forwarding: Forwarding,
        max_request: usize,
        memory: Memory,
        client_time: Duration,
        most: RequestLimits,
    ) -> Self {
        Intake {
            store,
            forwarding,
            memory,
            max_request,
            client_time,
            took: durations::histogram(),
            most,
            counters: Arc::default(),
        }
    }

    /// Limits on a request's body with `more` bytes around the request.
    pub fn limits(&self, more: usize) -> body::Limits {
        body::Limits { bytes: self.max_request + more, time: self.client_time }
    }

    /// How long it took to take in a request, from its last byte until it was on disk.
    pub fn took(&self) -> Histogram {
        self.took.clone()
    }

    /// Where received spans go on to.
    pub fn forwarding(&self) -> &Forwarding {
        &self.forwarding
    }

    /// The limits on what one request holds.
    pub fn request_limits(&self) -> RequestLimits {
        self.most
    }

    /// Logs what limits left out of a request whose answer has no place for it: of the first request, the second, the
    /// fourth, the eighth and so on.
    pub fn warn_of_limits(&self, what: &str, partial_success: &PartialSuccess) {
        let left_out = partial_success.text();
        if left_out.is_empty() {
            return;
        }
        let count = self.counters.limited.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            tracing::warn!("{what} were taken in part ({count} such requests so far): {left_out}");
        }
    }

    /// Bytes of requests that are in memory.
    pub fn held(&self) -> u64 {
        self.memory.held() as u64
    }

    /// The account of the memory that one request takes, to be held until it is answered.
    pub fn reservation(&self) -> MemoryReservation {
        self.memory.reservation()
    }

    /// Counts a refusal.
    pub fn count(&self, refusal: &Refusal) {
        let counter =
            if refusal.retry_after().is_none() { &self.counters.malformed } else { &self.counters.deferred };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes in a request of OTLP protobuf, whose bytes were taken from `room`. `Ok` means that its spans are on disk,
    /// also those that wait to be forwarded; what limits left out is said.
    pub async fn take(
        &self,
        request: Vec<u8>,
        reserved: MemoryReservation,
    ) -> Result<PartialSuccess, Refusal> {
        self.take_within(self.most, request, reserved).await
    }

    /// As [`Intake::take`], without limits on what is in a span: nothing of it may be left out.
    pub async fn take_whole(&self, request: Vec<u8>, reserved: MemoryReservation) -> Result<(), Refusal> {
        self.take_within(RequestLimits::default(), request, reserved).await.map(|_| ())
    }

    async fn take_within(
        &self,
        most: RequestLimits,
        mut request: Vec<u8>,
        mut reserved: MemoryReservation,
    ) -> Result<PartialSuccess, Refusal> {
        let started = Instant::now();
        let (size, is_forwarded) = (request.len(), self.forwarding.takes(Signal::Traces));
        let work = move || -> Result<_, Refusal> {
            let mut partial_success = PartialSuccess::default();
            if let Some(limited) = most.apply(&request, &mut reserved, &mut partial_success)? {
                reserved.release(request.capacity());
                request = limited;
            }
            let parts = regroup::regroup(&request, &mut reserved)?;
            // Where the heads of the request are copied into many traces, all of it is smaller as a whole.
            let is_whole = is_forwarded && plain_bytes(&parts) > request.len() / 4 * 5;
            Ok((parts, reserved, is_whole.then_some(request), partial_success))
        };
        // The body is freed with the work; its room stays taken, for the store copies parts while it writes them.
        let (parts, _room, request, partial_success) =
            if size < INLINE { work()? } else { blocking(work).await?? };
        let spans: u64 = parts.iter().map(|part| u64::from(part.extent.spans)).sum();
        let parts = self.store.append(parts).await?;
        self.counters.accepted.fetch_add(spans, Ordering::Relaxed);
        if is_forwarded {
            let count = u32::try_from(spans).unwrap_or(u32::MAX);
            let pack = move || match request {
                Some(request) => CompressedRequest::new(Signal::Traces, count, request),
                None => CompressedRequest::by_trace(count, &parts),
            };
            self.forwarding.put(if size < INLINE { pack() } else { blocking(pack).await? }).await;
        }
        self.took.observe(started.elapsed().as_secs_f64());
        Ok(partial_success)
    }
}

/// Runs work that takes long on a thread that may block.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Refusal::Failed("taking the request apart failed".to_owned()))
}
