//! Spans printed by the OpenTelemetry SDK for Python (`ConsoleSpanExporter`): one object per span, times in RFC 3339,
//! ids prefixed with `0x`.

use crate::build::TraceBuilder;
use crate::format::enums;
use crate::format::ids;
use crate::format::json::{Cursor, Scan, plain_value};
use crate::model::record::{Attribute, AttributeValue, Event, Link, Resource, Scope, SpanRecord};
use crate::units::parse_rfc3339;
use serde::Deserialize;
use serde_json::Map;

#[derive(Deserialize)]
struct Span<'a> {
    name: String,
    #[serde(borrow)]
    context: Context<'a>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    parent_id: Option<&'a str>,
    start_time: Option<&'a str>,
    end_time: Option<&'a str>,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    attributes: Option<Map<String, serde_json::Value>>,
    #[serde(default, borrow)]
    events: Vec<ConsoleEvent<'a>>,
    #[serde(default, borrow)]
    links: Vec<ConsoleLink<'a>>,
    #[serde(default)]
    resource: ConsoleResource,
}

#[derive(Deserialize)]
struct Context<'a> {
    trace_id: &'a str,
    span_id: &'a str,
    #[serde(default)]
    trace_state: Option<String>,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    status_code: String,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Deserialize)]
struct ConsoleEvent<'a> {
    name: String,
    timestamp: Option<&'a str>,
    #[serde(default)]
    attributes: Option<Map<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct ConsoleLink<'a> {
    #[serde(borrow)]
    context: Context<'a>,
    #[serde(default)]
    attributes: Option<Map<String, serde_json::Value>>,
}

#[derive(Default, Deserialize)]
struct ConsoleResource {
    #[serde(default)]
    attributes: Option<Map<String, serde_json::Value>>,
    #[serde(default)]
    schema_url: String,
}

/// Members of a span, of which one is the first, sorted or not.
const FIRST: [&[u8]; 3] = [b"name", b"context", b"attributes"];

/// Whether the object at the cursor may be such a span.
pub(super) fn begins(cursor: &Cursor<'_>) -> Scan<bool> {
    let mut ahead = cursor.clone();
    ahead.at += 1;
    if ahead.peek()? != b'"' {
        return Ok(false);
    }
    Ok(FIRST.contains(&ahead.string()?.bytes))
}

/// Adds the span to the builder. Returns whether the object is one.
pub(super) fn read(object: &[u8], builder: &mut TraceBuilder) -> bool {
    let Ok(span) = serde_json::from_slice::<Span<'_>>(object) else { return false };
    let (trace_id, foreign_trace_id) = ids::trace_id(span.context.trace_id.as_bytes());
    let (span_id, foreign_span_id) = ids::span_id(span.context.span_id.as_bytes());
    let (parent_span_id, foreign_parent_id) = ids::span_id(span.parent_id.unwrap_or_default().as_bytes());
    let time = |text: Option<&str>| text.and_then(parse_rfc3339).unwrap_or(0);
    let record = SpanRecord {
        trace_id,
        span_id,
        parent_span_id,
        foreign_trace_id: foreign_trace_id.into_owned(),
        foreign_span_id: foreign_span_id.into_owned(),
        foreign_parent_id: foreign_parent_id.into_owned(),
        trace_state: span.context.trace_state.filter(|state| state != "[]").unwrap_or_default(),
        name: span.name,
        kind: enums::kind(span.kind.unwrap_or_default().as_bytes()).unwrap_or_default(),
        start_unix: time(span.start_time),
        end_unix: time(span.end_time),
        attributes: attributes(span.attributes),
        events: span
            .events
            .into_iter()
            .map(|event| Event {
                time_unix: time(event.timestamp),
                name: event.name,
                attributes: attributes(event.attributes),
                ..Event::default()
            })
            .collect(),
        links: span
            .links
            .into_iter()
            .map(|link| Link {
                trace_id: ids::trace_id(link.context.trace_id.as_bytes()).0,
                span_id: ids::span_id(link.context.span_id.as_bytes()).0,
                attributes: attributes(link.attributes),
                ..Link::default()
            })
            .collect(),
        status: enums::status(span.status.status_code.as_bytes()).unwrap_or_default(),
        status_message: span.status.description.unwrap_or_default(),
        ..SpanRecord::default()
    };
    let mut resource = Resource {
        attributes: attributes(span.resource.attributes),
        schema_url: span.resource.schema_url,
        ..Resource::default()
    };
    resource.find_service();
    let resource = builder.resource(resource);
    let scope = builder.scope(Scope::default());
    builder.record(resource, scope, &record);
    true
}

fn attributes(map: Option<Map<String, serde_json::Value>>) -> Vec<Attribute> {
    let attribute = |(key, value): (String, serde_json::Value)| Attribute { key, value: value_of(value) };
    map.unwrap_or_default().into_iter().map(attribute).collect()
}

fn value_of(value: serde_json::Value) -> AttributeValue {
    plain_value(value.to_string().as_bytes())
}
