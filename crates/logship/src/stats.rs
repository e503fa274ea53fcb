//! What a handler has done so far.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counts of a handler. `emitted = buffered + sent + dropped()` when nothing is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Records given to the handler.
    pub emitted: u64,
    /// Records in memory: waiting or being sent.
    pub buffered: u64,
    /// Bytes of memory that these take, roughly.
    pub buffered_bytes: u64,
    /// Records that an intake accepted.
    pub sent: u64,
    /// Requests that an intake accepted.
    pub requests: u64,
    /// Requests that were sent again.
    pub retried: u64,
    /// Records dropped because the buffer was full.
    pub dropped_full: u64,
    /// Records that the intake refused, or that break its rules on size and age and were therefore not sent.
    pub dropped_refused: u64,
    /// Records given up after failing for too long.
    pub dropped_expired: u64,
    /// Records emitted after the handler was closed, or unsent when its time to close was over.
    pub dropped_closed: u64,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl Stats {
    /// All records that were lost.
    pub fn dropped(&self) -> u64 {
        self.dropped_full + self.dropped_refused + self.dropped_expired + self.dropped_closed
    }
}

/// The counters behind [`Stats`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) emitted: AtomicU64,
    pub(crate) sent: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) full: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) expired: AtomicU64,
    pub(crate) closed: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl Counters {
    /// Remembers what went wrong; answers whether it is not what went wrong before.
    pub(crate) fn fail(&self, why: &str) -> bool {
        let mut last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        let new = last.as_deref() != Some(why);
        if new {
            *last = Some(why.to_owned());
        }
        new
    }

    pub(crate) fn read(&self, (buffered, bytes): (usize, usize)) -> Stats {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            emitted: of(&self.emitted),
            buffered: buffered as u64,
            buffered_bytes: bytes as u64,
            sent: of(&self.sent),
            requests: of(&self.requests),
            retried: of(&self.retried),
            dropped_full: of(&self.full),
            dropped_refused: of(&self.refused),
            dropped_expired: of(&self.expired),
            dropped_closed: of(&self.closed),
            last_error: self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Ordering::Relaxed);
}
