//! A trace in the engine: the outline, and complete spans on demand.
//!
//! Fields that the outline does not have are either in the source's bytes and decoded on access, or interned in
//! [`SpanColumns`]. [`Trace::index_some`] interns them block by block and frees the bytes.

mod access;

pub use access::TraceRows;

use super::record::{Resource, Scope, SpanRecord};
use super::sink::{Piece, Sink, ValueRef};
use super::{Block, BlockCache, DecodeCache, Flags, HintCursor, Outline, SpanColumns, SpanIx, TraceSummary};
use crate::units::SpanId;
use std::sync::Arc;

/// What a reader returns: traces in the order in which they first appeared.
#[derive(Clone, Debug, Default)]
pub struct ParsedTraces {
    /// The traces.
    pub traces: Vec<Trace>,
    /// Faults of the response or file as a whole; no duplicates.
    pub warnings: Vec<String>,
}

/// Decodes a span's bytes, given its decode hints (may be empty), into a sink. Infallible: damaged bytes yield fewer
/// fields.
pub type Decode = fn(&[u8], &[u64], &mut DecodeCache, &mut dyn Sink);

/// Where the contents of a span are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpanLocation {
    /// Number of the block, or [`SpanLocation::INTERNED`].
    pub block: u32,
    /// Offset in the block, or the row in the shared columns.
    pub offset: u32,
    /// Length in bytes.
    pub len: u32,
}

impl SpanLocation {
    /// Block number of a span that was interned while reading; `offset` is its row.
    pub const INTERNED: u32 = u32::MAX;

    /// Byte range in the block.
    pub fn range(self) -> std::ops::Range<usize> {
        self.offset as usize..self.offset as usize + self.len as usize
    }
}

/// Tables that the traces of one source share.
#[derive(Clone, Debug, Default)]
pub struct SourceTables {
    /// Resources, by number.
    pub resources: Vec<Resource>,
    /// Scopes, by number.
    pub scopes: Vec<Scope>,
    /// Rows that were interned while reading.
    pub columns: SpanColumns,
    /// Decodes bytes in blocks; `None` if there are none.
    pub decode: Option<Decode>,
}

/// One trace: its outline, and whole spans on demand.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    outline: Arc<Outline>,
    shared: Arc<SourceTables>,
    resource: Vec<u32>,
    scope: Vec<u32>,
    place: Vec<SpanLocation>,
    /// Blocks that are still needed, by number; freed from the front.
    blocks: Vec<(u32, Block)>,
    /// Spans in blocks, in the order of the source; the first `columns.len()` of them are interned.
    order: Vec<SpanIx>,
    /// Row in `columns` of each span, or `u32::MAX`.
    row: Vec<u32>,
    columns: SpanColumns,
    memory: DecodeCache,
    block_cache: BlockCache,
    hint_cursor: HintCursor,
}

const NO_ROW: u32 = u32::MAX;

impl Trace {
    /// Creates a trace. `resource`, `scope` and `place` are by span; `blocks` has all blocks that `place` refers to;
    /// `order` has all spans in the order of the source.
    pub fn new(
        outline: Outline,
        shared: Arc<SourceTables>,
        resource: Vec<u32>,
        scope: Vec<u32>,
        place: Vec<SpanLocation>,
        blocks: Vec<(u32, Block)>,
        mut order: Vec<SpanIx>,
    ) -> Self {
        order.retain(|span| place[*span as usize].block != SpanLocation::INTERNED);
        let row = vec![NO_ROW; place.len()];
        Self {
            outline: Arc::new(outline),
            shared,
            resource,
            scope,
            place,
            blocks,
            order,
            row,
            ..Self::default()
        }
    }

    /// The columns for drawing.
    pub fn outline(&self) -> &Arc<Outline> {
        &self.outline
    }

    /// A complete span, with the warnings of the source and the repair. The default if there is no such span.
    pub fn record(&self, span: SpanIx) -> SpanRecord {
        let mut record = self.record_as_sent(span);
        if let Some(flags) = self.outline.flags.get(span as usize) {
            for note in notes(*flags, &record) {
                record.warn(&note);
            }
        }
        record
    }

    /// A complete span as sent, without the warnings of the repair. For writers.
    pub fn record_as_sent(&self, span: SpanIx) -> SpanRecord {
        let mut record = SpanRecord::default();
        let at = span as usize;
        if at >= self.outline.len() {
            return record;
        }
        match self.row_of(at) {
            Some((columns, row)) => {
                let (foreign_trace, foreign_id) = columns.foreign_ids(row);
                record.foreign_trace_id = foreign_trace.to_owned();
                record.foreign_span_id = foreign_id.to_owned();
                columns.replay(row, self.outline.status[at], &mut record);
            }
            None => self.decode(at, &mut record),
        }
        // The outline takes precedence over damaged bytes.
        record.trace_id = self.outline.trace_id;
        record.span_id = self.outline.id[at];
        record.name = self.outline.name_of(span).to_owned();
        record.kind = self.outline.kind[at];
        record.status = self.outline.status[at];
        record
    }

    fn row_of(&self, span: usize) -> Option<(&SpanColumns, u32)> {
        let place = self.place.get(span)?;
        if place.block == SpanLocation::INTERNED {
            return Some((&self.shared.columns, place.offset));
        }
        let row = self.row[span];
        (row != NO_ROW).then_some((&self.columns, row))
    }

    fn block(&self, number: u32) -> Option<&Block> {
        let found = self.blocks.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(&self.blocks[found].1)
    }

    fn decode(&self, span: usize, sink: &mut dyn Sink) {
        let (place, mut room) = (self.place[span], Vec::new());
        let bytes = self.block(place.block).and_then(|block| block.get(place.range(), &mut room));
        if let (Some(decode), Some(bytes)) = (self.shared.decode, bytes) {
            decode(bytes, &[], &mut DecodeCache::default(), sink);
        }
    }

    /// Calls `each` with the attributes of a span, in the order of the source.
    pub fn attributes(&self, span: SpanIx, each: &mut dyn FnMut(&str, &ValueRef<'_>)) {
        struct AttributeVisitor<'a>(&'a mut dyn FnMut(&str, &ValueRef<'_>));
        impl Sink for AttributeVisitor<'_> {
            fn piece(&mut self, piece: Piece<'_>) {
                match piece {
                    Piece::Attribute(key, value) => (self.0)(key, &value),
                    Piece::PlainText(key, text) => {
                        let text = String::from_utf8_lossy(text);
                        (self.0)(&String::from_utf8_lossy(key), &ValueRef::Str(&text));
                    }
                    _ => {}
                }
            }
        }
        match self.row_of(span as usize) {
            Some((columns, row)) => columns.attributes(row, |key, value| each(key, &value)),
            None if (span as usize) < self.place.len() => {
                self.decode(span as usize, &mut AttributeVisitor(each));
            }
            None => {}
        }
    }

    /// The resource of a span.
    pub fn resource(&self, span: SpanIx) -> Resource {
        let number = self.resource.get(span as usize).copied().unwrap_or(u32::MAX);
        self.shared.resources.get(number as usize).cloned().unwrap_or_default()
    }

    /// The scope of a span. Jaeger has it in tags of the span (`otel.scope.name`, `otel.scope.version`, formerly
    /// `otel.library.…`), which are kept.
    pub fn scope(&self, span: SpanIx) -> Scope {
        let number = self.scope.get(span as usize).copied().unwrap_or(u32::MAX);
        if let Some(scope) = self.shared.scopes.get(number as usize) {
            return scope.clone();
        }
        let mut scope = Scope::default();
        self.attributes(span, &mut |key, value| {
            let ValueRef::Str(text) = value else { return };
            match key {
                "otel.scope.name" | "otel.library.name" => scope.name = (*text).to_owned(),
                "otel.scope.version" | "otel.library.version" => scope.version = (*text).to_owned(),
                _ => {}
            }
        });
        scope
    }

    /// The summary of the trace.
    pub fn summary(&self) -> TraceSummary {
        self.outline.summary()
    }

    /// Interns spans until about `budget` bytes of the source are done. Returns whether all attributes can be
    /// searched.
    pub fn index_some(&mut self, budget: usize) -> bool {
        let mut spent = 0;
        let mut columns = std::mem::take(&mut self.columns);
        let mut memory = std::mem::take(&mut self.memory);
        let mut block_cache = std::mem::take(&mut self.block_cache);
        let mut hint_cursor = self.hint_cursor;
        while columns.len() < self.order.len() && spent <= budget {
            let row = columns.len();
            let span = self.order[row] as usize;
            let place = self.place[span];
            self.free_blocks_before(place.block);
            columns.begin_row();
            if let (Some(decode), Some(block)) = (self.shared.decode, self.block(place.block))
                && let Some(bytes) = block_cache.get(block, place.range())
            {
                let hints = hint_cursor.of(place.block, block.hints(), place.offset);
                decode(bytes, hints, &mut memory, &mut columns);
            }
            self.row[span] = row as u32;
            spent += place.len as usize;
        }
        self.columns = columns;
        let done = self.columns.len() == self.order.len();
        if done {
            self.blocks = Vec::new();
        } else {
            (self.memory, self.block_cache, self.hint_cursor) = (memory, block_cache, hint_cursor);
        }
        done
    }

    fn free_blocks_before(&mut self, block: u32) {
        let done = self.blocks.iter().take_while(|(number, _)| *number < block).count();
        if done > 0 {
            self.blocks.drain(..done);
        }
    }

    /// Memory used for everything but the outline, in bytes: blocks and columns, including shared ones.
    pub fn memory_bytes(&self) -> usize {
        self.unindexed_bytes() + self.columns.bytes() + self.shared.columns.bytes()
    }

    /// Bytes of the blocks, which are freed when all spans are interned.
    pub fn unindexed_bytes(&self) -> usize {
        self.blocks.iter().map(|(_, block)| block.size()).sum()
    }
}

/// Warnings of the repair about a span, from its flags.
fn notes(flags: Flags, record: &SpanRecord) -> Vec<String> {
    let mut notes = Vec::new();
    // Ids as the source wrote them.
    let written =
        |id: SpanId, foreign: &str| if foreign.is_empty() { id.to_string() } else { foreign.to_owned() };
    let parent = written(record.parent_span_id, &record.foreign_parent_id);
    let own = written(record.span_id, &record.foreign_span_id);
    if flags.has(Flags::ORPHAN) {
        notes.push(if record.parent_span_id.is_none() {
            "its parent is in another trace".to_owned()
        } else {
            format!("its parent {parent} is not in the trace")
        });
    }
    if flags.has(Flags::DUPLICATE_ID) {
        notes.push(format!("another span of the trace has the same id {own}"));
    }
    if flags.has(Flags::CYCLE) {
        notes.push(if record.parent_span_id == record.span_id {
            "is its own parent".to_owned()
        } else {
            format!("it is among the ancestors of its parent {parent}; the loop was cut here")
        });
    }
    if flags.has(Flags::NO_START) {
        notes.push("no valid start time; the parent's or the trace's is used".to_owned());
    }
    if flags.has(Flags::ENDS_EARLY) {
        notes.push("ends before it starts; shown with zero length".to_owned());
    }
    if flags.has(Flags::CLOCK_SKEW) {
        notes.push("starts before its parent in another service; the clocks may differ".to_owned());
    }
    if record.span_id.is_none() {
        notes.push("it has no id".to_owned());
    }
    if flags.has(Flags::NO_SERVICE) {
        notes.push("it has no service name".to_owned());
    }
    notes
}
