//! Writes OTLP JSON as in responses of `/api/v3/traces` and from exporters: 64-bit integers as strings, enums as
//! numbers, zero members omitted, `status` always present.

use super::compose::{attributes, comma, key_value, show, string};
use crate::model::record::{Attribute, AttributeValue, Event, Link, Resource, Scope, SpanRecord};
use crate::model::{SpanKind, StatusCode};
use std::io::{self, Write};

/// What surrounds `resourceSpans`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `{"resourceSpans":[…]}`: a file or a request.
    Plain,
    /// `{"result":{"resourceSpans":[…]}}`: a response of Jaeger's v3.
    Result,
}

/// Writes `resourceSpans` span by span. Consecutive spans with equal resource and scope share a group, so the
/// caller's order determines the grouping.
pub struct OtlpJson<W> {
    out: W,
    buffer: Vec<u8>,
    envelope: Envelope,
    warnings: bool,
    resource: Option<Resource>,
    scope: Option<Scope>,
    first: bool,
}

impl<W: Write> OtlpJson<W> {
    /// Starts the output. With `warnings` a span's warnings are written as its attribute `@jaeger@warnings`.
    pub fn new(mut out: W, envelope: Envelope, warnings: bool) -> io::Result<Self> {
        if envelope == Envelope::Result {
            out.write_all(b"{\"result\":")?;
        }
        out.write_all(b"{\"resourceSpans\":[")?;
        Ok(Self { out, buffer: Vec::new(), envelope, warnings, resource: None, scope: None, first: true })
    }

    /// Writes a span.
    pub fn span(&mut self, resource: &Resource, scope: &Scope, span: &SpanRecord) -> io::Result<()> {
        let same_resource = self.resource.as_ref() == Some(resource);
        if same_resource && self.scope.as_ref() == Some(scope) {
            self.buffer.push(b',');
        } else {
            self.close_scope();
            if !same_resource {
                self.close_resource();
                comma(&mut self.buffer, &mut self.first);
                begin_resource(&mut self.buffer, resource);
                self.resource = Some(resource.clone());
            } else {
                self.buffer.push(b',');
            }
            begin_scope(&mut self.buffer, scope);
            self.scope = Some(scope.clone());
        }
        write_span(&mut self.buffer, span, self.warnings);
        self.flush()
    }

    /// The writer.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Ends the output and returns the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.close_scope();
        self.close_resource();
        self.buffer.extend_from_slice(b"]}");
        if self.envelope == Envelope::Result {
            self.buffer.push(b'}');
        }
        self.flush()?;
        Ok(self.out)
    }

    fn close_scope(&mut self) {
        if let Some(scope) = self.scope.take() {
            self.buffer.push(b']');
            schema(&mut self.buffer, &scope.schema_url);
            self.buffer.push(b'}');
        }
    }

    fn close_resource(&mut self) {
        if let Some(resource) = self.resource.take() {
            self.buffer.push(b']');
            schema(&mut self.buffer, &resource.schema_url);
            self.buffer.push(b'}');
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

fn schema(out: &mut Vec<u8>, url: &str) {
    if !url.is_empty() {
        out.extend_from_slice(b",\"schemaUrl\":");
        string(out, url);
    }
}

fn begin_resource(out: &mut Vec<u8>, resource: &Resource) {
    out.extend_from_slice(b"{\"resource\":{");
    let mut first = true;
    let named = resource.attributes.iter().any(|attribute| attribute.key == "service.name");
    if !resource.service.is_empty() && !named {
        let service = AttributeValue::String(resource.service.clone());
        let service = Attribute { key: "service.name".to_owned(), value: service };
        member(out, &mut first, "attributes");
        attributes(out, &[std::slice::from_ref(&service), &resource.attributes].concat());
    } else {
        list(out, &mut first, &resource.attributes);
    }
    number(out, &mut first, "droppedAttributesCount", resource.dropped_attributes);
    out.extend_from_slice(b"},\"scopeSpans\":[");
}

fn begin_scope(out: &mut Vec<u8>, scope: &Scope) {
    out.extend_from_slice(b"{\"scope\":{");
    let mut first = true;
    text(out, &mut first, "name", &scope.name);
    text(out, &mut first, "version", &scope.version);
    list(out, &mut first, &scope.attributes);
    number(out, &mut first, "droppedAttributesCount", scope.dropped_attributes);
    out.extend_from_slice(b"},\"spans\":[");
}

fn write_span(out: &mut Vec<u8>, span: &SpanRecord, warnings: bool) {
    out.extend_from_slice(b"{\"traceId\":");
    id(out, &span.foreign_trace_id, span.trace_id);
    out.extend_from_slice(b",\"spanId\":");
    id(out, &span.foreign_span_id, span.span_id);
    let mut first = false;
    text(out, &mut first, "traceState", &span.trace_state);
    if !span.parent_span_id.is_none() {
        out.extend_from_slice(b",\"parentSpanId\":");
        id(out, &span.foreign_parent_id, span.parent_span_id);
    }
    number(out, &mut first, "flags", span.flags);
    text(out, &mut first, "name", &span.name);
    if span.kind != SpanKind::Unspecified {
        show(out, format_args!(",\"kind\":{}", span.kind as u8));
    }
    time(out, "startTimeUnixNano", span.start_unix);
    time(out, "endTimeUnixNano", span.end_unix);
    if warnings && !span.warnings.is_empty() {
        member(out, &mut first, "attributes");
        attributes(out, &span.attributes);
        out.pop();
        if !span.attributes.is_empty() {
            out.push(b',');
        }
        let warnings = span.warnings.iter().cloned().map(AttributeValue::String).collect();
        key_value(out, "@jaeger@warnings", &AttributeValue::Array(warnings));
        out.push(b']');
    } else {
        list(out, &mut first, &span.attributes);
    }
    number(out, &mut first, "droppedAttributesCount", span.dropped_attributes);
    each(out, &mut first, "events", &span.events, write_event);
    number(out, &mut first, "droppedEventsCount", span.dropped_events);
    each(out, &mut first, "links", &span.links, write_link);
    number(out, &mut first, "droppedLinksCount", span.dropped_links);
    out.extend_from_slice(b",\"status\":{");
    let mut first = true;
    text(out, &mut first, "message", &span.status_message);
    if span.status != StatusCode::Unset {
        number(out, &mut first, "code", span.status as u32);
    }
    out.extend_from_slice(b"}}");
}

fn write_event(out: &mut Vec<u8>, event: &Event) {
    out.push(b'{');
    let mut first = true;
    if event.time_unix != 0 {
        show(out, format_args!("\"timeUnixNano\":\"{}\"", event.time_unix));
        first = false;
    }
    text(out, &mut first, "name", &event.name);
    list(out, &mut first, &event.attributes);
    number(out, &mut first, "droppedAttributesCount", event.dropped_attributes);
    out.push(b'}');
}

fn write_link(out: &mut Vec<u8>, link: &Link) {
    show(out, format_args!("{{\"traceId\":\"{}\",\"spanId\":\"{}\"", link.trace_id, link.span_id));
    let mut first = false;
    text(out, &mut first, "traceState", &link.trace_state);
    list(out, &mut first, &link.attributes);
    number(out, &mut first, "droppedAttributesCount", link.dropped_attributes);
    number(out, &mut first, "flags", link.flags);
    out.push(b'}');
}

fn member(out: &mut Vec<u8>, first: &mut bool, name: &str) {
    comma(out, first);
    show(out, format_args!("\"{name}\":"));
}

fn text(out: &mut Vec<u8>, first: &mut bool, name: &str, text: &str) {
    if !text.is_empty() {
        member(out, first, name);
        string(out, text);
    }
}

fn number(out: &mut Vec<u8>, first: &mut bool, name: &str, number: u32) {
    if number != 0 {
        member(out, first, name);
        show(out, number);
    }
}

fn time(out: &mut Vec<u8>, name: &str, time: u64) {
    if time != 0 {
        show(out, format_args!(",\"{name}\":\"{time}\""));
    }
}

fn list(out: &mut Vec<u8>, first: &mut bool, list: &[Attribute]) {
    if !list.is_empty() {
        member(out, first, "attributes");
        attributes(out, list);
    }
}

fn each<T>(out: &mut Vec<u8>, first: &mut bool, name: &str, items: &[T], write: fn(&mut Vec<u8>, &T)) {
    if items.is_empty() {
        return;
    }
    member(out, first, name);
    out.push(b'[');
    let mut first = true;
    for item in items {
        comma(out, &mut first);
        write(out, item);
    }
    out.push(b']');
}

/// An id: 32 or 16 digits, or `foreign` if it is not hexadecimal.
fn id(out: &mut Vec<u8>, foreign: &str, id: impl std::fmt::Display) {
    match foreign {
        "" => show(out, format_args!("\"{id}\"")),
        text => string(out, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::otlp_json;
    use crate::units::{SpanId, TraceId};

    fn attribute(key: &str, value: AttributeValue) -> Attribute {
        Attribute { key: key.to_owned(), value }
    }

    fn everything() -> SpanRecord {
        let nested = AttributeValue::Map(vec![attribute(
            "k",
            AttributeValue::Array(vec![AttributeValue::Empty, AttributeValue::Bytes(vec![0, 255])]),
        )]);
        SpanRecord {
            trace_id: TraceId(5),
            span_id: SpanId(6),
            parent_span_id: SpanId(7),
            trace_state: "a=b".into(),
            flags: 257,
            name: "n \"x\"".into(),
            kind: SpanKind::Consumer,
            start_unix: 1,
            end_unix: 2,
            attributes: vec![
                attribute("i", AttributeValue::Int(i64::MIN)),
                attribute("d", AttributeValue::Double(f64::INFINITY)),
                attribute("n", nested),
            ],
            dropped_attributes: 1,
            events: vec![Event { time_unix: 3, name: "e".into(), dropped_attributes: 4, ..Event::default() }],
            dropped_events: 2,
            links: vec![Link { trace_id: TraceId(8), span_id: SpanId(9), flags: 1, ..Link::default() }],
            dropped_links: 3,
            status: StatusCode::Ok,
            status_message: "m".into(),
            warnings: vec!["w".into()],
            ..SpanRecord::default()
        }
    }

    #[test]
    fn a_span_written_and_read_again_is_the_same() {
        let (resource, scope) = (Resource::default(), Scope::default());
        let mut writer = OtlpJson::new(Vec::new(), Envelope::Plain, true).unwrap();
        writer.span(&resource, &scope, &everything()).unwrap();
        writer.span(&resource, &scope, &SpanRecord::default()).unwrap();
        let text = writer.finish().unwrap();
        let mut read = Vec::new();
        otlp_json::split(&text, |parts| read.push(otlp_json::read_span(parts.span).unwrap())).unwrap();
        assert_eq!(read, [everything(), SpanRecord::default()]);
    }

    #[test]
    fn equal_neighbours_share_a_group_and_others_do_not() {
        let named = |name: &str| Scope { name: name.into(), schema_url: "u".into(), ..Scope::default() };
        let resource = Resource { service: "s".into(), schema_url: "r".into(), ..Resource::default() };
        let mut writer = OtlpJson::new(Vec::new(), Envelope::Result, false).unwrap();
        for scope in ["a", "a", "b"] {
            writer.span(&resource, &named(scope), &everything()).unwrap();
        }
        writer.span(&Resource::default(), &named("b"), &SpanRecord::default()).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&writer.finish().unwrap()).unwrap();
        let groups = answer["result"]["resourceSpans"].as_array().unwrap();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0]["scopeSpans"].as_array().unwrap().len(), 2);
        assert_eq!(groups[0]["scopeSpans"][0]["spans"].as_array().unwrap().len(), 2);
        assert_eq!(groups[0]["schemaUrl"], "r");
        assert_eq!(groups[0]["scopeSpans"][1]["schemaUrl"], "u");
        assert_eq!(groups[0]["resource"]["attributes"][0]["value"]["stringValue"], "s");
        let empty = &groups[1]["scopeSpans"][0]["spans"][0];
        assert_eq!(empty.as_object().unwrap().len(), 3, "only the ids and the status: {empty}");
        assert_eq!(empty["status"], serde_json::json!({}));
    }
}
