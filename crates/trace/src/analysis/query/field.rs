//! What of a span a query can ask about.

use super::token::{is_word, quote};
use std::fmt;

/// Fields that every span has, whatever its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Service name.
    Service,
    /// Operation name.
    Operation,
    /// Kind.
    Kind,
    /// Status code.
    Status,
    /// Status message.
    StatusMessage,
    /// Whether it, or a span below it, failed.
    Error,
    /// Duration.
    Duration,
    /// Duration without the time in which a child was at work.
    SelfTime,
    /// Whether the critical path spends time in it.
    Critical,
    /// How long the critical path is in it, itself.
    CriticalTime,
    /// How much longer it could take before the trace got longer.
    Slack,
    /// How many of the spans with its service and operation took less time, in percent; nothing of too few.
    Percentile,
    /// Start, from the trace's start.
    Start,
    /// End, from the trace's start.
    End,
    /// Distance to the root.
    Depth,
    /// How many children.
    Children,
    /// How many spans below it.
    Descendants,
    /// Span id.
    Id,
    /// The parent's id as the source names it.
    ParentId,
    /// Trace id.
    Trace,
    /// How many events.
    Events,
    /// How many links.
    Links,
    /// How many warnings.
    Warnings,
    /// A warning's text.
    Warning,
    /// Name of the instrumentation.
    ScopeName,
    /// Version of the instrumentation.
    ScopeVersion,
    /// W3C tracestate.
    TraceState,
    /// An event's name.
    EventName,
    /// The trace that a link points to.
    LinkTrace,
    /// The span that a link points to.
    LinkSpan,
}

/// What values a field has, and so what it can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Text, or attribute values of any type.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A number.
    Number,
    /// A duration.
    Time,
}

/// What a failed span's `error` is.
pub(super) const ERRORS: [&str; 4] = ["true", "false", "own", "below"];
/// What a span's `critical` is.
pub(super) const ON_PATH: [&str; 2] = ["true", "false"];
const KINDS: [&str; 6] = ["server", "client", "producer", "consumer", "internal", "unspecified"];
const STATUSES: [&str; 3] = ["error", "ok", "unset"];

/// A field's name, what it is, and a word about it for completion.
pub(super) const KNOWN: [(&str, Known, Class, &str); 30] = [
    ("service", Known::Service, Class::Text, "service name"),
    ("operation", Known::Operation, Class::Text, "operation name"),
    ("duration", Known::Duration, Class::Time, "how long the span took"),
    ("self", Known::SelfTime, Class::Time, "duration without the time spent in children"),
    (
        "critical",
        Known::Critical,
        Class::Choice(&ON_PATH),
        "the critical path spends time in the span itself",
    ),
    ("critical_time", Known::CriticalTime, Class::Time, "time on the critical path, without its children"),
    ("slack", Known::Slack, Class::Time, "how much longer it could take before the trace takes longer"),
    (
        "percentile",
        Known::Percentile,
        Class::Number,
        "of its service and operation, how many % took less time",
    ),
    ("error", Known::Error, Class::Choice(&ERRORS), "the span, or one below it, failed"),
    ("status", Known::Status, Class::Choice(&STATUSES), "status code"),
    ("status.message", Known::StatusMessage, Class::Text, "why it failed"),
    ("kind", Known::Kind, Class::Choice(&KINDS), "role of the span"),
    ("start", Known::Start, Class::Time, "begin, from the begin of the trace"),
    ("end", Known::End, Class::Time, "end, from the begin of the trace"),
    ("depth", Known::Depth, Class::Number, "distance to the root"),
    ("children", Known::Children, Class::Number, "number of children"),
    ("descendants", Known::Descendants, Class::Number, "number of spans below"),
    ("events", Known::Events, Class::Number, "number of events"),
    ("links", Known::Links, Class::Number, "number of links"),
    ("warnings", Known::Warnings, Class::Number, "number of warnings"),
    ("warning", Known::Warning, Class::Text, "text of a warning"),
    ("event.name", Known::EventName, Class::Text, "name of an event"),
    ("scope.name", Known::ScopeName, Class::Text, "instrumentation"),
    ("scope.version", Known::ScopeVersion, Class::Text, "version of the instrumentation"),
    ("id", Known::Id, Class::Text, "span id"),
    ("parent.id", Known::ParentId, Class::Text, "id of the parent, there or not"),
    ("trace", Known::Trace, Class::Text, "trace id"),
    ("tracestate", Known::TraceState, Class::Text, "W3C tracestate"),
    ("link.trace", Known::LinkTrace, Class::Text, "trace that a link points to"),
    ("link.span", Known::LinkSpan, Class::Text, "span that a link points to"),
];

/// Other names of known fields: Jaeger's, TraceQL's.
const ALIASES: [(&str, Known); 5] = [
    ("name", Known::Operation),
    ("span.kind", Known::Kind),
    ("span.id", Known::Id),
    ("trace.id", Known::Trace),
    ("statusMessage", Known::StatusMessage),
];

/// Whose attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The span's or its resource's.
    Any,
    /// The span's.
    Span,
    /// Its resource's.
    Resource,
    /// The instrumentation's.
    Scope,
    /// An event's.
    Event,
    /// A link's.
    Link,
}

/// Prefixes that say whose attribute is meant.
pub(super) const OWNERS: [(&str, Owner); 5] = [
    ("attribute.", Owner::Span),
    ("resource.", Owner::Resource),
    ("event.", Owner::Event),
    ("scope.", Owner::Scope),
    ("link.", Owner::Link),
];

/// Words that mean something by themselves.
pub(super) const RESERVED: [&str; 7] = ["and", "or", "not", "in", "contains", "&&", "||"];

/// Something of a span that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// What every span has.
    Known(Known),
    /// An attribute.
    Key(Owner, String),
}

impl Field {
    /// The field of that name: a known one, an attribute of the owner that a prefix names, or an attribute of the
    /// span or its resource.
    pub fn parse(name: &str) -> Self {
        let known = KNOWN.iter().map(|(name, known, ..)| (*name, *known)).chain(ALIASES);
        if let Some((_, known)) = known.into_iter().find(|(known, _)| *known == name) {
            return Field::Known(known);
        }
        let owner = OWNERS.iter().find_map(|(prefix, owner)| Some((*owner, name.strip_prefix(prefix)?)));
        match owner.filter(|(_, key)| !key.is_empty()) {
            Some((owner, key)) => Field::Key(owner, key.to_owned()),
            None => Field::Key(Owner::Any, name.to_owned()),
        }
    }

    /// What it can be compared with.
    pub fn class(&self) -> Class {
        match self {
            Field::Known(this) => KNOWN
                .iter()
                .find(|(_, known, ..)| known == this)
                .map_or(Class::Text, |(_, _, class, _)| *class),
            Field::Key(..) => Class::Text,
        }
    }

    /// Whether the outline alone tells it, searchable attributes or not.
    pub fn is_of_outline(&self) -> bool {
        use Known::{
            Critical, CriticalTime, Depth, Descendants, Duration, Kind, Operation, Percentile, SelfTime,
            Service, Slack, Start, Status,
        };
        let Field::Known(known) = self else { return false };
        matches!(
            known,
            Critical
                | CriticalTime
                | Depth
                | Descendants
                | Duration
                | Kind
                | Operation
                | Percentile
                | SelfTime
                | Service
                | Slack
                | Start
                | Status
        )
    }

    /// Whether the name alone is a condition: that it failed, that there are any.
    pub(super) fn is_flag(&self) -> bool {
        use Known::{Children, Critical, Error, Events, Links, Warnings};
        matches!(self, Field::Known(Critical | Error | Events | Links | Warnings | Children))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (owner, key) = match self {
            Field::Known(this) => {
                let found = KNOWN.iter().find(|(_, known, ..)| known == this);
                return f.write_str(found.map_or("", |(name, ..)| name));
            }
            Field::Key(owner, key) => (owner, key),
        };
        let prefix = OWNERS.iter().find(|(_, known)| known == owner).map_or("", |(prefix, _)| prefix);
        let whole = format!("{prefix}{key}");
        if is_word(&whole) && Field::parse(&whole) == *self && !is_reserved(&whole) {
            f.write_str(&whole)
        } else {
            write!(f, "{prefix}{}", quote(key))
        }
    }
}

/// Whether a word cannot stand for itself.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}
