//! The index: for each segment its operations and what is known of each part. Built from the summaries when a segment
//! is opened, grown after each commit, dropped with the segment. What a query reads does not change while it reads, so
//! no lock is held meanwhile.
//!
//! A segment's part of the index is in memory, or, where memory is used up, in a file beside the segment
//! (see `index_budget`).

use super::StoreError;
use super::block::{Block, BlockId, FoundPart, PartView, StartRange};
use super::index_file::IndexFile;
use super::load::{Contents, load_operations, load_rows};
use super::part::OperationKey;
use super::segment::Segment;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Operations that are copied at most when one is added while a query reads them.
const OPERATIONS: usize = 1024;
/// Bytes of operations that stay in memory when a segment's parts do not.
const MOST_OPERATION_BYTES: usize = 64 << 10;

/// What a committed transaction added.
#[derive(Default)]
pub struct Added {
    /// Operations that are new, in the order of their numbers.
    pub operations: Vec<OperationKey>,
    /// Parts.
    pub blocks: Vec<Arc<Block>>,
}

#[derive(Clone)]
enum Parts {
    Memory(Vec<Arc<Block>>),
    File(Arc<IndexFile>),
}

/// The index of one segment.
#[derive(Clone)]
pub struct SegmentIndex {
    /// The segment.
    pub segment: Arc<Segment>,
    /// In lists of at most [`OPERATIONS`]; `None` where they are read from the segment.
    operations: Option<Vec<Arc<Vec<OperationKey>>>>,
    operation_bytes: usize,
    parts: Parts,
    /// The file beside the segment with the same, where it is written.
    file: Option<Arc<IndexFile>>,
}

/// The index over all segments.
#[derive(Default)]
pub struct Index {
    segments: BTreeMap<u64, Arc<SegmentIndex>>,
}

/// The index as it is at one time, oldest segment first.
pub type View = Vec<Arc<SegmentIndex>>;

impl Index {
    /// Takes a segment in with what its file says.
    pub fn insert(&mut self, segment: Arc<Segment>, contents: Contents) {
        let _ = self.put(SegmentIndex::loaded(segment, contents));
    }

    /// Takes a segment's index in; answers the one that was there.
    pub fn put(&mut self, index: SegmentIndex) -> Option<Arc<SegmentIndex>> {
        self.segments.insert(index.segment.number, Arc::new(index))
    }

    /// The index of a segment.
    pub fn get(&self, number: u64) -> Option<&Arc<SegmentIndex>> {
        self.segments.get(&number)
    }

    /// Takes in what was committed to a segment: its last `replaced` blocks go, `tail` comes (see
    /// [`SegmentIndex::merge`]). Answers those that go, for the caller to free them without the lock.
    pub fn add(
        &mut self,
        number: u64,
        operations: Vec<OperationKey>,
        (replaced, tail): (usize, Vec<Arc<Block>>),
    ) -> Vec<Arc<Block>> {
        let Some(index) = self.segments.get_mut(&number) else { return Vec::new() };
        // A query that reads the index keeps what it reads; blocks themselves are never copied.
        let index = Arc::make_mut(index);
        index.file = None;
        index.add_operations(operations);
        let Parts::Memory(blocks) = &mut index.parts else { return Vec::new() };
        let before = blocks.split_off(blocks.len().saturating_sub(replaced));
        blocks.extend(tail);
        before
    }

    /// Forgets a segment.
    pub fn remove(&mut self, number: u64) -> Option<Arc<SegmentIndex>> {
        self.segments.remove(&number)
    }

    /// The index as it is now.
    pub fn view(&self) -> View {
        self.segments.values().cloned().collect()
    }

    /// Bytes of memory that it takes.
    pub fn memory(&self) -> u64 {
        self.segments.values().map(|index| index.memory()).sum()
    }

    /// Spans and parts held, and segments.
    pub fn counts(&self) -> [u64; 3] {
        let (mut spans, mut parts) = (0, 0);
        for index in self.segments.values() {
            let counts = index.counts();
            spans += counts.0;
            parts += counts.1;
        }
        [spans, parts, self.segments.len() as u64]
    }
}

impl SegmentIndex {
    /// The index of a segment as its file says it.
    pub fn loaded(segment: Arc<Segment>, contents: Contents) -> Self {
        let parts = Parts::Memory(contents.blocks.finish());
        let operations = Some(Vec::new());
        let mut index = SegmentIndex { segment, operations, operation_bytes: 0, parts, file: None };
        index.add_operations(contents.operations);
        index
    }

    /// The index of a segment that is read from its file.
    pub fn in_file(segment: Arc<Segment>, operations: Vec<OperationKey>, file: IndexFile) -> Self {
        let file = Arc::new(file);
        let (parts, file) = (Parts::File(file.clone()), Some(file));
        let mut index =
            SegmentIndex { segment, operations: Some(Vec::new()), operation_bytes: 0, parts, file };
        index.add_operations(operations);
        index.drop_operations();
        index
    }

    /// The same, whose file is written.
    pub fn with_file(&self, file: IndexFile) -> Self {
        SegmentIndex { file: Some(Arc::new(file)), ..self.clone() }
    }

    /// Whether its file is written.
    pub fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// The same with its parts in its file alone; `None` where there is none.
    pub fn moved(&self) -> Option<Self> {
        let parts = Parts::File(self.file.clone()?);
        let mut index = SegmentIndex { parts, ..self.clone() };
        index.drop_operations();
        Some(index)
    }

    /// The same with its parts in memory; itself where they are.
    pub fn read_in(&self) -> Result<Self, StoreError> {
        let parts = Parts::Memory(self.shared_blocks()?);
        let mut index = SegmentIndex { parts, operations: Some(Vec::new()), ..self.clone() };
        index.operation_bytes = 0;
        index.add_operations(self.all_operations()?);
        Ok(index)
    }

    /// The same with its operations read from the segment when they are asked for; `None` where they are already, or
    /// where its parts are in memory.
    pub fn without_operations(&self) -> Option<Self> {
        let has_some = self.blocks().is_none() && self.operation_bytes > 0;
        has_some.then(|| SegmentIndex { operations: None, operation_bytes: 0, ..self.clone() })
    }

    fn add_operations(&mut self, added: Vec<OperationKey>) {
        let Some(lists) = &mut self.operations else { return };
        for operation in added {
            self.operation_bytes +=
                size_of::<OperationKey>() + operation.service.len() + operation.name.len();
            match lists.last_mut() {
                Some(last) if last.len() < OPERATIONS => Arc::make_mut(last).push(operation),
                _ => lists.push(Arc::new(vec![operation])),
            }
        }
    }

    /// Many operations are read from the segment when they are asked for; few stay in memory.
    fn drop_operations(&mut self) {
        if self.operation_bytes > MOST_OPERATION_BYTES {
            self.operations = None;
            self.operation_bytes = 0;
        }
    }

    /// What the last blocks become with what was committed: `replaced` of them go, `tail` comes. Small blocks are
    /// merged, each part some ten times in its life, so that there are few.
    pub fn merge(&self, added: Vec<Arc<Block>>) -> (usize, Vec<Arc<Block>>) {
        let blocks = self.blocks().unwrap_or_default();
        let (mut kept, mut tail) = (blocks.len(), added);
        if tail.len() != 1 {
            return (0, tail);
        }
        while let Some(before) = kept.checked_sub(1).map(|at| &blocks[at])
            && before.len() <= tail[0].len() * 2
            && let Some(merged) = Block::merged(before, &tail[0])
        {
            tail[0] = Arc::new(merged);
            kept -= 1;
        }
        (blocks.len() - kept, tail)
    }

    /// The blocks, where they are in memory.
    pub fn blocks(&self) -> Option<&[Arc<Block>]> {
        match &self.parts {
            Parts::Memory(blocks) => Some(blocks),
            Parts::File(_) => None,
        }
    }

    /// Bytes of memory that it takes.
    pub fn memory(&self) -> u64 {
        let parts = match &self.parts {
            Parts::Memory(blocks) => blocks.iter().map(|block| block.bytes()).sum(),
            Parts::File(file) => file.memory(),
        };
        let file = self.file.as_ref().filter(|_| self.blocks().is_some()).map_or(0, |file| file.memory());
        (parts + file + self.operation_bytes + size_of::<Self>()) as u64
    }

    /// Bytes of memory that its parts would take there.
    pub fn memory_read_in(&self) -> u64 {
        match &self.parts {
            Parts::Memory(_) => self.memory(),
            Parts::File(file) => file.block_bytes + self.operation_bytes as u64,
        }
    }

    fn counts(&self) -> (u64, u64) {
        match &self.parts {
            Parts::Memory(blocks) => {
                let spans = blocks.iter().map(|block| block.spans).sum();
                (spans, blocks.iter().map(|block| block.len() as u64).sum())
            }
            Parts::File(file) => (file.spans, file.parts),
        }
    }

    /// Calls `each` with the number and name of every operation. Blocks where they are read from the segment.
    pub fn each_operation(&self, mut each: impl FnMut(u32, &OperationKey)) -> Result<(), StoreError> {
        let numbered = |(number, operation): (usize, &OperationKey)| each(number as u32, operation);
        match &self.operations {
            Some(lists) => lists.iter().flat_map(|list| list.iter()).enumerate().for_each(numbered),
            None => self.all_operations()?.iter().enumerate().for_each(numbered),
        }
        Ok(())
    }

    fn all_operations(&self) -> Result<Vec<OperationKey>, StoreError> {
        match &self.operations {
            Some(lists) => Ok(lists.iter().flat_map(|list| list.iter().cloned()).collect()),
            None => Ok(self.unless_deleted(self.segment.with_reader(load_operations))?.0),
        }
    }

    /// When the spans of each block start.
    pub fn ranges(&self) -> Vec<StartRange> {
        match &self.parts {
            Parts::Memory(blocks) => blocks.iter().map(|block| block.range()).collect(),
            Parts::File(file) => file.ranges().collect(),
        }
    }

    /// What tells each block from all others.
    pub fn block_ids(&self) -> Vec<BlockId> {
        match &self.parts {
            Parts::Memory(blocks) => blocks.iter().map(|block| (block.number, 0)).collect(),
            Parts::File(file) => (0..file.ranges().len() as u32).map(|at| (file.number, at)).collect(),
        }
    }

    /// Calls `each` with the block at an index of [`SegmentIndex::ranges`]; with several if it has to be made from the
    /// segment. Blocks if it is in a file.
    pub fn with_block(
        &self,
        at: usize,
        each: &mut impl FnMut(&Block) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match &self.parts {
            Parts::Memory(blocks) => blocks.get(at).map_or(Ok(()), |block| each(block)),
            Parts::File(file) => match file.block(at) {
                Ok(block) => each(&block),
                Err(_) => self.blocks_of_segment(file.rows(at))?.iter().try_for_each(|block| each(block)),
            },
        }
    }

    /// Calls `each` with the parts of those of some traces (ascending, without duplicates) that the block at an index has.
    /// Blocks if it is in a file.
    pub fn each_trace_of(
        &self,
        at: usize,
        traces: &[u128],
        each: &mut impl FnMut(&[PartView<'_>]),
    ) -> Result<(), StoreError> {
        if let Parts::File(file) = &self.parts {
            let (rows, mut has_any) = (file.rows(at), false);
            self.find(traces, |_, part| has_any |= rows.contains(&part.row))?;
            if !has_any {
                return Ok(());
            }
        }
        self.with_block(at, &mut |block| {
            block.each_trace_of(traces, &mut *each);
            Ok(())
        })
    }

    /// Calls `each` with the blocks that have a span that may start between two times. Blocks if they are in a file.
    pub fn each_block(
        &self,
        from: u64,
        to: u64,
        mut each: impl FnMut(&Block) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let ranges = self.ranges().into_iter().enumerate();
        let mut between = ranges.filter(|(_, range)| range.overlaps(from, to));
        between.try_for_each(|(at, _)| self.with_block(at, &mut each))
    }

    /// Parts in the blocks that [`SegmentIndex::each_block`] gives.
    pub fn parts_between(&self, from: u64, to: u64) -> u64 {
        match &self.parts {
            Parts::Memory(blocks) => {
                let between = blocks.iter().filter(|block| block.range().overlaps(from, to));
                between.map(|block| block.len() as u64).sum()
            }
            Parts::File(file) => file.parts_between(from, to),
        }
    }

    /// The blocks, read into memory where they are not there.
    pub fn shared_blocks(&self) -> Result<Vec<Arc<Block>>, StoreError> {
        let file = match &self.parts {
            Parts::Memory(blocks) => return Ok(blocks.clone()),
            Parts::File(file) => file,
        };
        let mut blocks = Vec::new();
        for at in 0..file.ranges().len() {
            match file.block(at) {
                Ok(block) => blocks.push(Arc::new(block)),
                Err(_) => blocks.extend(self.blocks_of_segment(file.rows(at))?),
            }
        }
        Ok(blocks)
    }

    /// Looks up traces (ascending, each once); `each` is called with the place of a trace among them for every part,
    /// in the order of rows within a trace.
    pub fn find(&self, traces: &[u128], mut each: impl FnMut(usize, FoundPart)) -> Result<(), StoreError> {
        let file = match &self.parts {
            Parts::Memory(blocks) => {
                blocks.iter().for_each(|block| block.find(traces, &mut each));
                return Ok(());
            }
            Parts::File(file) => file,
        };
        match file.find(traces) {
            Ok(found) => found.into_iter().for_each(|(number, part)| each(number, part)),
            Err(_) => {
                self.blocks_of_segment(1..u32::MAX)?.iter().for_each(|block| block.find(traces, &mut each));
            }
        }
        Ok(())
    }

    /// What the segment itself says of some rows: slow, for when the file beside it cannot be read.
    fn blocks_of_segment(&self, rows: Range<u32>) -> Result<Vec<Arc<Block>>, StoreError> {
        let read = self.segment.with_reader(|connection| load_rows(connection, rows));
        let blocks = self.unless_deleted(read.map(|blocks| blocks.finish()))?;
        // A merged segment's file has taken the place of the one that is read here.
        if !self.segment.is_replaced() {
            tracing::warn!(
                "The index of segment {} cannot be read and is made from the segment",
                self.segment.number
            );
        }
        Ok(blocks)
    }

    /// Nothing where the segment was deleted for its age since the view was taken.
    fn unless_deleted<T: Default>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        match read {
            Err(_) if !self.segment.exists() => Ok(T::default()),
            read => read,
        }
    }
}
