//! From spans in any order, of any number of traces, to traces in pre-order.
//!
//! Formats give spans one by one ([`TraceBuilder::span`]) and say afterwards what came late: resources, scopes,
//! warnings. [`TraceBuilder::finish`] groups by trace id, repairs, orders and rolls up. Nothing recurses.

mod arrange;
mod assemble;
mod merge;
mod resent;

pub use merge::merge;

use crate::model::record::{Resource, Scope, SpanRecord};
use crate::model::{
    Block, BlockCache, Decode, DecodeCache, Flags, HintCursor, Opened, Shared, SpanKind, SpanLocation,
    StatusCode, StrIx, Strings,
};
use crate::units::{SeededMap, SpanId, TraceId};

/// What is known of a span as soon as it is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Its trace, from [`TraceBuilder::trace`].
    pub trace: u32,
    /// Its id.
    pub id: SpanId,
    /// The parent it names; 0 for none.
    pub parent: SpanId,
    /// Nanoseconds since the Unix epoch; 0 for "not said".
    pub start: u64,
    /// Nanoseconds since the Unix epoch; the duration where there is no start.
    pub end: u64,
    /// Operation name, from [`TraceBuilder::text`].
    pub name: StrIx,
    /// From [`TraceBuilder::resource`].
    pub resource: u32,
    /// From [`TraceBuilder::scope`], or `u32::MAX`.
    pub scope: u32,
    /// Kind.
    pub kind: SpanKind,
    /// Status.
    pub status: StatusCode,
    /// What was seen at once: own error, events, links, warned, a parent in another trace (orphan).
    pub flags: Flags,
    /// Where the rest of it is.
    pub place: SpanLocation,
}

/// A trace being gathered.
#[derive(Clone, Debug, Default)]
struct Gathered {
    id: TraceId,
    foreign: String,
    warnings: Vec<String>,
    spans: u32,
}

/// Gathers spans.
#[derive(Debug, Default)]
pub struct TraceBuilder {
    names: Strings,
    spans: Vec<Seen>,
    events_end: Vec<u32>,
    event_times: Vec<u64>,
    others: Vec<(u32, SpanId)>,
    traces: Vec<Gathered>,
    trace_numbers: SeededMap<TraceId, u32>,
    last_trace: Option<(TraceId, u32)>,
    shared: Shared,
    blocks: Vec<Block>,
    /// Bytes in `blocks`.
    kept: usize,
    memory: DecodeCache,
    block_cache: BlockCache,
    hint_cursor: HintCursor,
    /// Spans, from the first, that need no block any more; and blocks, from the first, that were let go.
    interned: usize,
    let_go: usize,
    warnings: Vec<String>,
    /// Traces that turned out to be part of others.
    joined: Vec<(u32, u32)>,
}

impl TraceBuilder {
    /// A builder for spans whose kept bytes `decode` reads.
    pub fn new(decode: Option<Decode>) -> Self {
        let shared = Shared { decode, ..Shared::default() };
        Self { shared, ..Self::default() }
    }

    /// Says how kept bytes are read, once that is known.
    pub fn decode_with(&mut self, decode: Decode) {
        self.shared.decode = Some(decode);
    }

    /// Whether there is no trace, not even an empty one.
    pub fn has_no_trace(&self) -> bool {
        self.traces.is_empty()
    }

    /// How many spans there are so far.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none yet.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The number of a trace, which exists from now on, spans or not. `foreign` is the id's text where it is
    /// not hexadecimal.
    pub fn trace(&mut self, id: TraceId, foreign: &str) -> u32 {
        if let Some((last, number)) = self.last_trace
            && last == id
        {
            return number;
        }
        let next = self.traces.len() as u32;
        let number = *self.trace_numbers.entry(id).or_insert(next);
        if number == next {
            self.traces.push(Gathered { id, foreign: foreign.to_owned(), ..Gathered::default() });
        }
        self.last_trace = Some((id, number));
        number
    }

    /// Says that two traces are one, which has the id of `into`.
    pub fn join_traces(&mut self, trace: u32, into: u32) {
        if trace == into || self.joined.iter().any(|(known, _)| *known == trace) {
            return;
        }
        self.joined.push((trace, into));
    }

    /// The number of a name.
    pub fn text(&mut self, text: &str) -> StrIx {
        self.names.intern(text)
    }

    /// A new resource, perhaps still unknown: fill it in with [`TraceBuilder::set_resource`].
    pub fn resource(&mut self, resource: Resource) -> u32 {
        self.shared.resources.push(resource);
        self.shared.resources.len() as u32 - 1
    }

    /// What a resource turned out to be.
    pub fn set_resource(&mut self, number: u32, resource: Resource) {
        if let Some(slot) = self.shared.resources.get_mut(number as usize) {
            *slot = resource;
        }
    }

    /// The schema URL of a resource, where it came after it.
    pub fn resource_schema(&mut self, number: u32, url: String) {
        if let Some(slot) = self.shared.resources.get_mut(number as usize) {
            slot.schema_url = url;
        }
    }

    /// The schema URL of a scope, where it came after it.
    pub fn scope_schema(&mut self, number: u32, url: String) {
        if let Some(slot) = self.shared.scopes.get_mut(number as usize) {
            slot.schema_url = url;
        }
    }

    /// A new scope.
    pub fn scope(&mut self, scope: Scope) -> u32 {
        self.shared.scopes.push(scope);
        self.shared.scopes.len() as u32 - 1
    }

    /// What a scope turned out to be.
    pub fn set_scope(&mut self, number: u32, scope: Scope) {
        if let Some(slot) = self.shared.scopes.get_mut(number as usize) {
            *slot = scope;
        }
    }

    /// When an event of the next span was (nanoseconds since the Unix epoch).
    pub fn event(&mut self, time: u64) {
        self.event_times.push(time);
    }

    /// Takes back the events given since the last span: it turned out to be incomplete.
    pub fn forget_events(&mut self) {
        self.event_times.truncate(self.events_end.last().copied().unwrap_or(0) as usize);
        let next = self.spans.len() as u32;
        while self.others.last().is_some_and(|(span, _)| *span == next) {
            self.others.pop();
        }
    }

    /// Another parent to try for the next span, where the one that it names is not there.
    pub fn other_parent(&mut self, id: SpanId) {
        self.others.push((self.spans.len() as u32, id));
    }

    /// The next span, with the events given since the last.
    pub fn span(&mut self, mut seen: Seen) {
        let events = self.event_times.len() as u32;
        if events > self.events_end.last().copied().unwrap_or(0) {
            seen.flags.set(Flags::HAS_EVENTS);
        }
        self.events_end.push(events);
        if let Some(trace) = self.traces.get_mut(seen.trace as usize) {
            trace.spans += 1;
            self.spans.push(seen);
        }
    }

    /// A block of kept bytes that is complete; blocks are numbered in the order in which they come.
    pub fn block(&mut self, block: Block) {
        self.kept += block.size();
        self.blocks.push(block);
    }

    /// Interns what the oldest blocks say and lets them go, until no more than `bytes` are kept: what keeps millions
    /// of spans from filling memory.
    pub fn keep_at_most(&mut self, bytes: usize) {
        let Some(decode) = self.shared.decode else { return };
        while self.kept > bytes && self.let_go < self.blocks.len() {
            let number = self.let_go as u32;
            let block = std::mem::take(&mut self.blocks[self.let_go]);
            self.let_go += 1;
            self.kept -= block.size();
            // Spans come in the order of their blocks.
            while let Some(seen) = self.spans.get_mut(self.interned) {
                let place = seen.place;
                if place.block != SpanLocation::INTERNED {
                    if place.block != number {
                        break;
                    }
                    let row = self.shared.columns.len() as u32;
                    self.shared.columns.begin_row();
                    if let Some(bytes) = self.block_cache.get(&block, place.range()) {
                        let hints = self.hint_cursor.of(number, block.hints(), place.offset);
                        decode(bytes, hints, &mut self.memory, &mut self.shared.columns);
                    }
                    seen.place = SpanLocation { block: SpanLocation::INTERNED, offset: row, len: 0 };
                }
                self.interned += 1;
            }
        }
    }

    /// A warning about everything that was read.
    pub fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// A warning about one trace.
    pub fn warn_trace(&mut self, trace: u32, warning: String) {
        if let Some(trace) = self.traces.get_mut(trace as usize)
            && !trace.warnings.contains(&warning)
        {
            trace.warnings.push(warning);
        }
    }

    /// A span that is already whole, interned at once.
    pub fn record(&mut self, resource: u32, scope: u32, record: &SpanRecord) {
        let trace = self.trace(record.trace_id, &record.foreign_trace_id);
        let columns = &mut self.shared.columns;
        let row = columns.len() as u32;
        columns.begin_row();
        record.say(columns);
        for event in &record.events {
            self.event_times.push(event.time_unix);
        }
        let mut flags = Flags::default();
        if record.status == StatusCode::Error {
            flags.set(Flags::OWN_ERROR);
        }
        if !record.links.is_empty() {
            flags.set(Flags::HAS_LINKS);
        }
        if !record.warnings.is_empty() {
            flags.set(Flags::WARNED);
        }
        let name = self.names.intern(&record.name);
        self.span(Seen {
            trace,
            id: record.span_id,
            parent: record.parent_span_id,
            start: record.start_unix,
            end: record.end_unix,
            name,
            resource,
            scope,
            kind: record.kind,
            status: record.status,
            flags,
            place: SpanLocation { block: SpanLocation::INTERNED, offset: row, len: 0 },
        });
    }

    /// The traces, in the order in which they first appeared.
    pub fn finish(self) -> Opened {
        assemble::finish(self)
    }
}
