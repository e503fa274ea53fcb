//! State for reading spans.

use super::trace_element::TraceElement;
use crate::build::TraceBuilder;
use crate::model::{DecodeCache, DecodeHints};

/// What a span reader needs besides the bytes.
pub(super) struct SpanContext<'a> {
    /// The Jaeger trace that is open.
    pub(super) element: &'a mut TraceElement,
    /// Caches shared by consecutive spans.
    pub(super) memory: &'a mut DecodeCache,
    /// Receives the decode hints.
    pub(super) hints: &'a mut DecodeHints,
    /// Receives the span.
    pub(super) builder: &'a mut TraceBuilder,
    /// Indices of the OTLP resource and scope that are open.
    pub(super) resource: u32,
    pub(super) scope: u32,
    /// Index of the block with the bytes.
    pub(super) block: u32,
}
