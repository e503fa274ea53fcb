//! What is in the files, counted by readers that are not ours: prost for protobuf, serde_json for JSON.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use serde_json::Value;

use crate::receiver::text;

/// How a file's name ends, and what it holds.
const FORMATS: [(&str, &str); 5] = [
    (".otlp.pb", "otlp-protobuf"),
    (".otlp.json", "otlp-json"),
    (".otlp.jsonl", "otlp-json-lines"),
    (".jaeger-v1.json", "jaeger-v1"),
    (".jaeger-v3.json", "jaeger-v3"),
];

#[derive(Default)]
struct Count {
    spans: usize,
    traces: BTreeSet<String>,
    services: BTreeSet<String>,
    errors: usize,
}

/// The table of all files of the folder, one a line: path, format, spans, traces, services, errors.
pub fn of(folder: &Path) -> String {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut table = String::from("path\tformat\tspans\ttraces\tservices\terrors\n");
    for name in names {
        let plain = name.trim_end_matches(".gz");
        let Some((_, format)) = FORMATS.iter().find(|(end, _)| plain.ends_with(end)) else {
            continue;
        };
        let mut bytes = std::fs::read(folder.join(&name)).unwrap();
        if plain.len() < name.len() {
            let packed = std::mem::take(&mut bytes);
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
        }
        let count = count(format, &bytes);
        table.push_str(&format!(
            "{name}\t{format}\t{}\t{}\t{}\t{}\n",
            count.spans,
            count.traces.len(),
            count.services.len(),
            count.errors
        ));
    }
    table
}

fn count(format: &str, bytes: &[u8]) -> Count {
    let mut count = Count::default();
    let json = || serde_json::from_slice::<Value>(bytes).unwrap();
    match format {
        "otlp-protobuf" => protobuf(&mut count, bytes),
        "otlp-json" => otlp(&mut count, &json()),
        "otlp-json-lines" => {
            for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                otlp(&mut count, &serde_json::from_slice(line).unwrap());
            }
        }
        "jaeger-v3" => otlp(&mut count, &json()["result"]),
        _ => jaeger(&mut count, &json()),
    }
    count
}

fn protobuf(count: &mut Count, bytes: &[u8]) {
    for group in ExportTraceServiceRequest::decode(bytes).unwrap().resource_spans {
        let attributes = group.resource.unwrap_or_default().attributes;
        count.services.insert(text(&attributes, "service.name"));
        for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            count.spans += 1;
            let id = span.trace_id.iter().map(|byte| format!("{byte:02x}"));
            count.traces.insert(id.collect());
            if span.status.is_some_and(|s| s.code() == StatusCode::Error) {
                count.errors += 1;
            }
        }
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value[name].as_array().into_iter().flatten()
}

fn otlp(count: &mut Count, request: &Value) {
    for group in list(request, "resourceSpans") {
        for attribute in list(&group["resource"], "attributes") {
            if attribute["key"] == "service.name" {
                let name = attribute["value"]["stringValue"].as_str().unwrap();
                count.services.insert(name.into());
            }
        }
        for span in list(group, "scopeSpans").flat_map(|scope| list(scope, "spans")) {
            count.spans += 1;
            count.traces.insert(span["traceId"].as_str().unwrap().into());
            if span["status"]["code"] == 2 {
                count.errors += 1;
            }
        }
    }
}

fn jaeger(count: &mut Count, answer: &Value) {
    for trace in list(answer, "data") {
        count.traces.insert(trace["traceID"].as_str().unwrap().into());
        for span in list(trace, "spans") {
            count.spans += 1;
            let process = &trace["processes"][span["processID"].as_str().unwrap()];
            let service = process["serviceName"].as_str().unwrap();
            count.services.insert(service.into());
            if list(span, "tags").any(|tag| tag["key"] == "error" && tag["value"] == true) {
                count.errors += 1;
            }
        }
    }
}
