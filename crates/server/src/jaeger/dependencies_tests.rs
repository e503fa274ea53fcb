//! The service graph as it is counted from the index agrees with the one that is counted from every span.

#![allow(clippy::unwrap_used)]

use super::dependencies::{count, count_by_reading};
use crate::ingest::memory::Memory;
use crate::ingest::regroup::regroup;
use crate::store::{Limits, Part, Store};
use crate::wire::{put_bytes, put_fixed64, put_number};
use proptest::prelude::*;
use std::path::Path;
use std::time::Instant;

/// A span of a trace: small numbers, so that ids repeat, parents are missing and traces cross batches.
#[derive(Clone, Debug)]
struct Drawn {
    trace: u8,
    id: u64,
    parent: u64,
    service: u8,
    kind: u64,
    failed: bool,
    start: u64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    // Ids repeat in one of two cases, so that most traces need no reading.
    let id = prop_oneof![3 => 1..2000u64, 1 => 1..12u64];
    let parent = prop_oneof![1 => Just(0), 4 => 1..12u64, 2 => 1..2000u64];
    (0..6u8, id, parent, 0..4u8, 0..7u64, any::<bool>(), 0..1000u64).prop_map(
        |(trace, id, parent, service, kind, failed, start)| Drawn {
            trace,
            id,
            parent,
            service,
            kind,
            failed,
            start,
        },
    )
}

fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, number, bytes);
    out
}

fn encoded(span: &Drawn) -> Vec<u8> {
    let mut out = field(1, &u128::from(span.trace).to_be_bytes());
    out.extend(field(2, &span.id.to_be_bytes()));
    if span.parent != 0 {
        out.extend(field(4, &span.parent.to_be_bytes()));
    }
    out.extend(field(5, b"name"));
    put_number(&mut out, 6, span.kind);
    put_fixed64(&mut out, 7, span.start);
    put_fixed64(&mut out, 8, span.start + 10);
    if span.failed {
        out.extend(field(15, &[0x18, 2]));
    }
    out
}

/// One resource per span, so that equal services have several resources.
fn batch(spans: &[Drawn]) -> Vec<u8> {
    let resource_spans = spans.iter().flat_map(|span| {
        let name = [field(1, b"service.name"), field(2, &field(1, &[b'a' + span.service]))].concat();
        field(1, &[field(1, &field(1, &name)), field(2, &field(2, &encoded(span)))].concat())
    });
    resource_spans.collect()
}

fn parts(spans: &[Drawn]) -> Vec<Part> {
    regroup(&batch(spans), &mut Memory::new(64 << 20).reservation()).unwrap()
}

fn limits(segment_bytes: u64, index_bytes: u64) -> Limits {
    Limits { segment_bytes, index_bytes, ..Limits::default() }
}

async fn filled(directory: &Path, limits: Limits, batches: &[(Vec<Drawn>, bool)]) -> Store {
    let store = Store::open(directory, limits).unwrap();
    append(&store, batches).await;
    store
}

async fn append(store: &Store, batches: &[(Vec<Drawn>, bool)]) {
    for (spans, known) in batches {
        let mut parts = parts(spans);
        if !known {
            // As parts of older layouts are.
            parts.iter_mut().for_each(|part| part.calls = None);
        }
        store.append(parts).await.unwrap();
    }
}

fn assert_same(store: &Store, from: u64, to: u64) {
    let (counted, read) =
        (count(store, from, to, None, || Ok(())).unwrap(), count_by_reading(store, from, to).unwrap());
    assert_eq!(counted.links, read.links);
    assert_eq!(counted.requests, read.requests);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_graph_is_the_one_of_every_span(
        batches in prop::collection::vec((prop::collection::vec(drawn(), 1..24), prop::bool::weighted(0.9)), 1..8),
        resent in prop::option::weighted(0.3, 0..8usize),
        many_segments: bool,
        in_files: bool,
        windows in prop::collection::vec((0..1100u64, 0..1100u64), 4),
    ) {
        let mut batches = batches;
        if let Some(again) = resent.and_then(|at| batches.get(at).cloned()) {
            batches.push(again);
        }
        let directory = tempfile::tempdir().unwrap();
        let limits = limits(if many_segments { 1 } else { 128 << 20 }, if in_files { 0 } else { 1 << 30 });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // What was counted of the first batches is kept.
        let (first, rest) = batches.split_at(batches.len() / 2);
        let store = runtime.block_on(filled(directory.path(), limits, first));
        assert_same(&store, 0, u64::MAX);
        windows.iter().for_each(|(from, to)| assert_same(&store, *from, *to));
        runtime.block_on(append(&store, rest));
        assert_same(&store, 0, u64::MAX);
        windows.iter().for_each(|(from, to)| assert_same(&store, *from, *to));
        store.close();
        drop(store);
        let again = Store::open(directory.path(), limits).unwrap();
        windows.iter().for_each(|(from, to)| assert_same(&again, *from, *to));
        again.close();
    }
}

/// Many traces of a root and calls between three services, in one batch each or in many.
fn many(traces: u64, batches_a_trace: u64) -> Vec<Vec<Drawn>> {
    const SPANS: u64 = 32;
    let of_trace = |trace: u64, within: u64| Drawn {
        trace: 0,
        id: trace * SPANS + within + 1,
        parent: if within == 0 { 0 } else { trace * SPANS + within / 2 + 1 },
        service: (within % 3) as u8,
        kind: within % 6,
        failed: within.is_multiple_of(7),
        start: trace * 10 + within,
    };
    let each = SPANS / batches_a_trace;
    let batch =
        |at: u64| (0..traces).flat_map(move |trace| (0..each).map(move |n| of_trace(trace, at * each + n)));
    (0..batches_a_trace).map(|at| batch(at).collect()).collect()
}

/// The parts of batches of many traces, with a trace id each.
fn parts_of_many(spans: &[Drawn]) -> Vec<Part> {
    let of_trace = |left: &Drawn, right: &Drawn| (left.id - 1) / 32 == (right.id - 1) / 32;
    let traces = spans.chunk_by(of_trace).flat_map(|spans| {
        let mut parts = parts(spans);
        parts.iter_mut().for_each(|part| part.trace = u128::from((spans[0].id - 1) / 32) << 64 | 1);
        parts
    });
    traces.collect()
}

#[tokio::test]
async fn whole_traces_and_traces_in_many_parts_are_counted_without_reading_spans() {
    for batches_a_trace in [1, 8, 16] {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), limits(1 << 20, 1 << 30)).unwrap();
        for batch in many(2000, batches_a_trace) {
            store.append(parts_of_many(&batch)).await.unwrap();
        }
        let start = Instant::now();
        let counted = count(&store, 0, u64::MAX, None, || Ok(())).unwrap();
        let took = start.elapsed();
        let start = Instant::now();
        // Their spans are of another trace than the parts say, which reading does not look at.
        let read = count_by_reading(&store, 0, u64::MAX).unwrap();
        eprintln!("{batches_a_trace} parts a trace: counted in {took:?}, read in {:?}", start.elapsed());
        assert_eq!((&counted.links, &counted.requests), (&read.links, &read.requests));
        assert_eq!(counted.links.iter().map(|link| link.calls).sum::<u64>(), 2000 * 31);
        // What is stored of spans is not looked at: gone files change nothing.
        store.close();
        for entry in std::fs::read_dir(directory.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "sqlite") {
                std::fs::write(path, b"gone").unwrap();
            }
        }
        let again = count(&store, 0, u64::MAX, None, || Ok(())).unwrap();
        assert_eq!(again.links, counted.links, "{batches_a_trace} parts a trace");
    }
}
