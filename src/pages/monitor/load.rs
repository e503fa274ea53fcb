//! Loads a service's metrics, from the first of these that has them:
//!
//! 1. our own server, which measures all entry spans of the whole time range in one request,
//! 2. the series of a Jaeger with a metrics store, by the same API,
//! 3. the service's entry spans in the newest whole traces,
//! 4. if the server gives only summaries, the traces that pass through the service.

use super::measured::{Basis, ServiceMetrics};
use super::time_range::TimeRange;
use crate::state::clock;
use crate::state::data::{Data, SearchPurpose};
use futures_util::future::join_all;
use spandrel_trace::analysis::entries::{MeasuredService, starts_late};
use spandrel_trace::analysis::metric_series::{MeasuredSeries, MetricSeries, SeriesOfService};
use spandrel_trace::analysis::metrics::{
    TimeWindow, bucket_width, covered, covered_width, metrics, samples_of_summaries, since,
};
use spandrel_trace::engine::{ServiceCounts, read_metrics};
use spandrel_trace::model::TraceSummary;
use spandrel_trace::source::{MetricsMeasure, SearchQuery, ServiceMetricsQuery};
use spandrel_trace::units::{Problem, sort_by_number_descending};
use std::collections::HashMap;

/// Traces that are requested at most.
const TRACES: u32 = 1_500;
/// Spans of whole traces that are requested at most, by what the summaries say of them: the worker holds them while it reads.
const SPANS: u64 = 150_000;
/// Services whose traces are looked for one by one at most, to choose one.
const CANDIDATES: usize = 12;
/// Earlier traces are looked for in this time before the time range, at least.
const EARLIER_MS: u64 = 86_400_000;

/// Loads the metrics of a service over the last `lookback_ms` milliseconds. `offset` gives the offset of the time zone from
/// UTC at a time, minutes.
pub async fn load(
    data: Data,
    service: String,
    lookback_ms: u64,
    offset: impl Fn(u64) -> i32,
) -> Result<ServiceMetrics, Problem> {
    let range = TimeRange { end_ms: clock::now() as u64, lookback_ms };
    let window = range.window();
    let measured = ServiceMetrics {
        service,
        window,
        offset_minutes: offset(window.end_unix),
        ..ServiceMetrics::default()
    };
    if data.has_metrics()
        && let Some((counted, basis)) = counted(data, &measured.service, range).await
    {
        let MeasuredService { metrics, operations } = counted;
        return Ok(ServiceMetrics { metrics, operations, basis, sample: None, ..measured });
    }
    sampled(data, measured, range).await
}

/// What the server counts; `None` if it does not, or has no calls of the service, or its answers cannot be used.
async fn counted(data: Data, service: &str, range: TimeRange) -> Option<(MeasuredService, Basis)> {
    let (window, width) = (range.window(), bucket_width(range.window()));
    let first = range.metrics(service, MetricsMeasure::EntrySpans, width / 1_000_000);
    let calls = match counts(data, first).await? {
        ServiceCounts::Measured(measured) => return Some((*measured, Basis::EntrySpans)),
        ServiceCounts::Series(calls) => calls,
    };
    let slices = MeasuredSeries { calls, ..MeasuredSeries::default() };
    let found = SeriesOfService { slices, ..SeriesOfService::default() };
    let first = found.first_calls().filter(|_| !found.is_empty())?;
    let found = series(data, service, range).await?;
    let has_earlier = !starts_late(first, window) || has_earlier(data, service, range).await;
    Some((found.measured(window, width, has_earlier), Basis::MetricsStore))
}

/// The answer to one query; `None` where there is none, or it cannot be read.
async fn counts(data: Data, query: ServiceMetricsQuery) -> Option<ServiceCounts> {
    let text = data.metrics(query.clone()).await.ok()?;
    read_metrics(&text, &query).ok()
}

/// Loads all series of a service; `None` if one of them is missing.
async fn series(data: Data, service: &str, range: TimeRange) -> Option<SeriesOfService> {
    use MetricsMeasure::{Calls, Errors, Latency};
    let slice = bucket_width(range.window()) / 1_000_000;
    let (whole, half) = (range.lookback_ms, range.lookback_ms / 2);
    let wanted = [
        (Calls, slice, false),
        (Errors, slice, false),
        (Latency(50), slice, false),
        (Latency(95), slice, false),
        (Latency(99), slice, false),
        (Calls, whole, false),
        (Latency(50), whole, false),
        (Latency(95), whole, false),
        (Latency(99), whole, false),
        (Calls, whole, true),
        (Errors, whole, true),
        (Latency(50), whole, true),
        (Latency(95), whole, true),
        (Calls, half, true),
        (Latency(50), half, true),
    ];
    let requests = wanted.map(|(measure, step_ms, by_operation)| async move {
        let query = ServiceMetricsQuery { by_operation, ..range.metrics(service, measure, step_ms) };
        counts(data, query).await.map(|counts| match counts {
            ServiceCounts::Series(series) => series,
            ServiceCounts::Measured(_) => Vec::new(),
        })
    });
    let loaded: Option<Vec<_>> = join_all(requests).await.into_iter().collect();
    let mut loaded = loaded?.into_iter();
    let mut next = || -> Vec<MetricSeries> { loaded.next().unwrap_or_default() };
    Some(SeriesOfService {
        slices: MeasuredSeries { calls: next(), errors: next(), p50: next(), p95: next(), p99: next() },
        total: MeasuredSeries {
            calls: next(),
            p50: next(),
            p95: next(),
            p99: next(),
            ..MeasuredSeries::default()
        },
        operations: MeasuredSeries {
            calls: next(),
            errors: next(),
            p50: next(),
            p95: next(),
            ..MeasuredSeries::default()
        },
        halves: MeasuredSeries { calls: next(), p50: next(), ..MeasuredSeries::default() },
    })
}

/// Computes the metrics from traces.
async fn sampled(data: Data, measured: ServiceMetrics, range: TimeRange) -> Result<ServiceMetrics, Problem> {
    let query = range.search(&measured.service, TRACES);
    let found = data.search(query.clone(), SearchPurpose::Metrics).await?;

    let limit = affordable(&found.summaries);
    if limit > 0
        && let Ok(entries) = data.entry_spans(SearchQuery { limit, ..query }).await
        && !entries.trace_starts.is_empty()
    {
        let sample = entries.trace_starts.len();
        let truncated = found.truncated || sample < found.summaries.len();
        let starts = entries.trace_starts.iter().copied();
        let covered = covered_by(data, &measured.service, range, starts, truncated).await;
        let MeasuredService { metrics, operations } = MeasuredService::of(&entries, covered, measured.window);
        return Ok(ServiceMetrics {
            metrics,
            operations,
            basis: Basis::EntrySpans,
            sample: Some(sample),
            truncated,
            ..measured
        });
    }
    let starts = found.summaries.iter().map(|summary| summary.start_unix);
    let covered = covered_by(data, &measured.service, range, starts, found.truncated).await;
    let samples = samples_of_summaries(&found.summaries, &measured.service);
    Ok(ServiceMetrics {
        metrics: metrics(&samples, covered, covered_width(covered, measured.window)),
        basis: Basis::Summaries,
        sample: Some(found.summaries.len()),
        truncated: found.truncated,
        ..measured
    })
}

/// The part of a time range that the traces of a service with these starts cover: from the oldest on if there are more, or if
/// the server has no earlier ones.
async fn covered_by(
    data: Data,
    service: &str,
    range: TimeRange,
    starts: impl Iterator<Item = u64> + Clone,
    truncated: bool,
) -> TimeWindow {
    let window = range.window();
    match starts.clone().min() {
        Some(first)
            if !truncated && starts_late(first, window) && !has_earlier(data, service, range).await =>
        {
            since(first, window)
        }
        _ => covered(starts, window, truncated),
    }
}

/// Whether the server has traces of a service from before a time range; `true` if it does not say.
async fn has_earlier(data: Data, service: &str, range: TimeRange) -> bool {
    let before = TimeRange { end_ms: range.start_ms(), lookback_ms: range.lookback_ms.max(EARLIER_MS) };
    let found = data.search(before.search(service, 1), SearchPurpose::Metrics).await;
    found.map_or(true, |found| !found.summaries.is_empty())
}

/// Chooses a service to show first: the one with the most requests in the last `lookback_ms` milliseconds, else the first one
/// that has traces, else the first one.
pub async fn busiest(data: Data, names: &[String], lookback_ms: u64) -> Option<String> {
    let range = TimeRange { end_ms: clock::now() as u64, lookback_ms };
    if let Ok(counted) = data.dependencies(range.end_ms, lookback_ms).await {
        let mut requests: HashMap<&str, u64> = HashMap::new();
        let counts = counted.requests.iter().map(|counted| (counted.service.as_str(), counted.requests));
        // A Jaeger counts only the calls between services.
        let calls = counted.links.iter().map(|link| (link.child.as_str(), link.calls));
        let counts: Vec<_> = if counted.requests.is_empty() { calls.collect() } else { counts.collect() };
        for (name, number) in counts {
            *requests.entry(name).or_default() += number;
        }
        if let Some(most) = most_requested(names, &requests) {
            return Some(most.to_owned());
        }
    }
    for name in names.iter().take(CANDIDATES) {
        match data.search(range.search(name, 1), SearchPurpose::Metrics).await {
            Ok(found) if !found.summaries.is_empty() => return Some(name.clone()),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    names.first().cloned()
}

/// The name with the most requests, the first of those with as many; `None` if no name has any.
fn most_requested<'n>(names: &'n [String], requests: &HashMap<&str, u64>) -> Option<&'n str> {
    let number = |name: &&String| requests.get(name.as_str()).copied().unwrap_or(0);
    // Of equal ones `max_by_key` gives the last.
    let most = names.iter().rev().max_by_key(number)?;
    (number(&most) > 0).then_some(most)
}

/// How many of the newest traces have [`SPANS`] spans together; one at least.
fn affordable(summaries: &[TraceSummary]) -> u32 {
    let mut newest: Vec<&TraceSummary> = summaries.iter().collect();
    sort_by_number_descending(&mut newest, |summary| summary.start_unix);
    let mut spans = 0;
    let within = newest.iter().take_while(|summary| {
        spans += u64::from(summary.spans);
        spans <= SPANS
    });
    within.count().max(newest.len().min(1)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_service_with_the_most_requests_is_shown_first() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let of = |requests: &[(&'static str, u64)]| {
            most_requested(&names, &requests.iter().copied().collect()).map(str::to_owned)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("a", 0), ("unlisted", 9)]), None);
        assert_eq!(of(&[("b", 3), ("c", 7), ("d", 7)]), Some("c".into()));
    }

    #[test]
    fn whole_traces_are_requested_within_a_number_of_spans() {
        let of = |start_unix: u64, spans: u32| TraceSummary { start_unix, spans, ..TraceSummary::default() };
        assert_eq!(affordable(&[]), 0);
        assert_eq!(affordable(&[of(1, 10), of(2, 20)]), 2);
        assert_eq!(affordable(&[of(1, 10), of(2, 1_000_000)]), 1);
        assert_eq!(affordable(&[of(1, 100_000), of(3, 60_000), of(2, 60_000)]), 2);
    }
}
