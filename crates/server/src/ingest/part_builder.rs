//! Builds a part from the spans of one trace in a request: their blob, and the fields that the index stores.

use super::Refusal;
use super::memory::MemoryReservation;
use super::walked::{Head, ParsedRequest, Resource, SpanRef, TABLE_ENTRY, unreadable};
use crate::facts::{EMPTY_SPAN, Facts, plain_key_and_value, term_of, term_of_pair, walk_span};
use crate::store::{CallSpan, Calls, MOST_CALL_SPANS as MOST_SPANS, OperationKey, Part};
use crate::terms::{Filter, printed};
use crate::wire::{put_length, varint_length};
use spandrel_trace::format::otlp_proto;
use spandrel_trace::units::SeededMap;
use std::sync::Arc;

/// Bytes of memory for blobs that are kept from one part to the next.
const KEPT_BYTES: usize = 64 << 10;
/// Bytes of a span at most that is read in one walk.
const PLAIN_BYTES: usize = 1 << 20;

/// Makes the parts of a request, one after the other.
pub struct Builder<'a, 'r> {
    walked: ParsedRequest<'a, 'r>,
    /// Whether other parts of its traces exist or are likely.
    has_more: bool,
    /// Terms of the part that is being built.
    terms: Vec<u64>,
    /// Its spans as far as calls are concerned.
    calls: Vec<CallSpan>,
    operations: Operations<'a>,
    services: Services,
    /// Number of the part that is being built, from 1 on.
    number: u32,
    /// Its blob, and the blob packed.
    blob: Vec<u8>,
    packed: Vec<u8>,
    /// Bytes of memory that are taken for these.
    held: usize,
    /// Bytes of all blobs so far before they were packed: heads are copied into the blob of every trace.
    plain: usize,
}

/// The operations of a request: parts share them.
#[derive(Default)]
struct Operations<'a> {
    /// Places in the list by resource, name and kind. Senders choose names, so the hash is seeded.
    places: SeededMap<(u32, &'a [u8], u32), u32>,
    /// Each with the number of the part that had it last.
    list: Vec<(Arc<OperationKey>, u32)>,
}

/// The services of a request.
#[derive(Default)]
struct Services {
    /// Number of the service of each resource.
    of_resources: Vec<u32>,
    /// By number: the part that had it last, and its number among that part's services.
    in_part: Vec<(u32, u32)>,
    /// One operation of each of the services of the part that is being built.
    operations: Vec<u32>,
}

impl<'a, 'r> Builder<'a, 'r> {
    /// For what was found in a request. `has_more` says that other parts of its traces exist or are likely.
    pub fn new(walked: ParsedRequest<'a, 'r>, has_more: bool) -> Result<Self, Refusal> {
        let services = Services::of(&walked.resources, walked.reserved)?;
        Ok(Builder {
            walked,
            has_more,
            terms: Vec::new(),
            calls: Vec::new(),
            operations: Operations::default(),
            services,
            number: 0,
            blob: Vec::new(),
            packed: Vec::new(),
            held: 0,
            plain: 0,
        })
    }

    /// The account of the request's memory.
    pub fn reservation(&mut self) -> &mut MemoryReservation {
        self.walked.reserved
    }

    /// Makes a part of spans of one trace.
    pub fn part(&mut self, spans: &[SpanRef<'a>]) -> Result<Part, Refusal> {
        self.number += 1;
        self.terms.clear();
        self.write_blob(spans)?;
        let Builder { walked, terms, calls, operations, services, number, .. } = self;
        let mut part = Part::packed(walked.ids[spans[0].trace as usize], &self.blob, &mut self.packed);
        if self.held > KEPT_BYTES {
            (self.blob, self.packed) = (Vec::new(), Vec::new());
            walked.reserved.release(std::mem::take(&mut self.held));
        }
        let ParsedRequest { reserved, resources, scopes, .. } = walked;
        reserved.take(part.spans.capacity())?;
        let mut events = Vec::new();
        calls.clear();
        services.operations.clear();
        for span in spans {
            let facts = read_span(span.bytes, terms, &mut events, reserved)?;
            let resource = scopes[span.scope as usize].resource;
            let service = services.find(resource, *number, part.operations.len() as u32, reserved)?;
            operations.add(&facts, resource, &resources[resource as usize], *number, &mut part, reserved)?;
            let failed = facts.status == 2;
            part.add_span(facts.start, facts.end, failed);
            if spans.len() <= MOST_SPANS {
                let (id, parent, kind) = (facts.span, facts.parent, facts.kind);
                reserved.push(calls, CallSpan { id, parent, service, kind, failed })?;
            }
        }
        if spans.len() <= MOST_SPANS {
            // While it is counted ids are copied and sorted.
            let counting = 4 * size_of_val(calls.as_slice());
            reserved.take(counting)?;
            let counted = Calls::of(calls, &services.operations, self.has_more).map(Box::new);
            reserved.release(counting);
            reserved.take(counted.as_ref().map_or(0, |calls| calls.memory()))?;
            part.calls = counted;
        }
        part.filter = Filter::of(terms);
        reserved.take(part.filter.as_bytes().len())?;
        Ok(part)
    }

    /// Writes the blob of a part, and adds the terms of its resources and scopes.
    fn write_blob(&mut self, spans: &[SpanRef<'a>]) -> Result<(), Refusal> {
        let Builder { walked, terms, blob, .. } = self;
        let ParsedRequest { reserved, pieces, terms: of_heads, resources, scopes, .. } = walked;
        let resource_of = |span: &SpanRef| scopes[span.scope as usize].resource;
        let same_resource = |left: &SpanRef, right: &SpanRef| resource_of(left) == resource_of(right);
        let same_scope = |left: &SpanRef, right: &SpanRef| left.scope == right.scope;
        let scope_length = |run: &[SpanRef]| {
            let spans = run.iter().map(|span| framed(span.bytes.len()));
            scopes[run[0].scope as usize].head.length + spans.sum::<usize>()
        };
        let resource_length = |run: &[SpanRef]| {
            let scopes = run.chunk_by(same_scope).map(|run| framed(scope_length(run)));
            resources[resource_of(&run[0]) as usize].head.length + scopes.sum::<usize>()
        };
        let length: usize = spans.chunk_by(same_resource).map(|run| framed(resource_length(run))).sum();
        self.plain = self.plain.saturating_add(length);
        if self.plain > reserved.most() {
            return Err(Refusal::TooMuch(reserved.most()));
        }
        // The blob, and what packing needs: see `lz4_flex::block::get_maximum_output_size`.
        let needed = length + length + length / 8 + (16 << 10);
        if needed > self.held {
            reserved.take(needed - self.held)?;
            self.held = needed;
        }
        blob.clear();
        blob.reserve_exact(length);
        for of_resource in spans.chunk_by(same_resource) {
            let resource = &resources[resource_of(&of_resource[0]) as usize].head;
            put_length(blob, 1, resource_length(of_resource));
            put_head(blob, resource, pieces);
            add_terms(terms, &of_heads[resource.terms.clone()], reserved)?;
            for run in of_resource.chunk_by(same_scope) {
                let scope = &scopes[run[0].scope as usize].head;
                put_length(blob, 2, scope_length(run));
                put_head(blob, scope, pieces);
                add_terms(terms, &of_heads[scope.terms.clone()], reserved)?;
                for span in run {
                    put_length(blob, 2, span.bytes.len());
                    blob.extend_from_slice(span.bytes);
                }
            }
        }
        Ok(())
    }
}

impl<'a> Operations<'a> {
    /// Adds the operation of a span to a part, unless it has it.
    fn add(
        &mut self,
        facts: &Facts<'a>,
        resource: u32,
        Resource { service, .. }: &Resource,
        part_number: u32,
        part: &mut Part,
        reserved: &mut MemoryReservation,
    ) -> Result<(), Refusal> {
        let key = (resource, facts.name, facts.kind);
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => {
                let name = match facts.name {
                    [] => EMPTY_SPAN.into(),
                    name => String::from_utf8_lossy(name),
                };
                reserved.take(2 * size_of::<OperationKey>() + service.len() + name.len() + TABLE_ENTRY)?;
                let operation =
                    OperationKey { service: (**service).into(), name: (*name).into(), kind: facts.kind };
                let place = self.list.len() as u32;
                reserved.push(&mut self.list, (Arc::new(operation), 0))?;
                self.places.insert(key, place);
                place
            }
        };
        let (operation, last) = &mut self.list[place as usize];
        if *last != part_number {
            *last = part_number;
            reserved.push(&mut part.operations, operation.clone())?;
        }
        Ok(())
    }
}

impl Services {
    /// Bytes that each takes beside the list of resources.
    const EACH: usize = size_of::<(&str, u32)>() + TABLE_ENTRY;

    fn of(resources: &[Resource], reserved: &mut MemoryReservation) -> Result<Self, Refusal> {
        let mut services = Services::default();
        // Senders choose names, so the hash is seeded.
        let mut numbers: SeededMap<&str, u32> = SeededMap::default();
        for resource in resources {
            let number = match numbers.get(&*resource.service) {
                Some(number) => *number,
                None => {
                    reserved.take(Services::EACH)?;
                    let number = services.in_part.len() as u32;
                    numbers.insert(&resource.service, number);
                    reserved.push(&mut services.in_part, (0, 0))?;
                    number
                }
            };
            reserved.push(&mut services.of_resources, number)?;
        }
        reserved.release(services.in_part.len() * Services::EACH);
        Ok(services)
    }

    /// The number of a resource's service among those of a part. The operation that is added next stands for it where
    /// it is new.
    fn find(
        &mut self,
        resource: u32,
        part: u32,
        next_operation: u32,
        reserved: &mut MemoryReservation,
    ) -> Result<u32, Refusal> {
        let (last, number) = &mut self.in_part[self.of_resources[resource as usize] as usize];
        if *last != part {
            (*last, *number) = (part, self.operations.len() as u32);
            reserved.push(&mut self.operations, next_operation)?;
        }
        Ok(*number)
    }
}

/// Reads a span for the index, and adds its terms. What is acknowledged must be readable by every answer, so all but
/// the plainest spans are read by the reader of answers, too; [`plain_key_and_value`] reads nothing that it does not.
fn read_span<'a>(
    bytes: &'a [u8],
    terms: &mut Vec<u64>,
    events: &mut Vec<&'a [u8]>,
    reserved: &mut MemoryReservation,
) -> Result<Facts<'a>, Refusal> {
    let mut is_plain = bytes.len() <= PLAIN_BYTES;
    events.clear();
    let attribute = |attribute| {
        let term = match plain_key_and_value(attribute) {
            Some(pair) => term_of_pair(pair)?,
            None => {
                is_plain = false;
                term_of(attribute)?
            }
        };
        reserved.push(terms, term)
    };
    let facts = walk_span(bytes, attribute, |name| events.push(name))?;
    if !is_plain || facts.has_more {
        otlp_proto::check_span(bytes).map_err(unreadable)?;
    }
    add_printed(&facts, events, terms, reserved)?;
    Ok(facts)
}

/// Adds terms for what answers print of a span beside its attributes (see [`printed`]).
fn add_printed<'a>(
    facts: &Facts<'a>,
    events: &mut Vec<&'a [u8]>,
    terms: &mut Vec<u64>,
    reserved: &mut MemoryReservation,
) -> Result<(), Refusal> {
    if facts.status == 1 {
        reserved.push(terms, printed::term_of_text(printed::STATUS_CODE, b"OK"))?;
    }
    let texts =
        [(printed::STATUS_DESCRIPTION, facts.status_message), (printed::TRACE_STATE, facts.trace_state)];
    for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        reserved.push(terms, printed::term_of_text(key, text))?;
    }
    for name in events.drain(..) {
        reserved.push(terms, printed::term_of_text(printed::EVENT, name))?;
    }
    Ok(())
}

/// Bytes of a length-delimited field, with its tag of one byte.
fn framed(length: usize) -> usize {
    1 + varint_length(length as u64) + length
}

fn put_head(out: &mut Vec<u8>, head: &Head, pieces: &[&[u8]]) {
    pieces[head.pieces.clone()].iter().for_each(|piece| out.extend_from_slice(piece));
}

fn add_terms(terms: &mut Vec<u64>, more: &[u64], reserved: &mut MemoryReservation) -> Result<(), Refusal> {
    more.iter().try_for_each(|term| reserved.push(terms, *term))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::key_and_value;
    use crate::wire::put_bytes;

    fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put_bytes(&mut out, number, bytes);
        out
    }

    /// Every attribute that differs from one of some usual ones in a byte, in its length, or in what follows.
    fn attributes() -> Vec<Vec<u8>> {
        let long = "x".repeat(200);
        let values = [
            field(1, b"GET"),
            field(1, long.as_bytes()),
            field(1, b""),
            vec![0x10, 1],
            vec![0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            vec![0x21, 1, 2, 3, 4, 5, 6, 7, 8],
            field(5, &field(1, &field(1, b"a"))),
            Vec::new(),
        ];
        let mut all = Vec::new();
        for value in values {
            let plain = [field(1, b"key"), field(2, &value)].concat();
            for at in 0..plain.len() {
                all.push(plain[..at].to_vec());
                all.extend((0..=255).map(|byte| {
                    let mut changed = plain.clone();
                    changed[at] = byte;
                    changed
                }));
            }
            all.extend([plain.repeat(2), [&plain[..], &[0x0b, 0x0c]].concat(), plain]);
        }
        all
    }

    #[test]
    fn what_is_read_in_one_walk_is_what_the_reader_of_answers_reads() {
        let (mut plain, mut others) = (0, 0);
        for attribute in attributes() {
            match plain_key_and_value(&attribute) {
                Some(pair) => {
                    assert_eq!(key_and_value(&attribute).as_ref(), Ok(&pair), "{attribute:?}");
                    assert!(otlp_proto::check_span(&field(9, &attribute)).is_ok(), "{attribute:?}");
                    plain += 1;
                }
                None => others += 1,
            }
        }
        assert!(plain > 1000 && others > 1000, "{plain} {others}");
    }

    #[test]
    fn spans_that_the_reader_of_answers_refuses_are_refused() {
        let refused = [
            ("an attribute cut off", field(9, &[0x0a, 5, b'k'])),
            ("a list cut off", field(9, &[field(1, b"k"), field(2, &[0x2a, 2, 0x0a, 9])].concat())),
            ("an event cut off", field(11, &[0x12, 3])),
            ("a status cut off", field(15, &[0x12, 3])),
            ("a group that does not end", vec![0x0b]),
            ("a link cut off", field(13, &[0x0a, 3])),
        ];
        for (what, span) in refused {
            assert!(otlp_proto::check_span(&span).is_err(), "{what}");
            let mut reserved = super::super::memory::Memory::new(1 << 20).reservation();
            let read = read_span(&span, &mut Vec::new(), &mut Vec::new(), &mut reserved);
            assert!(read.is_err(), "{what}");
        }
    }
}
