//! What became of the records of a client.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of the records since the client was built. `queued` is the sum of `sent`, `failed` and what still waits;
/// `dropped` records were never queued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records that were put into the queue.
    pub queued: u64,
    /// Records that the collector took.
    pub sent: u64,
    /// Records that the collector refused, did not take in all attempts, or that [`Client::close`](crate::Client::close)
    /// gave up.
    pub failed: u64,
    /// Records that found the queue full or the client closed, or that could not be written as JSON.
    pub dropped: u64,
    /// Attempts after the first.
    pub retries: u64,
}

/// The same while it is counted.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) queued: AtomicU64,
    pub(crate) sent: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) retries: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64) -> u64 {
        counter.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            sent: read(&self.sent),
            failed: read(&self.failed),
            dropped: read(&self.dropped),
            retries: read(&self.retries),
            // Last, so that it is never less than what became of it.
            queued: read(&self.queued),
        }
    }
}
