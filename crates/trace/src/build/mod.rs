//! Builds traces in pre-order from spans in any order, of any number of traces.
//!
//! Formats add spans one by one ([`TraceBuilder::span`]); resources, scopes and warnings may follow later.
//! [`TraceBuilder::finish`] groups by trace id, repairs, orders and computes outlines, without recursion.

mod arrange;
mod assemble;
mod duplicates;
mod merge;
mod roll_up;

pub use merge::merge;

use crate::model::record::{Resource, Scope, SpanRecord};
use crate::model::{
    Block, BlockCache, Decode, DecodeCache, Flags, HintCursor, ParsedTraces, SourceTables, SpanKind,
    SpanLocation, StatusCode, StrIx, Strings,
};
use crate::units::{SeededMap, SpanId, TraceId};

/// The fields of a span that the outline needs, read in the first scan.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpanHeader {
    /// Its trace, from [`TraceBuilder::trace`].
    pub trace: u32,
    /// Span id.
    pub id: SpanId,
    /// Parent id; 0 for none.
    pub parent: SpanId,
    /// Nanoseconds since the Unix epoch; 0 if not set.
    pub start: u64,
    /// Nanoseconds since the Unix epoch; the duration if `start` is not set.
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
    /// Flags set by the format: own error, events, links, warned, a parent in another trace (orphan).
    pub flags: Flags,
    /// Where its contents are.
    pub place: SpanLocation,
}

/// A trace under construction.
#[derive(Clone, Debug, Default)]
struct PendingTrace {
    id: TraceId,
    foreign: String,
    warnings: Vec<String>,
    spans: u32,
}

/// Collects spans and builds traces.
#[derive(Debug, Default)]
pub struct TraceBuilder {
    names: Strings,
    spans: Vec<SpanHeader>,
    events_end: Vec<u32>,
    event_times: Vec<u64>,
    others: Vec<(u32, SpanId)>,
    traces: Vec<PendingTrace>,
    trace_numbers: SeededMap<TraceId, u32>,
    last_trace: Option<(TraceId, u32)>,
    shared: SourceTables,
    blocks: Vec<Block>,
    /// Bytes in `blocks`.
    kept: usize,
    memory: DecodeCache,
    block_cache: BlockCache,
    hint_cursor: HintCursor,
    /// Number of spans, from the first, that are interned; and number of blocks, from the first, that were freed.
    interned: usize,
    let_go: usize,
    warnings: Vec<String>,
    /// Pairs of traces to join: part, whole.
    joined: Vec<(u32, u32)>,
}

impl TraceBuilder {
    /// A builder whose blocks are decoded by `decode`.
    pub fn new(decode: Option<Decode>) -> Self {
        let shared = SourceTables { decode, ..SourceTables::default() };
        Self { shared, ..Self::default() }
    }

    /// Sets the decoder of blocks, where the format is recognised late.
    pub fn decode_with(&mut self, decode: Decode) {
        self.shared.decode = Some(decode);
    }

    /// Whether there are no traces, including empty ones.
    pub fn has_no_trace(&self) -> bool {
        self.traces.is_empty()
    }

    /// Number of spans so far.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are no spans so far.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The index of a trace, which is created, with or without spans. `foreign` is the id as text if it is not
    /// hexadecimal.
    pub fn trace(&mut self, id: TraceId, foreign: &str) -> u32 {
        if let Some((last, number)) = self.last_trace
            && last == id
        {
            return number;
        }
        let next = self.traces.len() as u32;
        let number = *self.trace_numbers.entry(id).or_insert(next);
        if number == next {
            self.traces.push(PendingTrace { id, foreign: foreign.to_owned(), ..PendingTrace::default() });
        }
        self.last_trace = Some((id, number));
        number
    }

    /// Joins two traces into one with the id of `into`.
    pub fn join_traces(&mut self, trace: u32, into: u32) {
        if trace == into || self.joined.iter().any(|(known, _)| *known == trace) {
            return;
        }
        self.joined.push((trace, into));
    }

    /// Interns a name.
    pub fn text(&mut self, text: &str) -> StrIx {
        self.names.intern(text)
    }

    /// Adds a resource, which can be replaced later by [`TraceBuilder::set_resource`].
    pub fn resource(&mut self, resource: Resource) -> u32 {
        self.shared.resources.push(resource);
        self.shared.resources.len() as u32 - 1
    }

    /// Replaces a resource.
    pub fn set_resource(&mut self, number: u32, resource: Resource) {
        if let Some(slot) = self.shared.resources.get_mut(number as usize) {
            *slot = resource;
        }
    }

    /// Sets the schema URL of a resource.
    pub fn resource_schema(&mut self, number: u32, url: String) {
        if let Some(slot) = self.shared.resources.get_mut(number as usize) {
            slot.schema_url = url;
        }
    }

    /// Sets the schema URL of a scope.
    pub fn scope_schema(&mut self, number: u32, url: String) {
        if let Some(slot) = self.shared.scopes.get_mut(number as usize) {
            slot.schema_url = url;
        }
    }

    /// Adds a scope.
    pub fn scope(&mut self, scope: Scope) -> u32 {
        self.shared.scopes.push(scope);
        self.shared.scopes.len() as u32 - 1
    }

    /// Replaces a scope.
    pub fn set_scope(&mut self, number: u32, scope: Scope) {
        if let Some(slot) = self.shared.scopes.get_mut(number as usize) {
            *slot = scope;
        }
    }

    /// Adds an event of the next span, by its time in nanoseconds since the Unix epoch.
    pub fn event(&mut self, time: u64) {
        self.event_times.push(time);
    }

    /// Discards the events added since the last span, because the next one was incomplete.
    pub fn forget_events(&mut self) {
        self.event_times.truncate(self.events_end.last().copied().unwrap_or(0) as usize);
        let next = self.spans.len() as u32;
        while self.others.last().is_some_and(|(span, _)| *span == next) {
            self.others.pop();
        }
    }

    /// Adds another candidate for the parent of the next span, used if its parent is not in the trace.
    pub fn other_parent(&mut self, id: SpanId) {
        self.others.push((self.spans.len() as u32, id));
    }

    /// Adds a span, with the events added since the last.
    pub fn span(&mut self, mut seen: SpanHeader) {
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

    /// Adds a complete block. Blocks are numbered in the order in which they are added.
    pub fn block(&mut self, block: Block) {
        self.kept += block.size();
        self.blocks.push(block);
    }

    /// Interns the spans of the oldest blocks and frees the blocks until at most `bytes` are left. Bounds the memory
    /// for millions of spans.
    pub fn intern_down_to(&mut self, bytes: usize) {
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

    /// Adds a warning about the source as a whole.
    pub fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Adds a warning about one trace.
    pub fn warn_trace(&mut self, trace: u32, warning: String) {
        if let Some(trace) = self.traces.get_mut(trace as usize)
            && !trace.warnings.contains(&warning)
        {
            trace.warnings.push(warning);
        }
    }

    /// Adds a complete span, interned at once.
    pub fn record(&mut self, resource: u32, scope: u32, record: &SpanRecord) {
        let trace = self.trace(record.trace_id, &record.foreign_trace_id);
        let columns = &mut self.shared.columns;
        let row = columns.len() as u32;
        columns.begin_row();
        record.emit(columns);
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
        self.span(SpanHeader {
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

    /// Builds the traces, in the order in which they first appeared.
    pub fn finish(self) -> ParsedTraces {
        assemble::finish(self)
    }
}
