//! What is open around the next token.

/// One level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Level {
    /// One document after another.
    Documents,
    /// A list around documents.
    List,
    /// An object that may be a trace, an answer or a request.
    Document,
    /// Jaeger's `data`.
    Data,
    /// The same by another name, or Tempo's list of what it found.
    Traces,
    ResourceSpansList,
    ResourceSpans,
    ScopeSpansList,
    ScopeSpans,
    /// A list of spans, in the format of that place in the table.
    Spans(usize),
}
