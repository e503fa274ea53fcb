//! What the store says of itself: what is wrong with it, and how much it holds.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What is wrong with the segments, kept by the thread that writes.
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

/// A copy of the status at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreStatus {
    /// Segments of which nothing can be read.
    pub damaged_segments: u64,
    /// Segments that could not be read when that was last tried, and will be tried again.
    pub unavailable_segments: u64,
    /// Parts (one trace's spans of one batch) that were acknowledged and cannot be read.
    pub missing_parts: u64,
    /// Bytes on disk of all segments, those that cannot be read included.
    pub bytes: u64,
    /// Bytes that they may take; 0 for no limit.
    pub max_bytes: u64,
    /// Closed segments whose parts are being merged, or may be next.
    pub unmerged_segments: u64,
    /// Whether the last spans that were to be written could not be.
    pub failing: bool,
    /// Times that a span was left out of an answer because it cannot be read.
    pub unreadable_spans: u64,
    /// Times that a blob was left out of an answer because it cannot be read.
    pub unreadable_blobs: u64,
}

impl StoreStatus {
    /// What is wrong, in words; empty when nothing is.
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
    /// Notes what is wrong with the segments.
    pub fn segments(&self, damaged: u64, unavailable: u64, missing: u64, bytes: u64) {
        self.damaged.store(damaged, Ordering::Relaxed);
        self.unavailable.store(unavailable, Ordering::Relaxed);
        self.missing.store(missing, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.started.store(true, Ordering::Relaxed);
    }

    /// Notes how many bytes the segments may take; `None` for no limit.
    pub fn limit(&self, max_bytes: Option<u64>) {
        self.max_bytes.store(max_bytes.unwrap_or(0), Ordering::Relaxed);
    }

    /// Notes how many closed segments are still to be merged.
    pub fn unmerged(&self, segments: u64) {
        self.unmerged.store(segments, Ordering::Relaxed);
    }

    /// Whether the segments are read for the first time.
    pub fn is_starting(&self) -> bool {
        !self.started.load(Ordering::Relaxed)
    }

    /// Notes whether the last commit worked.
    pub fn wrote(&self, well: bool) {
        self.failing.store(!well, Ordering::Relaxed);
    }

    /// The status now, with what answers left out.
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
