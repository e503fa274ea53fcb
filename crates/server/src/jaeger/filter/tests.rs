//! Filters over one span with everything, what is refused, and that the index never hides a span that satisfies one.

#![allow(clippy::unwrap_used)]

use super::SpanFilter;
use crate::ingest::memory::Memory;
use crate::ingest::regroup::regroup;
use crate::store::{Criteria, Limits, Store};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value, json};
use spandrel_trace::format::otlp_proto;

fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Any::StringValue(value.to_owned()))
}

fn request(service: &str, spans: Vec<Span>) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![text("service.name", service), text("host", "h1")],
        ..Resource::default()
    };
    let scope =
        InstrumentationScope { name: "lib".to_owned(), version: "1.2".to_owned(), ..Default::default() };
    let scope_spans = ScopeSpans { scope: Some(scope), spans, schema_url: "https://s/1".to_owned() };
    let resource_spans =
        ResourceSpans { resource: Some(resource), scope_spans: vec![scope_spans], ..Default::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }.encode_to_vec()
}

fn full() -> Span {
    let event = |name: &str, time, key: &str| Event {
        time_unix_nano: time,
        name: name.to_owned(),
        attributes: vec![text(key, "x")],
        ..Event::default()
    };
    Span {
        trace_id: 0xabcu128.to_be_bytes().to_vec(),
        span_id: 2u64.to_be_bytes().to_vec(),
        parent_span_id: 1u64.to_be_bytes().to_vec(),
        trace_state: "a=b".to_owned(),
        name: "GET /cart".to_owned(),
        kind: 2,
        start_time_unix_nano: 1_000_000_000,
        end_time_unix_nano: 3_000_000_000,
        attributes: vec![
            attribute("http.status_code", Any::IntValue(503)),
            attribute("ratio", Any::DoubleValue(0.5)),
            attribute("cached", Any::BoolValue(true)),
            text("bytes", "2048"),
            text("user", "ada"),
        ],
        events: vec![event("retry", 1_500_000_000, "one"), event("done", 2_900_000_000, "two")],
        links: vec![Link { trace_id: 7u128.to_be_bytes().to_vec(), span_id: vec![0; 8], ..Link::default() }],
        status: Some(Status { code: 2, message: "no stock".to_owned() }),
        ..Span::default()
    }
}

fn call(op: &str, args: &[Value]) -> Value {
    json!({ "op": op, "args": args })
}

fn attr(key: &str) -> Value {
    json!({ "attr": { "key": key } })
}

fn field(level: &str, name: &str) -> Value {
    json!({ "field": { "name": name, "level": level } })
}

fn scalar(value: &str) -> Value {
    json!({ "scalar": { "value": value } })
}

fn typed(value: &str, kind: &str) -> Value {
    json!({ "scalar": { "value": value, "type": kind } })
}

fn inner(call: Value) -> Value {
    json!({ "call": call })
}

fn matches(filter: &Value, spans: &[u8]) -> Vec<bool> {
    let filter = SpanFilter::parse(&filter.to_string()).unwrap_or_else(|why| panic!("{filter}: {why}"));
    let mut found = Vec::new();
    otlp_proto::split(spans, |parts| found.push(filter.matches(&parts))).unwrap();
    found
}

#[test]
fn every_operation_and_field_is_decided() {
    let spans = request("shop", vec![full()]);
    let nested = |level: &str| json!({ "nested": { "level": level } });
    for (filter, expected) in [
        (call("eq", &[attr("user"), scalar("ada")]), true),
        (call("eq", &[json!({ "attr": { "key": "user", "level": "resource" } }), scalar("ada")]), false),
        (call("eq", &[json!({ "attr": { "key": "host", "level": "resource" } }), scalar("h1")]), true),
        (call("eq", &[attr("http.status_code"), typed("503", "int")]), true),
        (call("eq", &[attr("cached"), typed("true", "bool")]), true),
        (call("ne", &[attr("user"), scalar("ada")]), false),
        (call("ne", &[attr("absent"), scalar("x")]), true),
        (call("gt", &[attr("http.status_code"), typed("499", "int")]), true),
        (call("gt", &[attr("http.status_code"), typed("503", "int")]), false),
        (call("gte", &[attr("http.status_code"), scalar("503")]), true),
        (call("lt", &[attr("ratio"), typed("0.75", "double")]), true),
        (call("lte", &[attr("ratio"), scalar("0.25")]), false),
        (call("gt", &[attr("bytes"), typed("100", "int")]), true),
        (call("gt", &[attr("bytes"), typed("300", "string")]), false),
        (call("gt", &[attr("user"), scalar("abc")]), true),
        (call("gt", &[attr("cached"), scalar("0")]), false),
        (call("regex", &[attr("user"), scalar("a.a")]), true),
        (call("regex", &[attr("user"), scalar("a")]), false),
        (call("regex", &[attr("http.status_code"), scalar("5..")]), true),
        (call("exists", &[attr("one")]), true),
        (call("exists", &[attr("three")]), false),
        (
            call(
                "in",
                &[attr("http.status_code"), json!({ "list": { "values": ["500", "503"], "type": "int" } })],
            ),
            true,
        ),
        (call("not_in", &[attr("http.status_code"), json!({ "list": { "values": [500, 503] } })]), false),
        (call("gt", &[field("span", "duration"), scalar("1.5s")]), true),
        (call("lt", &[field("span", "duration"), scalar("2s")]), false),
        (call("eq", &[field("span", "duration"), scalar("2000000000")]), true),
        (call("eq", &[field("span", "kind"), scalar("SPAN_KIND_SERVER")]), true),
        (call("eq", &[field("span", "kind"), scalar("client")]), false),
        (call("eq", &[field("span", "status"), scalar("Error")]), true),
        (call("eq", &[field("span", "statusMessage"), scalar("no stock")]), true),
        (call("eq", &[field("span", "name"), scalar("GET /cart")]), true),
        (call("eq", &[field("span", "traceState"), scalar("a=b")]), true),
        (call("eq", &[field("span", "traceID"), scalar("00000000000000000000000000000abc")]), true),
        (call("eq", &[field("span", "spanID"), scalar("0000000000000002")]), true),
        (call("exists", &[field("span", "parentSpanID")]), true),
        (call("gte", &[field("span", "startTime"), scalar("1970-01-01T00:00:01Z")]), true),
        (call("gt", &[field("span", "endTime"), scalar("1970-01-01T00:00:03Z")]), false),
        (call("eq", &[field("resource", "service"), scalar("shop")]), true),
        (call("exists", &[field("resource", "schemaURL")]), false),
        (call("eq", &[field("scope", "schemaURL"), scalar("https://s/1")]), true),
        (call("eq", &[field("scope", "name"), scalar("lib")]), true),
        (call("regex", &[field("scope", "version"), scalar(r"1\..*")]), true),
        (call("eq", &[field("event", "name"), scalar("retry")]), true),
        (call("lt", &[field("event", "timeSinceStart"), scalar("1s")]), true),
        (call("eq", &[field("event", "time"), scalar("1500000000")]), true),
        (call("regex", &[field("link", "traceID"), scalar("0+7")]), true),
        (call("not", &[inner(call("exists", &[attr("user")]))]), false),
        (call("or", &[inner(call("exists", &[attr("nope")])), inner(call("exists", &[attr("user")]))]), true),
        (
            call("and", &[inner(call("exists", &[attr("nope")])), inner(call("exists", &[attr("user")]))]),
            false,
        ),
        // Both hold of the span's events, but of none alone.
        (
            call(
                "and",
                &[
                    inner(call("eq", &[field("event", "name"), scalar("retry")])),
                    inner(call("exists", &[json!({ "attr": { "key": "two", "level": "event" } })])),
                ],
            ),
            true,
        ),
        (
            call(
                "some",
                &[
                    nested("event"),
                    inner(call(
                        "and",
                        &[
                            inner(call("eq", &[field("event", "name"), scalar("retry")])),
                            inner(call("exists", &[attr("two")])),
                        ],
                    )),
                ],
            ),
            false,
        ),
        (
            call(
                "some",
                &[
                    nested("event"),
                    inner(call(
                        "and",
                        &[
                            inner(call("eq", &[field("event", "name"), scalar("done")])),
                            inner(call("exists", &[attr("two")])),
                        ],
                    )),
                ],
            ),
            true,
        ),
        (call("some", &[nested("link"), inner(call("exists", &[attr("user")]))]), false),
    ] {
        assert_eq!(matches(&filter, &spans), [expected], "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_refused_in_words() {
    let deep = (0..21).fold(call("exists", &[attr("x")]), |filter, _| call("not", &[inner(filter)]));
    let long = format!("\"{}\"", "x".repeat(70_000));
    for (text, why) in [
        ("", "EOF"),
        ("[]", "a call should be an object"),
        ("{}", "a call needs an `op`"),
        (r#"{"op":"eq"}"#, "a call needs a list `args`"),
        (r#"{"op":"like","args":[]}"#, "unknown op \"like\""),
        (r#"{"op":"and","args":[]}"#, "at least one argument"),
        (r#"{"op":"eq","args":[]}"#, "takes 2 arguments, not 0"),
        (r#"{"op":"not","args":[{"op":"exists","args":[]}]}"#, "an argument `call` should be here"),
        (r#"{"op":"exists","args":[{"attr":{}}]}"#, "`attr` needs a `key`"),
        (r#"{"op":"exists","args":[{"attr":{"key":"k","level":"galaxy"}}]}"#, "a level is span"),
        (r#"{"op":"exists","args":[{"field":{"name":"mood"}}]}"#, "unknown field \"mood\""),
        (r#"{"op":"exists","args":[{"field":{"name":"service","level":"span"}}]}"#, "unknown field"),
        (
            r#"{"op":"eq","args":[{"attr":{"key":"k"}},{"scalar":{"value":"x","type":"int"}}]}"#,
            "\"x\" is no int",
        ),
        (r#"{"op":"eq","args":[{"attr":{"key":"k"}},{"scalar":{"value":[]}}]}"#, "should be a text"),
        (
            r#"{"op":"regex","args":[{"attr":{"key":"k"}},{"scalar":{"value":"("}}]}"#,
            "the regular expression \"(\"",
        ),
        (r#"{"op":"some","args":[{"nested":{"level":"span"}},{"call":{}}]}"#, "the level event or link"),
        (&deep.to_string(), "more than 20 calls"),
        (&long, "65536 bytes"),
    ] {
        let said = SpanFilter::parse(text).err().unwrap_or_else(|| panic!("{text} is taken"));
        assert!(said.contains(why), "{text}: {said}");
    }
}

/// A filter over few keys and values, so that many match.
fn drawn_filter() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        ("[ab]", "[12]").prop_map(|(key, value)| call("eq", &[attr(&key), scalar(&value)])),
        ("[ab]", "[12]").prop_map(|(key, value)| call("gt", &[attr(&key), typed(&value, "int")])),
        ("[ab]", "[12]")
            .prop_map(|(key, value)| call("in", &[attr(&key), json!({ "list": { "values": [value] } })])),
        "[ab]".prop_map(|key| call("exists", &[attr(&key)])),
        "[xy]".prop_map(|name| call("eq", &[field("resource", "service"), scalar(&name)])),
        "[mn]".prop_map(|name| call("eq", &[field("span", "name"), scalar(&name)])),
        "server|client".prop_map(|kind| call("eq", &[field("span", "kind"), scalar(&kind)])),
        "error|unset".prop_map(|status| call("eq", &[field("span", "status"), scalar(&status)])),
        ("gt|lt|gte|lte", 1..5u64)
            .prop_map(|(op, took)| call(&op, &[field("span", "duration"), scalar(&took.to_string())])),
    ];
    leaf.prop_recursive(4, 12, 3, |below| {
        prop_oneof![
            prop::collection::vec(below.clone(), 1..4)
                .prop_map(|calls| call("and", &calls.into_iter().map(inner).collect::<Vec<_>>())),
            prop::collection::vec(below.clone(), 1..4)
                .prop_map(|calls| call("or", &calls.into_iter().map(inner).collect::<Vec<_>>())),
            below.prop_map(|call_within| call("not", &[inner(call_within)])),
        ]
    })
}

fn drawn_span() -> impl Strategy<Value = (u8, bool, Span)> {
    let value = prop_oneof![
        "[12]".prop_map(Any::StringValue),
        (1..3i64).prop_map(Any::IntValue),
        Just(Any::DoubleValue(1.0)),
    ];
    let attributes = prop::collection::vec(("[ab]", value), 0..3);
    (0..5u8, any::<bool>(), attributes, "[mn]", 2..4i32, 1..5u64, any::<bool>()).prop_map(
        |(trace, service, attributes, name, kind, took, failed)| {
            let span = Span {
                trace_id: u128::from(trace).to_be_bytes().to_vec(),
                span_id: vec![1; 8],
                attributes: attributes.into_iter().map(|(key, value)| attribute(&key, value)).collect(),
                name,
                kind,
                start_time_unix_nano: 10,
                end_time_unix_nano: 10 + took,
                status: failed.then(|| Status { code: 2, ..Status::default() }),
                ..Span::default()
            };
            (trace, service, span)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_search_finds_the_traces_with_a_span_that_satisfies_the_filter(
        filter in drawn_filter(),
        spans in prop::collection::vec(drawn_span(), 1..12),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), Limits::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut expected = Vec::new();
        for (trace, service, span) in spans {
            let bytes = request(if service { "x" } else { "y" }, vec![span]);
            if matches(&filter, &bytes) == [true] {
                expected.push(u128::from(trace));
            }
            let parts = regroup(&bytes, &mut Memory::new(64 << 20).reservation()).unwrap();
            runtime.block_on(store.append(parts)).unwrap();
        }
        expected.sort_unstable();
        expected.dedup();
        let test = SpanFilter::parse(&filter.to_string()).unwrap();
        let criteria = Criteria { start_to: 100, ..Criteria::default() };
        let mut found: Vec<u128> =
            store.search(criteria, &test, || false).filter_map(|found| found.unwrap()).map(|stored| stored.trace).collect();
        found.sort_unstable();
        prop_assert_eq!(found, expected);
        store.close();
    }
}
