//! Whatever an answer prints as a tag is found by a search for that tag, in both APIs.

use crate::support::{Server, now};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Spans of one trace with something under every tag that is made of a field, and with values of every type.
fn body() -> Value {
    let start = now();
    let span = |id: u32, more: Value| {
        let mut span = json!({
            "traceId": "0000000000000000000000000000abcd", "spanId": format!("{id:016x}"), "name": format!("span {id}"),
            "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 5).to_string()
        });
        span.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        span
    };
    let list = json!({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a \"b\""}, {"doubleValue": 0.5}]}});
    let map = json!({"kvlistValue": {"values": [
        {"key": "z", "value": {"boolValue": true}}, {"key": "a", "value": {"bytesValue": "AAH/"}}, {"key": "z2", "value": {}}]}});
    let values = json!([
        {"key": "int", "value": {"intValue": "-9223372036854775808"}},
        {"key": "double", "value": {"doubleValue": 1e300}},
        {"key": "whole", "value": {"doubleValue": 3.0}},
        {"key": "nan", "value": {"doubleValue": "NaN"}},
        {"key": "endless", "value": {"doubleValue": "-Infinity"}},
        {"key": "flag", "value": {"boolValue": false}},
        {"key": "bytes", "value": {"bytesValue": "AAH/"}},
        {"key": "list", "value": list},
        {"key": "map", "value": map},
        {"key": "none", "value": {}},
        {"key": "text: with, \"all\"", "value": {"stringValue": "é&=+%: 🎉"}}
    ]);
    json!({"resourceSpans": [
        {"resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": "printed"}}, {"key": "host.name", "value": {"stringValue": "h"}}]},
         "scopeSpans": [
            {"scope": {"name": "library", "version": "1.2", "attributes": [{"key": "scoped", "value": {"intValue": "4"}}]},
             "spans": [
                span(1, json!({"kind": 2, "status": {"code": 2, "message": "no more"}, "traceState": "a=1"})),
                span(2, json!({"kind": 5, "status": {"code": 1}, "attributes": values,
                    "events": [{"name": "took", "timeUnixNano": start.to_string(), "attributes": values}]})),
                span(3, json!({"attributes": [
                    {"key": "span.kind", "value": {"stringValue": "own kind"}}, {"key": "event", "value": {"stringValue": "own"}},
                    {"key": "otel.status_code", "value": {"intValue": "7"}}, {"key": "error", "value": {"stringValue": "odd"}},
                    {"key": "otel.library.name", "value": {"stringValue": "old"}}]}))]}]},
        {"resource": {"attributes": []}, "scopeSpans": [{"spans": [span(4, json!({}))]}]},
        {"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": ""}}]},
         "scopeSpans": [{"spans": [span(5, json!({}))]}]},
        {"resource": {"attributes": [{"key": "service.name", "value": {"intValue": "5"}}]},
         "scopeSpans": [{"spans": [span(6, json!({}))]}]}
    ]})
}

/// What a value of JSON is as text.
fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The tags in a list of Jaeger's: key and text of the value.
fn tags(list: &Value) -> impl Iterator<Item = (String, String)> {
    list.as_array().unwrap().iter().map(|tag| (as_text(&tag["key"]), as_text(&tag["value"])))
}

/// Service, key and text of every tag in v1's answer.
fn printed_by_v1(server: &Server) -> BTreeSet<(String, String, String)> {
    let answer = server.get_json("/api/traces/abcd");
    let trace = &answer["data"][0];
    let mut printed = BTreeSet::new();
    for span in trace["spans"].as_array().unwrap() {
        let process = &trace["processes"][span["processID"].as_str().unwrap()];
        let service = as_text(&process["serviceName"]);
        let logs = span["logs"].as_array().unwrap().iter().flat_map(|log| tags(&log["fields"]));
        let all = tags(&span["tags"]).chain(tags(&process["tags"])).chain(logs);
        printed.extend(all.map(|(key, value)| (service.clone(), key, value)));
        printed.insert((service.clone(), "service.name".to_owned(), service));
    }
    printed
}

/// Key and text of every attribute in v3's answer that has a text by itself.
fn printed_by_v3(server: &Server) -> BTreeSet<(String, String)> {
    fn collect(value: &Value, printed: &mut BTreeSet<(String, String)>) {
        match value {
            Value::Object(members) => {
                if let (Some(key), Some(Value::Object(any))) = (members.get("key"), members.get("value")) {
                    let simple = any.iter().filter(|(_, value)| !value.is_object());
                    printed.extend(simple.map(|(_, value)| (as_text(key), as_text(value))));
                    return;
                }
                members.values().for_each(|value| collect(value, printed));
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, printed)),
            _ => {}
        }
    }
    let mut printed = BTreeSet::new();
    collect(&server.get_json("/api/v3/traces/abcd"), &mut printed);
    printed
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Whether searches of v1 for a tag of a service find a trace.
fn found_by_v1(server: &Server, service: &str, key: &str, value: &str) -> bool {
    let query = encode(&json!({ key: value }).to_string());
    let answer = server.get_json(&format!("/api/traces?service={}&tags={query}", encode(service)));
    let found = answer["data"].as_array().unwrap().len() == 1;
    if !key.contains(':') {
        let tag = encode(&format!("{key}:{value}"));
        let by_tag = server.get_json(&format!("/api/traces?service={}&tag={tag}", encode(service)));
        assert_eq!(by_tag["data"].as_array().unwrap().len() == 1, found, "{key}:{value}");
    }
    found
}

fn found_by_v3(server: &Server, key: &str, value: &str) -> bool {
    let window = crate::support::window();
    let query = encode(&json!({ key: value }).to_string());
    let path = format!("/api/v3/trace-summaries?{window}&query.attributes={query}");
    server.get_json(&path)["summaries"].as_array().unwrap().len() == 1
}

#[test]
fn whatever_is_printed_as_a_tag_is_found_by_it() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let posted = server.export_json(&body().to_string());
    assert_eq!((posted.status, posted.text().as_str()), (200, r#"{"partialSuccess":{}}"#));
    let printed = printed_by_v1(&server);
    let keys: BTreeSet<&str> = printed.iter().map(|(_, key, _)| key.as_str()).collect();
    for key in [
        "span.kind",
        "otel.status_code",
        "otel.status_description",
        "otel.scope.name",
        "otel.scope.version",
        "w3c.tracestate",
        "event",
        "error",
        "host.name",
        "list",
        "map",
        "service.name",
    ] {
        assert!(keys.contains(key), "{key} is printed");
    }
    let mut lost = Vec::new();
    for (service, key, value) in &printed {
        if !found_by_v1(&server, service, key, value) {
            lost.push(format!("v1 {service}: {key}={value}"));
        }
        if !found_by_v3(&server, key, value) {
            lost.push(format!("v3 {key}={value}"));
        }
        // What is not printed is not found; `error` compares with the status, too.
        let other = format!("{value}x");
        assert!(!found_by_v1(&server, service, key, &other), "{key}={other}");
        assert!(!found_by_v3(&server, key, &other), "{key}={other}");
    }
    for (key, value) in printed_by_v3(&server) {
        if !found_by_v3(&server, &key, &value) {
            lost.push(format!("v3 prints {key}={value}"));
        }
    }
    assert!(lost.is_empty(), "printed and not found:\n{}", lost.join("\n"));
}
