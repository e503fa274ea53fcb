//! Structured filters of searches (`query.filter`, Jaeger's RFC 0005): a tree of calls over the fields and attributes of
//! one span, its resource, scope, events and links.
//!
//! Read by `parse`, from JSON or from what is JSON over gRPC (`messages`); decided on a span by `evaluate`; what the index can decide of it is in `constrain`. Depth and size
//! are bounded, so that both may recurse. Regular expressions are linear in the text and match it as a whole, as those of
//! Elasticsearch do, which is where Jaeger has them.

mod constrain;
mod evaluate;
pub mod messages;
mod parse;
mod value;

#[cfg(test)]
mod tests;

use regex_lite::Regex;
use value::Scalar;

/// A filter that was read.
#[derive(Debug)]
pub struct SpanFilter {
    root: Call,
}

/// Where an attribute or field belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Span,
    Resource,
    Scope,
    Event,
    Link,
}

/// A field of a span or of what it hangs below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    TraceId,
    SpanId,
    ParentSpanId,
    TraceState,
    Name,
    Kind,
    StartTime,
    EndTime,
    Status,
    StatusMessage,
    Duration,
    Service,
    SchemaUrl,
    Version,
    Time,
    TimeSinceStart,
}

/// What a call looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    /// An attribute, at one level or at any.
    Attribute(String, Option<Level>),
    /// A field.
    Field(Level, Field),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

/// A node of the tree. A term with several values (an attribute at any level) satisfies a call if one of them does.
#[derive(Debug)]
enum Call {
    And(Vec<Call>),
    Or(Vec<Call>),
    Not(Box<Call>),
    Compare(Comparison, Term, Scalar),
    Regex(Term, Regex),
    Exists(Term),
    In(Term, Vec<Scalar>),
    /// One and the same event or link satisfies the call.
    Some(Level, Box<Call>),
}
