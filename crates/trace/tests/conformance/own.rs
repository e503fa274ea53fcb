//! The project's own fixtures: every format, with the counts of `fixtures/index.tsv`, which were not made by
//! our readers.

use crate::dump::dump;
use crate::round_trip::{jaeger, otlp};
use crate::{gzip, read, read_chunks};
use spandrel_trace::model::{Flags, ParsedTraces};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// Path, format and counts of spans, traces, services, errors.
fn index() -> Vec<(String, String, [usize; 4])> {
    let text = std::fs::read_to_string(fixtures().join("index.tsv")).unwrap();
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let count = |at: usize| cells[at].parse().unwrap();
            (cells[0].to_owned(), cells[1].to_owned(), [count(2), count(3), count(4), count(5)])
        })
        .collect()
}

fn counts(opened: &ParsedTraces) -> [usize; 4] {
    let mut services = BTreeSet::new();
    let (mut spans, mut errors) = (0, 0);
    for trace in &opened.traces {
        let outline = trace.outline();
        for span in 0..outline.len() as u32 {
            services.insert(outline.service_of(span).to_owned());
            errors += usize::from(outline.flags[span as usize].has(Flags::OWN_ERROR));
        }
        spans += outline.len();
    }
    [spans, opened.traces.len(), services.len(), errors]
}

#[test]
fn every_file_has_what_its_recorder_counted() {
    let mut formats: BTreeMap<String, usize> = BTreeMap::new();
    for (path, format, expected) in index() {
        let bytes = std::fs::read(fixtures().join(&path)).unwrap();
        let opened = read(&bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(counts(&opened), expected, "{path}: spans, traces, services, errors");
        assert!(opened.warnings.is_empty(), "{path}: {:?}", opened.warnings);
        *formats.entry(format).or_default() += 1;
    }
    for format in ["otlp-protobuf", "otlp-json", "otlp-json-lines", "jaeger-v1", "jaeger-v3", "zipkin"] {
        assert!(formats.get(format).is_some_and(|files| *files >= 2), "{format}: {formats:?}");
    }
}

#[test]
fn every_file_is_in_the_index() {
    let known: BTreeSet<String> = index().into_iter().map(|(path, ..)| path).collect();
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let data = [".json", ".jsonl", ".pb", ".gz"].iter().any(|end| name.ends_with(end));
        assert!(!data || known.contains(&name), "{name} is not in index.tsv");
    }
}

#[test]
fn the_same_spans_are_the_same_trace_in_every_format() {
    for stem in ["order", "error"] {
        let files =
            [".otlp.pb", ".otlp.json", ".otlp.jsonl"].map(|end| fixtures().join(format!("{stem}{end}")));
        let dumps: Vec<String> =
            files.iter().map(|file| dump(&read(&std::fs::read(file).unwrap()).unwrap())).collect();
        assert_eq!(dumps[0], dumps[1], "{stem}: protobuf and JSON");
        assert_eq!(dumps[0], dumps[2], "{stem}: protobuf and JSON lines");
    }
}

#[test]
fn it_does_not_matter_how_the_bytes_come() {
    for (path, ..) in index() {
        let bytes = std::fs::read(fixtures().join(&path)).unwrap();
        let whole = dump(&read(&bytes).unwrap());
        for chunk in [1, 2, 3, 7, 61, 4096] {
            assert!(dump(&read_chunks(&bytes, chunk).unwrap()) == whole, "{path} in chunks of {chunk}");
        }
        if !path.ends_with(".gz") {
            assert!(dump(&read_chunks(&gzip(&bytes), 5).unwrap()) == whole, "{path} gzipped");
        }
    }
}

#[test]
fn every_file_is_written_and_read_again_the_same() {
    for (path, format, _) in index() {
        let opened = read(&std::fs::read(fixtures().join(&path)).unwrap()).unwrap();
        otlp(&path, &opened);
        jaeger(&path, &opened, format == "jaeger-v1");
    }
}
