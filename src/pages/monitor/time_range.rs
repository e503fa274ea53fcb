//! The time range of a page's charts, and queries over it.

use spandrel_trace::analysis::metrics::TimeWindow;
use spandrel_trace::source::{MetricsMeasure, SearchQuery, ServiceMetricsQuery};

/// A time range.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeRange {
    /// Its end, milliseconds since the Unix epoch.
    pub(super) end_ms: u64,
    /// Its length, milliseconds.
    pub(super) lookback_ms: u64,
}

impl TimeRange {
    /// Its start, milliseconds since the Unix epoch.
    pub(super) fn start_ms(self) -> u64 {
        self.end_ms.saturating_sub(self.lookback_ms)
    }

    /// The same in nanoseconds.
    pub(super) fn window(self) -> TimeWindow {
        TimeWindow {
            start_unix: self.start_ms().saturating_mul(1_000_000),
            end_unix: self.end_ms.saturating_mul(1_000_000),
        }
    }

    /// A search for traces of a service.
    pub(super) fn search(self, service: &str, limit: u32) -> SearchQuery {
        SearchQuery {
            service: service.to_owned(),
            start_unix_us: self.start_ms().saturating_mul(1_000),
            end_unix_us: self.end_ms.saturating_mul(1_000),
            limit,
            ..SearchQuery::default()
        }
    }

    /// A query of metrics, with points `step_ms` apart of which the last is at the end.
    pub(super) fn metrics(self, service: &str, measure: MetricsMeasure, step_ms: u64) -> ServiceMetricsQuery {
        let step_ms = step_ms.max(1);
        let lookback_ms = match measure {
            MetricsMeasure::EntrySpans => self.lookback_ms,
            _ => self.lookback_ms.div_ceil(step_ms).saturating_mul(step_ms),
        };
        ServiceMetricsQuery {
            service: service.to_owned(),
            measure,
            by_operation: false,
            end_unix_ms: self.end_ms,
            lookback_ms,
            step_ms,
        }
    }
}
