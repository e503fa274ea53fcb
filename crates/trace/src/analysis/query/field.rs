//! Fields of spans that queries can refer to.

use super::token::{is_word, quote};
use std::fmt;

/// Built-in fields.
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
    /// Error status of the span or a descendant, see [`ERRORS`].
    Error,
    /// Duration.
    Duration,
    /// Duration without the time covered by children.
    SelfTime,
    /// Whether the span is on the critical path.
    Critical,
    /// Time on the critical path, without children.
    CriticalTime,
    /// How much longer it could take without delaying the end of the trace.
    Slack,
    /// Percentage of the spans of its service and operation that are faster; absent if there are too few.
    Percentile,
    /// Start, from the trace's start.
    Start,
    /// End, from the trace's start.
    End,
    /// Distance to the root.
    Depth,
    /// Number of children.
    Children,
    /// Number of descendants.
    Descendants,
    /// Span id.
    Id,
    /// The parent id as sent.
    ParentId,
    /// Trace id.
    Trace,
    /// Number of events.
    Events,
    /// Number of links.
    Links,
    /// Number of warnings.
    Warnings,
    /// A warning's text.
    Warning,
    /// Name of the instrumentation scope.
    ScopeName,
    /// Version of the instrumentation scope.
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

/// Type of a field's values, which determines its operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Text, or attribute values of any type.
    Text,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A number.
    Number,
    /// A duration.
    Time,
}

/// Values of `error`.
pub(super) const ERRORS: [&str; 4] = ["true", "false", "own", "below"];
/// Values of `critical`.
pub(super) const ON_PATH: [&str; 2] = ["true", "false"];
const KINDS: [&str; 6] = ["server", "client", "producer", "consumer", "internal", "unspecified"];
const STATUSES: [&str; 3] = ["error", "ok", "unset"];

/// Name, field, type, and description for completion.
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
    ("start", Known::Start, Class::Time, "start, from the start of the trace"),
    ("end", Known::End, Class::Time, "end, from the start of the trace"),
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

/// Aliases of built-in fields: Jaeger's, TraceQL's.
pub(super) const ALIASES: [(&str, Known); 5] = [
    ("name", Known::Operation),
    ("span.kind", Known::Kind),
    ("span.id", Known::Id),
    ("trace.id", Known::Trace),
    ("statusMessage", Known::StatusMessage),
];

/// What an attribute belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The span or its resource.
    Any,
    /// The span.
    Span,
    /// Its resource.
    Resource,
    /// Its instrumentation scope.
    Scope,
    /// An event.
    Event,
    /// A link.
    Link,
}

/// Prefixes of attribute keys.
pub(super) const OWNERS: [(&str, Owner); 5] = [
    ("attribute.", Owner::Span),
    ("resource.", Owner::Resource),
    ("event.", Owner::Event),
    ("scope.", Owner::Scope),
    ("link.", Owner::Link),
];

/// Keywords.
pub(super) const RESERVED: [&str; 7] = ["and", "or", "not", "in", "contains", "&&", "||"];

/// A field of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A built-in field.
    Known(Known),
    /// An attribute.
    Key(Owner, String),
}

impl Field {
    /// The field with a name: a built-in one, an attribute of the prefix's owner, or an attribute of the span or its
    /// resource.
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

    /// Type of its values.
    pub fn class(&self) -> Class {
        match self {
            Field::Known(this) => KNOWN
                .iter()
                .find(|(_, known, ..)| known == this)
                .map_or(Class::Text, |(_, _, class, _)| *class),
            Field::Key(..) => Class::Text,
        }
    }

    /// Whether the outline is sufficient, without searchable attributes.
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

    /// Whether the name alone is a condition, such as `error`.
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

/// Whether a word is a keyword.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}
