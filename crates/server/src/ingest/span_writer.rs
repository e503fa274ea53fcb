//! Spans, resources and scopes written as OTLP protobuf, from what the readers of the trace crate say of them.
//! Field numbers: opentelemetry-proto `trace/v1/trace.proto`, `common/v1/common.proto`.

use crate::wire::{put_bytes, put_fixed32, put_fixed64, put_number, put_varint};
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, Scope, SpanRecord};
use spandrel_trace::model::{Piece, Sink, SpanKind, StatusCode, ValueRef};
use spandrel_trace::units::{SpanId, TraceId};

/// Jaeger's attribute that holds a span's warnings.
const WARNINGS: &str = "@jaeger@warnings";

/// Writes the fields of one span. Ids that are not hexadecimal cannot be written: a span with one is refused, a parent
/// or link with one is left out with a warning.
pub struct SpanWriter<'o> {
    out: &'o mut Vec<u8>,
    /// The event or link that is being written, and its field number; none when empty.
    message: Vec<u8>,
    number: u32,
    /// Text of an id of the link that comes next.
    link_text: Option<String>,
    skips_link: bool,
    /// Id of the span, as far as it is known.
    pub id: SpanId,
    /// Why the span cannot be written.
    pub refused: Option<String>,
    /// What is said of the span.
    pub warnings: Vec<String>,
}

impl<'o> SpanWriter<'o> {
    /// Appends to `out`.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        SpanWriter {
            out,
            message: Vec::new(),
            number: 0,
            link_text: None,
            skips_link: false,
            id: SpanId(0),
            refused: None,
            warnings: Vec::new(),
        }
    }

    /// Writes what is not written yet.
    pub fn finish(&mut self) {
        self.end_message();
        put_warnings(self.out, &self.warnings);
    }

    fn end_message(&mut self) {
        if self.number != 0 {
            put_bytes(self.out, self.number, &self.message);
            self.message.clear();
            self.number = 0;
        }
        self.skips_link = false;
    }

    fn event(&mut self, time: u64, name: &str, dropped: u32) {
        self.number = 11;
        put_fixed64(&mut self.message, 1, time);
        put_text(&mut self.message, 2, name);
        put_number(&mut self.message, 4, u64::from(dropped));
    }

    fn link(&mut self, trace: TraceId, span: SpanId, state: &str, flags: u32, dropped: u32) {
        if let Some(text) = self.link_text.take() {
            self.skips_link = true;
            self.warnings
                .push(format!("a link names {text:?}, which is not a hexadecimal id; it is left out"));
            return;
        }
        self.number = 13;
        put_trace(&mut self.message, 1, trace);
        put_span(&mut self.message, 2, span);
        put_text(&mut self.message, 3, state);
        put_number(&mut self.message, 5, u64::from(dropped));
        put_fixed32(&mut self.message, 6, flags);
    }

    fn attribute(&mut self, key: &str, read: &ValueRef<'_>) {
        put_bytes(self.out, 9, &key_value(key, &value(read)));
    }

    fn refuse(&mut self, member: &str, text: &str) {
        self.refused = Some(format!("its {member} {text:?} is not hexadecimal"));
    }
}

impl Sink for SpanWriter<'_> {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::EventAttribute(key, read) => {
                put_bytes(&mut self.message, 3, &key_value(key, &value(&read)));
                return;
            }
            Piece::LinkAttribute(key, read) => {
                if !self.skips_link {
                    put_bytes(&mut self.message, 4, &key_value(key, &value(&read)));
                }
                return;
            }
            _ => self.end_message(),
        }
        match piece {
            Piece::Trace(_, text) if !is_number(text, &[16, 32]) => self.refuse("traceId", text),
            Piece::Trace(trace, _) => put_trace(self.out, 1, trace),
            Piece::Id(_, text) if !is_number(text, &[16]) => self.refuse("spanId", text),
            Piece::Id(span, _) => {
                self.id = span;
                put_span(self.out, 2, span);
            }
            Piece::Parent(_, text) if !is_number(text, &[16]) => {
                let said = format!("it names {text:?} as its parent, which is not a hexadecimal id");
                self.warnings.push(said);
            }
            Piece::Parent(span, _) => put_span(self.out, 4, span),
            Piece::Name(name) => put_text(self.out, 5, name),
            Piece::Kind(SpanKind::Unspecified) => {}
            Piece::Kind(kind) => put_number(self.out, 6, kind as u64),
            Piece::Times(start, end) => {
                put_fixed64(self.out, 7, start);
                put_fixed64(self.out, 8, end);
            }
            Piece::Status(StatusCode::Unset, "") => {}
            Piece::Status(code, message) => {
                let mut status = Vec::new();
                put_text(&mut status, 2, message);
                put_number(&mut status, 3, code as u64);
                put_bytes(self.out, 15, &status);
            }
            Piece::TraceState(state) => put_text(self.out, 3, state),
            Piece::Flags(flags) => put_fixed32(self.out, 16, flags),
            Piece::Attribute(key, read) => self.attribute(key, &read),
            Piece::PlainText(key, text) => {
                let (key, text) = (String::from_utf8_lossy(key), String::from_utf8_lossy(text));
                self.attribute(&key, &ValueRef::Str(&text));
            }
            Piece::Dropped(attributes, events, links) => {
                for (number, dropped) in [(10, attributes), (12, events), (14, links)] {
                    put_number(self.out, number, u64::from(dropped));
                }
            }
            Piece::Event(time, name, dropped) => self.event(time, name, dropped),
            Piece::LinkText(text) if !is_number(text, &[16, 32]) => self.link_text = Some(text.to_owned()),
            Piece::LinkText(_) => {}
            Piece::Link(trace, span, state, flags, dropped) => self.link(trace, span, state, flags, dropped),
            Piece::Warning(text) => self.warnings.push(text.to_owned()),
            Piece::EventAttribute(..) | Piece::LinkAttribute(..) => {}
        }
    }
}

/// Whether an id that is written like this is a number: without remark, or as `0x` and so many digits.
fn is_number(text: &str, digits: &[usize]) -> bool {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let is_hex = |hex: &str| digits.contains(&hex.len()) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.is_empty() || hex.is_some_and(is_hex)
}

/// The fields of a `Span`, its warnings as the attribute under which Jaeger has them.
pub fn span(out: &mut Vec<u8>, span: &SpanRecord) {
    put_trace(out, 1, span.trace_id);
    put_span(out, 2, span.span_id);
    put_text(out, 3, &span.trace_state);
    put_span(out, 4, span.parent_span_id);
    put_text(out, 5, &span.name);
    put_number(out, 6, span.kind as u64);
    put_fixed64(out, 7, span.start_unix);
    put_fixed64(out, 8, span.end_unix);
    attributes(out, 9, &span.attributes);
    put_warnings(out, &span.warnings);
    put_number(out, 10, u64::from(span.dropped_attributes));
    let mut message = Vec::new();
    for event in &span.events {
        message.clear();
        put_fixed64(&mut message, 1, event.time_unix);
        put_text(&mut message, 2, &event.name);
        attributes(&mut message, 3, &event.attributes);
        put_number(&mut message, 4, u64::from(event.dropped_attributes));
        put_bytes(out, 11, &message);
    }
    put_number(out, 12, u64::from(span.dropped_events));
    for link in &span.links {
        message.clear();
        put_trace(&mut message, 1, link.trace_id);
        put_span(&mut message, 2, link.span_id);
        put_text(&mut message, 3, &link.trace_state);
        attributes(&mut message, 4, &link.attributes);
        put_number(&mut message, 5, u64::from(link.dropped_attributes));
        put_fixed32(&mut message, 6, link.flags);
        put_bytes(out, 13, &message);
    }
    put_number(out, 14, u64::from(span.dropped_links));
    if span.status != StatusCode::Unset || !span.status_message.is_empty() {
        message.clear();
        put_text(&mut message, 2, &span.status_message);
        put_number(&mut message, 3, span.status as u64);
        put_bytes(out, 15, &message);
    }
    put_fixed32(out, 16, span.flags);
}

fn put_warnings(out: &mut Vec<u8>, warnings: &[String]) {
    if !warnings.is_empty() {
        let warnings = warnings.iter().cloned().map(AttributeValue::String).collect();
        put_bytes(out, 9, &key_value(WARNINGS, &any(&AttributeValue::Array(warnings))));
    }
}

/// The fields of a `Resource`.
pub fn resource(out: &mut Vec<u8>, resource: &Resource) {
    attributes(out, 1, &resource.attributes);
    put_number(out, 2, u64::from(resource.dropped_attributes));
}

/// The fields of an `InstrumentationScope`.
pub fn scope(out: &mut Vec<u8>, scope: &Scope) {
    put_text(out, 1, &scope.name);
    put_text(out, 2, &scope.version);
    attributes(out, 3, &scope.attributes);
    put_number(out, 4, u64::from(scope.dropped_attributes));
}

fn attributes(out: &mut Vec<u8>, number: u32, list: &[Attribute]) {
    for Attribute { key, value } in list {
        put_bytes(out, number, &key_value(key, &any(value)));
    }
}

/// A `KeyValue` with this `AnyValue`.
fn key_value(key: &str, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + value.len() + 12);
    put_bytes(&mut out, 1, key.as_bytes());
    put_bytes(&mut out, 2, value);
    out
}

/// An `AnyValue`.
fn value(read: &ValueRef<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    match read {
        ValueRef::Empty => {}
        ValueRef::Str(text) => put_bytes(&mut out, 1, text.as_bytes()),
        ValueRef::Bool(flag) => out.extend_from_slice(&[2 << 3, u8::from(*flag)]),
        ValueRef::Int(number) => {
            out.push(3 << 3);
            put_varint(&mut out, *number as u64);
        }
        ValueRef::Double(number) => {
            out.push(4 << 3 | 1);
            out.extend_from_slice(&number.to_le_bytes());
        }
        ValueRef::Bytes(bytes) => put_bytes(&mut out, 7, bytes),
        ValueRef::Nested(nested) => return any(nested),
    }
    out
}

/// An `AnyValue`. The readers bound the depth.
fn any(read: &AttributeValue) -> Vec<u8> {
    match read {
        AttributeValue::Empty => value(&ValueRef::Empty),
        AttributeValue::String(text) => value(&ValueRef::Str(text)),
        AttributeValue::Bool(flag) => value(&ValueRef::Bool(*flag)),
        AttributeValue::Int(number) => value(&ValueRef::Int(*number)),
        AttributeValue::Double(number) => value(&ValueRef::Double(*number)),
        AttributeValue::Bytes(bytes) => value(&ValueRef::Bytes(bytes)),
        AttributeValue::Array(values) => {
            let mut list = Vec::new();
            values.iter().for_each(|value| put_bytes(&mut list, 1, &any(value)));
            within(5, &list)
        }
        AttributeValue::Map(members) => {
            let mut list = Vec::new();
            attributes(&mut list, 1, members);
            within(6, &list)
        }
    }
}

fn within(number: u32, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 11);
    put_bytes(&mut out, number, message);
    out
}

fn put_text(out: &mut Vec<u8>, number: u32, text: &str) {
    if !text.is_empty() {
        put_bytes(out, number, text.as_bytes());
    }
}

fn put_trace(out: &mut Vec<u8>, number: u32, trace: TraceId) {
    if trace.0 != 0 {
        put_bytes(out, number, &trace.0.to_be_bytes());
    }
}

fn put_span(out: &mut Vec<u8>, number: u32, span: SpanId) {
    if span.0 != 0 {
        put_bytes(out, number, &span.0.to_be_bytes());
    }
}
