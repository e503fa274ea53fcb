//! What could not be read of what is stored: counted, and logged so that the log stays short.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what answers leave out because it cannot be read.
#[derive(Debug, Default)]
pub struct Losses {
    spans: AtomicU64,
    blobs: AtomicU64,
}

impl Losses {
    /// Counts a span (or its resource or scope) that an answer leaves out.
    pub fn span(&self, trace: u128, why: &dyn Display) {
        note(&self.spans, "span", trace, why);
    }

    /// Counts a blob that an answer leaves out.
    pub fn blob(&self, trace: u128, why: &dyn Display) {
        note(&self.blobs, "blob", trace, why);
    }

    /// Spans and blobs left out of answers since the start, each as often as it was left out.
    pub fn counts(&self) -> (u64, u64) {
        (self.spans.load(Ordering::Relaxed), self.blobs.load(Ordering::Relaxed))
    }
}

/// Counts one and logs the first, second, fourth, eighth and so on.
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
