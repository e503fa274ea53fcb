//! From one export request to one blob per trace: walks `ExportTraceServiceRequest` and regroups its spans.
//!
//! Field numbers: opentelemetry-proto `trace/v1/trace.proto`. The spans, resources and scopes are copied as the
//! bytes they came in (also fields that nobody here knows), so what is stored is what was sent. A blob is itself a
//! `TracesData` message of one trace, and two blobs of a trace one after the other are again such a message.

use crate::store::{Part, terms};
use crate::wire::{Field, Walk, WireError, put_length, varint_length};
use rustc_hash::{FxHashMap, FxHashSet};
use spandrel_trace::format::{Malformed, otlp_proto};

/// Name given to a resource without `service.name`, as Jaeger gives it.
pub const MISSING_SERVICE: &str = "missing-service-name";
/// Name given to a resource whose `service.name` is empty, as Jaeger gives it.
pub const EMPTY_SERVICE: &str = "empty-service-name";
/// Name given to a resource whose `service.name` is not text, as Jaeger gives it.
pub const WRONG_SERVICE: &str = "service-name-wrong-type";
/// Name given to a span without one, as Jaeger gives it.
pub const EMPTY_SPAN: &str = "empty-span-name";

struct Head<'a> {
    /// Every field but the repeated members, as they stand.
    raw: Vec<&'a [u8]>,
    length: usize,
    terms: Vec<u64>,
}

struct ResourceHead<'a> {
    head: Head<'a>,
    service: String,
}

struct SpanAt<'a> {
    resource: u32,
    scope: u32,
    bytes: &'a [u8],
    facts: Facts<'a>,
}

/// What the index wants to know of a span.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts<'a> {
    /// Trace id as a number; 0 where there is none.
    pub trace: u128,
    /// Span id as a number; 0 where there is none.
    pub span: u64,
    /// Parent's id as a number; 0 where there is none.
    pub parent: u64,
    /// Name as sent.
    pub name: &'a [u8],
    /// Kind as sent.
    pub kind: u32,
    /// Start, nanoseconds since the Unix epoch.
    pub start: u64,
    /// End, nanoseconds since the Unix epoch.
    pub end: u64,
    /// Status code as sent (2 is an error).
    pub status: u32,
}

/// Walks a span for its facts; `attribute` is told every attribute of the span, its events and its links.
pub fn walk_span<'a>(
    span: &'a [u8],
    mut attribute: impl FnMut(&'a [u8]) -> Result<(), WireError>,
) -> Result<Facts<'a>, WireError> {
    let mut facts = Facts::default();
    let mut walk = Walk::new(span);
    while let Some((number, field)) = walk.next()? {
        match number {
            1 => facts.trace = trace_id(field.bytes(1)?)?,
            2 => facts.span = span_id(field.bytes(2)?, "SpanID")?,
            4 => facts.parent = span_id(field.bytes(4)?, "ParentSpanID")?,
            5 => facts.name = field.bytes(5)?,
            6 => facts.kind = field.number(6)? as u32,
            7 => facts.start = field.number(7)?,
            8 => facts.end = field.number(8)?,
            9 => attribute(field.bytes(9)?)?,
            11 => walk_attributes(field.bytes(11)?, 3, &mut attribute)?,
            13 => walk_attributes(field.bytes(13)?, 4, &mut attribute)?,
            15 => {
                let mut status = Walk::new(field.bytes(15)?);
                while let Some((number, field)) = status.next()? {
                    if number == 3 {
                        facts.status = field.number(3)? as u32;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(facts)
}

fn trace_id(bytes: &[u8]) -> Result<u128, WireError> {
    match <[u8; 16]>::try_from(bytes) {
        Ok(bytes) => Ok(u128::from_be_bytes(bytes)),
        Err(_) if bytes.is_empty() => Ok(0),
        Err(_) => Err(WireError::IdLength("TraceID")),
    }
}

fn span_id(bytes: &[u8], what: &'static str) -> Result<u64, WireError> {
    match <[u8; 8]>::try_from(bytes) {
        Ok(bytes) => Ok(u64::from_be_bytes(bytes)),
        Err(_) if bytes.is_empty() => Ok(0),
        Err(_) => Err(WireError::IdLength(what)),
    }
}

fn walk_attributes<'a>(
    message: &'a [u8],
    member: u32,
    attribute: &mut impl FnMut(&'a [u8]) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        if number == member {
            attribute(field.bytes(number)?)?;
        }
    }
    Ok(())
}

/// The key of a `KeyValue` and the first member of its value.
type KeyAndValue<'a> = (&'a [u8], Option<(u32, Field<'a>)>);

/// Reads a `KeyValue`: its key and the first member of its value (`None` for an empty value).
fn key_and_value(attribute: &[u8]) -> Result<KeyAndValue<'_>, WireError> {
    let mut key: &[u8] = &[];
    let mut value = None;
    let mut walk = Walk::new(attribute);
    while let Some((number, field)) = walk.next()? {
        match number {
            1 => key = field.bytes(1)?,
            2 => {
                let mut inner = Walk::new(field.bytes(2)?);
                while let Some(member) = inner.next()? {
                    value = Some(member);
                }
            }
            _ => {}
        }
    }
    Ok((key, value))
}

fn push_term(terms: &mut Vec<u64>, scratch: &mut String, attribute: &[u8]) -> Result<(), WireError> {
    use std::fmt::Write;
    let (key, value) = key_and_value(attribute)?;
    scratch.clear();
    let text: &[u8] = match value {
        None => b"",
        Some((1, field)) => field.bytes(1)?,
        Some((2, field)) if field.number(2)? != 0 => b"true",
        Some((2, _)) => b"false",
        Some((3, field)) => {
            // Writing to a String cannot fail.
            let _ = write!(scratch, "{}", field.number(3)? as i64);
            scratch.as_bytes()
        }
        Some(_) => terms::UNPRINTED,
    };
    terms.push(terms::term(key, text));
    Ok(())
}

/// The service name that a `Resource` message says, or what stands in for it.
pub fn service_of(resource: &[u8]) -> Result<String, WireError> {
    let mut service = None;
    walk_attributes(resource, 1, &mut |attribute| {
        let (key, value) = key_and_value(attribute)?;
        if key == b"service.name" && service.is_none() {
            service = Some(match value {
                Some((1, Field::Bytes([]))) => EMPTY_SERVICE.to_owned(),
                Some((1, Field::Bytes(name))) => String::from_utf8_lossy(name).into_owned(),
                _ => WRONG_SERVICE.to_owned(),
            });
        }
        Ok(())
    })?;
    Ok(service.unwrap_or_else(|| MISSING_SERVICE.to_owned()))
}

fn unreadable(error: Malformed) -> WireError {
    WireError::Unreadable(error.why)
}

/// Regroups a request by trace, each trace's spans in the order in which they came.
pub fn regroup(request: &[u8]) -> Result<Vec<Part>, WireError> {
    let mut resources = Vec::new();
    let mut scopes = Vec::new();
    let mut spans = Vec::new();
    let mut terms = Vec::new();
    let mut scratch = String::new();
    let mut walk = Walk::new(request);
    while let Some((number, field)) = walk.next()? {
        if number == 1 {
            walk_resource(field.bytes(1)?, &mut resources, &mut scopes, &mut spans, &mut scratch)?;
        }
    }
    let mut of_trace: FxHashMap<u128, u32> = FxHashMap::default();
    let mut order: Vec<(u32, u32)> = Vec::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        let next = of_trace.len() as u32;
        order.push((*of_trace.entry(span.facts.trace).or_insert(next), index as u32));
    }
    order.sort_unstable();
    order
        .chunk_by(|left, right| left.0 == right.0)
        .map(|run| {
            let own: Vec<&SpanAt> = run.iter().map(|(_, index)| &spans[*index as usize]).collect();
            part(&own, &resources, &scopes, &mut terms, &mut scratch)
        })
        .collect()
}

fn walk_resource<'a>(
    message: &'a [u8],
    resources: &mut Vec<ResourceHead<'a>>,
    scopes: &mut Vec<Head<'a>>,
    spans: &mut Vec<SpanAt<'a>>,
    scratch: &mut String,
) -> Result<(), WireError> {
    let resource = resources.len() as u32;
    let mut head = Head { raw: Vec::new(), length: 0, terms: Vec::new() };
    let mut service = None;
    let mut walk = Walk::new(message);
    while let Some((number, field, raw)) = walk.next_raw()? {
        match number {
            // 1000 is where instrumentation_library_spans stood before scopes were called scopes: same layout.
            2 | 1000 => walk_scope(field.bytes(number)?, resource, scopes, spans, scratch)?,
            _ => {
                if number == 1 {
                    let message = field.bytes(1)?;
                    otlp_proto::read_resource(message).map_err(unreadable)?;
                    service = Some(service_of(message)?);
                    walk_attributes(message, 1, &mut |attribute| {
                        push_term(&mut head.terms, scratch, attribute)
                    })?;
                }
                head.length += raw.len();
                head.raw.push(raw);
            }
        }
    }
    let service = service.unwrap_or_else(|| MISSING_SERVICE.to_owned());
    resources.push(ResourceHead { head, service });
    Ok(())
}

fn walk_scope<'a>(
    message: &'a [u8],
    resource: u32,
    scopes: &mut Vec<Head<'a>>,
    spans: &mut Vec<SpanAt<'a>>,
    scratch: &mut String,
) -> Result<(), WireError> {
    let scope = scopes.len() as u32;
    let mut head = Head { raw: Vec::new(), length: 0, terms: Vec::new() };
    let mut walk = Walk::new(message);
    while let Some((number, field, raw)) = walk.next_raw()? {
        if number == 2 {
            let bytes = field.bytes(2)?;
            // What is acknowledged must be readable by every answer: it is read by the reader of answers.
            otlp_proto::check_span(bytes).map_err(unreadable)?;
            spans.push(SpanAt { resource, scope, bytes, facts: walk_span(bytes, |_| Ok(()))? });
            continue;
        }
        if number == 1 {
            otlp_proto::read_scope(field.bytes(1)?).map_err(unreadable)?;
            walk_attributes(field.bytes(1)?, 3, &mut |attribute| {
                push_term(&mut head.terms, scratch, attribute)
            })?;
        }
        head.length += raw.len();
        head.raw.push(raw);
    }
    scopes.push(head);
    Ok(())
}

fn part(
    spans: &[&SpanAt],
    resources: &[ResourceHead],
    scopes: &[Head],
    terms: &mut Vec<u64>,
    scratch: &mut String,
) -> Result<Part, WireError> {
    let mut out = Vec::new();
    terms.clear();
    for of_resource in spans.chunk_by(|left, right| left.resource == right.resource) {
        let resource = &resources[of_resource[0].resource as usize].head;
        terms.extend_from_slice(&resource.terms);
        let scope_length = |run: &[&SpanAt]| {
            scopes[run[0].scope as usize].length
                + run
                    .iter()
                    .map(|span| 1 + varint_length(span.bytes.len() as u64) + span.bytes.len())
                    .sum::<usize>()
        };
        let same_scope = |left: &&SpanAt, right: &&SpanAt| left.scope == right.scope;
        let length: usize = of_resource
            .chunk_by(same_scope)
            .map(scope_length)
            .map(|length| 1 + varint_length(length as u64) + length)
            .sum();
        put_length(&mut out, 1, resource.length + length);
        resource.raw.iter().for_each(|raw| out.extend_from_slice(raw));
        for run in of_resource.chunk_by(same_scope) {
            let scope = &scopes[run[0].scope as usize];
            terms.extend_from_slice(&scope.terms);
            put_length(&mut out, 2, scope_length(run));
            scope.raw.iter().for_each(|raw| out.extend_from_slice(raw));
            for span in run {
                put_length(&mut out, 2, span.bytes.len());
                out.extend_from_slice(span.bytes);
            }
        }
    }
    let mut part = Part::of(spans[0].facts.trace, out);
    let mut seen = FxHashSet::default();
    for span in spans {
        walk_span(span.bytes, |attribute| push_term(terms, scratch, attribute))?;
        let facts = &span.facts;
        if seen.insert((span.resource, facts.name, facts.kind)) {
            let service = &resources[span.resource as usize].service;
            let name = match facts.name {
                [] => EMPTY_SPAN.into(),
                name => String::from_utf8_lossy(name),
            };
            part.add_operation(service, &name, facts.kind);
        }
        part.add_span(facts.start, facts.end, facts.status == 2);
    }
    part.filter = terms::Filter::of(terms);
    Ok(part)
}
