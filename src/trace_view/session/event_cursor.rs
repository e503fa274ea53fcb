//! The events under the pointer, or that a key has moved to.

use spandrel_trace::model::SpanIx;

/// Events of one span whose ticks are drawn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCursor {
    /// The span.
    pub span: SpanIx,
    /// Time of the first, nanoseconds from the trace's start.
    pub from: u64,
    /// Time of the last.
    pub to: u64,
}
