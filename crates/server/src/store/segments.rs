//! The segments of a directory and their states: being written, readable, damaged, to be deleted.

mod merging;
mod reading;

use super::StoreError;
use super::index::{Added, Index};
use super::index_budget::{ClosedSegment, IndexBudget};
use super::limits::Limits;
use super::segment::Segment;
use super::segment_writer::Writer;
use super::status::Status;
use crate::machine;
use merging::Merging;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

/// The segment that is being written.
pub struct OpenSegment {
    /// Its file.
    pub segment: Arc<Segment>,
    /// The connection that writes it.
    pub writer: Writer,
    /// Number of acknowledged parts that cannot be read.
    missing: u64,
}

/// State of a segment that is not being written.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// In the index.
    Read,
    /// In the index, but its write-ahead log is not checkpointed yet.
    Unsettled,
    /// Unreadable.
    Damaged,
    /// Could not be read for a possibly temporary reason.
    Unavailable,
    /// Created for spans that did not fit on the disk; has no acknowledged parts.
    Unused,
    /// Expired, but its files could not be deleted.
    Forgotten,
}

/// A segment that is not being written.
struct SegmentEntry {
    segment: Arc<Segment>,
    /// Unix seconds at which it was created.
    created: u64,
    bytes: u64,
    state: State,
    /// Number of acknowledged parts that cannot be read.
    missing: u64,
    /// Whether some of it cannot be read.
    is_damaged: bool,
    /// Whether it was written since the start.
    is_new: bool,
    /// Whether its parts are merged, or need not be.
    is_merged: bool,
}

impl SegmentEntry {
    /// Moves its write-ahead log into it, unless it is being read.
    fn settle(&mut self) {
        if self.segment.settle().is_ok() {
            self.state = State::Read;
            self.bytes = self.segment.bytes();
        }
    }
}

/// All segments of a store.
pub struct Segments {
    directory: PathBuf,
    limits: Limits,
    index: Arc<RwLock<Index>>,
    index_budget: IndexBudget,
    merging: Merging,
    status: Arc<Status>,
    open: Option<OpenSegment>,
    next_number: u64,
    /// Number of acknowledged parts whose file was removed while it was written.
    lost: u64,
    /// Oldest first.
    entries: Vec<SegmentEntry>,
}

/// Current time in Unix seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Segments {
    fn index(&self) -> std::sync::RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the index within its memory limit, and writes the files of segments that do not change any more.
    fn keep_index(&mut self, wait: bool) {
        let (entries, merging) = (&self.entries, &self.merging);
        let closed = || {
            // A log that is not moved yet would change the file after its index was written, as merging would.
            let read = entries.iter().filter(|entry| {
                entry.state == State::Read && !merging.is_running(Some(entry.segment.number))
            });
            let closed = read.map(|entry| ClosedSegment {
                number: entry.segment.number,
                created: entry.created,
                missing: entry.missing,
                is_final: entry.is_merged || !merging.is_enabled(),
                is_waiting: entry.is_new && !entry.is_merged && merging.is_enabled(),
            });
            closed.collect()
        };
        self.index_budget.keep(closed, wait);
        for number in self.index_budget.take_written() {
            if let Some(entry) = self.entries.iter_mut().find(|entry| entry.segment.number == number) {
                entry.bytes = entry.segment.bytes();
            }
        }
    }

    /// Updates the status with the damage of segments.
    fn report(&self) {
        let count = |state| self.entries.iter().filter(|entry| entry.state == state).count() as u64;
        let damaged = self.entries.iter().filter(|entry| entry.is_damaged || entry.state == State::Damaged);
        self.status.limit(self.limits.max_disk);
        let missing = self.open.as_ref().map_or(0, |open| open.missing);
        self.status.segments(
            damaged.count() as u64,
            count(State::Unavailable),
            missing + self.lost + self.entries.iter().map(|entry| entry.missing).sum::<u64>(),
            self.used(),
        );
    }

    /// Gives up the segment that is being written if its file was removed: what is written to it would be gone with the
    /// process.
    fn give_up_removed(&mut self) {
        let Some(open) = self.open.take_if(|open| !open.segment.exists()) else { return };
        let (number, parts) = (open.segment.number, open.missing + open.writer.parts());
        tracing::error!(
            "{} was removed while it was written: {parts} parts are lost. Later spans go to a new file",
            open.segment.path().display()
        );
        self.lost += parts;
        let removed = self.index().remove(number);
        drop(removed);
    }

    /// The segment that is being written; creates one if necessary.
    pub fn opened(&mut self) -> Result<&mut OpenSegment, StoreError> {
        self.give_up_removed();
        let open = match self.open.take() {
            Some(open) => open,
            None => {
                let segment = Arc::new(Segment::new(&self.directory, self.next_number));
                let (writer, contents) = Writer::open(&segment, now(), self.log_bytes())?;
                self.next_number += 1;
                self.index().insert(segment.clone(), contents);
                OpenSegment { segment, writer, missing: 0 }
            }
        };
        Ok(self.open.insert(open))
    }

    /// Maximum size of a commit in bytes, so that the limit is not exceeded by much.
    pub fn commit_bytes(&self) -> u64 {
        const MAX_BYTES: u64 = 32 << 20;
        self.limits.max_disk.map_or(MAX_BYTES, |budget| MAX_BYTES.min(budget / 16))
    }

    fn log_bytes(&self) -> u64 {
        const MAX_BYTES: u64 = 16 << 20;
        self.limits.max_disk.map_or(MAX_BYTES, |budget| MAX_BYTES.min(budget / 32))
    }

    fn segment_bytes(&self) -> u64 {
        let wanted = self.limits.segment_bytes;
        self.limits.max_disk.map_or(wanted, |budget| wanted.min(budget / 8))
    }

    /// Ensures that this many more bytes fit within the limit, deleting segments if necessary, or returns an error.
    /// Nothing is deleted for what can never fit.
    pub fn make_room(&mut self, bytes: u64) -> Result<(), StoreError> {
        let Some(budget) = self.limits.max_disk else { return Ok(()) };
        // Once in the write-ahead log and once in the file after the checkpoint, each with its B-tree pages.
        const TREE: u64 = 32 << 10;
        let needed = bytes.saturating_add(bytes / 16 + TREE).saturating_mul(2);
        if needed > budget {
            return Err(StoreError::TooLarge { bytes, budget });
        }
        loop {
            let open = self.open.as_ref().map_or(0, |open| open.segment.bytes());
            let used = self.used();
            let reserved = if self.entries.len() > 1 { self.merging.reserved } else { 0 };
            if used + needed + reserved <= budget {
                return Ok(());
            }
            let full = StoreError::Full(format!("{used} of {budget} bytes are used"));
            if self.limits.retention.is_none() {
                return Err(full);
            }
            if self.entries.is_empty() {
                // What is in the way is the segment that is written: it can go only as a whole, too.
                if open == 0 {
                    return Err(full);
                }
                self.seal();
            }
            if !self.delete_oldest() {
                return Err(full);
            }
        }
    }

    /// Bytes on disk of all segments.
    fn used(&self) -> u64 {
        let open = self.open.as_ref().map_or(0, |open| open.segment.bytes());
        open + self.entries.iter().map(|entry| entry.bytes).sum::<u64>()
    }

    /// Whether a segment is being merged.
    pub fn is_merging(&self) -> bool {
        self.merging.is_running(None)
    }

    /// Closes the segment that is being written, which becomes readable.
    fn seal(&mut self) {
        let Some(open) = self.open.take() else { return };
        let OpenSegment { segment, writer, missing } = open;
        let created = writer.created;
        if let Err(error) = writer.close() {
            tracing::warn!("Segment {} could not be closed (nothing is lost): {error}", segment.number);
        }
        let state = if segment.settle().is_ok() { State::Read } else { State::Unsettled };
        let bytes = segment.bytes();
        self.entries.push(SegmentEntry {
            segment,
            created,
            bytes,
            state,
            missing,
            is_damaged: false,
            is_new: true,
            is_merged: false,
        });
    }

    /// Closes the current segment if it is large or old, and deletes expired segments.
    pub fn maintain(&mut self) {
        let now = now();
        let segment_bytes = self.segment_bytes();
        self.give_up_removed();
        if self.open.as_ref().is_some_and(|open| {
            let old = now.saturating_sub(open.writer.created) >= self.limits.segment_age.as_secs();
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            let indexed = index.get(open.segment.number).map_or(0, |index| index.memory());
            let full = open.segment.bytes() >= segment_bytes || indexed >= self.index_budget.share();
            !open.writer.is_empty() && (old || full)
        }) {
            self.seal();
        }
        self.merge_parts();
        self.keep_index(false);
        if let Some(retention) = self.limits.retention {
            let old = now.saturating_sub(retention.as_secs());
            let age = self.limits.segment_age.as_secs();
            while self.entries.first().is_some_and(|entry| entry.created + age < old) && self.delete_oldest()
            {
            }
        }
        self.report();
    }

    /// Retries reading, checkpointing and deleting. Updates the available disk space.
    pub fn retry(&mut self) {
        if self.limits.follows_disk
            && let Some(disk) = machine::disk(&self.directory, self.limits.disk_share)
        {
            self.limits.max_disk = Some(Limits::fits_disk(disk));
        }
        let mut entries = std::mem::take(&mut self.entries);
        for entry in &mut entries {
            match entry.state {
                State::Unavailable => self.read(entry),
                State::Unsettled => entry.settle(),
                _ => {}
            }
        }
        self.entries = entries;
        self.report();
    }

    /// Deletes the oldest segment; `false` if that failed.
    fn delete_oldest(&mut self) -> bool {
        let Some(number) = self.entries.first().map(|oldest| oldest.segment.number) else { return false };
        let removed = self.index().remove(number);
        drop(removed);
        let Some(oldest) = self.entries.first_mut() else { return false };
        match oldest.segment.delete() {
            Ok(()) => {
                self.entries.remove(0);
                true
            }
            Err(error) => {
                if oldest.state != State::Forgotten {
                    tracing::warn!("Segment {number} could not be deleted: {error}");
                }
                oldest.state = State::Forgotten;
                false
            }
        }
    }

    /// Adds committed parts to the index. Queries wait only for the insertion.
    pub fn added(&mut self, number: u64, added: Added) {
        self.merging.commits.count();
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner).get(number).cloned();
        let Some(index) = index else { return };
        let merged = index.merge(added.blocks);
        // Otherwise the insertion would copy it.
        drop(index);
        let freed = self.index().add(number, added.operations, merged);
        drop(freed);
    }

    /// Closes the segment that is being written.
    pub fn close(&mut self) {
        // Merging ends meanwhile.
        self.merging.request_stop();
        self.seal();
        // Those that were read when they were closed.
        self.entries
            .iter_mut()
            .filter(|entry| entry.state == State::Unsettled)
            .for_each(SegmentEntry::settle);
        self.stop_merging();
        self.index_budget.finish();
    }
}
