//! The visitor through which a format reports the contents of a span.
//!
//! A format scans the bytes once and calls [`Sink::piece`] for each field. One sink builds a
//! [`super::record::SpanRecord`], another fills attribute columns without allocating a string per attribute.

use super::record::AttributeValue;
use super::{SpanKind, StatusCode};
use crate::units::{SpanId, TraceId};

/// An attribute value that borrows from the source's bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// No value.
    Empty,
    /// Text.
    Str(&'a str),
    /// True or false.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list or a map, already decoded.
    Nested(AttributeValue),
}

impl ValueRef<'_> {
    /// The owned value.
    pub fn to_value(&self) -> AttributeValue {
        match self {
            ValueRef::Empty => AttributeValue::Empty,
            ValueRef::Str(text) => AttributeValue::String((*text).to_owned()),
            ValueRef::Bool(flag) => AttributeValue::Bool(*flag),
            ValueRef::Int(number) => AttributeValue::Int(*number),
            ValueRef::Double(number) => AttributeValue::Double(*number),
            ValueRef::Bytes(bytes) => AttributeValue::Bytes(bytes.to_vec()),
            ValueRef::Nested(value) => value.clone(),
        }
    }
}

/// A field of a span. Fields of events and links belong to the last event or link started.
#[derive(Clone, Debug)]
pub enum Piece<'a> {
    /// Trace, with the text as written when it is not hexadecimal.
    Trace(TraceId, &'a str),
    /// Id, with the text as written when it is not hexadecimal.
    Id(SpanId, &'a str),
    /// The parent id as sent, with the text when it is not hexadecimal.
    Parent(SpanId, &'a str),
    /// Operation name.
    Name(&'a str),
    /// Kind.
    Kind(SpanKind),
    /// Start and end as sent, nanoseconds since the Unix epoch.
    Times(u64, u64),
    /// Status and its message.
    Status(StatusCode, &'a str),
    /// W3C tracestate.
    TraceState(&'a str),
    /// W3C flags.
    Flags(u32),
    /// An attribute.
    Attribute(&'a str, ValueRef<'a>),
    /// An attribute with a string value whose key and value are unchecked bytes: invalid UTF-8 is replaced.
    PlainText(&'a [u8], &'a [u8]),
    /// Numbers of dropped attributes, events and links.
    Dropped(u32, u32, u32),
    /// An event starts: time, name, dropped attributes.
    Event(u64, &'a str, u32),
    /// An attribute of the last event.
    EventAttribute(&'a str, ValueRef<'a>),
    /// The span id, as text, of the link that starts next, if it is not hexadecimal; the link has its hash.
    LinkText(&'a str),
    /// A link starts: trace, span, tracestate, flags, dropped attributes.
    Link(TraceId, SpanId, &'a str, u32, u32),
    /// An attribute of the last link.
    LinkAttribute(&'a str, ValueRef<'a>),
    /// A warning of the source.
    Warning(&'a str),
}

/// Receives the fields of a span.
pub trait Sink {
    /// Receives one field.
    fn piece(&mut self, piece: Piece<'_>);

    /// Whether the sink reads strings. If not, they may be empty, which saves validating them.
    fn reads_texts(&self) -> bool {
        true
    }
}
