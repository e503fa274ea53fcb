//! What real Jaegers answered, whole exchanges: every body with traces is read, every error named.

use crate::corpus::fixtures;
use crate::read;
use crate::round_trip::as_jaeger;
use serde_json::Value;
use spandrel_trace::model::{ParsedTraces, SpanIx};
use std::collections::BTreeMap;
use std::path::Path;

struct Exchange {
    name: String,
    path: String,
    status: u64,
    body: Vec<u8>,
}

fn exchanges(folder: &Path) -> Vec<Exchange> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|end| end == "json") && !file.ends_with("odd.otlp.json"))
        .map(|file| {
            let exchange: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let response = &exchange["response"];
            Exchange {
                name: file.display().to_string(),
                path: exchange["request"]["path"].as_str().unwrap().to_owned(),
                status: response["status"].as_u64().unwrap(),
                body: response["body"].as_str().unwrap_or("").as_bytes().to_vec(),
            }
        })
        .collect()
}

fn is_trace_call(path: &str) -> bool {
    let path = path.split('?').next().unwrap();
    ["/api/traces", "/api/v3/traces"]
        .iter()
        .any(|call| path == *call || path.starts_with(&format!("{call}/")))
}

/// How many spans a body holds, counted by another reader.
fn count(body: &[u8]) -> usize {
    let answer: Value = serde_json::from_slice(body).unwrap();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let jaeger: usize = list(&answer["data"]).iter().map(|trace| list(&trace["spans"]).len()).sum();
    let otlp: usize = list(&answer["result"]["resourceSpans"])
        .iter()
        .flat_map(|resource| list(&resource["scopeSpans"]))
        .map(|scope| list(&scope["spans"]).len())
        .sum();
    jaeger + otlp
}

#[test]
fn every_answer_with_traces_is_read_and_every_error_says_what_the_backend_said() {
    let fixtures = fixtures();
    let (mut read_whole, mut errors) = (0, 0);
    for version in ["main", "v2.20"] {
        for exchange in exchanges(&fixtures.join("recorded").join(version)) {
            if !is_trace_call(&exchange.path) {
                continue;
            }
            let name = &exchange.name;
            match read(&exchange.body) {
                Ok(opened) => {
                    assert_eq!(exchange.status, 200, "{name}");
                    let spans: usize = opened.traces.iter().map(|trace| trace.outline().len()).sum();
                    assert_eq!(spans, count(&exchange.body), "{name}");
                    no_warning_twice(name, &opened);
                    read_whole += 1;
                }
                Err(error) if exchange.body.starts_with(b"{") => {
                    assert_ne!(exchange.status, 200, "{name}: {error}");
                    assert!(error.why.starts_with("the server says: "), "{name}: {error}");
                    errors += 1;
                }
                Err(error) => {
                    assert_ne!(exchange.status, 200, "{name}: {error}");
                    assert_eq!(error.format, "text", "{name}: {error}");
                }
            }
        }
    }
    assert!(read_whole >= 25 && errors >= 15, "{read_whole} read, {errors} errors");
}

fn no_warning_twice(name: &str, opened: &ParsedTraces) {
    for trace in &opened.traces {
        for span in 0..trace.outline().len() as SpanIx {
            let mut warnings = trace.record(span).warnings;
            let all = warnings.len();
            warnings.sort();
            warnings.dedup();
            assert_eq!(warnings.len(), all, "{name}: {warnings:?}");
        }
    }
}

fn body(fixtures: &Path, name: &str) -> Vec<u8> {
    let file = fixtures.join("recorded/v2.20").join(name);
    let exchange: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    exchange["response"]["body"].as_str().unwrap().as_bytes().to_vec()
}

/// Spans of a Jaeger answer by id, with tags by key: Jaeger orders neither spans nor tags for us.
fn spans_of(body: &[u8]) -> BTreeMap<String, Value> {
    let answer: Value = serde_json::from_slice(body).unwrap();
    let mut spans = BTreeMap::new();
    for trace in answer["data"].as_array().unwrap() {
        for span in trace["spans"].as_array().unwrap() {
            let mut span = span.clone();
            let process = trace["processes"][span["processID"].as_str().unwrap()].clone();
            span["process"] = process;
            let fields = span.as_object_mut().unwrap();
            fields.remove("processID");
            // Only the newest translator writes the sampled flag.
            fields.remove("flags");
            let mut warnings: Vec<Value> = fields["warnings"].as_array().cloned().unwrap_or_default();
            warnings.sort_by_key(Value::to_string);
            warnings.dedup();
            fields.insert("warnings".into(), warnings.into());
            let place = format!("{} {}", fields["spanID"], fields["operationName"]);
            spans.insert(place, span);
        }
    }
    spans
}

/// Jaeger's v3 response, read and written as Jaeger JSON, is equivalent to Jaeger's v1 response.
#[test]
fn our_translation_is_jaegers_own() {
    let fixtures = fixtures();
    for (v3, v1) in [
        ("v3-trace.json", "v1-trace.json"),
        ("v3-trace-odd.json", "v1-trace-odd.json"),
        ("v3-trace-64bit.json", "v1-trace-64bit.json"),
        ("v3-trace-loop.json", "v1-trace-loop.json"),
    ] {
        let ours = spans_of(&as_jaeger(&read(&body(&fixtures, v3)).unwrap()));
        let theirs = spans_of(&body(&fixtures, v1));
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{v3}");
        for (span, theirs) in &theirs {
            assert_eq!(&ours[span], theirs, "{v3} {span}");
        }
    }
}
