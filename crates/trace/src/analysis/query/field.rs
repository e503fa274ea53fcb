//! Fields of spans that queries can refer to.

use super::token::{is_word, quote};
use std::fmt;

/// Built-in fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltinField {
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
    /// Error status of the span or a descendant, see `ERRORS`.
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
pub enum FieldType {
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
pub(super) const KNOWN: [(&str, BuiltinField, FieldType, &str); 30] = [
    ("service", BuiltinField::Service, FieldType::Text, "service name"),
    ("operation", BuiltinField::Operation, FieldType::Text, "operation name"),
    ("duration", BuiltinField::Duration, FieldType::Time, "how long the span took"),
    ("self", BuiltinField::SelfTime, FieldType::Time, "duration without the time spent in children"),
    (
        "critical",
        BuiltinField::Critical,
        FieldType::Choice(&ON_PATH),
        "the critical path spends time in the span itself",
    ),
    (
        "critical_time",
        BuiltinField::CriticalTime,
        FieldType::Time,
        "time on the critical path, without its children",
    ),
    (
        "slack",
        BuiltinField::Slack,
        FieldType::Time,
        "how much longer it could take before the trace takes longer",
    ),
    (
        "percentile",
        BuiltinField::Percentile,
        FieldType::Number,
        "of its service and operation, how many % took less time",
    ),
    ("error", BuiltinField::Error, FieldType::Choice(&ERRORS), "own, or below it"),
    ("status", BuiltinField::Status, FieldType::Choice(&STATUSES), "status code"),
    ("status.message", BuiltinField::StatusMessage, FieldType::Text, "status message"),
    ("kind", BuiltinField::Kind, FieldType::Choice(&KINDS), "role of the span"),
    ("start", BuiltinField::Start, FieldType::Time, "start, from the start of the trace"),
    ("end", BuiltinField::End, FieldType::Time, "end, from the start of the trace"),
    ("depth", BuiltinField::Depth, FieldType::Number, "distance to the root"),
    ("children", BuiltinField::Children, FieldType::Number, "number of children"),
    ("descendants", BuiltinField::Descendants, FieldType::Number, "number of spans below"),
    ("events", BuiltinField::Events, FieldType::Number, "number of events"),
    ("links", BuiltinField::Links, FieldType::Number, "number of links"),
    ("warnings", BuiltinField::Warnings, FieldType::Number, "number of warnings"),
    ("warning", BuiltinField::Warning, FieldType::Text, "text of a warning"),
    ("event.name", BuiltinField::EventName, FieldType::Text, "name of an event"),
    ("scope.name", BuiltinField::ScopeName, FieldType::Text, "instrumentation"),
    ("scope.version", BuiltinField::ScopeVersion, FieldType::Text, "version of the instrumentation"),
    ("id", BuiltinField::Id, FieldType::Text, "span id"),
    ("parent.id", BuiltinField::ParentId, FieldType::Text, "id of the parent, there or not"),
    ("trace", BuiltinField::Trace, FieldType::Text, "trace id"),
    ("tracestate", BuiltinField::TraceState, FieldType::Text, "W3C tracestate"),
    ("link.trace", BuiltinField::LinkTrace, FieldType::Text, "trace that a link points to"),
    ("link.span", BuiltinField::LinkSpan, FieldType::Text, "span that a link points to"),
];

/// Aliases of built-in fields: Jaeger's, TraceQL's.
pub(super) const ALIASES: [(&str, BuiltinField); 5] = [
    ("name", BuiltinField::Operation),
    ("span.kind", BuiltinField::Kind),
    ("span.id", BuiltinField::Id),
    ("trace.id", BuiltinField::Trace),
    ("statusMessage", BuiltinField::StatusMessage),
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
    Builtin(BuiltinField),
    /// An attribute.
    Key(Owner, String),
}

impl Field {
    /// The field with a name: a built-in one, an attribute of the prefix's owner, or an attribute of the span or its
    /// resource.
    pub fn parse(name: &str) -> Self {
        let known = KNOWN.iter().map(|(name, known, ..)| (*name, *known)).chain(ALIASES);
        if let Some((_, known)) = known.into_iter().find(|(known, _)| *known == name) {
            return Field::Builtin(known);
        }
        let owner = OWNERS.iter().find_map(|(prefix, owner)| Some((*owner, name.strip_prefix(prefix)?)));
        match owner.filter(|(_, key)| !key.is_empty()) {
            Some((owner, key)) => Field::Key(owner, key.to_owned()),
            None => Field::Key(Owner::Any, name.to_owned()),
        }
    }

    /// Type of its values.
    pub fn class(&self) -> FieldType {
        match self {
            Field::Builtin(this) => KNOWN
                .iter()
                .find(|(_, known, ..)| known == this)
                .map_or(FieldType::Text, |(_, _, class, _)| *class),
            Field::Key(..) => FieldType::Text,
        }
    }

    /// Whether the outline is sufficient, without searchable attributes.
    pub fn is_of_outline(&self) -> bool {
        use BuiltinField::{
            Critical, CriticalTime, Depth, Descendants, Duration, Kind, Operation, Percentile, SelfTime,
            Service, Slack, Start, Status,
        };
        let Field::Builtin(known) = self else { return false };
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
        use BuiltinField::{Children, Critical, Error, Events, Links, Warnings};
        matches!(self, Field::Builtin(Critical | Error | Events | Links | Warnings | Children))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (owner, key) = match self {
            Field::Builtin(this) => {
                let found = KNOWN.iter().find(|(_, known, ..)| known == this);
                return f.write_str(found.map_or("", |(name, ..)| name));
            }
            Field::Key(owner, key) => (owner, key),
        };
        let prefix = OWNERS.iter().find(|(_, known)| known == owner).map_or("", |(prefix, _)| prefix);
        let whole = format!("{prefix}{key}");
        let is_bare = is_word(&whole) && !is_reserved(&whole) && !whole.starts_with('!');
        if is_bare && Field::parse(&whole) == *self {
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
