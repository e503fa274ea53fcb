//! A block of the index: columns with the summaries of a few thousand parts, in the order of their rows. Blocks are
//! immutable, so queries read them without locks.

use super::entry::Summary;
use super::part::Extent;
use crate::terms::may_have;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Maximum number of parts per block.
pub const MOST_PARTS: usize = 32 << 10;
/// Maximum size of filters and operations of a block in bytes, unless a single part is larger.
const MOST_BYTES: usize = 16 << 20;

/// Tells blocks that exist in this process apart: a number, and the block's index where the number is of a file of blocks.
pub type BlockId = (u64, u32);

/// A number that was not given before.
pub fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Columns under construction.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    traces: Vec<u128>,
    rows: Vec<u32>,
    extents: Vec<Extent>,
    /// Operations of all parts, and the end of each part's.
    operations: Vec<u32>,
    operation_ends: Vec<u32>,
    /// Filters of all parts, and the end of each.
    filters: Vec<u8>,
    filter_ends: Vec<u32>,
    /// Calls of all parts, and the end of each part's.
    calls: Vec<u8>,
    call_ends: Vec<u32>,
}

/// A part in a block.
pub struct PartView<'b> {
    /// Trace id as a number.
    pub trace: u128,
    /// Row in the segment.
    pub row: u32,
    /// Times and counts.
    pub extent: &'b Extent,
    /// Indices of its operations in the segment, ascending.
    pub operations: &'b [u32],
    /// Calls between its services, encoded (see `calls`).
    pub calls: &'b [u8],
    filter: &'b [u8],
}

impl PartView<'_> {
    /// Whether the filter may contain an attribute (see `terms`).
    pub fn may_have(&self, term: u64) -> bool {
        may_have(self.filter, term)
    }

    /// The encoded filter.
    pub fn filter(&self) -> &[u8] {
        self.filter
    }
}

/// Times between which the spans of a block start, nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartRange {
    /// Earliest start of a span.
    pub first_start: u64,
    /// Latest start of a span.
    pub last_start: u64,
}

impl StartRange {
    /// Whether a span may start between two times, inclusive.
    pub fn overlaps(&self, from: u64, to: u64) -> bool {
        self.first_start <= to && self.last_start >= from
    }
}

/// A part found by trace id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundPart {
    /// Row in the segment.
    pub row: u32,
    /// Number of spans.
    pub spans: u32,
    /// Earliest start of a span, nanoseconds since the Unix epoch.
    pub first_start: u64,
}

impl Columns {
    /// Adds a part; rows must ascend.
    pub fn push(&mut self, trace: u128, row: u32, summary: Summary) {
        self.traces.push(trace);
        self.rows.push(row);
        self.extents.push(*summary.extent);
        self.operations.extend_from_slice(summary.operations);
        self.operation_ends.push(self.operations.len() as u32);
        self.filters.extend_from_slice(summary.filter);
        self.filter_ends.push(self.filters.len() as u32);
        self.calls.extend_from_slice(summary.calls);
        self.call_ends.push(self.calls.len() as u32);
    }

    /// Size of the variable-length columns in bytes.
    fn variable_bytes(&self) -> usize {
        self.filters.len() + self.calls.len() + self.operations.len() * 4
    }

    /// Whether further parts need a new block.
    pub fn is_full(&self) -> bool {
        self.rows.len() >= MOST_PARTS || self.variable_bytes() >= MOST_BYTES
    }

    /// Number of parts.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    fn append(&mut self, more: &Columns) {
        let (operations, filters) = (self.operations.len() as u32, self.filters.len() as u32);
        let calls = self.calls.len() as u32;
        self.traces.extend_from_slice(&more.traces);
        self.rows.extend_from_slice(&more.rows);
        self.extents.extend_from_slice(&more.extents);
        self.operations.extend_from_slice(&more.operations);
        self.operation_ends.extend(more.operation_ends.iter().map(|end| operations + end));
        self.filters.extend_from_slice(&more.filters);
        self.filter_ends.extend(more.filter_ends.iter().map(|end| filters + end));
        self.calls.extend_from_slice(&more.calls);
        self.call_ends.extend(more.call_ends.iter().map(|end| calls + end));
    }

    fn with_capacity(parts: usize, operations: usize, filters: usize, calls: usize) -> Self {
        Columns {
            traces: Vec::with_capacity(parts),
            rows: Vec::with_capacity(parts),
            extents: Vec::with_capacity(parts),
            operations: Vec::with_capacity(operations),
            operation_ends: Vec::with_capacity(parts),
            filters: Vec::with_capacity(filters),
            filter_ends: Vec::with_capacity(parts),
            calls: Vec::with_capacity(calls),
            call_ends: Vec::with_capacity(parts),
        }
    }

    fn shrink(&mut self) {
        self.traces.shrink_to_fit();
        self.rows.shrink_to_fit();
        self.extents.shrink_to_fit();
        self.operations.shrink_to_fit();
        self.operation_ends.shrink_to_fit();
        self.filters.shrink_to_fit();
        self.filter_ends.shrink_to_fit();
        self.calls.shrink_to_fit();
        self.call_ends.shrink_to_fit();
    }
}

/// Divides parts into blocks.
#[derive(Default)]
pub struct Blocks {
    full: Vec<Arc<Block>>,
    growing: Columns,
    parts: usize,
    spans: u64,
}

impl Blocks {
    /// Adds a part; rows must ascend.
    pub fn push(&mut self, trace: u128, row: u32, summary: Summary) {
        if self.growing.is_full() {
            self.full.push(Arc::new(Block::new(std::mem::take(&mut self.growing))));
        }
        self.growing.push(trace, row, summary);
        self.parts += 1;
        self.spans += u64::from(summary.extent.spans);
    }

    /// Number of parts.
    pub fn parts(&self) -> usize {
        self.parts
    }

    /// Spans of all parts.
    pub fn spans(&self) -> u64 {
        self.spans
    }

    /// The blocks, in the order of rows.
    pub fn finish(mut self) -> Vec<Arc<Block>> {
        if self.growing.len() > 0 {
            self.full.push(Arc::new(Block::new(self.growing)));
        }
        self.full
    }
}

/// A block with an index by trace.
#[derive(Debug)]
pub struct Block {
    /// Tells it from all other blocks.
    pub number: u64,
    columns: Columns,
    /// Indices in the columns by trace, then by row. Trace ids are compared instead of hashed, because senders choose
    /// them.
    by_trace: Vec<u32>,
    /// Earliest start of a span.
    pub first_start: u64,
    /// Latest start of a span.
    pub last_start: u64,
    /// Spans of all parts.
    pub spans: u64,
}

impl Block {
    /// Creates a block.
    pub fn new(mut columns: Columns) -> Self {
        columns.shrink();
        let mut by_trace: Vec<u32> = (0..columns.len() as u32).collect();
        by_trace.sort_unstable_by_key(|place| (columns.traces[*place as usize], *place));
        Block::of(columns, by_trace)
    }

    /// Merges two consecutive blocks; `None` if the result is too large.
    pub fn merged(first: &Block, second: &Block) -> Option<Self> {
        let (one, two) = (&first.columns, &second.columns);
        let (parts, operations) = (one.len() + two.len(), one.operations.len() + two.operations.len());
        let filters = one.filters.len() + two.filters.len();
        if parts > MOST_PARTS || one.variable_bytes() + two.variable_bytes() > MOST_BYTES {
            return None;
        }
        let mut columns =
            Columns::with_capacity(parts, operations, filters, one.calls.len() + two.calls.len());
        columns.append(one);
        columns.append(two);
        let mut by_trace = Vec::with_capacity(parts);
        let mut moved = second.by_trace.iter().map(|place| one.len() as u32 + place).peekable();
        for place in &first.by_trace {
            let trace = columns.traces[*place as usize];
            while let Some(before) = moved.next_if(|other| columns.traces[*other as usize] < trace) {
                by_trace.push(before);
            }
            by_trace.push(*place);
        }
        by_trace.extend(moved);
        Some(Block::of(columns, by_trace))
    }

    fn of(columns: Columns, by_trace: Vec<u32>) -> Self {
        let extents = &columns.extents;
        let first_start = extents.iter().map(|extent| extent.first_start).min().unwrap_or(u64::MAX);
        let last_start = extents.iter().map(|extent| extent.last_start).max().unwrap_or(0);
        let spans = extents.iter().map(|extent| u64::from(extent.spans)).sum();
        Block { number: next_number(), columns, by_trace, first_start, last_start, spans }
    }

    /// Number of parts.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// When its spans start.
    pub fn range(&self) -> StartRange {
        StartRange { first_start: self.first_start, last_start: self.last_start }
    }

    /// Size in memory in bytes.
    pub fn bytes(&self) -> usize {
        const PART: usize = size_of::<u128>() + size_of::<Extent>() + 5 * size_of::<u32>();
        self.len() * PART + self.columns.variable_bytes() + size_of::<Block>()
    }

    /// The part at an index.
    pub fn part(&self, place: usize) -> PartView<'_> {
        let columns = &self.columns;
        let range = |ends: &[u32]| {
            let start = place.checked_sub(1).map_or(0, |before| ends[before] as usize);
            start..ends[place] as usize
        };
        PartView {
            trace: columns.traces[place],
            row: columns.rows[place],
            extent: &columns.extents[place],
            operations: &columns.operations[range(&columns.operation_ends)],
            calls: &columns.calls[range(&columns.call_ends)],
            filter: &columns.filters[range(&columns.filter_ends)],
        }
    }

    /// All parts by row.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = PartView<'_>> {
        (0..self.len()).map(|place| self.part(place))
    }

    /// Calls `each` with the parts of each trace by row, in the order of traces.
    pub fn each_trace(&self, mut each: impl FnMut(&[PartView<'_>])) {
        let mut parts: Vec<PartView> = Vec::new();
        for place in &self.by_trace {
            let part = self.part(*place as usize);
            if parts.first().is_some_and(|first| first.trace != part.trace) {
                each(&parts);
                parts.clear();
            }
            parts.push(part);
        }
        if !parts.is_empty() {
            each(&parts);
        }
    }

    /// The same for those of some traces (ascending, without duplicates) that are here.
    pub fn each_trace_of(&self, traces: &[u128], mut each: impl FnMut(&[PartView<'_>])) {
        let (mut rank, mut parts) = (0, Vec::new());
        for trace in traces {
            rank += self.first_rank(rank, *trace);
            parts.clear();
            while let Some(place) = self.by_trace.get(rank)
                && self.columns.traces[*place as usize] == *trace
            {
                parts.push(self.part(*place as usize));
                rank += 1;
            }
            if !parts.is_empty() {
                each(&parts);
            }
            if rank >= self.len() {
                return;
            }
        }
    }

    /// The `rank`th part by trace and row.
    pub fn by_trace(&self, rank: usize) -> Option<(u128, FoundPart)> {
        let place = *self.by_trace.get(rank)? as usize;
        let extent = &self.columns.extents[place];
        let found =
            FoundPart { row: self.columns.rows[place], spans: extent.spans, first_start: extent.first_start };
        Some((self.columns.traces[place], found))
    }

    /// Looks up traces (ascending, without duplicates). Calls `each` with the index of the trace for every part
    /// found, by row.
    pub fn find(&self, traces: &[u128], mut each: impl FnMut(usize, FoundPart)) {
        let mut rank = 0;
        for (number, trace) in traces.iter().enumerate() {
            rank += self.first_rank(rank, *trace);
            while let Some((_, found)) = self.by_trace(rank).filter(|(at, _)| at == trace) {
                each(number, found);
                rank += 1;
            }
            if rank >= self.len() {
                return;
            }
        }
    }

    /// Number of ranks from `from` on that belong to traces before this one. Galloping search, because the next trace
    /// is usually near.
    fn first_rank(&self, from: usize, trace: u128) -> usize {
        let rest = &self.by_trace[from..];
        let is_before = |place: &u32| self.columns.traces[*place as usize] < trace;
        let mut step = 1;
        while step < rest.len() && is_before(&rest[step]) {
            step *= 2;
        }
        let (start, end) = (step / 2, rest.len().min(step + 1));
        start + rest[start..end].partition_point(is_before)
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::Entry;
    use super::*;
    use crate::terms::{Filter, term};

    fn entry(row: u32, start: u64) -> Entry {
        let extent = Extent {
            first_start: start,
            last_start: start + 5,
            last_end: start + 9,
            shortest: 1,
            longest: 9,
            spans: 2,
            errors: 0,
        };
        let filter = Filter::of(&mut vec![term(b"row", row.to_string().as_bytes())]);
        Entry::new(row, extent, vec![row, row + 1].into(), filter, vec![7; row as usize % 5].into())
    }

    fn block(rows: std::ops::Range<u32>, trace: impl Fn(u32) -> u128) -> Block {
        let mut columns = Columns::default();
        rows.for_each(|row| columns.push(trace(row), row, entry(row, u64::from(row) * 10).summary()));
        Block::new(columns)
    }

    fn rows_of(block: &Block, trace: u128) -> Vec<u32> {
        let mut rows = Vec::new();
        block.find(&[trace], |_, found| rows.push(found.row));
        rows
    }

    #[test]
    fn parts_are_found_by_trace_also_after_merging() {
        let trace = |row: u32| u128::from(row % 7) << 64;
        let merged = Block::merged(&block(1..40, trace), &block(40..100, trace)).unwrap();
        let whole = block(1..100, trace);
        assert_eq!((merged.len(), merged.spans), (99, 198));
        assert_eq!((merged.first_start, merged.last_start), (10, 995));
        for id in 0..8u128 {
            let expected: Vec<u32> = (1..100).filter(|row| u128::from(row % 7) == id).collect();
            assert_eq!(rows_of(&merged, id << 64), expected);
            assert_eq!(rows_of(&whole, id << 64), expected);
        }
        for part in merged.parts() {
            assert_eq!(part.operations, [part.row, part.row + 1]);
            assert!(part.may_have(term(b"row", part.row.to_string().as_bytes())));
            assert_eq!(part.extent.first_start, u64::from(part.row) * 10);
        }
        let all: Vec<u128> = (0..8).map(|id| id << 64).collect();
        let mut found = [0; 8];
        merged.find(&all, |number, _| found[number] += 1);
        assert_eq!(found, [14, 15, 14, 14, 14, 14, 14, 0]);
        let range = merged.range();
        assert!(range.overlaps(995, 2000) && !range.overlaps(996, 2000) && !range.overlaps(0, 9));
    }

    #[test]
    fn a_full_block_takes_no_more() {
        let half = block(0..MOST_PARTS as u32 / 2, u128::from);
        assert!(Block::merged(&half, &half).is_some());
        assert!(Block::merged(&half, &block(0..MOST_PARTS as u32 / 2 + 1, u128::from)).is_none());
    }
}
