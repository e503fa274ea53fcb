//! Whether a span satisfies a filter.

use super::value::SpanValue;
use super::{Call, Comparison, Field, Level, SpanFilter, Term};
use crate::facts::{EMPTY_SPAN, service_name};
use crate::store::{Criteria, SpanTest, duration};
use spandrel_trace::format::{SpanParts, otlp_proto};
use spandrel_trace::model::record::{Attribute, Event, Link, Resource, Scope, SpanRecord};

/// A span and what it hangs below, read.
struct Subject<'p> {
    parts: &'p SpanParts<'p>,
    span: SpanRecord,
    resource: Resource,
    scope: Scope,
    trace: String,
    id: String,
    parent: String,
}

/// The event or link that a `some` looks at.
#[derive(Clone, Copy)]
enum Nested<'s> {
    None,
    Event(&'s Event),
    Link(&'s Link),
}

impl SpanTest for SpanFilter {
    fn accepts_all(&self) -> bool {
        false
    }

    fn constrain(&self, criteria: &mut Criteria) {
        SpanFilter::constrain(self, criteria);
    }

    fn tester(&self) -> Box<dyn FnMut(&SpanParts) -> bool + '_> {
        Box::new(|parts| self.matches(parts))
    }
}

impl SpanFilter {
    /// Whether the span satisfies the filter; one that cannot be read does not.
    pub fn matches(&self, parts: &SpanParts) -> bool {
        let (Ok(mut span), Ok(resource), Ok(scope)) = (
            otlp_proto::read_span(parts.span),
            otlp_proto::read_resource(parts.resource),
            otlp_proto::read_scope(parts.scope),
        ) else {
            return false;
        };
        if span.name.is_empty() {
            span.name = EMPTY_SPAN.to_owned();
        }
        let parent =
            if span.parent_span_id.is_none() { String::new() } else { span.parent_span_id.to_string() };
        let (trace, id) = (span.trace_id.to_string(), span.span_id.to_string());
        holds(&self.root, &Subject { parts, span, resource, scope, trace, id, parent }, Nested::None)
    }
}

fn holds(call: &Call, subject: &Subject, nested: Nested) -> bool {
    match call {
        Call::And(calls) => calls.iter().all(|call| holds(call, subject, nested)),
        Call::Or(calls) => calls.iter().any(|call| holds(call, subject, nested)),
        Call::Not(call) => !holds(call, subject, nested),
        Call::Exists(term) => any(term, subject, nested, &mut |_| true),
        Call::Regex(term, regex) => {
            any(term, subject, nested, &mut |value| value.with_text(|text| regex.is_match(text)))
        }
        Call::In(term, scalars) => {
            any(term, subject, nested, &mut |value| scalars.iter().any(|scalar| value.equals(scalar)))
        }
        Call::Compare(Comparison::Equal, term, scalar) => {
            any(term, subject, nested, &mut |value| value.equals(scalar))
        }
        Call::Compare(comparison, term, scalar) => any(term, subject, nested, &mut |value| {
            value.order(scalar).is_some_and(|order| match comparison {
                Comparison::Equal => order.is_eq(),
                Comparison::Greater => order.is_gt(),
                Comparison::Less => order.is_lt(),
                Comparison::GreaterOrEqual => order.is_ge(),
                Comparison::LessOrEqual => order.is_le(),
            })
        }),
        Call::Some(Level::Event, call) => {
            subject.span.events.iter().any(|event| holds(call, subject, Nested::Event(event)))
        }
        Call::Some(_, call) => subject.span.links.iter().any(|link| holds(call, subject, Nested::Link(link))),
    }
}

/// Whether one of the term's values is accepted.
fn any(term: &Term, subject: &Subject, nested: Nested, accept: &mut dyn FnMut(SpanValue) -> bool) -> bool {
    match term {
        Term::Attribute(key, level) => attribute(key, *level, subject, nested, accept),
        Term::Field(level, field) => match level {
            Level::Span => of_span(*field, subject, accept),
            Level::Resource => match field {
                Field::Service => {
                    service_name(subject.parts.resource).is_ok_and(|name| accept(SpanValue::Text(&name)))
                }
                _ => text(subject.parts.resource_schema, accept),
            },
            Level::Scope => text(
                match field {
                    Field::Name => &subject.scope.name,
                    Field::Version => &subject.scope.version,
                    _ => subject.parts.scope_schema,
                },
                accept,
            ),
            Level::Event => events(subject, nested).any(|event| match field {
                Field::Time => accept(SpanValue::Time(event.time_unix)),
                Field::TimeSinceStart => {
                    accept(SpanValue::Duration(event.time_unix.saturating_sub(subject.span.start_unix)))
                }
                _ => text(&event.name, accept),
            }),
            Level::Link => links(subject, nested).any(|link| match field {
                Field::TraceId => text(&link.trace_id.to_string(), accept),
                Field::SpanId => text(&link.span_id.to_string(), accept),
                _ => text(&link.trace_state, accept),
            }),
        },
    }
}

fn of_span(field: Field, subject: &Subject, accept: &mut dyn FnMut(SpanValue) -> bool) -> bool {
    let span = &subject.span;
    match field {
        Field::TraceId => text(&subject.trace, accept),
        Field::SpanId => text(&subject.id, accept),
        Field::ParentSpanId => text(&subject.parent, accept),
        Field::TraceState => text(&span.trace_state, accept),
        Field::Name => text(&span.name, accept),
        Field::Kind => accept(SpanValue::Name(span.kind.name_or_unspecified())),
        Field::StartTime => accept(SpanValue::Time(span.start_unix)),
        Field::EndTime => accept(SpanValue::Time(span.end_unix)),
        Field::Status => accept(SpanValue::Name(span.status.name())),
        Field::StatusMessage => text(&span.status_message, accept),
        Field::Duration => accept(SpanValue::Duration(duration(span.start_unix, span.end_unix))),
        _ => false,
    }
}

/// An empty text is none.
fn text(text: &str, accept: &mut dyn FnMut(SpanValue) -> bool) -> bool {
    !text.is_empty() && accept(SpanValue::Text(text))
}

fn attribute(
    key: &str,
    level: Option<Level>,
    subject: &Subject,
    nested: Nested,
    accept: &mut dyn FnMut(SpanValue) -> bool,
) -> bool {
    let mut among = |attributes: &[Attribute]| {
        let named = attributes.iter().filter(|attribute| attribute.key == key);
        named.into_iter().any(|attribute| accept(SpanValue::Attribute(&attribute.value)))
    };
    // Without a level, within `some`: of that event or link.
    let is_at = |wanted: Level| match (level, nested) {
        (Some(level), _) => level == wanted,
        (None, Nested::None) => true,
        (None, Nested::Event(_)) => wanted == Level::Event,
        (None, Nested::Link(_)) => wanted == Level::Link,
    };
    (is_at(Level::Span) && among(&subject.span.attributes))
        || (is_at(Level::Resource) && among(&subject.resource.attributes))
        || (is_at(Level::Scope) && among(&subject.scope.attributes))
        || (is_at(Level::Event) && events(subject, nested).any(|event| among(&event.attributes)))
        || (is_at(Level::Link) && links(subject, nested).any(|link| among(&link.attributes)))
}

/// The event that is looked at, or all.
fn events<'s>(subject: &'s Subject, nested: Nested<'s>) -> impl Iterator<Item = &'s Event> {
    let (one, all): (Option<&Event>, &[Event]) = match nested {
        Nested::Event(event) => (Some(event), &[]),
        _ => (None, &subject.span.events),
    };
    one.into_iter().chain(all)
}

/// The link that is looked at, or all.
fn links<'s>(subject: &'s Subject, nested: Nested<'s>) -> impl Iterator<Item = &'s Link> {
    let (one, all): (Option<&Link>, &[Link]) = match nested {
        Nested::Link(link) => (Some(link), &[]),
        _ => (None, &subject.span.links),
    };
    one.into_iter().chain(all)
}
