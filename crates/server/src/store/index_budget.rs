//! Writes the index of each segment that does not change any more into a file beside it, from which it is opened faster
//! than from the segment, and keeps the index within its memory: when it has more, the oldest segments' parts of it are
//! read from these files when they are asked for; slower, and nothing is lost. A thread of its own writes the files while
//! the index may still grow by a quarter of its budget; then adding to it waits.
//!
//! Segments that wait to be merged have an entry for each part of a trace, which is several times what stays of them. Their
//! index has a smaller budget of its own, so that spans that come in faster than they are merged take room on disk instead of
//! memory.

use super::StoreError;
use super::index::{Index, SegmentIndex};
use super::index_file::{IndexFile, Origin};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long after a failure to write a file that is not tried again.
const PAUSE: Duration = Duration::from_secs(30);
/// Most bytes of memory for the index of segments that may still be merged; a quarter of the budget where that is less.
const WAITING_BYTES: u64 = 48 << 20;

/// A closed segment whose index may be written into a file.
#[derive(Clone, Copy, Debug)]
pub struct ClosedSegment {
    /// Its number.
    pub number: u64,
    /// Unix seconds at which it was started.
    pub created: u64,
    /// Parts of it that were acknowledged and cannot be read.
    pub missing: u64,
    /// Whether it will not change any more.
    pub is_final: bool,
    /// Whether it was written since the start and may still be merged.
    pub is_waiting: bool,
}

/// See the module.
pub struct IndexBudget {
    index: Arc<RwLock<Index>>,
    bytes: u64,
    running: Option<(u64, JoinHandle<Result<IndexFile, StoreError>>)>,
    failed: Option<Instant>,
    /// Segments whose files were written since this was last asked.
    written: Vec<u64>,
}

impl IndexBudget {
    /// A budget of so many bytes.
    pub fn new(index: Arc<RwLock<Index>>, bytes: u64) -> Self {
        IndexBudget { index, bytes, running: None, failed: None, written: Vec::new() }
    }

    /// Bytes of index with which the segment that is written is closed: only then can its index be moved.
    pub fn share(&self) -> u64 {
        self.bytes / 4
    }

    /// Segments whose files were written since this was last asked.
    pub fn take_written(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.written)
    }

    /// Whether the index of a segment is being written into a file.
    pub fn is_moving(&self, number: u64) -> bool {
        self.running.as_ref().is_some_and(|(moving, _)| *moving == number)
    }

    /// Moves what is too much into files, the oldest first; waits for that where `wait`, or where the index has grown
    /// by a quarter of its budget beyond it. Where nothing is too much, starts to write a file for a segment that has
    /// none and will not change.
    pub fn keep(&mut self, closed: impl Fn() -> Vec<ClosedSegment>, wait: bool) {
        loop {
            let memory = self.read().memory();
            let is_over = memory > self.bytes;
            if let Some((_, task)) = &self.running {
                let waits = is_over && (wait || memory > self.bytes + self.bytes / 4);
                if !waits && !task.is_finished() {
                    return;
                }
                self.finish();
                continue;
            }
            if self.failed.is_some_and(|since| since.elapsed() < PAUSE) {
                return;
            }
            let closed = closed();
            let too_much = if is_over {
                closed
            } else {
                let (waiting, others): (Vec<_>, Vec<_>) =
                    closed.into_iter().partition(|segment| segment.is_waiting);
                if self.memory_of(&waiting) <= WAITING_BYTES.min(self.bytes / 4) {
                    self.start(&others, false);
                    return;
                }
                waiting
            };
            if !self.move_oldest(&too_much) && !self.start(&too_much, true) {
                if is_over {
                    self.drop_operations();
                }
                return;
            }
        }
    }

    /// Bytes of memory that the index of some segments takes.
    fn memory_of(&self, segments: &[ClosedSegment]) -> u64 {
        let index = self.read();
        segments.iter().filter_map(|segment| index.get(segment.number)).map(|index| index.memory()).sum()
    }

    /// Leaves the oldest index that is in memory to its file; `false` where none has one.
    fn move_oldest(&self, closed: &[ClosedSegment]) -> bool {
        let index = self.read();
        let in_memory =
            closed.iter().filter_map(|segment| index.get(segment.number)).filter(|index| is_filled(index));
        let moved = in_memory.take(1).find_map(|index| index.moved());
        drop(index);
        let Some(moved) = moved else { return false };
        let before = self.index.write().unwrap_or_else(PoisonError::into_inner).put(moved);
        // Its blocks are freed here, without the lock.
        drop(before);
        true
    }

    /// Lets go of the operations that are still in memory of indexes in files, the oldest first.
    fn drop_operations(&self) {
        let view = self.read().view();
        let mut memory = self.read().memory();
        for index in view.iter() {
            if memory <= self.bytes {
                return;
            }
            let Some(smaller) = index.without_operations() else { continue };
            memory -= index.memory().saturating_sub(smaller.memory());
            let _ = self.index.write().unwrap_or_else(PoisonError::into_inner).put(smaller);
        }
    }

    /// Starts to write the file of the oldest index that is in memory and has none; `false` where all have one. Where
    /// `oldest`, only that of the oldest index that is in memory; otherwise only of a segment that will not change.
    fn start(&mut self, closed: &[ClosedSegment], oldest: bool) -> bool {
        let found = {
            let index = self.read();
            let changes_no_more = closed.iter().filter(|segment| oldest || segment.is_final);
            let in_memory = changes_no_more.filter_map(|segment| {
                let index = index.get(segment.number).filter(|index| is_filled(index));
                index.map(|index| (*segment, index.clone()))
            });
            in_memory.take(if oldest { 1 } else { usize::MAX }).find(|(_, index)| !index.has_file())
        };
        let Some((segment, index)) = found else { return false };
        let task = std::thread::Builder::new().name("index".to_owned()).spawn(move || write(&index, segment));
        match task {
            Ok(task) => self.running = Some((segment.number, task)),
            Err(error) => self.failed(segment.number, &error),
        }
        self.running.is_some()
    }

    /// Waits for the file that is being written.
    pub fn finish(&mut self) {
        let Some((number, task)) = self.running.take() else { return };
        match task.join() {
            Ok(Ok(file)) => self.written(number, file),
            Ok(Err(error)) => self.failed(number, &error),
            Err(_) => self.failed(number, &"it panicked"),
        }
    }

    fn written(&mut self, number: u64, file: IndexFile) {
        self.failed = None;
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        match index.get(number).map(|before| before.with_file(file)) {
            Some(written) => {
                let _ = index.put(written);
                self.written.push(number);
            }
            // The segment was deleted meanwhile, and with it what lay beside it: this came later.
            None => tracing::debug!("The index of segment {number} is not needed any more"),
        }
    }

    fn failed(&mut self, number: u64, error: &dyn std::fmt::Display) {
        if self.failed.is_none() {
            tracing::warn!(
                "The index of segment {number} cannot be written and stays in memory (--max-index-memory): {error}"
            );
        }
        self.failed = Some(Instant::now());
    }

    /// Reads indexes from their files, the newest first, as far as there is memory for them.
    pub fn read_in(&mut self) {
        let view = self.read().view();
        let in_files = view.iter().rev().filter(|index| index.blocks().is_none());
        for index in in_files {
            if !self.read_in_one(index) {
                return;
            }
        }
    }

    /// Reads the index of a segment from its file, if it is there and there is memory for it.
    pub fn read_back(&self, number: u64) {
        let index = self.read().get(number).filter(|index| index.blocks().is_none()).cloned();
        if let Some(index) = index {
            self.read_in_one(&index);
        }
    }

    /// Reads an index from its file; `false` where there is no memory for it.
    fn read_in_one(&self, index: &SegmentIndex) -> bool {
        // Room for what is written next.
        if self.read().memory() + index.memory_read_in() > self.bytes - self.share() {
            return false;
        }
        // What cannot be read stays where it is.
        if let Ok(index) = index.read_in() {
            self.index.write().unwrap_or_else(PoisonError::into_inner).put(index);
        }
        true
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_filled(index: &SegmentIndex) -> bool {
    index.blocks().is_some_and(|blocks| !blocks.is_empty())
}

fn write(index: &SegmentIndex, closed: ClosedSegment) -> Result<IndexFile, StoreError> {
    let blocks = index.blocks().unwrap_or_default();
    let parts: u64 = blocks.iter().map(|block| block.len() as u64).sum();
    let origin = Origin {
        segment_bytes: index.segment.file_bytes(),
        created: closed.created,
        last_row: parts + closed.missing,
    };
    let path = index.segment.index_path();
    let file = IndexFile::write(&path, origin, blocks)?;
    if !index.segment.exists() {
        // Deleted for its age while this was written.
        let _ = std::fs::remove_file(path);
    }
    Ok(file)
}
