//! What is measured of a service by all of its entry spans.

use super::{EntrySpans, OperationMetrics, operations};
use crate::analysis::metrics::{Metrics, TimeWindow, bucket_width, covered_width, metrics, since};

/// Metrics of a service over the part of a window that is covered, which is that of [`Metrics::total`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasuredService {
    /// Over time.
    pub metrics: Metrics,
    /// By operation: those with the most requests first.
    pub operations: Vec<OperationMetrics>,
}

impl MeasuredService {
    /// Measures the entry spans that start in `covered`, the part of a window.
    pub fn of(entries: &EntrySpans, covered: TimeWindow, window: TimeWindow) -> Self {
        MeasuredService {
            metrics: metrics(entries.samples(), covered, covered_width(covered, window)),
            operations: operations(entries, covered),
        }
    }

    /// Measures all entry spans of a window. If none starts in its first time slice, `has_earlier` says whether there are
    /// earlier ones: if not, what is covered starts with the first one.
    pub fn of_all<E>(
        entries: &EntrySpans,
        window: TimeWindow,
        has_earlier: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Self, E> {
        let first =
            entries.spans.iter().map(|span| span.start_unix).filter(|start| window.contains(*start)).min();
        let covered = match first {
            Some(first) if starts_late(first, window) && !has_earlier()? => since(first, window),
            _ => window,
        };
        Ok(MeasuredService::of(entries, covered, window))
    }
}

/// Whether the first sample of a window starts after the first time slice.
pub fn starts_late(first: u64, window: TimeWindow) -> bool {
    first.saturating_sub(window.start_unix) > bucket_width(window)
}
