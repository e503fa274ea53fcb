//! The JSON formats: to add one, add a folder beside `jaeger` and `otlp_json`, and a line in [`DIALECTS`].

use super::level::Level;
use crate::format::json::{Cursor, Scan};
use crate::format::span_context::SpanContext;
use crate::format::{Format, jaeger, otlp_json};
use crate::model::Decode;

/// A JSON format.
pub(super) struct Dialect {
    pub(super) format: Format,
    /// The level that a member of an object opens, by the level around it, its name and the first byte of its value.
    pub(super) opens: fn(Level, &[u8], u8) -> Option<Level>,
    /// Scans the span at the cursor and adds it to the builder.
    pub(super) add_span: fn(&mut Cursor<'_>, &mut SpanContext<'_>) -> Scan<()>,
    /// Decodes a span later.
    pub(super) decode: Decode,
}

/// Index of a format in [`DIALECTS`].
pub(super) const JAEGER: usize = 0;
pub(super) const OTLP: usize = 1;

/// All formats.
pub(super) static DIALECTS: [Dialect; 2] = [
    Dialect {
        format: Format::JaegerJson,
        opens: jaeger_level,
        add_span: jaeger::add_span,
        decode: jaeger::decode,
    },
    Dialect {
        format: Format::OtlpJson,
        opens: otlp_level,
        add_span: otlp_json::add_span,
        decode: otlp_json::decode,
    },
];

fn jaeger_level(level: Level, name: &[u8], first: u8) -> Option<Level> {
    match (level, name, first) {
        (Level::Document, b"data", b'[') => Some(Level::Data),
        (Level::Document, b"traces", b'[') => Some(Level::Traces),
        (Level::Document, b"data", b'{') => Some(Level::Document),
        (Level::Document, b"spans", b'[') => Some(Level::Spans(JAEGER)),
        _ => None,
    }
}

fn otlp_level(level: Level, name: &[u8], first: u8) -> Option<Level> {
    match (level, name, first) {
        (Level::Document, b"result", b'{') => Some(Level::Document),
        (Level::Document, b"resourceSpans" | b"resource_spans", b'[') => Some(Level::ResourceSpansList),
        (
            Level::ResourceSpans,
            b"scopeSpans"
            | b"scope_spans"
            | b"instrumentationLibrarySpans"
            | b"instrumentation_library_spans",
            b'[',
        ) => Some(Level::ScopeSpansList),
        (Level::ScopeSpans, b"spans", b'[') => Some(Level::Spans(OTLP)),
        _ => None,
    }
}

/// The type of a top-level object, by the name of one of its members: loggers write parts of requests. `first` is the
/// first byte of the member's value.
pub(super) fn bare_level(name: &[u8], first: u8) -> Option<Level> {
    match (name, first) {
        (b"resource", b'{') => Some(Level::ResourceSpans),
        (
            b"scopeSpans"
            | b"scope_spans"
            | b"instrumentationLibrarySpans"
            | b"instrumentation_library_spans",
            b'[',
        ) => Some(Level::ResourceSpans),
        (b"scope" | b"instrumentationLibrary" | b"instrumentation_library", b'{') => Some(Level::ScopeSpans),
        _ => None,
    }
}
