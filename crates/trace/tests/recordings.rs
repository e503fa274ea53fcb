//! The recordings in `fixtures/`: each holds as many spans, traces, services and failures as `index.tsv` counted with
//! other readers, and those of one story mean the same in every format.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use spandrel_trace::format::Reader;
use spandrel_trace::model::record::{Resource, Scope, SpanRecord};
use spandrel_trace::model::{Flags, Opened, SpanIx};

/// Chunks of one byte, of a few, and the whole at once: the answer must not depend on it.
const CHUNKS: [usize; 4] = [1, 7, 4096, usize::MAX];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn open(name: &str, chunk: usize) -> Opened {
    let bytes = std::fs::read(folder().join(name)).unwrap();
    let mut reader = Reader::new();
    for part in bytes.chunks(chunk.min(bytes.len())) {
        reader.push(part).unwrap_or_else(|why| panic!("{name}: {why:?}"));
    }
    reader.finish().unwrap_or_else(|why| panic!("{name}: {why:?}"))
}

/// Every span of a file with what produced it, by id.
fn spans(opened: &Opened) -> BTreeMap<String, (SpanRecord, Resource, Scope)> {
    let mut all = BTreeMap::new();
    for trace in &opened.traces {
        for span in 0..trace.outline().len() as SpanIx {
            let (mut record, mut resource) = (trace.record(span), trace.resource(span));
            // Jaeger's answers have attributes in the order of their keys.
            let lists = record.events.iter_mut().map(|event| &mut event.attributes);
            for list in lists.chain([&mut record.attributes, &mut resource.attributes]) {
                list.sort_by(|one, other| one.key.cmp(&other.key));
            }
            let id = record.span_id.to_string();
            let whole = (record, resource, trace.scope(span));
            assert!(all.insert(id, whole).is_none());
        }
    }
    all
}

#[test]
fn every_recording_holds_what_the_index_counts() {
    let index = std::fs::read_to_string(folder().join("index.tsv")).unwrap();
    let mut lines = index.lines();
    assert_eq!(lines.next(), Some("path\tformat\tspans\ttraces\tservices\terrors"));
    let mut read = 0;
    for line in lines {
        let mut cells = line.split('\t');
        let name = cells.next().unwrap();
        let counted: Vec<usize> = cells.skip(1).map(|cell| cell.parse().unwrap()).collect();
        for chunk in CHUNKS {
            let opened = open(name, chunk);
            let outlines: Vec<_> = opened.traces.iter().map(|trace| trace.outline()).collect();
            let count = |of: &dyn Fn(&spandrel_trace::model::Outline) -> usize| {
                outlines.iter().map(|one| of(one)).sum()
            };
            let services: BTreeSet<&str> = outlines
                .iter()
                .flat_map(|outline| (0..outline.len() as SpanIx).map(|span| outline.service_of(span)))
                .collect();
            let failed =
                count(&|outline| outline.flags.iter().filter(|flags| flags.has(Flags::OWN_ERROR)).count());
            let found = vec![count(&|outline| outline.len()), outlines.len(), services.len(), failed];
            assert_eq!(found, counted, "{name} in chunks of {chunk}");
            assert_eq!(opened.warnings, Vec::<String>::new(), "{name}");
            let warned =
                count(&|outline| outline.flags.iter().filter(|flags| flags.has(Flags::WARNED)).count());
            assert_eq!(warned, 0, "{name}: warned spans");
        }
        read += 1;
    }
    assert!(read >= 20, "{read} files in the index");
}

#[test]
fn a_story_is_the_same_in_every_form_of_otlp() {
    for story in ["order", "error"] {
        let first = spans(&open(&format!("{story}.otlp.pb"), usize::MAX));
        for form in [
            "otlp.pb.gz",
            "otlp.json",
            "otlp.json.gz",
            "otlp.jsonl",
            "otlp.jsonl.gz",
            "jaeger-v3.json",
            "jaeger-v3.json.gz",
        ] {
            let name = format!("{story}.{form}");
            let other = spans(&open(&name, usize::MAX));
            assert_eq!(other.keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>(), "{name}");
            for (id, span) in &other {
                assert_eq!(span, &first[id], "{name}");
            }
        }
    }
}

#[test]
fn a_story_keeps_its_tree_and_times_in_jaegers_own_form() {
    for story in ["order", "error"] {
        let otlp = open(&format!("{story}.otlp.pb"), usize::MAX);
        let jaeger = open(&format!("{story}.jaeger-v1.json"), usize::MAX);
        let (otlp, jaeger) = (otlp.traces[0].outline(), jaeger.traces[0].outline());
        for span in 0..otlp.len() as SpanIx {
            let same = jaeger.find(otlp.id[span as usize]).unwrap();
            let parent = |outline: &spandrel_trace::model::Outline, span| {
                outline.parent_of(span).map(|parent| outline.id[parent as usize])
            };
            assert_eq!(parent(jaeger, same), parent(otlp, span));
            assert_eq!(jaeger.name_of(same), otlp.name_of(span));
            assert_eq!(jaeger.service_of(same), otlp.service_of(span));
            assert_eq!(jaeger.kind[same as usize], otlp.kind[span as usize]);
            assert_eq!(jaeger.events_of(same).len(), otlp.events_of(span).len());
            // Jaeger's own form counts microseconds.
            let off = jaeger.duration_of(same).abs_diff(otlp.duration_of(span));
            assert!(off < 1000, "{off} ns");
        }
    }
}
