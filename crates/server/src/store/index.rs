//! The index: for each segment its operations and what is known of each part. Built from the summaries when a segment
//! is opened, grown after each commit, dropped with the segment. What a query reads does not change while it reads, so
//! no lock is held meanwhile.
//!
//! A segment's part of the index is in memory, or, where memory is used up, in a file beside the segment
//! (see `index_budget`).

use super::StoreError;
use super::block::{Block, Found};
use super::index_file::IndexFile;
use super::load::{Contents, load_after, load_operations};
use super::part::OperationKey;
use super::segment::Segment;
use std::collections::BTreeMap;
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
        let mut index = SegmentIndex { segment, operations: Some(Vec::new()), operation_bytes: 0, parts };
        index.add_operations(contents.operations);
        index
    }

    /// The index of a segment that is read from its file.
    pub fn in_file(segment: Arc<Segment>, operations: Vec<OperationKey>, file: IndexFile) -> Self {
        let parts = Parts::File(Arc::new(file));
        let mut index = SegmentIndex { segment, operations: Some(Vec::new()), operation_bytes: 0, parts };
        index.add_operations(operations);
        index.drop_operations();
        index
    }

    /// The same with its parts in a file.
    pub fn moved(&self, file: IndexFile) -> Self {
        let mut index = SegmentIndex { parts: Parts::File(Arc::new(file)), ..self.clone() };
        index.drop_operations();
        index
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
        (parts + self.operation_bytes + size_of::<Self>()) as u64
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

    /// Calls `each` with the blocks that have a span that may start between two times. Blocks where they are in a file.
    pub fn each_block(
        &self,
        from: u64,
        to: u64,
        mut each: impl FnMut(&Block) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match &self.parts {
            Parts::Memory(blocks) => {
                blocks.iter().filter(|block| block.overlaps(from, to)).try_for_each(|block| each(block))
            }
            Parts::File(file) => match file.each_block(from, to, &mut each)? {
                None => Ok(()),
                Some(row) => self.blocks_of_segment(row)?.iter().try_for_each(|block| each(block)),
            },
        }
    }

    /// Parts in the blocks that [`SegmentIndex::each_block`] gives.
    pub fn parts_between(&self, from: u64, to: u64) -> u64 {
        match &self.parts {
            Parts::Memory(blocks) => {
                let between = blocks.iter().filter(|block| block.overlaps(from, to));
                between.map(|block| block.len() as u64).sum()
            }
            Parts::File(file) => file.parts_between(from, to),
        }
    }

    /// Bytes of calls in those blocks; an estimate where they are in a file.
    pub fn call_bytes(&self, from: u64, to: u64) -> u64 {
        match &self.parts {
            Parts::Memory(blocks) => {
                let between = blocks.iter().filter(|block| block.overlaps(from, to));
                between.map(|block| block.call_bytes() as u64).sum()
            }
            Parts::File(file) => file.block_bytes / file.parts.max(1) * file.parts_between(from, to),
        }
    }

    /// Whether [`SegmentIndex::each_block`] gives all blocks.
    pub fn is_between(&self, from: u64, to: u64) -> bool {
        self.parts_between(from, to) == self.counts().1
    }

    /// Looks up traces (ascending, each once) in the blocks that [`SegmentIndex::each_block`] does not give; `each` is
    /// called with the place of a trace among them.
    pub fn find_outside(
        &self,
        from: u64,
        to: u64,
        traces: &[u128],
        mut each: impl FnMut(usize),
    ) -> Result<(), StoreError> {
        match &self.parts {
            Parts::Memory(blocks) => {
                let outside = blocks.iter().filter(|block| !block.overlaps(from, to));
                outside.for_each(|block| block.find(traces, |at, _| each(at)));
                Ok(())
            }
            Parts::File(file) => {
                let rows = file.rows_between(from, to);
                self.find(traces, |at, found| {
                    if !rows.iter().any(|rows| rows.contains(&found.row)) {
                        each(at);
                    }
                })
            }
        }
    }

    /// The blocks, read into memory where they are not there.
    pub fn shared_blocks(&self) -> Result<Vec<Arc<Block>>, StoreError> {
        let file = match &self.parts {
            Parts::Memory(blocks) => return Ok(blocks.clone()),
            Parts::File(file) => file,
        };
        let mut blocks = Vec::new();
        if let Some(row) = file.each_owned_block(&mut |block| blocks.push(Arc::new(block))) {
            blocks.extend(self.blocks_of_segment(row)?);
        }
        Ok(blocks)
    }

    /// Looks up traces (ascending, each once); `each` is called with the place of a trace among them for every part,
    /// in the order of rows within a trace.
    pub fn find(&self, traces: &[u128], mut each: impl FnMut(usize, Found)) -> Result<(), StoreError> {
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
                self.blocks_of_segment(0)?.iter().for_each(|block| block.find(traces, &mut each));
            }
        }
        Ok(())
    }

    /// What the segment itself says of the rows from one on: slow, for when the file beside it cannot be read.
    fn blocks_of_segment(&self, row: u32) -> Result<Vec<Arc<Block>>, StoreError> {
        let after = row.saturating_sub(1);
        let read = self.segment.with_reader(|connection| load_after(connection, after));
        let blocks = self.unless_deleted(read.map(|blocks| blocks.finish()))?;
        tracing::warn!(
            "The index of segment {} cannot be read and is made from the segment",
            self.segment.number
        );
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
