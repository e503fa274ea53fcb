//! Metrics agree with what is counted point by point from a list of spans.

#![allow(clippy::unwrap_used)]

use super::span_metrics::{Measure, MetricsQuery, MetricsSeries, measure};
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
        },
    )
}

fn request(spans: &[Drawn]) -> Vec<u8> {
    let resource_spans = spans.iter().enumerate().map(|(id, span)| {
        let name = Value::StringValue(SERVICES[span.service].to_owned());
        let span = Span {
            trace_id: u128::from(span.trace).to_be_bytes().to_vec(),
            span_id: (id as u64 + 1).to_be_bytes().to_vec(),
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

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
            let counted = measure(&store, &query, || Ok(())).unwrap();
            prop_assert_eq!(bits(counted), bits(expected(&spans, &query)));
        }
        store.close();
    }
}
