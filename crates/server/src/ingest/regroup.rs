//! From one export request to one blob per trace: walks `ExportTraceServiceRequest` and regroups its spans.
//!
//! Field numbers: opentelemetry-proto `trace/v1/trace.proto`. The spans, resources and scopes are copied as the
//! bytes they came in (also fields that nobody here knows), so what is stored is what was sent. A blob is itself a
//! `TracesData` message of one trace, and two blobs of a trace one after the other are again such a message.
//!
//! All that grows with the request is taken from its [`Room`] before it is allocated.

use super::Refusal;
use super::room::{Memory, Room};
use crate::facts::{EMPTY_SPAN, Facts, MISSING_SERVICE, service_name, term_of, walk_attributes, walk_span};
use crate::store::{CallSpan, Calls, MOST_CALL_SPANS as MOST_SPANS, OperationKey, Part};
use crate::terms::{Filter, printed};
use crate::wire::{Walk, WireError, put_length, varint_length};
use spandrel_trace::format::{Malformed, otlp_proto};
use spandrel_trace::units::{SeededMap, SeededSet};
use std::borrow::Cow;
use std::ops::Range;

/// Estimated bytes of one entry of a hash table beyond its key and value, half-empty tables included.
const TABLE_ENTRY: usize = 48;

/// The fields of a `ResourceSpans` or `ScopeSpans` message without its repeated members.
#[derive(Clone)]
struct Head {
    /// Which of the pieces are its fields, as they stand.
    pieces: Range<usize>,
    /// Bytes of the pieces.
    length: usize,
    /// Which of the terms are those of its attributes.
    terms: Range<usize>,
}

struct Resource<'a> {
    head: Head,
    service: Cow<'a, str>,
}

struct Scope {
    head: Head,
    resource: u32,
}

struct SpanAt<'a> {
    /// Number of its trace, in the order in which traces were met.
    trace: u32,
    scope: u32,
    bytes: &'a [u8],
}

/// What a walk through a request found.
struct Walked<'a, 'r> {
    room: &'r mut Room,
    pieces: Vec<&'a [u8]>,
    terms: Vec<u64>,
    resources: Vec<Resource<'a>>,
    scopes: Vec<Scope>,
    spans: Vec<SpanAt<'a>>,
    /// Numbers of traces by id. Senders choose trace ids, so the hash is seeded.
    traces: SeededMap<u128, u32>,
    /// Ids of traces by number.
    ids: Vec<u128>,
    last_trace: Option<(u128, u32)>,
    scratch: String,
}

fn unreadable(error: Malformed) -> WireError {
    WireError::Unreadable(error.why)
}

/// Regroups a request by trace, each trace's spans in the order in which they came.
pub fn regroup(request: &[u8], room: &mut Room) -> Result<Vec<Part>, Refusal> {
    let mut walked = Walked {
        room,
        pieces: Vec::new(),
        terms: Vec::new(),
        resources: Vec::new(),
        scopes: Vec::new(),
        spans: Vec::new(),
        traces: SeededMap::default(),
        ids: Vec::new(),
        last_trace: None,
        scratch: String::new(),
    };
    let mut walk = Walk::new(request);
    while let Some((number, field)) = walk.next()? {
        if number == 1 {
            walked.resource(field.bytes(1)?)?;
        }
    }
    let mut spans = std::mem::take(&mut walked.spans);
    // Spans lie in memory in the order in which they came.
    spans.sort_unstable_by_key(|span| (span.trace, span.bytes.as_ptr()));
    let mut builder = Builder { walked, terms: Vec::new(), calls: Vec::new(), plain: 0 };
    let mut parts = Vec::new();
    for of_trace in spans.chunk_by(|left, right| left.trace == right.trace) {
        let part = builder.part(of_trace)?;
        builder.walked.room.push(&mut parts, part)?;
    }
    Ok(parts)
}

/// Bytes of memory for building a part from stored spans.
const REBUILD_BYTES: usize = 1 << 30;

/// Makes one part of the stored spans of one trace, several parts one after the other; `None` where they cannot be read
/// or are of several traces.
pub fn rebuild(spans: &[u8]) -> Option<Part> {
    let mut parts = regroup(spans, &mut Memory::new(REBUILD_BYTES).room()).ok()?;
    let part = parts.pop()?;
    parts.is_empty().then_some(part)
}

impl<'a> Walked<'a, '_> {
    fn resource(&mut self, message: &'a [u8]) -> Result<(), Refusal> {
        let spans = self.spans.len();
        let (pieces, terms) = (self.pieces.len(), self.terms.len());
        let mut service = None;
        // 1000 is where instrumentation_library_spans stood before scopes were called scopes: same layout.
        let head = self.head(message, &[2, 1000], |walked, resource| {
            otlp_proto::read_resource(resource).map_err(unreadable)?;
            service = Some(service_name(resource)?);
            walked.attributes(resource, 1)
        })?;
        let service = service.unwrap_or(Cow::Borrowed(MISSING_SERVICE));
        if let Cow::Owned(name) = &service {
            self.room.take(name.capacity())?;
        }
        let resource = self.resources.len() as u32;
        self.room.push(&mut self.resources, Resource { head, service })?;
        let mut walk = Walk::new(message);
        while let Some((number, field)) = walk.next()? {
            if matches!(number, 2 | 1000) {
                self.scope(field.bytes(number)?, resource)?;
            }
        }
        if self.spans.len() == spans {
            self.resources.pop();
            self.pieces.truncate(pieces);
            self.terms.truncate(terms);
        }
        Ok(())
    }

    fn scope(&mut self, message: &'a [u8], resource: u32) -> Result<(), Refusal> {
        let spans = self.spans.len();
        let (pieces, terms) = (self.pieces.len(), self.terms.len());
        let head = self.head(message, &[2], |walked, scope| {
            otlp_proto::read_scope(scope).map_err(unreadable)?;
            let mut members = Walk::new(scope);
            while let Some((number, field)) = members.next()? {
                let key = match number {
                    1 => printed::SCOPE_NAME,
                    2 => printed::SCOPE_VERSION,
                    _ => continue,
                };
                let term = printed::term_of_text(key, field.bytes(number)?);
                walked.room.push(&mut walked.terms, term)?;
            }
            walked.attributes(scope, 3)
        })?;
        let scope = self.scopes.len() as u32;
        self.room.push(&mut self.scopes, Scope { head, resource })?;
        let mut walk = Walk::new(message);
        while let Some((number, field)) = walk.next()? {
            if number == 2 {
                self.span(field.bytes(2)?, scope)?;
            }
        }
        if self.spans.len() == spans {
            self.scopes.pop();
            self.pieces.truncate(pieces);
            self.terms.truncate(terms);
        }
        Ok(())
    }

    /// Collects the fields of a message that are not its `members`; `first` gets the content of field 1.
    fn head(
        &mut self,
        message: &'a [u8],
        members: &[u32],
        mut first: impl FnMut(&mut Self, &'a [u8]) -> Result<(), Refusal>,
    ) -> Result<Head, Refusal> {
        let (pieces, terms) = (self.pieces.len(), self.terms.len());
        let mut length = 0;
        let mut walk = Walk::new(message);
        while let Some((number, field, raw)) = walk.next_raw()? {
            if members.contains(&number) {
                continue;
            }
            if number == 1 {
                first(self, field.bytes(1)?)?;
            }
            length += raw.len();
            self.room.push(&mut self.pieces, raw)?;
        }
        Ok(Head { pieces: pieces..self.pieces.len(), length, terms: terms..self.terms.len() })
    }

    /// Collects the terms of the attributes that are field `member` of a message.
    fn attributes(&mut self, message: &'a [u8], member: u32) -> Result<(), Refusal> {
        walk_attributes(message, member, &mut |attribute| {
            let term = term_of(attribute, &mut self.scratch)?;
            self.room.push(&mut self.terms, term)
        })
    }

    fn span(&mut self, bytes: &'a [u8], scope: u32) -> Result<(), Refusal> {
        // What is acknowledged must be readable by every answer: it is read by the reader of answers.
        let id = otlp_proto::check_span(bytes).map_err(unreadable)?.0;
        let trace = match self.last_trace {
            Some((last, trace)) if last == id => trace,
            _ => self.trace(id)?,
        };
        self.last_trace = Some((id, trace));
        self.room.push(&mut self.spans, SpanAt { trace, scope, bytes })
    }

    fn trace(&mut self, id: u128) -> Result<u32, Refusal> {
        if let Some(trace) = self.traces.get(&id) {
            return Ok(*trace);
        }
        self.room.take(size_of::<(u128, u32)>() + TABLE_ENTRY)?;
        let trace = self.traces.len() as u32;
        self.traces.insert(id, trace);
        self.room.push(&mut self.ids, id)?;
        Ok(trace)
    }
}

struct Builder<'a, 'r> {
    walked: Walked<'a, 'r>,
    /// Terms of the part that is being built.
    terms: Vec<u64>,
    /// Its spans as far as calls are concerned.
    calls: Vec<CallSpan>,
    /// Bytes of all blobs so far before they were packed: heads are copied into the blob of every trace.
    plain: usize,
}

impl<'a> Builder<'a, '_> {
    fn part(&mut self, spans: &[SpanAt<'a>]) -> Result<Part, Refusal> {
        let Builder { walked, terms, calls, plain } = self;
        let Walked { room, pieces, terms: of_heads, resources, scopes, ids, scratch, .. } = walked;
        let resource_of = |span: &SpanAt| scopes[span.scope as usize].resource;
        let same_resource = |left: &SpanAt, right: &SpanAt| resource_of(left) == resource_of(right);
        let same_scope = |left: &SpanAt, right: &SpanAt| left.scope == right.scope;
        let scope_length = |run: &[SpanAt]| {
            let spans = run.iter().map(|span| framed(span.bytes.len()));
            scopes[run[0].scope as usize].head.length + spans.sum::<usize>()
        };
        let resource_length = |run: &[SpanAt]| {
            let scopes = run.chunk_by(same_scope).map(|run| framed(scope_length(run)));
            resources[resource_of(&run[0]) as usize].head.length + scopes.sum::<usize>()
        };
        let length: usize = spans.chunk_by(same_resource).map(|run| framed(resource_length(run))).sum();
        *plain = plain.saturating_add(length);
        if *plain > room.most() {
            return Err(Refusal::TooMuch(room.most()));
        }
        // The blob, and what packing needs: see `lz4_flex::block::get_maximum_output_size`.
        let needed = length + length + length / 8 + (16 << 10);
        room.take(needed)?;
        let mut out = Vec::with_capacity(length);
        terms.clear();
        for of_resource in spans.chunk_by(same_resource) {
            let resource = &resources[resource_of(&of_resource[0]) as usize].head;
            put_length(&mut out, 1, resource_length(of_resource));
            put_head(&mut out, resource, pieces);
            add_terms(terms, &of_heads[resource.terms.clone()], room)?;
            for run in of_resource.chunk_by(same_scope) {
                let scope = &scopes[run[0].scope as usize].head;
                put_length(&mut out, 2, scope_length(run));
                put_head(&mut out, scope, pieces);
                add_terms(terms, &of_heads[scope.terms.clone()], room)?;
                for span in run {
                    put_length(&mut out, 2, span.bytes.len());
                    out.extend_from_slice(span.bytes);
                }
            }
        }
        let mut part = Part::of(ids[spans[0].trace as usize], out);
        room.give(needed);
        room.take(part.spans.capacity())?;
        // Senders choose names, so the hash is seeded.
        let (mut seen, mut events) = (SeededSet::default(), Vec::new());
        let mut services = PartServices::default();
        calls.clear();
        for span in spans {
            events.clear();
            let attribute = |attribute| {
                let term = term_of(attribute, scratch)?;
                room.push(terms, term)
            };
            let facts = walk_span(span.bytes, attribute, |name| events.push(name))?;
            add_printed(&facts, &mut events, terms, room)?;
            let resource = resource_of(span);
            let is_new = services.find(resource, &resources[resource as usize].service);
            if is_new {
                room.take(PartServices::EACH)?;
                // The operation that is added next.
                services.operations.push(part.operations.len() as u32);
            }
            if seen.insert((resource, facts.name, facts.kind)) {
                let service = &*resources[resource as usize].service;
                let name = match facts.name {
                    [] => EMPTY_SPAN.into(),
                    name => String::from_utf8_lossy(name),
                };
                room.take(2 * size_of::<OperationKey>() + service.len() + name.len() + TABLE_ENTRY)?;
                part.add_operation(service, &name, facts.kind);
            }
            part.add_span(facts.start, facts.end, facts.status == 2);
            if spans.len() <= MOST_SPANS {
                let (id, parent, kind, failed) = (facts.span, facts.parent, facts.kind, facts.status == 2);
                room.push(calls, CallSpan { id, parent, service: services.last, kind, failed })?;
            }
        }
        if spans.len() <= MOST_SPANS {
            // While it is counted ids are copied and sorted.
            let counting = 4 * size_of_val(calls.as_slice());
            room.take(counting)?;
            let counted = Calls::of(calls, &services.operations).map(Box::new);
            room.give(counting);
            room.take(counted.as_ref().map_or(0, |calls| calls.memory()))?;
            part.calls = counted;
        }
        room.give(services.operations.len() * PartServices::EACH);
        part.filter = Filter::of(terms);
        room.take(part.filter.as_bytes().len())?;
        Ok(part)
    }
}

/// Adds terms for what answers print of a span beside its attributes (see [`printed`]).
fn add_printed<'a>(
    facts: &Facts<'a>,
    events: &mut Vec<&'a [u8]>,
    terms: &mut Vec<u64>,
    room: &mut Room,
) -> Result<(), Refusal> {
    if facts.status == 1 {
        room.push(terms, printed::term_of_text(printed::STATUS_CODE, b"OK"))?;
    }
    let texts =
        [(printed::STATUS_DESCRIPTION, facts.status_message), (printed::TRACE_STATE, facts.trace_state)];
    for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        room.push(terms, printed::term_of_text(key, text))?;
    }
    for name in events.drain(..) {
        room.push(terms, printed::term_of_text(printed::EVENT, name))?;
    }
    Ok(())
}

/// The services of the part that is being built.
#[derive(Default)]
struct PartServices<'a> {
    numbers: SeededMap<&'a str, u32>,
    /// One operation of each.
    operations: Vec<u32>,
    resource: Option<u32>,
    /// The service that was last found.
    last: u32,
}

impl<'a> PartServices<'a> {
    /// Bytes that each takes.
    const EACH: usize = size_of::<(&str, u32)>() + size_of::<u32>() + TABLE_ENTRY;

    /// Finds the service of a resource; `true` where it is new.
    fn find(&mut self, resource: u32, service: &'a str) -> bool {
        if self.resource == Some(resource) {
            return false;
        }
        self.resource = Some(resource);
        let next = self.numbers.len() as u32;
        self.last = *self.numbers.entry(service).or_insert(next);
        self.last == next
    }
}

/// Bytes of a length-delimited field, with its tag of one byte.
fn framed(length: usize) -> usize {
    1 + varint_length(length as u64) + length
}

fn put_head(out: &mut Vec<u8>, head: &Head, pieces: &[&[u8]]) {
    pieces[head.pieces.clone()].iter().for_each(|piece| out.extend_from_slice(piece));
}

fn add_terms(terms: &mut Vec<u64>, more: &[u64], room: &mut Room) -> Result<(), Refusal> {
    more.iter().try_for_each(|term| room.push(terms, *term))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::put_bytes;

    fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put_bytes(&mut out, number, bytes);
        out
    }

    /// A request of one resource with these fields and one scope with these spans.
    fn request(resource: &[u8], spans: &[Vec<u8>]) -> Vec<u8> {
        let spans: Vec<u8> = spans.iter().flat_map(|span| field(2, span)).collect();
        field(1, &[field(1, resource), field(2, &spans)].concat())
    }

    fn of_trace(trace: u128) -> Vec<u8> {
        field(1, &trace.to_be_bytes())
    }

    #[test]
    fn what_is_built_of_a_request_is_bounded_by_the_memory_there_is() {
        let many = 100_000;
        let hostile: Vec<(&str, Vec<u8>)> = vec![
            ("spans of two bytes", request(b"", &vec![Vec::new(); many])),
            ("traces of one span", request(b"", &(0..many as u128).map(of_trace).collect::<Vec<_>>())),
            ("resources of one span", [0x0a, 4, 0x12, 2, 0x12, 0].repeat(many)),
            ("scopes of one span", field(1, &[0x12, 2, 0x12, 0].repeat(many))),
            (
                "fields that nobody knows",
                field(1, &[[0x78, 1].repeat(many), vec![0x12, 2, 0x12, 0]].concat()),
            ),
            ("attributes of two bytes", request(&[0x0a, 0].repeat(many), &[Vec::new()])),
            ("attributes of a span", request(b"", &[[0x4a, 0].repeat(many)])),
            ("operations", {
                let names = (0..many).map(|name| field(5, format!("{name:x}").as_bytes()));
                request(b"", &names.collect::<Vec<_>>())
            }),
        ];
        for (what, request) in hostile {
            let memory = Memory::new(1 << 20);
            let refused = regroup(&request, &mut memory.room()).err();
            assert!(
                matches!(refused, Some(Refusal::TooMuch(_))),
                "{what} ({} bytes): {refused:?}",
                request.len()
            );
            assert_eq!(memory.held(), 0, "{what}");
            let memory = Memory::new(64 << 20);
            assert!(regroup(&request, &mut memory.room()).is_ok(), "{what} fit into 64 MiB");
        }
    }

    #[test]
    fn a_big_resource_is_not_copied_into_more_traces_than_there_is_memory_for() {
        // Zeros pack well, so it is their copying and not what remains of them that must be bounded.
        let traces: Vec<Vec<u8>> = (0..1000).map(of_trace).collect();
        let request = request(&field(15, &vec![0; 1 << 20]), &traces);
        let refused = regroup(&request, &mut Memory::new(64 << 20).room()).err();
        assert!(matches!(refused, Some(Refusal::TooMuch(_))), "{refused:?}");
    }

    #[test]
    fn messages_without_spans_take_no_memory() {
        let request = [[0x0a, 0].repeat(1_000_000), field(1, &[0x12, 0].repeat(1_000_000))].concat();
        let memory = Memory::new(1 << 20);
        let mut room = memory.room();
        assert_eq!(regroup(&request, &mut room).unwrap(), []);
        assert!(memory.held() < 100 << 10, "{}", memory.held());
    }

    #[test]
    fn spans_of_a_trace_stay_in_the_order_in_which_they_came() {
        let span = |trace: u128, name: &str| [of_trace(trace), field(5, name.as_bytes())].concat();
        let spans = [span(7, "a"), span(8, "b"), span(7, "c"), span(8, "d"), span(7, "e")];
        let parts = regroup(&request(b"", &spans), &mut Memory::new(1 << 20).room()).unwrap();
        let read = |part: &Part| {
            let blob = crate::store::compress::unpack(part.plain, part.spans.clone()).unwrap();
            let mut names = String::new();
            otlp_proto::split(&blob, |parts| names += &otlp_proto::read_span(parts.span).unwrap().name)
                .unwrap();
            (part.trace, names, part.operations.len())
        };
        let found: Vec<_> = parts.iter().map(read).collect();
        assert_eq!(found, [(7, "ace".to_owned(), 3), (8, "bd".to_owned(), 2)]);
    }
}
