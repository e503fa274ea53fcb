//! Recorded answers of two real Jaegers replayed: our v1 against v2.20, our v3 and OTLP against main. They agree in
//! status, shape and meaning; not in order, nor in the wording of parser errors. Where ours differs on purpose, it
//! is in `ON_PURPOSE` with the decision that says why.

use crate::support::{Answer, Server, now, send};
use base64::Engine;
use serde_json::{Map, Value};
use std::path::Path;

/// What differs on purpose: which exchanges, what, which decision.
const ON_PURPOSE: &[(&str, Difference, &str)] = &[
    ("v3-trace-", Difference::ClocksNotMoved, "docs/adr/0012"),
    ("v1-trace-", Difference::ClocksNotMoved, "docs/adr/0012"),
    ("v1-search-", Difference::ClocksNotMoved, "docs/adr/0012"),
    ("v3-trace-odd-raw", Difference::RawIsRaw, "docs/adr/0012"),
    ("v3-traces-raw", Difference::RawIsRaw, "docs/adr/0012"),
    ("v1-trace-", Difference::FlagsKept, "docs/adr/0012"),
    ("v1-transform", Difference::FlagsKept, "docs/adr/0012"),
    ("v1-transform", Difference::TransformRepairs, "docs/adr/0012"),
    ("v1-dependencies-", Difference::ServicesCounted, "docs/adr/0012"),
    ("otlp-bad-id", Difference::Status(200), "docs/adr/0012"),
    ("otlp-zstd-unknown", Difference::Status(415), "docs/adr/0012"),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Difference {
    /// Jaeger moves the clocks of spans that seem skewed, or says why it does not; we do neither.
    ClocksNotMoved,
    /// The recorded versions lose the W3C flags in v1; newer translators keep the sampled bit, and so do we.
    FlagsKept,
    /// Jaeger transforms without the repairs of its intake (empty names, durations below zero wrapped to 1.8e19);
    /// ours answers what sending the same and asking for it would.
    TransformRepairs,
    /// Ours counts the requests of services beside the links between them.
    ServicesCounted,
    /// Ours answers with this status: ids with fewer digits than 32 or 16 are taken, as in files, and an encoding that
    /// is not taken is 415.
    Status(u16),
    /// Jaeger repairs ends also in v3's raw answers; ours are what was sent.
    RawIsRaw,
}

/// Exchanges that answer 200 and show the odd traces, or nothing at all.
const CONCERNED: &[&str] = &[
    "v3-trace-odd",
    "v3-trace-odd-raw",
    "v3-trace-64bit",
    "v3-trace-loop",
    "v3-trace-base64",
    "v3-trace-upper",
    "v3-traces-raw",
    "v3-summaries-none",
    "v3-operations-unknown-service",
    "v3-operations-no-service",
    "v1-trace-odd",
    "v1-trace-odd-raw",
    "v1-trace-64bit",
    "v1-trace-64bit-padded",
    "v1-trace-loop",
    "v1-trace-pretty",
    "v1-search-ids",
    "v1-search-none",
    "v1-archive",
    "v1-dependencies-none",
    "v1-metrics-none",
    "v1-transform",
];

#[test]
fn our_answers_agree_with_two_real_jaegers() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/recorded");
    let mut replayed = 0;
    for (version, wanted) in [("main", ["v3-", "otlp-", "cors-"]), ("v2.20", ["v1-", "v1-", "v1-"])] {
        let folder = recorded.join(version);
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(data.path(), &[]);
        let odd = std::fs::read_to_string(folder.join("odd.otlp.json")).unwrap();
        let then = times(&odd).into_iter().min().unwrap();
        let shift = (now() - 60_000_000_000 - then) / 1_000_000_000 * 1_000_000_000;
        assert_eq!(server.export_json(&moved(&odd, shift)).status, 200);
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| wanted.iter().any(|prefix| name.starts_with(prefix)) && name.ends_with(".json"))
            .map(|name| name.trim_end_matches(".json").to_owned())
            .collect();
        // What brings spans in comes last: it is not in the answers before.
        names.sort_by_key(|name| (name.starts_with("otlp-"), name.clone()));
        for name in names {
            replayed += u32::from(replay(&server, &folder, &name, shift));
        }
    }
    assert!(replayed > 60, "{replayed} exchanges were replayed");
}

/// Sends a recorded request and compares; `false` when the exchange is about data that is not here.
fn replay(server: &Server, folder: &Path, name: &str, shift: u64) -> bool {
    let exchange: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()).unwrap();
    let status = exchange["response"]["status"].as_u64().unwrap() as u16;
    if status == 200 && !CONCERNED.contains(&name) && !name.starts_with("otlp-") {
        return false;
    }
    let answer = ask(server, &exchange["request"], shift);
    let what = format!("{name}: ours {} {}", answer.status, answer.text());
    for (on, differs, _) in ON_PURPOSE {
        if let Difference::Status(ours) = differs
            && *on == name
        {
            assert_eq!((status, answer.status), (400, *ours), "{what}");
            return true;
        }
    }
    assert_eq!(answer.status, status, "{what}");
    let theirs = bytes_of(&exchange["response"]);
    let content_type = header(&exchange["response"], "content-type");
    let base = |text: &str| text.split(';').next().unwrap_or_default().trim().to_owned();
    assert_eq!(base(answer.header("content-type")), base(&content_type), "{what}");
    match (serde_json::from_slice::<Value>(&theirs), serde_json::from_slice::<Value>(&answer.body)) {
        (Ok(theirs), Ok(ours)) if status == 200 => {
            let differs: Vec<Difference> = ON_PURPOSE
                .iter()
                .filter(|(prefix, ..)| name.starts_with(prefix))
                .map(|(_, what, _)| *what)
                .collect();
            let theirs = normal(&theirs, 0, &differs);
            let mut ours = normal(&ours, if name == "v1-transform" { 0 } else { shift }, &differs);
            if differs.contains(&Difference::ServicesCounted) {
                let counted = ours.as_object_mut().and_then(|answer| answer.remove("services"));
                assert!(counted.is_some_and(|services| services.is_array()), "{what}");
            }
            assert_eq!(pretty(&ours), pretty(&theirs), "{name}");
        }
        (Ok(theirs), Ok(ours)) => {
            assert_eq!(shape(&ours), shape(&theirs), "{what}");
            let parsers = [
                "strconv",
                "parsing time",
                "invalid character",
                "Read",
                "ID.Unmarshal",
                "unexpected EOF",
                "time: invalid",
                "invalid value",
            ];
            let said = theirs.to_string();
            if !parsers.iter().any(|word| said.contains(word)) {
                assert_eq!(ours, theirs, "{name}");
            }
        }
        (Err(_), Err(_)) if content_type.contains("protobuf") && status == 400 => {
            // google.rpc.Status: code 3 and a message.
            assert_eq!(answer.body[..3], theirs[..3], "{what}");
        }
        (Err(_), Err(_)) => {
            assert_eq!(answer.text().trim(), String::from_utf8_lossy(&theirs).trim(), "{what}")
        }
        _ => panic!("one is JSON and one is not: {what}"),
    }
    true
}

fn ask(server: &Server, request: &Value, shift: u64) -> Answer {
    let path = request["path"].as_str().unwrap();
    let address = if path.starts_with("/v1/") { &server.otlp_http } else { &server.viewer };
    let headers: Vec<(String, String)> = pairs(&request["headers"]);
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let _ = shift;
    // Searches over the recorded hour are searches over all times here.
    let path = match path.split_once('?') {
        Some((before, query)) if path.contains("/v3/trace") => {
            let moved: Vec<String> = query
                .split('&')
                .map(|pair| match pair.split_once('=') {
                    Some((name, value)) if value.starts_with("2026-") && is_min(name) => {
                        format!("{name}=2020-01-01T00:00:00Z")
                    }
                    Some((name, value)) if value.starts_with("2026-") => {
                        format!("{name}=2100-01-01T00:00:00Z")
                    }
                    _ => pair.to_owned(),
                })
                .collect();
            format!("{before}?{}", moved.join("&"))
        }
        _ => path.to_owned(),
    };
    send(address, request["method"].as_str().unwrap(), &path, &headers, &bytes_of(request))
}

fn is_min(name: &str) -> bool {
    name.ends_with("min") || name.ends_with("Min")
}

fn pairs(headers: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match headers {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
        Value::Array(list) => list.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        _ => Vec::new(),
    }
}

fn header(message: &Value, name: &str) -> String {
    let found = pairs(&message["headers"]).into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value).unwrap_or_default()
}

fn bytes_of(message: &Value) -> Vec<u8> {
    match (&message["body"], &message["bodyBase64"]) {
        (Value::String(text), _) => text.clone().into_bytes(),
        (_, Value::String(text)) => base64::engine::general_purpose::STANDARD.decode(text).unwrap(),
        _ => Vec::new(),
    }
}

/// Times in OTLP JSON text: `"…TimeUnixNano": "…"`.
fn times(json: &str) -> Vec<u64> {
    json.split("TimeUnixNano\": \"").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

/// The same request with all its times moved.
fn moved(json: &str, shift: u64) -> String {
    let mut value: Value = serde_json::from_str(json).unwrap();
    each_member(&mut value, &mut |key, value| {
        if key.ends_with("imeUnixNano") {
            let time: u64 = value.as_str().unwrap().parse().unwrap();
            *value = (time + shift).to_string().into();
        }
    });
    value.to_string()
}

fn each_member(value: &mut Value, each: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(key, value)| {
            each(key, value);
            each_member(value, each);
        }),
        Value::Array(values) => values.iter_mut().for_each(|value| each_member(value, each)),
        _ => {}
    }
}

/// Keys and types alone.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, value)| (key.clone(), shape(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(values) => values.iter().map(shape).collect(),
        Value::Number(number) => number.clone().into(),
        Value::String(_) => "text".into(),
        other => other.clone(),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

/// An answer without what may differ: times counted from the recording, lists in one order, processes in place,
/// warnings once each, and the differences on purpose undone.
fn normal(answer: &Value, shift: u64, differs: &[Difference]) -> Value {
    let mut value = answer.clone();
    in_place(&mut value);
    each_span(&mut value, &mut |span| {
        let warnings = take_warnings(span);
        if differs.contains(&Difference::ClocksNotMoved)
            && let Some(by) = warnings
                .iter()
                .find_map(|text| text.strip_prefix("This span's timestamps were adjusted by -"))
        {
            let back = by.trim_end_matches("ms").parse::<u64>().unwrap() * 1_000_000;
            move_times(span, back as i64);
        }
        let repaired = warnings.iter().any(|text| text.starts_with("Negative duration detected"));
        let raw = differs.contains(&Difference::RawIsRaw);
        let time =
            |name: &str| span.get(name).and_then(Value::as_str).and_then(|text| text.parse::<u64>().ok());
        if raw && (repaired || time("startTimeUnixNano") >= time("endTimeUnixNano")) {
            span.remove("endTimeUnixNano");
        }
        if differs.contains(&Difference::TransformRepairs) {
            as_if_sent(span);
        } else if repaired && !raw {
            span.insert("repaired".to_owned(), true.into());
        }
        if differs.contains(&Difference::FlagsKept) && span.contains_key("operationName") {
            span.remove("flags");
        }
        move_times(span, -(shift as i64));
    });
    sort_lists(&mut value);
    value
}

/// What Jaeger's intake would have made of a span that it only transformed.
fn as_if_sent(span: &mut Map<String, Value>) {
    if span["operationName"] == "" {
        span.insert("operationName".to_owned(), "empty-span-name".into());
    }
    if span["duration"].as_u64() > Some(1 << 63) {
        span.insert("duration".to_owned(), 0.into());
    }
    let service = &mut span["processID"]["serviceName"];
    match service.as_str() {
        Some("") => *service = "empty-service-name".into(),
        Some("OTLPResourceNoServiceName") => *service = "missing-service-name".into(),
        _ => {}
    }
}

/// Replaces `processID` by the process itself.
fn in_place(value: &mut Value) {
    let Some(traces) = value.get_mut("data").and_then(Value::as_array_mut) else { return };
    for trace in traces.iter_mut().filter_map(Value::as_object_mut) {
        let Some(processes) = trace.remove("processes") else { continue };
        for span in trace["spans"].as_array_mut().unwrap() {
            let id = span["processID"].as_str().unwrap().to_owned();
            span["processID"] = processes[id].clone();
        }
    }
}

fn each_span(value: &mut Value, each: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            let is_span = members.contains_key("spanId") && members.contains_key("status")
                || members.contains_key("spanID") && members.contains_key("operationName");
            if is_span {
                each(members);
            } else {
                members.values_mut().for_each(|value| each_span(value, each));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| each_span(value, each)),
        _ => {}
    }
}

/// Takes the warnings out of a span of either API.
fn take_warnings(span: &mut Map<String, Value>) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(Value::Array(warnings)) = span.remove("warnings") {
        texts.extend(warnings.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    if let Some(Value::Array(attributes)) = span.get_mut("attributes") {
        attributes.retain(|attribute| {
            let is_warning = attribute["key"] == "@jaeger@warnings";
            if is_warning {
                let values = attribute["value"]["arrayValue"]["values"].as_array().unwrap();
                texts.extend(
                    values.iter().filter_map(|value| value["stringValue"].as_str()).map(str::to_owned),
                );
            }
            !is_warning
        });
        if attributes.is_empty() {
            span.remove("attributes");
        }
    }
    texts
}

fn move_times(span: &mut Map<String, Value>, by: i64) {
    let mut value = Value::Object(std::mem::take(span));
    each_member(&mut value, &mut |key, value| match (key, &value) {
        (key, Value::String(text)) if key.ends_with("imeUnixNano") => {
            let moved = text.parse::<u64>().unwrap().wrapping_add_signed(by);
            *value = moved.to_string().into();
        }
        ("startTime" | "timestamp", Value::Number(number)) => {
            let moved = number.as_u64().unwrap().wrapping_add_signed(by / 1000);
            *value = moved.into();
        }
        _ => {}
    });
    if let Value::Object(members) = value {
        *span = members;
    }
}

fn sort_lists(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(sort_lists),
        Value::Array(values) => {
            values.iter_mut().for_each(sort_lists);
            values.sort_by_key(Value::to_string);
        }
        _ => {}
    }
}
