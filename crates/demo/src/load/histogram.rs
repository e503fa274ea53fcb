//! Latencies: recorded in microseconds, with three significant digits.

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest latency that is distinguished, microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

/// Latencies of many requests.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Option<Histogram<u64>>);

/// What is reported of them, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// The least.
    pub min: f64,
    /// Half are at most this long.
    pub p50: f64,
    /// 90 of 100.
    pub p90: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

impl Latencies {
    pub(crate) fn new() -> Self {
        Self(Histogram::new_with_max(LONGEST, 3).ok())
    }

    pub(crate) fn record(&mut self, latency: std::time::Duration) {
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST));
        }
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let Some(histogram) = self.0.as_ref().filter(|histogram| !histogram.is_empty()) else {
            return Percentiles::default();
        };
        let at = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        Percentiles {
            min: histogram.min() as f64 / 1000.0,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max() as f64 / 1000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn percentiles_are_of_what_was_recorded() {
        let mut latencies = Latencies::new();
        (1..=1000).for_each(|milliseconds| latencies.record(Duration::from_millis(milliseconds)));
        let found = latencies.percentiles();
        assert!((found.p50 - 500.0).abs() < 1.0, "{found:?}");
        assert!((found.p99 - 990.0).abs() < 1.0, "{found:?}");
        assert_eq!(Latencies::new().percentiles(), Percentiles::default());
    }
}
