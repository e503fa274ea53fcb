//! Metrics agree with what is counted point by point from a list of spans.

#![allow(clippy::unwrap_used)]

use super::span_metrics::{Measure, Measured, MetricsQuery, MetricsSeries, measure};
use crate::ingest::memory::Memory;
use crate::ingest::regroup::regroup;
use crate::store::{Limits, Store};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message;
use spandrel_trace::analysis::entries::MeasuredService;

const SERVICES: [&str; 3] = ["front", "back", "side"];

#[derive(Clone, Debug)]
struct Drawn {
    trace: u8,
    service: usize,
    operation: u8,
    kind: i32,
    start: u64,
    took: u64,
    failed: bool,
    /// Number of the parent in its batch, from 1 on; 0 for none.
    parent: u64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (0..4u8, 0..3usize, 0..3u8, 0..6i32, 0..500u64, 0..90u64, any::<bool>()).prop_map(
        |(trace, service, operation, kind, start, took, failed)| Drawn {
            trace,
            service,
            operation,
            kind,
            start: 1000 + start,
            took,
            failed,
            parent: 0,
        },
    )
}

fn request(spans: &[Drawn]) -> Vec<u8> {
    numbered_request(spans.iter().enumerate())
}

fn numbered_request<'d>(spans: impl Iterator<Item = (usize, &'d Drawn)>) -> Vec<u8> {
    let resource_spans = spans.map(|(id, span)| {
        let name = Value::StringValue(SERVICES[span.service].to_owned());
        let span = Span {
            trace_id: u128::from(span.trace).to_be_bytes().to_vec(),
            span_id: (id as u64 + 1).to_be_bytes().to_vec(),
            parent_span_id: if span.parent == 0 { Vec::new() } else { span.parent.to_be_bytes().to_vec() },
            name: format!("operation-{}", span.operation),
            kind: span.kind,
            start_time_unix_nano: span.start,
            end_time_unix_nano: span.start + span.took,
            status: span.failed.then(|| Status { code: 2, ..Status::default() }),
            ..Span::default()
        };
        ResourceSpans {
            resource: Some(Resource {
                attributes: vec![KeyValue {
                    key: "service.name".to_owned(),
                    value: Some(AnyValue { value: Some(name) }),
                    ..KeyValue::default()
                }],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }.encode_to_vec()
}

/// Point by point, by sorting the durations of each.
fn expected(spans: &[Drawn], query: &MetricsQuery) -> Vec<MetricsSeries> {
    let of = |span: &&Drawn| {
        query.services.iter().any(|name| name == SERVICES[span.service])
            && query.kinds.contains(&(span.kind as u32))
    };
    let key = |span: &Drawn| {
        let operation =
            if query.by_operation { format!("operation-{}", span.operation) } else { String::new() };
        (SERVICES[span.service].to_owned(), operation)
    };
    let within = |span: &Drawn, at: u64| span.start <= at && span.start + query.rate_per > at;
    let times: Vec<u64> = (0..=query.steps).map(|step| query.start + step * query.step).collect();
    let mut keys: Vec<_> =
        spans.iter().filter(of).filter(|span| times.iter().any(|at| within(span, *at))).map(key).collect();
    keys.sort();
    keys.dedup();
    let series = keys.into_iter().map(|wanted| {
        let values = times.iter().map(|at| {
            let here: Vec<&Drawn> =
                spans.iter().filter(of).filter(|span| key(span) == wanted && within(span, *at)).collect();
            let mut took: Vec<u64> = here.iter().map(|span| span.took.max(1)).collect();
            took.sort_unstable();
            let calls = here.len() as f64;
            match query.measure {
                Measure::Calls => calls / (query.rate_per as f64 / 1e9),
                Measure::Errors => here.iter().filter(|span| span.failed).count() as f64 / calls,
                Measure::EntrySpans => unreachable!("it has no series"),
                Measure::Latencies(quantile) => {
                    let reaches = |took_at: &u64| {
                        took.iter().filter(|took| *took <= took_at).count() as f64 >= quantile * calls
                    };
                    took.iter().copied().find(reaches).map_or(f64::NAN, |took| took as f64 / 1e6)
                }
            }
        });
        MetricsSeries { service: wanted.0.clone(), operation: wanted.1.clone(), values: values.collect() }
    });
    series.collect()
}

/// NaN is like NaN here.
fn bits(series: Vec<MetricsSeries>) -> Vec<(String, String, Vec<String>)> {
    let text = |values: Vec<f64>| values.iter().map(|value| format!("{value:?}")).collect();
    series.into_iter().map(|series| (series.service, series.operation, text(series.values))).collect()
}

fn child() -> impl Strategy<Value = Drawn> {
    (drawn(), 0..60u64).prop_map(|(span, parent)| Drawn { parent: parent.saturating_sub(20), ..span })
}

fn entries_of(service: &str, store: &Store, start: u64, end: u64) -> MeasuredService {
    let query = MetricsQuery {
        measure: Measure::EntrySpans,
        services: vec![service.to_owned()],
        by_operation: false,
        kinds: Vec::new(),
        start,
        steps: 1,
        step: end - start,
        rate_per: 1,
    };
    match measure(store, &query, || Ok(())).unwrap() {
        Measured::EntrySpans(measured) => measured,
        Measured::Series(series) => panic!("{series:?}"),
    }
}

/// Rates were averaged over a time of which the server had nothing.
#[tokio::test]
async fn what_is_covered_starts_with_the_first_entry_span_if_there_is_no_earlier_one() {
    const SECOND: u64 = 1_000_000_000;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), Limits::default()).unwrap();
    let at = |trace: u8, service: usize, start: u64| Drawn {
        trace,
        service,
        operation: 0,
        kind: 2,
        start: start * SECOND,
        took: 5,
        failed: false,
        parent: 0,
    };
    let append = async |spans: &[Drawn]| {
        let parts = regroup(&request(spans), &mut Memory::new(64 << 20).reservation()).unwrap();
        store.append(parts).await.unwrap();
    };
    let covered = || {
        let total = entries_of("front", &store, 10_000 * SECOND, 13_600 * SECOND).metrics.total;
        (total.window.start_unix / SECOND, total.calls)
    };
    assert_eq!(covered(), (10_000, 0));
    // One of another service is no earlier one, though in the same trace.
    append(&[at(1, 1, 9_000), at(1, 0, 12_600), at(1, 0, 13_599)]).await;
    assert_eq!(covered(), (12_600, 2));
    append(&[at(2, 0, 5)]).await;
    assert_eq!(covered(), (10_000, 2));
    store.close();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn entry_spans_are_counted_and_measured(
        spans in prop::collection::vec(child(), 1..60),
        batch in 1..60usize,
        is_narrow: bool,
        many_segments: bool,
    ) {
        // The caller of a span of no kind may be outside of a narrow window.
        let (start, end) = if is_narrow { (1_100, 1_300) } else { (900, 2_000) };
        let spans: Vec<Drawn> = spans.into_iter().map(|span| Drawn {
            kind: if is_narrow { span.kind.max(1) } else { span.kind }, ..span
        }).collect();
        let directory = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: if many_segments { 1 } else { 128 << 20 }, ..Limits::default() };
        let store = Store::open(directory.path(), limits).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let numbered: Vec<_> = spans.iter().enumerate().collect();
        for batch in numbered.chunks(batch) {
            let bytes = numbered_request(batch.iter().copied());
            // Sent twice, counted once.
            for _ in 0..2 {
                let parts = regroup(&bytes, &mut Memory::new(64 << 20).reservation()).unwrap();
                runtime.block_on(store.append(parts)).unwrap();
            }
        }
        let is_entry = |span: &&Drawn| {
            let caller = spans.get((span.parent as usize).wrapping_sub(1)).filter(|caller| caller.trace == span.trace);
            span.service == 0 && (start..end).contains(&span.start) && match span.kind {
                2 | 5 => true,
                _ if span.parent == 0 => true,
                0 => caller.is_some_and(|caller| caller.service != 0),
                _ => false,
            }
        };
        let entries: Vec<&Drawn> = spans.iter().filter(is_entry).collect();
        let measured = entries_of("front", &store, start, end);
        let total = &measured.metrics.total;
        prop_assert_eq!(total.calls, entries.len());
        prop_assert_eq!(total.errors, entries.iter().filter(|span| span.failed).count());
        let mut took: Vec<u64> = entries.iter().map(|span| span.took).collect();
        took.sort_unstable();
        prop_assert_eq!(total.latency.map(|all| all.p50), (!took.is_empty()).then(|| took[took.len().div_ceil(2) - 1]));
        prop_assert_eq!(total.latency.and_then(|all| all.max), took.last().copied());
        prop_assert_eq!(measured.metrics.buckets.iter().map(|slice| slice.calls).sum::<usize>(), entries.len());
        for operation in &measured.operations {
            let own = entries.iter().filter(|span| format!("operation-{}", span.operation) == operation.name);
            prop_assert_eq!(operation.requests, own.count());
        }
        store.close();
    }

    #[test]
    fn metrics_are_those_of_the_spans(
        batches in prop::collection::vec(prop::collection::vec(drawn(), 1..40), 1..4),
        services in prop::sample::subsequence(SERVICES.to_vec(), 1..=3),
        kinds in prop::sample::subsequence(vec![0u32, 1, 2, 3, 4, 5], 1..=4),
        by_operation: bool,
        quantile in prop_oneof![Just(0.0), Just(0.5), Just(0.95), Just(1.0)],
        start in 900..1400u64,
        (steps, step, rate_per) in (0..40u64, 1..30u64, 1..200u64),
        many_segments: bool,
    ) {
        let directory = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: if many_segments { 1 } else { 128 << 20 }, ..Limits::default() };
        let store = Store::open(directory.path(), limits).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for batch in &batches {
            // Sent twice, counted once.
            for _ in 0..2 {
                let parts = regroup(&request(batch), &mut Memory::new(64 << 20).reservation()).unwrap();
                runtime.block_on(store.append(parts)).unwrap();
            }
        }
        let mut spans: Vec<(usize, Drawn)> =
            batches.iter().flat_map(|batch| batch.iter().cloned().enumerate()).collect();
        // Spans of two batches may be equal to the bit, too.
        let all = std::mem::take(&mut spans);
        for (id, span) in all {
            if !spans.iter().any(|(other, same)| *other == id && format!("{same:?}") == format!("{span:?}")) {
                spans.push((id, span));
            }
        }
        let spans: Vec<Drawn> = spans.into_iter().map(|(_, span)| span).collect();
        for measured in [Measure::Calls, Measure::Errors, Measure::Latencies(quantile)] {
            let query = MetricsQuery {
                measure: measured,
                services: services.iter().map(|name| (*name).to_owned()).collect(),
                by_operation,
                kinds: kinds.clone(),
                start,
                steps,
                step,
                rate_per,
            };
            let Measured::Series(counted) = measure(&store, &query, || Ok(())).unwrap() else { panic!() };
            prop_assert_eq!(bits(counted), bits(expected(&spans, &query)));
        }
        store.close();
    }
}
