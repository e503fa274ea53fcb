//! Nesting levels of the input.

/// A nesting level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Level {
    /// A sequence of documents.
    Documents,
    /// A list of documents.
    List,
    /// An object that may be a trace, a response or a request.
    Document,
    /// Jaeger's `data`.
    Data,
    /// `data` under another name, or Tempo's search results.
    Traces,
    ResourceSpansList,
    ResourceSpans,
    ScopeSpansList,
    ScopeSpans,
    /// A list of spans, in the format with this index in the table.
    Spans(usize),
}
