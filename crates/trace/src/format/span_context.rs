//! What readers of spans get besides the bytes.

use super::trace_element::TraceElement;
use crate::build::TraceBuilder;
use crate::model::{DecodeCache, DecodeHints};

/// What a span's surroundings say while it is read.
pub(super) struct SpanContext<'a> {
    /// The trace of Jaeger that is open.
    pub(super) element: &'a mut TraceElement,
    /// What reading spans remembers from one to the next.
    pub(super) memory: &'a mut DecodeCache,
    /// Where the span's parts are, for decoding it later.
    pub(super) hints: &'a mut DecodeHints,
    /// Takes the span.
    pub(super) builder: &'a mut TraceBuilder,
    /// Numbers of the resource and scope of OTLP that are open.
    pub(super) resource: u32,
    pub(super) scope: u32,
    /// Number of the block that holds the bytes.
    pub(super) block: u32,
}
