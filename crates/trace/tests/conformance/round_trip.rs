//! What is read, written and read again is the same; what is interned is what was decoded.

use crate::corpus::{ExpectedInput, Row, corpus, expect, fixtures, odd_rows, rows};
use crate::read;
use spandrel_trace::format::Reader;
use spandrel_trace::format::write::{Envelope, JaegerJson, OtlpJson};
use spandrel_trace::model::record::SpanRecord;
use spandrel_trace::model::{ExternalStore, ParsedTraces, SpanIx, Trace};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

fn spans(trace: &Trace) -> impl Iterator<Item = SpanIx> {
    0..trace.outline().len() as SpanIx
}

/// Everything about a trace that both formats can say. Text, because not-a-number is not itself.
fn facts(trace: &Trace, record: impl Fn(SpanIx) -> SpanRecord) -> Vec<String> {
    let outline = trace.outline();
    spans(trace)
        .map(|span| {
            format!(
                "{:?} below {:?}, {}+{}, {} of {:?}",
                record(span),
                outline.parent_of(span),
                outline.start[span as usize],
                outline.duration_of(span),
                outline.service_of(span),
                trace.resource(span)
            )
        })
        .collect()
}

fn sent(trace: &Trace) -> Vec<String> {
    facts(trace, |span| trace.record_as_sent(span))
}

/// Written as OTLP JSON and read again.
pub fn otlp(name: &str, opened: &ParsedTraces) {
    let mut writer = OtlpJson::new(Vec::new(), Envelope::Plain, true).unwrap();
    for trace in &opened.traces {
        for span in spans(trace) {
            writer.span(&trace.resource(span), &trace.scope(span), &trace.record_as_sent(span)).unwrap();
        }
    }
    let text = writer.finish().unwrap();
    serde_json::from_slice::<serde_json::Value>(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let again = read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let full: Vec<&Trace> = opened.traces.iter().filter(|trace| !trace.outline().is_empty()).collect();
    assert_eq!(again.traces.len(), full.len(), "{name}");
    for (before, after) in full.into_iter().zip(&again.traces) {
        same(name, &sent(before), &sent(after));
        for span in spans(before) {
            assert_eq!(before.scope(span).name, after.scope(span).name, "{name}");
        }
    }
}

fn same(name: &str, before: &[String], after: &[String]) {
    assert_eq!(before.len(), after.len(), "{name}");
    for (at, (before, after)) in before.iter().zip(after).enumerate() {
        assert!(before == after, "{name}, span {at}:\n{before}\n{after}");
    }
}

pub fn as_jaeger(opened: &ParsedTraces) -> Vec<u8> {
    let mut writer = JaegerJson::new(Vec::new()).unwrap();
    for trace in &opened.traces {
        let outline = trace.outline();
        writer.begin_trace(outline.trace_id, &outline.foreign_trace_id, &[]).unwrap();
        for span in spans(trace) {
            writer.span(&trace.resource(span), &trace.scope(span), &trace.record_as_sent(span)).unwrap();
        }
    }
    writer.finish().unwrap()
}

/// Written as Jaeger JSON and read again: the same where Jaeger was the source, else the same from then on
/// (Jaeger has no nanoseconds, lists or dropped counts), with the tree and the names in any case.
pub fn jaeger(name: &str, opened: &ParsedTraces, from_jaeger: bool) {
    let text = as_jaeger(opened);
    serde_json::from_slice::<serde_json::Value>(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let again = read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let third = read(&as_jaeger(&again)).unwrap();
    assert_eq!(again.traces.len(), opened.traces.len(), "{name}");
    for ((before, after), last) in opened.traces.iter().zip(&again.traces).zip(&third.traces) {
        same(name, &sent(after), &sent(last));
        let shape = |trace: &Trace| -> Vec<String> {
            let outline = trace.outline();
            let mut shape: Vec<String> = spans(trace)
                .map(|span| {
                    let parent = outline.parent_of(span).map(|parent| outline.id[parent as usize]);
                    let record = trace.record_as_sent(span);
                    let (id, kind, events) = (record.span_id, record.kind, record.events.len());
                    let start = record.start_unix / 1000;
                    format!(
                        "{id} {parent:?} {} {} {kind:?} {events} {start}",
                        outline.service_of(span),
                        record.name
                    )
                })
                .collect();
            // Within a microsecond siblings may change places.
            shape.sort();
            shape
        };
        same(name, &shape(before), &shape(after));
        if from_jaeger {
            same(name, &sent(before), &sent(after));
        }
    }
}

#[test]
fn every_file_of_the_corpus_is_written_and_read_again_the_same() {
    let Some(corpus) = corpus() else { return };
    let checked = check_written(&corpus, &rows(&corpus));
    assert!(checked > 80, "{checked}");
}

#[test]
fn every_odd_file_is_written_and_read_again_the_same() {
    let checked = check_written(&fixtures(), &odd_rows());
    assert!(checked > 20, "{checked}");
}

fn check_written(root: &Path, rows: &[Row]) -> usize {
    let mut checked = 0;
    for row in rows.iter().filter(|row| matches!(expect(row), ExpectedInput::Read(..))) {
        let opened = read(&std::fs::read(root.join(&row.file)).unwrap()).unwrap();
        otlp(&row.file, &opened);
        // Jaeger has no lists and maps, and no half microseconds: what was odd Jaeger comes back as proper Jaeger.
        let odd = ["tag-types.json", "float-times.json"].iter().any(|odd| row.file.ends_with(odd));
        jaeger(&row.file, &opened, row.format.starts_with("Jaeger") && !odd);
        checked += 1;
    }
    checked
}

/// Interns what is left.
fn all(trace: &mut Trace) {
    let mut steps = 0;
    while !trace.index_some(2_000) {
        steps += 1;
        assert!(steps < 1_000_000);
    }
}

thread_local! {
    static OUTSIDE: RefCell<BTreeMap<u32, Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
}

fn store() -> ExternalStore {
    ExternalStore {
        threshold: 0,
        write: |bytes| {
            OUTSIDE.with_borrow_mut(|kept| {
                let number = kept.last_key_value().map_or(0, |(number, _)| number + 1);
                kept.insert(number, bytes.to_vec());
                number
            })
        },
        read: |number, from, room| {
            OUTSIDE.with_borrow(|kept| room.copy_from_slice(&kept[&number][from..][..room.len()]));
        },
        free: |number| OUTSIDE.with_borrow_mut(|kept| assert!(kept.remove(&number).is_some())),
    }
}

#[test]
fn what_is_interned_is_what_was_decoded() {
    let Some(corpus) = corpus() else { return };
    check_interned(&corpus, &rows(&corpus));
}

#[test]
fn what_is_interned_of_odd_files_is_what_was_decoded() {
    check_interned(&fixtures(), &odd_rows());
}

fn check_interned(root: &Path, rows: &[Row]) {
    let mut most_outside = 0;
    for row in rows.iter().filter(|row| matches!(expect(row), ExpectedInput::Read(..))) {
        let bytes = std::fs::read(root.join(&row.file)).unwrap();
        let mut opened = read(&bytes).unwrap();
        let ways = [(0, None), (90_000, None), (90_000, Some(store())), (usize::MAX, Some(store()))];
        let mut early = ways.map(|(kept, store)| {
            let mut reader = Reader::with_memory_limit(kept);
            if let Some(store) = store {
                reader.set_external_store(store);
            }
            for chunk in bytes.chunks(10_000) {
                reader.push(chunk).unwrap();
            }
            reader.finish().unwrap()
        });
        most_outside = most_outside.max(OUTSIDE.with_borrow(BTreeMap::len));
        for (at, trace) in opened.traces.iter_mut().enumerate() {
            let before = sent(trace);
            for early in &mut early {
                same(&row.file, &before, &sent(&early.traces[at]));
                all(&mut early.traces[at]);
                same(&row.file, &before, &sent(&early.traces[at]));
            }
            all(trace);
            same(&row.file, &before, &sent(trace));
        }
        drop(early);
        assert_eq!(OUTSIDE.with_borrow(BTreeMap::len), 0, "{}", row.file);
    }
    assert!(most_outside > 2, "{most_outside}");
}
