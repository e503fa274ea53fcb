//! A complete span, for detail views, exporters and the server. Lossless for OTLP (opentelemetry-proto 1.x); Jaeger's
//! form is derived from it when writing.

use super::{SpanKind, StatusCode};
use crate::units::{SpanId, TraceId};
use serde::{Deserialize, Serialize};

/// A typed attribute value (OTLP `AnyValue`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum AttributeValue {
    /// An `AnyValue` with nothing in it.
    #[default]
    Empty,
    /// Text.
    String(String),
    /// True or false.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double; NaN and infinities included.
    Double(f64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    Array(Vec<AttributeValue>),
    /// Keys and values in the order of the source.
    Map(Vec<Attribute>),
}

/// A key with its value. Keys may repeat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Key.
    pub key: String,
    /// Value.
    pub value: AttributeValue,
}

/// The producer of spans (OTLP `Resource`; Jaeger's process).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// `service.name`; empty where the source does not name it.
    pub service: String,
    /// Attributes, `service.name` included where the source had it.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
    /// Schema URL.
    pub schema_url: String,
}

impl Resource {
    /// Sets `service` from the attribute `service.name`; empty where there is none, or it is not a string.
    pub fn find_service(&mut self) {
        let named = self.attributes.iter().find(|attribute| attribute.key == "service.name");
        self.service = match named.map(|attribute| &attribute.value) {
            Some(AttributeValue::String(name)) => name.clone(),
            _ => String::new(),
        };
    }
}

/// The instrumentation that made spans (OTLP `InstrumentationScope`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
    /// Schema URL.
    pub schema_url: String,
}

/// An event of a span (Jaeger's log).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Nanoseconds since the Unix epoch.
    pub time_unix: u64,
    /// Name; for Jaeger's logs the field `event`, else `message`, else empty.
    pub name: String,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
}

/// A reference to another span, of this trace or another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Trace of the other span.
    pub trace_id: TraceId,
    /// The other span.
    pub span_id: SpanId,
    /// W3C tracestate.
    pub trace_state: String,
    /// Attributes; Jaeger's reference type is `opentracing.ref_type`.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
    /// W3C flags.
    pub flags: u32,
}

/// A complete span.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SpanRecord {
    /// Trace.
    pub trace_id: TraceId,
    /// Id.
    pub span_id: SpanId,
    /// The parent id as sent, whether that span exists or not; 0 for none.
    pub parent_span_id: SpanId,
    /// The span's own id as the source wrote it, when it is not hexadecimal; else empty.
    pub foreign_span_id: String,
    /// The parent's id as the source wrote it, when it is not hexadecimal; else empty.
    pub foreign_parent_id: String,
    /// The trace's id as the source wrote it, when it is not hexadecimal; else empty.
    pub foreign_trace_id: String,
    /// W3C tracestate.
    pub trace_state: String,
    /// W3C flags.
    pub flags: u32,
    /// Operation name.
    pub name: String,
    /// Kind.
    pub kind: SpanKind,
    /// Nanoseconds since the Unix epoch, as sent.
    pub start_unix: u64,
    /// Nanoseconds since the Unix epoch, as sent; may lie before `start_unix`.
    pub end_unix: u64,
    /// Attributes in the order of the source.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender dropped.
    pub dropped_attributes: u32,
    /// Events in the order of the source.
    pub events: Vec<Event>,
    /// How many events the sender dropped.
    pub dropped_events: u32,
    /// Links.
    pub links: Vec<Link>,
    /// How many links the sender dropped.
    pub dropped_links: u32,
    /// Status.
    pub status: StatusCode,
    /// Status message.
    pub status_message: String,
    /// Warnings of the source (Jaeger's `warnings`) and the repair, without duplicates.
    pub warnings: Vec<String>,
}
