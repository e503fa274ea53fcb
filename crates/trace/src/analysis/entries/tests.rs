//! Tests of entry spans and their metrics.

use super::*;
use crate::analysis::metrics::{covered, metrics};
use crate::testing::{COLUMN, START, traces};

/// A browser root, an asynchronous consumer that outlives the response, internal and client spans, a scheduled job without a
/// kind, a service without kinds, and a span of which the parent is missing.
const SHOP: &str = "
    browser: click (client)              [==============]
      gateway: POST /orders (server)      [============]
        gateway: validate (internal)      [=]
        gateway: call order (client)        [========]
          order: create (server) !           [======]
            order: SELECT (client) !          [==]
            legacy: charge                        [=]
              legacy: log                         |
        email: send (consumer)                         [======================]
    trace 2
    cron: nightly                        [====]
      cron: step                          [==]
    trace 3
    order: tail (internal)               [==]                                   parent=ff
    order: late (server)                 [====]                                 parent=fe
";

fn outlines() -> Vec<crate::model::Trace> {
    traces(SHOP)
}

#[test]
fn requests_are_server_and_consumer_spans_and_roots() {
    let traces = outlines();
    let counted = requests(traces.iter().map(|trace| &**trace.outline()));
    let counted: Vec<_> =
        counted.iter().map(|one| (one.service.as_str(), one.requests, one.errors)).collect();
    assert_eq!(
        counted,
        [
            ("browser", 1, 0),
            ("cron", 1, 0),
            ("email", 1, 0),
            ("gateway", 1, 0),
            ("legacy", 1, 0),
            // Its client span with an error is no request, its span without a parent in the trace is no root.
            ("order", 2, 1),
        ]
    );
}

/// The duration of the trace includes the consumer that outlives the response: gateway's p50 was shown as 106 ms, and is 60.
#[test]
fn a_service_is_measured_by_its_own_spans_not_by_the_whole_trace() {
    let traces = outlines();
    let entries = EntrySpans::of_traces(traces.iter().map(|trace| &**trace.outline()), "gateway");
    assert_eq!(entries.operations, ["POST /orders"]);
    assert_eq!(entries.trace_starts.len(), 3);
    let window = TimeWindow { start_unix: START, end_unix: START + 1_000 * COLUMN };
    let total = metrics(entries.samples(), window, COLUMN).total;
    assert_eq!((total.calls, total.errors), (1, 0));
    assert_eq!(total.latency.unwrap().p50, 13 * COLUMN);
    assert!(traces[0].outline().duration > 30 * COLUMN);
}

fn entries(durations: &[(u32, u64, u64, bool)]) -> EntrySpans {
    let span = |&(operation, start_unix, duration, is_error): &(u32, u64, u64, bool)| EntrySpan {
        operation,
        start_unix,
        duration,
        is_error,
    };
    EntrySpans {
        operations: vec!["GET /".into(), "POST /".into(), "never".into()],
        spans: durations.iter().map(span).collect(),
        trace_starts: Vec::new(),
    }
}

#[test]
fn operations_are_measured_and_their_halves_compared() {
    let window = TimeWindow { start_unix: 100, end_unix: 200 };
    let mut spans: Vec<_> =
        (0..10).map(|at| (0, 100 + at * 10, if at < 5 { 40 } else { 60 }, at == 0)).collect();
    // One outside of the window on either side, and too few to compare.
    spans.extend([(1, 99, 7, true), (1, 200, 7, true), (1, 120, 9, false)]);
    let measured = operations(&entries(&spans), window);
    let expected = [
        OperationMetrics {
            name: "GET /".into(),
            requests: 10,
            errors: 1,
            p50: 40,
            p95: None,
            change: Some(0.5),
        },
        OperationMetrics { name: "POST /".into(), requests: 1, errors: 0, p50: 9, p95: None, change: None },
    ];
    assert_eq!(measured, expected);
    assert_eq!(measured[0].error_share(), 0.1);
}

#[test]
fn a_window_that_is_not_covered_is_told_by_the_starts_of_the_traces() {
    let window = TimeWindow { start_unix: 100, end_unix: 200 };
    let starts = [150, 120, 180];
    assert_eq!(covered(starts.into_iter(), window, true).start_unix, 120);
    assert_eq!(covered(starts.into_iter(), window, false), window);
    assert!(operations(&EntrySpans::default(), window).is_empty());
}

/// Rates were averaged over a time of which the server had nothing.
#[test]
fn what_is_covered_starts_with_the_first_request_if_nothing_is_earlier() {
    const SECOND: u64 = 1_000_000_000;
    let window = TimeWindow { start_unix: 0, end_unix: 3_600 * SECOND };
    let requests: Vec<_> =
        (0..1_800).map(|at| (at % 2, (1_800 + u64::from(at)) * SECOND, 7, false)).collect();
    let covered = |spans: &[(u32, u64, u64, bool)], has_earlier: bool| {
        let measured = MeasuredService::of_all::<()>(&entries(spans), window, || Ok(has_earlier)).unwrap();
        (measured.metrics.total.window.start_unix / SECOND, measured.metrics.total.rate())
    };
    assert_eq!(covered(&requests, false), (1_800, Some(1.0)));
    assert_eq!(covered(&requests, true), (0, Some(0.5)));
    assert_eq!(covered(&[], false), (0, None));
    let early = [(0, 30 * SECOND, 7, false)];
    let asked = MeasuredService::of_all(&entries(&early), window, || Err("not needed"));
    assert_eq!(asked.unwrap().metrics.total.window, window, "within the first time slice");
}
