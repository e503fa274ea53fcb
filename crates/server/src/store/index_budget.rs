//! Keeps the index within its memory. When it has more, the oldest segments' parts of it are written into files beside
//! their segments and read from there when they are asked for: slower, and nothing is lost. A thread of its own writes
//! the files while the index may still grow by a quarter of its budget; then adding to it waits.

use super::StoreError;
use super::index::{Index, SegmentIndex};
use super::index_file::{IndexFile, Origin};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long after a failure to write a file that is not tried again.
const PAUSE: Duration = Duration::from_secs(30);

/// A closed segment whose index may be moved into a file.
#[derive(Clone, Copy, Debug)]
pub struct Movable {
    /// Its number.
    pub number: u64,
    /// Unix seconds at which it was started.
    pub created: u64,
    /// Parts of it that were acknowledged and cannot be read.
    pub missing: u64,
}

/// See the module.
pub struct IndexBudget {
    index: Arc<RwLock<Index>>,
    bytes: u64,
    running: Option<(u64, JoinHandle<Result<IndexFile, StoreError>>)>,
    failed: Option<Instant>,
}

impl IndexBudget {
    /// A budget of so many bytes.
    pub fn new(index: Arc<RwLock<Index>>, bytes: u64) -> Self {
        IndexBudget { index, bytes, running: None, failed: None }
    }

    /// Bytes of index with which the segment that is written is closed: only then can its index be moved.
    pub fn share(&self) -> u64 {
        self.bytes / 4
    }

    /// Whether the index of a segment is being moved into a file.
    pub fn is_moving(&self, number: u64) -> bool {
        self.running.as_ref().is_some_and(|(moving, _)| *moving == number)
    }

    /// Moves what is too much into files, the oldest first; waits for that where `wait`, or where the index has grown
    /// by a quarter of its budget beyond it.
    pub fn keep(&mut self, movable: impl Fn() -> Vec<Movable>, wait: bool) {
        loop {
            let memory = self.read().memory();
            if let Some((_, task)) = &self.running {
                if !wait && !task.is_finished() && memory <= self.bytes + self.bytes / 4 {
                    return;
                }
                self.finish();
                continue;
            }
            let paused = self.failed.is_some_and(|since| since.elapsed() < PAUSE);
            if memory <= self.bytes || paused {
                return;
            }
            if !self.start(&movable()) {
                return self.drop_operations();
            }
        }
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

    /// Starts to write the oldest index that is in memory; `false` where there is none.
    fn start(&mut self, movable: &[Movable]) -> bool {
        let found = {
            let index = self.read();
            let in_memory = |movable: &Movable| {
                let index =
                    index.get(movable.number).filter(|index| !index.blocks().unwrap_or_default().is_empty());
                index.map(|index| (*movable, index.clone()))
            };
            movable.iter().find_map(in_memory)
        };
        let Some((movable, index)) = found else { return false };
        let task = std::thread::Builder::new().name("index".to_owned()).spawn(move || write(&index, movable));
        match task {
            Ok(task) => self.running = Some((movable.number, task)),
            Err(error) => self.failed(movable.number, &error),
        }
        self.running.is_some()
    }

    /// Waits for the file that is being written.
    pub fn finish(&mut self) {
        let Some((number, task)) = self.running.take() else { return };
        match task.join() {
            Ok(Ok(file)) => self.moved(number, file),
            Ok(Err(error)) => self.failed(number, &error),
            Err(_) => self.failed(number, &"it panicked"),
        }
    }

    fn moved(&mut self, number: u64, file: IndexFile) {
        self.failed = None;
        let before = {
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            match index.get(number).map(|before| before.moved(file)) {
                Some(moved) => index.put(moved),
                None => None,
            }
        };
        match before {
            // Its blocks are freed here, without the lock.
            Some(before) => drop(before),
            // The segment was deleted meanwhile, and with it what lay beside it: this came later.
            None => tracing::debug!("The index of segment {number} is not needed any more"),
        }
    }

    fn failed(&mut self, number: u64, error: &dyn std::fmt::Display) {
        if self.failed.is_none() {
            tracing::warn!(
                "The index of segment {number} stays in memory, more than --max-index-memory: {error}"
            );
        }
        self.failed = Some(Instant::now());
    }

    /// Reads indexes from their files, the newest first, as far as there is memory for them.
    pub fn read_in(&mut self) {
        let view = self.read().view();
        let mut memory = self.read().memory();
        for index in view.iter().rev().filter(|index| index.blocks().is_none()) {
            memory += index.memory_read_in();
            // Room for what is written next.
            if memory > self.bytes - self.share() {
                return;
            }
            // What cannot be read stays where it is.
            if let Ok(index) = index.read_in() {
                self.index.write().unwrap_or_else(PoisonError::into_inner).put(index);
            }
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(index: &SegmentIndex, movable: Movable) -> Result<IndexFile, StoreError> {
    let blocks = index.blocks().unwrap_or_default();
    let parts: u64 = blocks.iter().map(|block| block.len() as u64).sum();
    let origin = Origin {
        segment_bytes: index.segment.file_bytes(),
        created: movable.created,
        last_row: parts + movable.missing,
    };
    let path = index.segment.index_path();
    let file = IndexFile::write(&path, origin, blocks)?;
    if !index.segment.exists() {
        // Deleted for its age while this was written.
        let _ = std::fs::remove_file(path);
    }
    Ok(file)
}
