//! Counts and logs unreadable data, with bounded logging.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts data that is omitted from responses because it cannot be read.
#[derive(Debug, Default)]
pub struct Losses {
    spans: AtomicU64,
    blobs: AtomicU64,
}

impl Losses {
    /// Counts an omitted span (or its resource or scope).
    pub fn span(&self, trace: u128, why: &dyn Display) {
        note(&self.spans, "span", trace, why);
    }

    /// Counts an omitted blob.
    pub fn blob(&self, trace: u128, why: &dyn Display) {
        note(&self.blobs, "blob", trace, why);
    }

    /// Omitted spans and blobs since the start, counted once per response.
    pub fn counts(&self) -> (u64, u64) {
        (self.spans.load(Ordering::Relaxed), self.blobs.load(Ordering::Relaxed))
    }
}

/// Increments a counter; logs the first, second, fourth, eighth and so on.
fn note(counter: &AtomicU64, what: &str, trace: u128, why: &dyn Display) {
    let count = counter.fetch_add(1, Ordering::Relaxed) + 1;
    if count.is_power_of_two() {
        tracing::warn!(
            "A {what} of trace {trace:032x} cannot be read and is left out ({count} so far): {why}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loss_is_counted() {
        let losses = Losses::default();
        (0..5).for_each(|trace| losses.span(trace, &"why"));
        losses.blob(1, &"why");
        assert_eq!(losses.counts(), (5, 1));
    }
}
