//! Rate, errors and durations of a service over time, computed from samples: its entry spans where whole traces were read
//! (see [`super::entries`]), else the traces that pass through it.
//!
//! A summary has the duration of its whole trace, with asynchronous work that other services do after the response, and the
//! number of each service's spans with errors. So a sample of a summary is a trace, and has an error if a span of the service
//! has one. Percentiles are exact: of the sorted durations the one at rank `ceil(q × n)` (nearest rank), never interpolated,
//! so each is the duration of a real sample.

use crate::model::TraceSummary;
use std::borrow::Borrow;

const SECOND: u64 = 1_000_000_000;

/// Round bucket widths, in seconds.
const WIDTHS: [u64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 10_800, 21_600, 86_400];

/// About as many buckets as a chart of usual width can tell apart and a sample can fill.
const BUCKETS: u64 = 60;

/// A span of time, nanoseconds since the Unix epoch, end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeWindow {
    /// Start.
    pub start_unix: u64,
    /// End.
    pub end_unix: u64,
}

impl TimeWindow {
    /// Length in nanoseconds.
    pub fn length(self) -> u64 {
        self.end_unix.saturating_sub(self.start_unix)
    }

    /// Whether a time is within.
    pub fn contains(self, unix: u64) -> bool {
        (self.start_unix..self.end_unix).contains(&unix)
    }

    /// Length in seconds.
    pub fn seconds(self) -> f64 {
        self.length() as f64 / SECOND as f64
    }
}

/// Number of values from which the 95th percentile is not the maximum.
pub(super) const P95_FROM: usize = 20;
pub(super) const P99_FROM: usize = 100;

/// Something that took time: a request to a service, or a trace that passes through it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Start, nanoseconds since the Unix epoch.
    pub start_unix: u64,
    /// Duration, nanoseconds.
    pub duration: u64,
    /// It has an error.
    pub is_error: bool,
}

/// The traces that pass through a service: those with at least one span of it.
pub fn samples_of_summaries(summaries: &[TraceSummary], service: &str) -> Vec<Sample> {
    let sample = |summary: &TraceSummary| {
        let share = summary.services.iter().find(|share| share.name == service)?;
        Some(Sample {
            start_unix: summary.start_unix,
            duration: summary.duration,
            is_error: share.errors > 0,
        })
    };
    summaries.iter().filter_map(sample).collect()
}

/// Durations in nanoseconds that 50, 95 and 99 % of the samples did not exceed, and the longest. A percentile of too few
/// samples to differ from the longest is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// Median.
    pub p50: u64,
    /// 95th percentile; `None` below 20 samples.
    pub p95: Option<u64>,
    /// 99th percentile; `None` below 100 samples.
    pub p99: Option<u64>,
    /// Longest; `None` if it is unknown, as in histograms.
    pub max: Option<u64>,
}

/// Measurements of one time slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Time slice; the first and the last may be cut by the window.
    pub window: TimeWindow,
    /// Samples that start in it.
    pub calls: usize,
    /// Those with an error.
    pub errors: usize,
    /// Durations; `None` without samples.
    pub latency: Option<Quantiles>,
    /// The window leaves so little of the time slice that its rate says nothing.
    pub is_short: bool,
}

impl Bucket {
    fn of(window: TimeWindow, durations: &mut [u64], errors: usize) -> Self {
        Bucket { window, calls: durations.len(), errors, latency: quantiles(durations), is_short: false }
    }

    /// Samples per second; `None` without samples, which may mean no calls or no data, and of a time slice that is short.
    pub fn rate(&self) -> Option<f64> {
        (self.calls > 0 && self.window.length() > 0 && !self.is_short)
            .then(|| self.calls as f64 / self.window.seconds())
    }

    /// Share of the samples with an error, 0 to 1; `None` without samples.
    pub fn error_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.errors as f64 / self.calls as f64)
    }
}

/// A service's measurements over a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// Buckets in order, without holes between them.
    pub buckets: Vec<Bucket>,
    /// The whole window as one bucket.
    pub total: Bucket,
    /// Length of the buckets that the window does not cut, nanoseconds.
    pub width: u64,
}

/// Time that is covered at least where data starts within a window, so that a first sample just before the end makes no rate.
const LEAST_COVERED: u64 = 10 * SECOND;

/// The part of `window` that is covered where nothing is known before the first sample, which starts at `first`.
pub fn since(first: u64, window: TimeWindow) -> TimeWindow {
    let start_unix = first.min(window.end_unix.saturating_sub(LEAST_COVERED)).max(window.start_unix);
    TimeWindow { start_unix, ..window }
}

/// The part of `window` that traces with these starts cover, the newest ones that match. If there are more of them
/// (`truncated`), that is the time from the start of the oldest one on.
pub fn covered(starts: impl Iterator<Item = u64>, window: TimeWindow, truncated: bool) -> TimeWindow {
    let oldest = starts.min().filter(|_| truncated);
    let start_unix =
        oldest.map_or(window.start_unix, |oldest| oldest.clamp(window.start_unix, window.end_unix));
    TimeWindow { start_unix, ..window }
}

/// A readable bucket width in nanoseconds, for about 60 buckets and never less than a second.
pub fn bucket_width(window: TimeWindow) -> u64 {
    width_of(window, BUCKETS)
}

/// Buckets below which what is covered is one bucket: they would be within a few pixels.
const FEWEST: u64 = 4;

/// The bucket width for the part of a window that is covered: that of the part, but so that buckets are apart on a chart of
/// the whole window.
pub fn covered_width(covered: TimeWindow, window: TimeWindow) -> u64 {
    let width = bucket_width(covered).max(width_of(window, 4 * BUCKETS));
    if covered.length() >= FEWEST * width {
        return width;
    }
    let holds_all = |width: &u64| covered.start_unix / width == covered.end_unix.saturating_sub(1) / width;
    let mut wider = WIDTHS.into_iter().map(|seconds| seconds * SECOND).filter(|wider| *wider >= width);
    wider.find(holds_all).unwrap_or(width)
}

/// A readable width for at most so many buckets.
fn width_of(window: TimeWindow, buckets: u64) -> u64 {
    let ideal = window.length().div_ceil(buckets).div_ceil(SECOND);
    let days = || ideal.div_ceil(86_400) * 86_400;
    WIDTHS.into_iter().find(|width| *width >= ideal).unwrap_or_else(days) * SECOND
}

/// The exact percentile `q` (0 to 1) by nearest rank; `None` of nothing. Reorders `values`.
pub fn percentile(values: &mut [u64], q: f64) -> Option<u64> {
    let last = values.len().checked_sub(1)?;
    let rank = (q.clamp(0.0, 1.0) * values.len() as f64).ceil() as usize;
    values.sort_unstable();
    values.get(rank.saturating_sub(1).min(last)).copied()
}

/// The percentiles of these durations; `None` of nothing. Reorders them.
pub fn quantiles(durations: &mut [u64]) -> Option<Quantiles> {
    let count = durations.len();
    let mut from = |least: usize, q: f64| percentile(durations, q).filter(|_| count >= least);
    Some(Quantiles {
        p50: from(1, 0.50)?,
        p95: from(P95_FROM, 0.95),
        p99: from(P99_FROM, 0.99),
        max: percentile(durations, 1.0),
    })
}

/// Measures the samples that start in the window. Buckets of `width` nanoseconds (see [`bucket_width`]) lie on multiples of
/// it, so that they stay where they are when the window moves; a width that would make more than 10,000 buckets is widened.
pub fn metrics(
    samples: impl IntoIterator<Item = impl Borrow<Sample>>,
    window: TimeWindow,
    width: u64,
) -> Metrics {
    let mut metrics = empty(window, width);
    if metrics.buckets.is_empty() {
        return metrics;
    }
    let (width, first) = (metrics.width, window.start_unix / metrics.width);
    let mut members: Vec<(Vec<u64>, usize)> = vec![Default::default(); metrics.buckets.len()];
    let (mut durations, mut errors) = (Vec::new(), 0);
    for sample in samples {
        let sample = sample.borrow();
        if !window.contains(sample.start_unix) {
            continue;
        }
        let bucket = &mut members[(sample.start_unix / width - first) as usize];
        bucket.0.push(sample.duration);
        bucket.1 += usize::from(sample.is_error);
        durations.push(sample.duration);
        errors += usize::from(sample.is_error);
    }
    for (bucket, (mut durations, errors)) in metrics.buckets.iter_mut().zip(members) {
        *bucket = Bucket { is_short: bucket.is_short, ..Bucket::of(bucket.window, &mut durations, errors) };
    }
    metrics.total = Bucket::of(window, &mut durations, errors);
    metrics
}

/// The buckets of a window, without samples. None of an empty window.
pub fn empty(window: TimeWindow, width: u64) -> Metrics {
    if window.length() == 0 {
        return Metrics::default();
    }
    let width = width.max(window.length().div_ceil(10_000)).max(1);
    let (first, last) = (window.start_unix / width, (window.end_unix - 1) / width);
    let bucket = |index: u64| {
        let start = index.saturating_mul(width);
        let window = TimeWindow {
            start_unix: start.max(window.start_unix),
            end_unix: start.saturating_add(width).min(window.end_unix),
        };
        Bucket { window, is_short: first < last && window.length() < width / 4, ..Bucket::default() }
    };
    Metrics {
        buckets: (first..=last).map(bucket).collect(),
        total: Bucket { window, ..Bucket::default() },
        width,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServiceCount;
    use crate::units::TraceId;
    use proptest::prelude::*;

    fn summary(id: u128, start_s: u64, duration: u64, service: &str, errors: u32) -> TraceSummary {
        TraceSummary {
            trace_id: TraceId(id),
            root_service: "gateway".into(),
            start_unix: start_s * SECOND,
            duration,
            spans: 2,
            errors,
            services: vec![
                ServiceCount { name: "gateway".into(), spans: 1, errors: 0 },
                ServiceCount { name: service.into(), spans: 1, errors },
            ],
            ..TraceSummary::default()
        }
    }

    fn measure(summaries: &[TraceSummary], service: &str, window: TimeWindow) -> Metrics {
        metrics(samples_of_summaries(summaries, service), window, 10 * SECOND)
    }

    fn window(start_s: u64, end_s: u64) -> TimeWindow {
        TimeWindow { start_unix: start_s * SECOND, end_unix: end_s * SECOND }
    }

    #[test]
    fn empty_buckets_are_gaps() {
        let summaries = [
            summary(1, 100, 40, "order", 0),
            summary(2, 101, 80, "order", 1),
            summary(3, 120, 7, "order", 0),
        ];
        let measured = measure(&summaries, "order", window(100, 130));
        assert_eq!(measured.buckets.len(), 3);
        let [full, empty, one] = &measured.buckets[..] else { unreachable!("three buckets") };
        assert_eq!((full.rate(), full.error_rate()), (Some(0.2), Some(0.5)));
        assert_eq!(full.latency, Some(Quantiles { p50: 40, p95: None, p99: None, max: Some(80) }));
        assert_eq!((empty.rate(), empty.error_rate(), empty.latency), (None, None, None));
        assert_eq!(one.calls, 1);
        assert_eq!((measured.total.calls, measured.total.errors), (3, 1));
        assert_eq!(measure(&summaries, "gateway", window(100, 130)).total.errors, 0);
    }

    /// A window of which only the newest traces were received was drawn as quiet before them, and rates were computed over
    /// all of it.
    #[test]
    fn a_truncated_answer_covers_the_time_from_its_oldest_trace_on() {
        let summaries: Vec<_> = (0..10).map(|at| summary(at, 120 + at as u64, 5, "order", 0)).collect();
        let asked = window(100, 130);
        let starts = || summaries.iter().map(|summary| summary.start_unix);
        assert_eq!(covered(starts(), asked, false), asked);
        assert_eq!(covered(std::iter::empty(), asked, true), asked);
        let seen = covered(starts(), asked, true);
        assert_eq!(seen, window(120, 130));
        assert_eq!(measure(&summaries, "order", seen).total.rate(), Some(1.0));
    }

    #[test]
    fn percentiles_of_few_traces_are_left_out() {
        let of = |count: u64| {
            let summaries: Vec<_> = (1..=count).map(|at| summary(at.into(), 100, at, "order", 0)).collect();
            measure(&summaries, "order", window(100, 110)).total.latency.unwrap_or_default()
        };
        assert_eq!(of(19), Quantiles { p50: 10, p95: None, p99: None, max: Some(19) });
        assert_eq!(of(20), Quantiles { p50: 10, p95: Some(19), p99: None, max: Some(20) });
        assert_eq!(of(100), Quantiles { p50: 50, p95: Some(95), p99: Some(99), max: Some(100) });
    }

    #[test]
    fn other_services_and_other_times_do_not_count() {
        let summaries =
            [summary(1, 99, 1, "order", 0), summary(2, 130, 1, "order", 0), summary(3, 110, 1, "cart", 0)];
        let measured = measure(&summaries, "order", window(100, 130));
        assert_eq!(measured.total.calls, 0);
        assert_eq!(measured.total.latency, None);
        assert_eq!(measure(&summaries, "order", window(130, 100)), Metrics::default());
    }

    #[test]
    fn buckets_lie_on_multiples_and_the_window_cuts_the_ends() {
        let measured = metrics(&[] as &[Sample], window(105, 123), 10 * SECOND);
        let windows: Vec<_> = measured.buckets.iter().map(|bucket| bucket.window).collect();
        assert_eq!(windows, [window(105, 110), window(110, 120), window(120, 123)]);
    }

    /// Rates rose from a first time slice of which only a moment was covered.
    #[test]
    fn data_that_starts_within_the_window_makes_no_false_rates() {
        assert_eq!(since(105 * SECOND, window(0, 140)), window(105, 140));
        assert_eq!(since(139 * SECOND, window(0, 140)), window(130, 140), "one sample is no rate");
        assert_eq!(since(139 * SECOND, window(135, 140)), window(135, 140));
        let summaries: Vec<_> = (109..140).map(|at| summary(at.into(), at, 5, "order", 0)).collect();
        let measured = measure(&summaries, "order", since(109 * SECOND, window(0, 140)));
        let rates: Vec<_> = measured.buckets.iter().map(Bucket::rate).collect();
        assert_eq!(rates, [None, Some(1.0), Some(1.0), Some(1.0)], "a second of ten is too little");
        assert_eq!((measured.total.rate(), measured.buckets[0].calls), (Some(1.0), 1));
    }

    #[test]
    fn widths_are_readable() {
        let hour = 3_600;
        for (seconds, expected) in [
            (0, 1),
            (30, 1),
            (300, 5),
            (900, 15),
            (hour, 60),
            (6 * hour, 600),
            (24 * hour, 1_800),
            (7 * 24 * hour, 10_800),
        ] {
            assert_eq!(bucket_width(window(0, seconds)), expected * SECOND, "{seconds} s");
        }
        assert_eq!(bucket_width(window(0, 366 * 24 * hour)), 7 * 86_400 * SECOND);
        for (covered, expected) in [(hour, 60), (1_800, 30), (600, 15), (10, 15)] {
            let width = covered_width(window(hour - covered, hour), window(0, hour));
            assert_eq!(width, expected * SECOND, "{covered} s of an hour");
        }
        // Two time slices of it would be at the same pixel.
        let around = window(hour - 5, hour + 5);
        let measured = metrics(&[] as &[Sample], around, covered_width(around, window(5, hour + 5)));
        let buckets: Vec<_> =
            measured.buckets.iter().map(|bucket| (bucket.window, bucket.is_short)).collect();
        assert_eq!(buckets, [(around, false)]);
    }

    proptest! {
        #[test]
        fn percentiles_agree_with_sorting(mut values in proptest::collection::vec(any::<u64>(), 1..200), q in 0.0f64..=1.0) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let rank = ((q * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
            prop_assert_eq!(percentile(&mut values, q), Some(sorted[rank - 1]));
        }

        #[test]
        fn every_trace_of_the_window_is_in_one_bucket(
            starts in proptest::collection::vec(0u64..4_000, 0..100), from in 0u64..2_000, length in 1u64..2_000, width in 1u64..500,
        ) {
            let summaries: Vec<_> =
                starts.iter().enumerate().map(|(index, start)| summary(index as u128, *start, *start, "s", 0)).collect();
            let inside = starts.iter().filter(|start| (from..from + length).contains(start)).count();
            let measured = metrics(samples_of_summaries(&summaries, "s"), window(from, from + length), width * SECOND);
            prop_assert_eq!(measured.buckets.iter().map(|bucket| bucket.calls).sum::<usize>(), inside);
            prop_assert_eq!(measured.total.calls, inside);
            for pair in measured.buckets.windows(2) {
                prop_assert_eq!(pair[0].window.end_unix, pair[1].window.start_unix);
            }
        }
    }
}
