//! Loads what a service's metrics are computed from: its entry spans in whole traces, or if the server gives only summaries,
//! the traces that pass through it.

use super::plots::{Basis, ServiceMetrics};
use crate::state::clock;
use crate::state::data::{Data, SearchPurpose};
use spandrel_trace::analysis::entries::operations;
use spandrel_trace::analysis::metrics::{TimeWindow, bucket_width, covered, metrics, samples_of_summaries};
use spandrel_trace::model::TraceSummary;
use spandrel_trace::source::SearchQuery;
use spandrel_trace::units::{Problem, sort_by_number_descending};

/// Traces that are requested at most.
const TRACES: u32 = 1_500;
/// Spans of whole traces that are requested at most, by what the summaries say of them: the worker holds them while it reads.
const SPANS: u64 = 150_000;

/// Loads the metrics of a service over the last `lookback_ms` milliseconds. `offset` gives the offset of the time zone from
/// UTC at a time, minutes.
pub async fn load(
    data: Data,
    service: String,
    lookback_ms: u64,
    offset: impl Fn(u64) -> i32,
) -> Result<ServiceMetrics, Problem> {
    let end_us = (clock::now() * 1e3) as u64;
    let query = SearchQuery {
        service: service.clone(),
        start_unix_us: end_us.saturating_sub(lookback_ms * 1_000),
        end_unix_us: end_us,
        limit: TRACES,
        ..SearchQuery::default()
    };
    let window = TimeWindow { start_unix: query.start_unix_us * 1_000, end_unix: end_us * 1_000 };
    let found = data.search(query.clone(), SearchPurpose::Metrics).await?;
    let measured = ServiceMetrics {
        service,
        window,
        offset_minutes: offset(window.end_unix),
        ..ServiceMetrics::default()
    };

    let limit = affordable(&found.summaries);
    if limit > 0
        && let Ok(entries) = data.entry_spans(SearchQuery { limit, ..query }).await
        && !entries.trace_starts.is_empty()
    {
        let sample = entries.trace_starts.len();
        let truncated = found.truncated || sample < found.summaries.len();
        let covered = covered(entries.trace_starts.iter().copied(), window, truncated);
        return Ok(ServiceMetrics {
            metrics: metrics(&entries.samples(), covered, bucket_width(covered)),
            operations: operations(&entries, covered),
            basis: Basis::EntrySpans,
            sample,
            truncated,
            ..measured
        });
    }
    let starts = found.summaries.iter().map(|summary| summary.start_unix);
    let covered = covered(starts, window, found.truncated);
    let samples = samples_of_summaries(&found.summaries, &measured.service);
    Ok(ServiceMetrics {
        metrics: metrics(&samples, covered, bucket_width(covered)),
        basis: Basis::Summaries,
        sample: found.summaries.len(),
        truncated: found.truncated,
        ..measured
    })
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
    fn whole_traces_are_requested_within_a_number_of_spans() {
        let of = |start_unix: u64, spans: u32| TraceSummary { start_unix, spans, ..TraceSummary::default() };
        assert_eq!(affordable(&[]), 0);
        assert_eq!(affordable(&[of(1, 10), of(2, 20)]), 2);
        assert_eq!(affordable(&[of(1, 10), of(2, 1_000_000)]), 1);
        assert_eq!(affordable(&[of(1, 100_000), of(3, 60_000), of(2, 60_000)]), 2);
    }
}
