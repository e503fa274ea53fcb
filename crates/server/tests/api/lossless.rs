//! What was sent is what is kept: every field of OTLP comes back, and what this version does not know stays too.

use crate::support::{Server, send};
use serde_json::{Value, json};

fn whole() -> Value {
    let values = json!([
        {"key": "text", "value": {"stringValue": "naïve 🎉"}},
        {"key": "int", "value": {"intValue": "-9223372036854775808"}},
        {"key": "double", "value": {"doubleValue": 1.5}},
        {"key": "nan", "value": {"doubleValue": "NaN"}},
        {"key": "flag", "value": {"boolValue": false}},
        {"key": "bytes", "value": {"bytesValue": "AAH/"}},
        {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "1"}]}}},
        {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}},
        {"key": "none", "value": {}},
        {"key": "twice", "value": {"intValue": "1"}},
        {"key": "twice", "value": {"intValue": "2"}}
    ]);
    json!({"resourceSpans": [{
        "resource": {
            "attributes": [{"key": "service.name", "value": {"stringValue": "whole"}}, {"key": "z", "value": {"stringValue": "1"}}],
            "droppedAttributesCount": 3
        },
        "scopeSpans": [{
            "scope": {"name": "scope", "version": "1", "attributes": values, "droppedAttributesCount": 4},
            "spans": [{
                "traceId": "000102030405060708090a0b0c0d0e0f", "spanId": "fffefdfcfbfaf9f8",
                "parentSpanId": "0000000000000001", "traceState": "a=1", "flags": 257, "name": "all", "kind": 5,
                "startTimeUnixNano": "1795252231000000001", "endTimeUnixNano": "1795252231000000000",
                "attributes": values, "droppedAttributesCount": 5,
                "events": [{"timeUnixNano": "1795252231000000007", "name": "e", "attributes": values, "droppedAttributesCount": 6}],
                "droppedEventsCount": 7,
                "links": [{"traceId": "ffffffffffffffffffffffffffffffff", "spanId": "1111111111111111",
                    "traceState": "b=2", "attributes": values, "droppedAttributesCount": 8, "flags": 1}],
                "droppedLinksCount": 9,
                "status": {"code": 2, "message": "why"}
            }],
            "schemaUrl": "https://example.org/scope"
        }],
        "schemaUrl": "https://example.org/resource"
    }]})
}

#[test]
fn every_field_comes_back_raw() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let sent = whole();
    assert_eq!(server.export_json(&sent.to_string()).status, 200);
    let got = server.get_json("/api/v3/traces/000102030405060708090a0b0c0d0e0f?rawTraces=true");
    assert_eq!(got["result"], sent);

    // And survives being sent on: what we answer, we also take.
    let other = tempfile::tempdir().unwrap();
    let second = Server::start(other.path(), &[]);
    let json = [("content-type", "application/json")];
    let posted = send(&second.otlp_http, "POST", "/v1/traces", &json, got["result"].to_string().as_bytes());
    assert_eq!(posted.status, 200);
    let again = second.get_json("/api/v3/traces/000102030405060708090a0b0c0d0e0f?raw_traces=1");
    assert_eq!(again, got);
}

#[test]
fn adjusted_answers_repair_and_sort_but_change_nothing_kept() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    server.export_json(&whole().to_string());
    let answer = server.get_json("/api/v3/traces/000102030405060708090a0b0c0d0e0f");
    let span = &answer["result"]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["startTimeUnixNano"], "1795252231000000001");
    assert_eq!(span["endTimeUnixNano"], "1795252231000000002");
    let keys: Vec<&str> =
        span["attributes"].as_array().unwrap().iter().map(|a| a["key"].as_str().unwrap()).collect();
    let plain: Vec<&str> = keys.iter().copied().filter(|key| !key.starts_with('@')).collect();
    assert!(plain.is_sorted(), "{keys:?}");
    assert_eq!(plain.len(), 11);
    let legacy = server.get_json("/api/traces/000102030405060708090a0b0c0d0e0f");
    let warning = legacy["data"][0]["spans"][0]["warnings"][0].as_str().unwrap();
    assert!(
        warning.starts_with("Negative duration detected, sanitizing end timestamp. Original end timestamp: ")
    );
    assert!(warning.ends_with("adjusted to: 2026-11-21 09:10:31.000000002 +0000 UTC"), "{warning}");
}
