//! Other libraries write, we read: serde_json for JSON, prost with the official messages for protobuf.

use crate::generate::{span, text, value};
use crate::read_in;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyKind;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span as proto};
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value as Json, json};
use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::record::{self, Attribute, AttributeValue, SpanRecord};
use spandrel_trace::units::{SpanId, TraceId};

fn any_value(value: &AttributeValue) -> AnyValue {
    let value = match value {
        AttributeValue::Empty => None,
        AttributeValue::String(text) => Some(AnyKind::StringValue(text.clone())),
        AttributeValue::Bool(flag) => Some(AnyKind::BoolValue(*flag)),
        AttributeValue::Int(number) => Some(AnyKind::IntValue(*number)),
        AttributeValue::Double(number) => Some(AnyKind::DoubleValue(*number)),
        AttributeValue::Bytes(bytes) => Some(AnyKind::BytesValue(bytes.clone())),
        AttributeValue::Array(values) => {
            Some(AnyKind::ArrayValue(ArrayValue { values: values.iter().map(any_value).collect() }))
        }
        AttributeValue::Map(members) => {
            Some(AnyKind::KvlistValue(KeyValueList { values: key_values(members) }))
        }
    };
    AnyValue { value }
}

fn key_values(list: &[Attribute]) -> Vec<KeyValue> {
    list.iter()
        .map(|attribute| KeyValue {
            key: attribute.key.clone(),
            value: Some(any_value(&attribute.value)),
            ..KeyValue::default()
        })
        .collect()
}

fn trace_bytes(id: TraceId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}

fn span_bytes(id: SpanId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}

fn message(span: &SpanRecord) -> Span {
    Span {
        trace_id: trace_bytes(span.trace_id),
        span_id: span_bytes(span.span_id),
        parent_span_id: if span.parent_span_id.is_none() {
            Vec::new()
        } else {
            span_bytes(span.parent_span_id)
        },
        trace_state: span.trace_state.clone(),
        flags: span.flags,
        name: span.name.clone(),
        kind: span.kind as i32,
        start_time_unix_nano: span.start_unix,
        end_time_unix_nano: span.end_unix,
        attributes: key_values(&span.attributes),
        dropped_attributes_count: span.dropped_attributes,
        events: span
            .events
            .iter()
            .map(|event| proto::Event {
                time_unix_nano: event.time_unix,
                name: event.name.clone(),
                attributes: key_values(&event.attributes),
                dropped_attributes_count: event.dropped_attributes,
            })
            .collect(),
        dropped_events_count: span.dropped_events,
        links: span
            .links
            .iter()
            .map(|link| proto::Link {
                trace_id: trace_bytes(link.trace_id),
                span_id: span_bytes(link.span_id),
                trace_state: link.trace_state.clone(),
                attributes: key_values(&link.attributes),
                dropped_attributes_count: link.dropped_attributes,
                flags: link.flags,
            })
            .collect(),
        dropped_links_count: span.dropped_links,
        status: Some(Status { message: span.status_message.clone(), code: span.status as i32 }),
    }
}

fn request(spans: &[SpanRecord]) -> ExportTraceServiceRequest {
    let resource = Resource {
        attributes: key_values(&[Attribute {
            key: "service.name".into(),
            value: AttributeValue::String("s".into()),
        }]),
        ..Resource::default()
    };
    let scope =
        InstrumentationScope { name: "lib".into(), version: "1".into(), ..InstrumentationScope::default() };
    let scope_spans =
        ScopeSpans { scope: Some(scope), spans: spans.iter().map(message).collect(), schema_url: "u".into() };
    let resource_spans =
        ResourceSpans { resource: Some(resource), scope_spans: vec![scope_spans], schema_url: String::new() };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
}

/// All records as text, by trace and id.
fn records(bytes: &[u8], chunks: &[usize]) -> Vec<String> {
    let opened = read_in(bytes, chunks).unwrap();
    let mut records = Vec::new();
    for trace in &opened.traces {
        for span in 0..trace.outline().len() as u32 {
            assert_eq!(trace.outline().service_of(span), "s");
            assert_eq!(trace.scope(span).name, "lib");
            assert_eq!(trace.scope(span).schema_url, "u");
            records.push(format!("{:?}", trace.record_as_sent(span)));
        }
    }
    records.sort();
    records
}

fn texts(spans: &[SpanRecord]) -> Vec<String> {
    let mut texts: Vec<String> = spans.iter().map(|span| format!("{span:?}")).collect();
    texts.sort();
    texts
}

/// A value as Jaeger's query service writes it, by serde_json.
fn jaeger_tag(key: &str, value: &AttributeValue) -> Json {
    match value {
        AttributeValue::Bool(flag) => json!({"value": flag, "key": key, "type": "bool"}),
        AttributeValue::Int(number) if number.unsigned_abs() >= 1 << 53 => {
            json!({"key": key, "type": "int64", "value": number.to_string()})
        }
        AttributeValue::Int(number) => json!({"key": key, "type": "int64", "value": number}),
        AttributeValue::Double(number) if number.is_finite() => {
            json!({"key": key, "type": "float64", "value": number})
        }
        AttributeValue::String(text) => json!({"type": "string", "value": text, "key": key}),
        _ => json!({"key": key, "value": null}),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_prost_writes_is_what_we_read(
        spans in prop::collection::vec(span(), 1..6),
        chunks in prop::collection::vec(1usize..300, 1..5),
    ) {
        let bytes = request(&spans).encode_to_vec();
        prop_assert_eq!(records(&bytes, &chunks), texts(&spans));
        let delimited = request(&spans).encode_length_delimited_to_vec();
        prop_assert_eq!(records(&delimited, &chunks), texts(&spans));
    }

    #[test]
    fn what_serde_writes_of_the_official_messages_is_what_we_read(
        spans in prop::collection::vec(span(), 1..4),
        chunks in prop::collection::vec(1usize..300, 1..5),
        pretty: bool,
    ) {
        // Their own JSON of not-finite doubles is null; ours is text, as the protobuf mapping has it.
        let finite = |spans: &[SpanRecord]| !format!("{spans:?}").contains("inf)");
        prop_assume!(finite(&spans));
        let mut writer = OtlpJson::new(Vec::new(), Envelope::Result, false).unwrap();
        let resource = record::Resource {
            service: "s".into(),
            attributes: vec![Attribute { key: "service.name".into(), value: AttributeValue::String("s".into()) }],
            ..record::Resource::default()
        };
        let scope = record::Scope { name: "lib".into(), schema_url: "u".into(), ..record::Scope::default() };
        for span in &spans {
            writer.span(&resource, &scope, span).unwrap();
        }
        // Through serde_json's own tree, which sorts members by name and escapes as it likes.
        let tree: Json = serde_json::from_slice(&writer.finish().unwrap()).unwrap();
        let text = if pretty { serde_json::to_vec_pretty(&tree) } else { serde_json::to_vec(&tree) }.unwrap();
        prop_assert_eq!(records(&text, &chunks), texts(&spans));
    }

    #[test]
    fn what_serde_writes_as_jaeger_is_what_we_read(
        name in text(),
        service in text(),
        tags in prop::collection::vec((text(), value()), 0..6),
        id in 1u64..,
        start in 1u64..4_000_000_000_000_000,
        duration in 0u64..4_000_000_000_000_000,
        chunks in prop::collection::vec(1usize..300, 1..5),
        pretty: bool,
    ) {
        let hidden = ["error", "span.kind", "otel.status_code", "otel.status_description", "w3c.tracestate"];
        let tags: Vec<(String, AttributeValue)> = tags.into_iter().filter(|(key, _)| !hidden.contains(&key.as_str())).collect();
        let written: Vec<Json> = tags.iter().map(|(key, value)| jaeger_tag(key, value)).collect();
        let answer = json!({"data": [{
            "traceID": "ab",
            "spans": [{
                "traceID": "00000000000000AB", "spanID": format!("{id:x}"), "operationName": name,
                "references": [], "startTime": start, "duration": duration, "tags": written,
                "logs": [{"timestamp": start, "fields": [jaeger_tag("event", &AttributeValue::String(name.clone()))]}],
                "processID": "p1", "warnings": null
            }],
            "processes": {"p1": {"serviceName": service, "tags": []}}
        }], "errors": null});
        let text = if pretty { serde_json::to_vec_pretty(&answer) } else { serde_json::to_vec(&answer) }.unwrap();
        let opened = read_in(&text, &chunks).unwrap();
        let trace = &opened.traces[0];
        let record = trace.record(0);
        prop_assert_eq!(trace.outline().id[0], SpanId(id));
        prop_assert_eq!(trace.outline().name_of(0), name.as_str());
        prop_assert_eq!(trace.resource(0).service, service);
        prop_assert_eq!((record.start_unix, record.end_unix), (start * 1000, (start + duration) * 1000));
        prop_assert_eq!(&record.events[0].name, &name);
        prop_assert_eq!(record.attributes.len(), tags.len());
        for (read, (key, value)) in record.attributes.iter().zip(&tags) {
            let kept = matches!(value, AttributeValue::Bool(_) | AttributeValue::Int(_) | AttributeValue::String(_))
                || matches!(value, AttributeValue::Double(real) if real.is_finite());
            prop_assert_eq!(&read.key, key);
            prop_assert_eq!(&read.value, if kept { value } else { &AttributeValue::Empty });
        }
    }
}
