//! The documents that questions are answered from: id, title, text.

/// One document.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// A short name.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Its text, of sentences.
    pub text: &'static str,
}

const fn document(id: &'static str, title: &'static str, text: &'static str) -> Document {
    Document { id, title, text }
}

/// All documents.
pub const CORPUS: [Document; 14] = [
    document(
        "trace",
        "Trace",
        "A trace is the tree of all spans of one request, across all services that took part in it. All spans of a trace have the same trace id.",
    ),
    document(
        "span",
        "Span",
        "A span is one operation with a name, a start, an end, attributes, events and links. Its parent is the span that caused it.",
    ),
    document(
        "critical-path",
        "Critical path",
        "The critical path is the chain of spans that decided how long a trace took. Only time on the critical path makes a request slower.",
    ),
    document(
        "self-time",
        "Self time",
        "Self time is the part of a span in which none of its children runs: the work of the operation itself.",
    ),
    document(
        "sampling",
        "Sampling",
        "Sampling decides which traces are kept. Head sampling decides at the root; tail sampling decides in a collector when the whole trace is known.",
    ),
    document(
        "propagation",
        "Propagation",
        "Context propagation carries the trace id and the parent span id to the next service, in the traceparent header of W3C Trace Context.",
    ),
    document(
        "baggage",
        "Baggage",
        "Baggage carries names and values along with the context, for example the tier of a user, in the header named baggage.",
    ),
    document(
        "links",
        "Span links",
        "A span link connects spans that are not parent and child: a message that was consumed later is linked to the span that published it.",
    ),
    document(
        "n-plus-one",
        "N+1 queries",
        "N+1 means that a loop sends one query for each row. One query with a join or an IN list is faster than many small queries.",
    ),
    document(
        "retries",
        "Retries",
        "Retries repeat failed calls. Exponential backoff with jitter keeps retries from overloading a service that is already failing.",
    ),
    document(
        "circuit-breaker",
        "Circuit breaker",
        "A circuit breaker stops calls to a service that keeps failing. It is closed, open, or half-open while it tries one call.",
    ),
    document(
        "timeouts",
        "Timeouts",
        "A timeout limits how long a caller waits. The timeout of a caller has to be longer than those of the services below it.",
    ),
    document(
        "cache",
        "Cache",
        "A cache keeps answers that were expensive to compute. A lookup that misses has to compute the answer again and store it.",
    ),
    document(
        "clock-skew",
        "Clock skew",
        "Clocks of different hosts differ. With clock skew a server span can start before the client span that caused it.",
    ),
];
