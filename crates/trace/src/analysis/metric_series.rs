//! Series of values over time, as Jaeger's metrics API has them, and the metrics of a service that they add up to.
//!
//! Each value is over the time before its point. They are what a metrics store made of spans, so numbers of requests are
//! rates multiplied by time, and durations are estimated from histograms.

use super::entries::{MeasuredService, OperationMetrics};
use super::metrics::{Bucket, P95_FROM, P99_FROM, Quantiles, TimeWindow, empty, since};

/// One value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MetricPoint {
    /// End of the time that it is over, nanoseconds since the Unix epoch.
    pub end_unix: u64,
    /// The value; `None` without calls.
    pub value: Option<f64>,
}

/// The values of a service or of one of its operations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricSeries {
    /// The operation; empty where it is of the service.
    pub operation: String,
    /// The values, by time.
    pub points: Vec<MetricPoint>,
}

/// Calls, errors and latencies, each as series of the same points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasuredSeries {
    /// Calls per second.
    pub calls: Vec<MetricSeries>,
    /// Share of calls with an error.
    pub errors: Vec<MetricSeries>,
    /// Median, milliseconds.
    pub p50: Vec<MetricSeries>,
    /// 95th percentile, milliseconds.
    pub p95: Vec<MetricSeries>,
    /// 99th percentile, milliseconds.
    pub p99: Vec<MetricSeries>,
}

/// The series of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesOfService {
    /// Over time slices.
    pub slices: MeasuredSeries,
    /// Over the whole window.
    pub total: MeasuredSeries,
    /// By operation over the whole window.
    pub operations: MeasuredSeries,
    /// By operation over each half of the window; without percentiles other than the median.
    pub halves: MeasuredSeries,
}

impl SeriesOfService {
    /// Whether there are no calls.
    pub fn is_empty(&self) -> bool {
        !self.slices.calls.iter().any(MetricSeries::has_calls)
    }

    /// End of the first time slice with calls.
    pub fn first_calls(&self) -> Option<u64> {
        let points = self.slices.calls.iter().flat_map(|series| &series.points);
        points.filter(|point| point.value.is_some_and(|value| value > 0.0)).map(|point| point.end_unix).min()
    }

    /// The metrics over a window, with slices of `width` nanoseconds that end at its end. If `has_earlier` is `false`, what
    /// is covered starts with the first slice that has calls.
    pub fn measured(&self, window: TimeWindow, width: u64, has_earlier: bool) -> MeasuredService {
        let slices = slices(window, width);
        let counted: Vec<Bucket> = slices.map(|slice| self.slices.bucket("", slice)).collect();
        let calls_from = counted.iter().position(|bucket| bucket.calls > 0).unwrap_or(0);
        let first = counted.get(calls_from).map_or(window.start_unix, |bucket| bucket.window.start_unix);
        let covered = if has_earlier { window } else { since(first, window) };
        let mut metrics = empty(covered, covered.length());
        metrics.buckets = counted;
        if !has_earlier {
            metrics.buckets.drain(..calls_from);
        }
        metrics.width = width;
        let (calls, errors) = metrics.buckets.iter().fold((0usize, 0usize), |sum, bucket| {
            (sum.0.saturating_add(bucket.calls), sum.1.saturating_add(bucket.errors))
        });
        let whole = self.total.bucket("", window);
        let latency = whole.latency.map(|latency| latency.of(calls));
        metrics.total = Bucket { window: covered, calls, errors, latency, is_short: false };
        let mut operations: Vec<OperationMetrics> = self
            .operations
            .calls
            .iter()
            .filter_map(|series| self.operation(&series.operation, window))
            .collect();
        OperationMetrics::sort(&mut operations);
        MeasuredService { metrics, operations }
    }

    fn operation(&self, name: &str, window: TimeWindow) -> Option<OperationMetrics> {
        let whole = self.operations.bucket(name, window);
        let latency = whole.latency.filter(|_| whole.calls > 0)?;
        let middle = window.start_unix + window.length() / 2;
        let half = |window| {
            let half = self.halves.bucket(name, window);
            Some(half.latency.filter(|_| half.calls >= super::entries::CHANGE_FROM)?.p50 as f64)
        };
        let before = half(TimeWindow { end_unix: middle, ..window }).filter(|before| *before > 0.0);
        let after = half(TimeWindow { start_unix: middle, ..window });
        let change = before.zip(after).map(|(before, after)| after / before - 1.0);
        let (requests, errors) = (whole.calls, whole.errors);
        Some(OperationMetrics {
            name: name.to_owned(),
            requests,
            errors,
            p50: latency.p50,
            p95: latency.p95,
            change,
        })
    }
}

/// Time slices that end at the window's end, the first cut by its start.
fn slices(window: TimeWindow, width: u64) -> impl Iterator<Item = TimeWindow> {
    let width = width.max(window.length().div_ceil(10_000)).max(1);
    let count = window.length().div_ceil(width);
    (0..count).rev().map(move |after| {
        let end_unix = window.end_unix - after * width;
        TimeWindow { start_unix: end_unix.saturating_sub(width).max(window.start_unix), end_unix }
    })
}

impl MetricSeries {
    fn has_calls(&self) -> bool {
        self.points.iter().any(|point| point.value.is_some_and(|value| value > 0.0))
    }

    /// The value of the point at the end of a window, which may be rounded by half the window's length.
    fn at(&self, window: TimeWindow) -> Option<f64> {
        let tolerance = window.length() / 2;
        let near = |point: &&MetricPoint| point.end_unix.abs_diff(window.end_unix) < tolerance.max(1);
        self.points.iter().filter(near).min_by_key(|point| point.end_unix.abs_diff(window.end_unix))?.value
    }
}

impl MeasuredSeries {
    fn bucket(&self, operation: &str, window: TimeWindow) -> Bucket {
        let value = |list: &[MetricSeries]| {
            list.iter().find(|series| series.operation == operation).and_then(|series| series.at(window))
        };
        let calls = (value(&self.calls).unwrap_or(0.0) * window.seconds()).round() as usize;
        let share = value(&self.errors).unwrap_or(0.0).min(1.0);
        let nanoseconds = |milliseconds: f64| (milliseconds * 1e6).round() as u64;
        let latency = value(&self.p50).map(nanoseconds).filter(|_| calls > 0).map(|p50| {
            let (p95, p99) = (value(&self.p95).map(nanoseconds), value(&self.p99).map(nanoseconds));
            Quantiles { p50, p95, p99, max: None }.of(calls)
        });
        let errors = (share * calls as f64).round() as usize;
        Bucket { window, calls, errors, latency, is_short: false }
    }
}

impl Quantiles {
    /// The percentiles that so many samples have.
    fn of(self, samples: usize) -> Self {
        Quantiles {
            p95: self.p95.filter(|_| samples >= P95_FROM),
            p99: self.p99.filter(|_| samples >= P99_FROM),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn series(operation: &str, values: &[(u64, Option<f64>)]) -> MetricSeries {
        let point =
            |(end_s, value): &(u64, Option<f64>)| MetricPoint { end_unix: end_s * SECOND, value: *value };
        MetricSeries { operation: operation.into(), points: values.iter().map(point).collect() }
    }

    fn window(start_s: u64, end_s: u64) -> TimeWindow {
        TimeWindow { start_unix: start_s * SECOND, end_unix: end_s * SECOND }
    }

    /// Forty seconds: none, 20 calls with 5 errors, none, 200 calls.
    fn service() -> SeriesOfService {
        let points = |values: [Option<f64>; 5]| {
            let at = [100, 110, 120, 130, 140];
            vec![series("", &at.into_iter().zip(values).collect::<Vec<_>>())]
        };
        let whole = |operation: &str, value: f64| vec![series(operation, &[(100, None), (140, Some(value))])];
        let halves = |before: f64, after: f64| {
            vec![series("GET /", &[(100, Some(9.0)), (120, Some(before)), (140, Some(after))])]
        };
        SeriesOfService {
            slices: MeasuredSeries {
                calls: points([Some(7.0), Some(0.0), Some(2.0), None, Some(20.0)]),
                errors: points([None, None, Some(0.25), None, Some(0.0)]),
                p50: points([None, None, Some(40.0), None, Some(50.0)]),
                p95: points([None, None, Some(80.0), None, Some(90.0)]),
                p99: points([None, None, Some(85.0), None, Some(95.0)]),
            },
            total: MeasuredSeries {
                calls: whole("", 5.5),
                p50: whole("", 48.0),
                p95: whole("", 88.0),
                ..MeasuredSeries::default()
            },
            operations: MeasuredSeries {
                calls: whole("GET /", 5.5),
                errors: whole("GET /", 0.1),
                p50: whole("GET /", 48.0),
                ..MeasuredSeries::default()
            },
            halves: MeasuredSeries {
                calls: halves(1.0, 10.0),
                p50: halves(40.0, 50.0),
                ..MeasuredSeries::default()
            },
        }
    }

    #[test]
    fn rates_and_histograms_add_up_to_metrics() {
        let measured = service().measured(window(100, 140), 10 * SECOND, true);
        let counts: Vec<_> =
            measured.metrics.buckets.iter().map(|bucket| (bucket.calls, bucket.errors)).collect();
        assert_eq!(counts, [(0, 0), (20, 5), (0, 0), (200, 0)]);
        let latency = Quantiles { p50: 40_000_000, p95: Some(80_000_000), p99: None, max: None };
        assert_eq!(measured.metrics.buckets[1].latency, Some(latency), "no p99 of 20");
        assert_eq!(measured.metrics.buckets[3].latency.unwrap().p99, Some(95_000_000));
        let total = &measured.metrics.total;
        assert_eq!((total.calls, total.errors, total.rate()), (220, 5, Some(5.5)));
        assert_eq!(total.latency.unwrap().p50, 48_000_000);
        let operation = &measured.operations[0];
        assert_eq!((operation.requests, operation.errors, operation.change), (220, 22, Some(0.25)));
    }

    #[test]
    fn without_earlier_spans_what_is_covered_starts_with_the_first_calls() {
        let measured = service().measured(window(100, 140), 10 * SECOND, false);
        assert_eq!(measured.metrics.total.window, window(110, 140));
        assert_eq!(measured.metrics.buckets.len(), 3);
        assert!(SeriesOfService::default().is_empty() && !service().is_empty());
        assert_eq!(
            SeriesOfService::default().measured(window(100, 140), SECOND, true).metrics.total.calls,
            0
        );
    }

    #[test]
    fn answers_that_make_no_sense_do_no_harm() {
        let mut odd = service();
        odd.slices.calls = vec![series("", &[(0, Some(1e300)), (140, Some(f64::MAX)), (140, Some(1.0))])];
        odd.slices.errors = vec![series("", &[(140, Some(17.0))])];
        for window in [window(0, 0), window(100, 140), TimeWindow { start_unix: 0, end_unix: u64::MAX }] {
            let metrics = odd.measured(window, 0, true).metrics;
            assert!(metrics.buckets.len() <= 10_001 && metrics.total.errors <= metrics.total.calls);
        }
    }
}
