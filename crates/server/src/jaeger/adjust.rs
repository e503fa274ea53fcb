//! From stored bytes to what is answered: names that stand in for missing ones, and (unless raw) repaired ends,
//! sorted attributes. The stored bytes stay as they were sent. Clocks are never moved (`docs/adr/0012`).

use crate::facts::{EMPTY_SPAN, WRONG_SERVICE, service_of};
use crate::store::Spans;
use spandrel_trace::format::otlp_proto;
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, Scope, SpanRecord};

/// What is corrected in a span before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// Times and orders as sent.
    Raw,
    /// Orders as sent. An end before the start is corrected: v1 cannot write a negative duration.
    Repaired,
    /// Repaired, and attributes sorted.
    Adjusted,
}

struct Last {
    resource_bytes: Vec<u8>,
    scope_bytes: Vec<u8>,
    resource: Resource,
    scope: Scope,
}

/// Hands over each span of a trace with its resource and scope. A span that cannot be read is left out, one whose
/// resource or scope cannot be read is answered without those; both are counted (see [`Spans::left_out`]).
pub fn for_each_span(
    stored: &dyn Spans,
    answering: Adjustment,
    mut each: impl FnMut(&Resource, &Scope, &SpanRecord),
) {
    let mut last: Option<Last> = None;
    stored.each_span(&mut |parts| {
        let same = last.as_ref().is_some_and(|last| {
            last.resource_bytes == parts.resource
                && last.scope_bytes == parts.scope
                && last.resource.schema_url == parts.resource_schema
                && last.scope.schema_url == parts.scope_schema
        });
        if !same {
            let mut resource = otlp_proto::read_resource(parts.resource).unwrap_or_else(|error| {
                stored.left_out(&error);
                Resource::default()
            });
            let mut scope = otlp_proto::read_scope(parts.scope).unwrap_or_else(|error| {
                stored.left_out(&error);
                Scope::default()
            });
            resource.schema_url = parts.resource_schema.to_owned();
            scope.schema_url = parts.scope_schema.to_owned();
            name_service(&mut resource, parts.resource, answering);
            if answering == Adjustment::Adjusted {
                sort(&mut resource.attributes);
                sort(&mut scope.attributes);
            }
            last = Some(Last {
                resource_bytes: parts.resource.to_vec(),
                scope_bytes: parts.scope.to_vec(),
                resource,
                scope,
            });
        }
        let Some(last) = &last else { return };
        let mut span = match otlp_proto::read_span(parts.span) {
            Ok(span) => span,
            Err(error) => return stored.left_out(&error),
        };
        if span.name.is_empty() {
            span.name = EMPTY_SPAN.to_owned();
        }
        if answering != Adjustment::Raw {
            repair(&mut span);
        }
        if answering == Adjustment::Adjusted {
            sort_all(&mut span);
        }
        each(&last.resource, &last.scope, &span);
    });
}

/// Gives the resource the name under which it is found.
fn name_service(resource: &mut Resource, bytes: &[u8], answering: Adjustment) {
    let service = service_of(bytes).unwrap_or_default();
    if answering == Adjustment::Raw && service == WRONG_SERVICE {
        // A name that is not text stays what it is.
        resource.service = service;
        return;
    }
    let value = AttributeValue::String(service.clone());
    match resource.attributes.iter_mut().find(|attribute| attribute.key == "service.name") {
        Some(attribute) => attribute.value = value,
        None => resource.attributes.push(Attribute { key: "service.name".to_owned(), value }),
    }
    resource.service = service;
}

fn sort(attributes: &mut [Attribute]) {
    attributes.sort_by(|left, right| left.key.cmp(&right.key));
}

fn sort_all(span: &mut SpanRecord) {
    sort(&mut span.attributes);
    span.events.iter_mut().for_each(|event| sort(&mut event.attributes));
    span.links.iter_mut().for_each(|link| sort(&mut link.attributes));
}

fn repair(span: &mut SpanRecord) {
    if span.end_unix <= span.start_unix {
        let end = span.start_unix.saturating_add(1);
        span.warnings.push(format!(
            "Negative duration detected, sanitizing end timestamp. Original end timestamp: {}, adjusted to: {}",
            go_time(span.end_unix),
            go_time(end)
        ));
        span.end_unix = end;
    }
}

/// A time as Go prints it: `2026-11-21 09:10:31.08 +0000 UTC`.
fn go_time(unix: u64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(unix)) {
        Ok(time) => {
            let text = time.to_string();
            format!("{} +0000 UTC", text.trim_end_matches('Z').replace('T', " "))
        }
        Err(_) => format!("{unix} ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_go_prints_them() {
        assert_eq!(go_time(1_795_252_231_080_000_000), "2026-11-21 09:10:31.08 +0000 UTC");
        assert_eq!(go_time(1_000_000_000), "1970-01-01 00:00:01 +0000 UTC");
    }
}
