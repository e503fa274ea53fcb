//! Status of the store: damage and size.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Current status, updated by the writer thread.
#[derive(Debug, Default)]
pub struct Status {
    started: AtomicBool,
    damaged: AtomicU64,
    unavailable: AtomicU64,
    missing: AtomicU64,
    bytes: AtomicU64,
    max_bytes: AtomicU64,
    unmerged: AtomicU64,
    /// Whether the last commit failed.
    failing: AtomicBool,
}

/// A snapshot of the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreStatus {
    /// Number of unreadable segments.
    pub damaged_segments: u64,
    /// Number of segments that could not be read at the last attempt and will be retried.
    pub unavailable_segments: u64,
    /// Number of acknowledged parts (one trace's spans of one batch) that cannot be read.
    pub missing_parts: u64,
    /// Size of all segments on disk in bytes, including unreadable ones.
    pub bytes: u64,
    /// Maximum size in bytes; 0 for no limit.
    pub max_bytes: u64,
    /// Closed segments whose parts are being merged, or may be next.
    pub unmerged_segments: u64,
    /// Whether the last spans that were to be written could not be.
    pub failing: bool,
    /// How often a span was omitted from a response because it cannot be read.
    pub unreadable_spans: u64,
    /// How often a blob was omitted from a response because it cannot be read.
    pub unreadable_blobs: u64,
}

impl StoreStatus {
    /// Descriptions of problems; empty if there are none.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut say = |count: u64, what: &str| {
            if count > 0 {
                problems.push(format!("{count} {what}"));
            }
        };
        say(self.damaged_segments, "segments are damaged");
        say(self.unavailable_segments, "segments cannot be read now");
        say(self.missing_parts, "parts are missing from segments");
        say(self.unreadable_blobs, "times a blob was left out of an answer");
        say(self.unreadable_spans, "times a span was left out of an answer");
        if self.failing {
            problems.push("spans cannot be written".to_owned());
        }
        problems
    }
}

impl Status {
    /// Updates the damage of segments.
    pub fn segments(&self, damaged: u64, unavailable: u64, missing: u64, bytes: u64) {
        self.damaged.store(damaged, Ordering::Relaxed);
        self.unavailable.store(unavailable, Ordering::Relaxed);
        self.missing.store(missing, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.started.store(true, Ordering::Relaxed);
    }

    /// Updates the limit; `None` for no limit.
    pub fn limit(&self, max_bytes: Option<u64>) {
        self.max_bytes.store(max_bytes.unwrap_or(0), Ordering::Relaxed);
    }

    /// Notes how many closed segments are still to be merged.
    pub fn unmerged(&self, segments: u64) {
        self.unmerged.store(segments, Ordering::Relaxed);
    }

    /// Whether segments are being read for the first time.
    pub fn is_starting(&self) -> bool {
        !self.started.load(Ordering::Relaxed)
    }

    /// Updates whether the last commit succeeded.
    pub fn wrote(&self, well: bool) {
        self.failing.store(!well, Ordering::Relaxed);
    }

    /// A snapshot, with the numbers of omitted spans and blobs.
    pub fn read(&self, (unreadable_spans, unreadable_blobs): (u64, u64)) -> StoreStatus {
        StoreStatus {
            damaged_segments: self.damaged.load(Ordering::Relaxed),
            unavailable_segments: self.unavailable.load(Ordering::Relaxed),
            missing_parts: self.missing.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            max_bytes: self.max_bytes.load(Ordering::Relaxed),
            unmerged_segments: self.unmerged.load(Ordering::Relaxed),
            failing: self.failing.load(Ordering::Relaxed),
            unreadable_spans,
            unreadable_blobs,
        }
    }
}
