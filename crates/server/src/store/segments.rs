//! The segments of a directory and their states: being written, readable, damaged, to be deleted.

mod merging;

use super::Rebuild;
use super::StoreError;
use super::index::{Added, Index, SegmentIndex};
use super::index_budget::{ClosedSegment, IndexBudget};
use super::index_file::IndexFile;
use super::limits::Limits;
use super::load::{Contents, load, load_operations, noted_rows};
use super::segment::Segment;
use super::segment_writer::Writer;
use super::status::Status;
use crate::machine;
use merging::Merging;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

/// Reason for missing parts without damage.
const CUT: &str = "its write-ahead log, or the file itself, was removed or cut short";

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
struct Kept {
    segment: Arc<Segment>,
    /// Unix seconds at which it was created.
    created: u64,
    bytes: u64,
    state: State,
    /// Number of acknowledged parts that cannot be read.
    missing: u64,
    /// Whether it was written since the start.
    is_new: bool,
    /// Whether its parts are merged, or need not be.
    looked_at: bool,
}

impl Kept {
    /// Moves its write-ahead log into it, unless somebody reads it.
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
    /// Oldest first.
    kept: Vec<Kept>,
}

/// Current time in Unix seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Segments {
    /// Reads all segments into the index, and continues writing the newest if possible. Unreadable segments are
    /// reported and, if that may help, retried (see [`Segments::tend`]).
    pub fn load(
        directory: &Path,
        limits: Limits,
        index: Arc<RwLock<Index>>,
        status: Arc<Status>,
        rebuild: Option<Rebuild>,
    ) -> Result<Self, StoreError> {
        Segment::remove_strays(directory)?;
        let numbers = Segment::list(directory)?;
        let next_number = numbers.last().map_or(1, |newest| newest + 1);
        let kept = Vec::with_capacity(numbers.len());
        let directory = directory.to_owned();
        let index_budget = IndexBudget::new(index.clone(), limits.index_bytes);
        let merging = Merging::new(rebuild);
        let mut all = Segments {
            directory,
            limits,
            index,
            index_budget,
            merging,
            status,
            open: None,
            next_number,
            kept,
        };
        for number in numbers {
            let segment = Arc::new(Segment::new(&all.directory, number));
            if number + 1 == next_number && all.resume(&segment) {
                continue;
            }
            let state = State::Unavailable;
            let mut kept =
                Kept { segment, created: 0, bytes: 0, state, missing: 0, is_new: false, looked_at: false };
            all.read(&mut kept);
            if kept.state != State::Unused || kept.segment.delete().is_err() {
                all.kept.push(kept);
            }
            all.keep_index(true);
        }
        all.keep_index(true);
        all.index_budget.read_in();
        all.pass_over_old();
        all.report();
        // What the server before left unmerged.
        all.merge_parts();
        Ok(all)
    }

    /// Leaves segments unmerged whose index is not in memory when the server starts: the oldest ones of a store that has
    /// outgrown it. Most were merged before, and to find out which were not, all of them would be read.
    fn pass_over_old(&mut self) {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        for kept in &mut self.kept {
            let is_in_file = |index: &Arc<SegmentIndex>| index.blocks().is_none();
            kept.looked_at |= index.get(kept.segment.number).is_some_and(is_in_file);
        }
    }

    /// Opens the newest segment for writing; `false` if it is at most readable.
    fn resume(&mut self, segment: &Arc<Segment>) -> bool {
        // Outdated after the next write.
        let _ = std::fs::remove_file(segment.index_path());
        let Ok((writer, contents)) = Writer::open(segment, now(), self.log_bytes()) else { return false };
        if contents.damaged {
            return false;
        }
        if contents.missing() > 0 {
            let (number, missing) = (segment.number, contents.missing());
            tracing::warn!("Segment {number} lacks {missing} parts: {CUT}");
        }
        let missing = contents.missing();
        self.index().insert(segment.clone(), contents);
        self.open = Some(OpenSegment { segment: segment.clone(), writer, missing });
        true
    }

    fn index(&self) -> std::sync::RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a segment that is not being written, without writing if its log allows that.
    fn read(&self, kept: &mut Kept) {
        let segment = &kept.segment;
        kept.bytes = segment.bytes();
        kept.created = segment.written();
        let before = kept.state;
        let mut settled = segment.settle();
        if settled.as_ref().is_err_and(|error| !error.is_damage()) && segment.hold().is_ok() {
            settled = Ok(());
            kept.state = State::Unsettled;
        } else {
            kept.state = State::Read;
        }
        if kept.state == State::Read && settled.is_ok() && self.read_index_file(kept).is_some() {
            return;
        }
        let segment = &kept.segment;
        let read = settled.and_then(|()| segment.with_reader(|connection| load(segment, connection)));
        match read {
            Ok(contents) => {
                kept.created = if contents.created > 0 { contents.created } else { kept.created };
                kept.missing = contents.missing();
                self.say(kept, &contents, before);
                self.index().insert(segment.clone(), contents);
            }
            Err(StoreError::Nothing) if !segment.rows_path().exists() => kept.state = State::Unused,
            Err(error) => {
                kept.state = if error.is_damage() { State::Damaged } else { State::Unavailable };
                if kept.state == State::Damaged || before != State::Unavailable || self.status.is_starting() {
                    let number = segment.number;
                    let then = if error.is_damage() { "left as it is" } else { "tried again" };
                    tracing::warn!("Segment {number} is left out and {then}: {error}");
                }
            }
        }
    }

    /// Loads the index of a segment from its file; `None` if there is none that matches.
    fn read_index_file(&self, kept: &mut Kept) -> Option<()> {
        let segment = &kept.segment;
        let file = IndexFile::open(&segment.index_path()).ok()?;
        let origin = file.origin;
        if origin.segment_bytes != segment.file_bytes() {
            return None;
        }
        let read =
            |connection: &Connection| Ok((load_operations(connection)?, noted_rows(segment, connection)?));
        let ((operations, whole), rows) = segment.with_reader(read).ok()?;
        // A segment that was extended after its index was written may have the same size.
        if !whole || origin.last_row < u64::from(rows) {
            return None;
        }
        kept.created = origin.created;
        kept.missing = origin.last_row.saturating_sub(file.parts);
        let _ = self.index().put(SegmentIndex::in_file(segment.clone(), operations, file));
        Some(())
    }

    /// Keeps the index within its memory limit, and writes the files of segments that do not change any more.
    fn keep_index(&mut self, wait: bool) {
        let (kept, merging) = (&self.kept, &self.merging);
        let closed = || {
            // A log that is not moved yet would change the file after its index was written, as merging would.
            let read = kept
                .iter()
                .filter(|kept| kept.state == State::Read && !merging.is_running(Some(kept.segment.number)));
            let closed = read.map(|kept| ClosedSegment {
                number: kept.segment.number,
                created: kept.created,
                missing: kept.missing,
                is_final: kept.looked_at || !merging.is_enabled(),
                is_waiting: kept.is_new && !kept.looked_at && merging.is_enabled(),
            });
            closed.collect()
        };
        self.index_budget.keep(closed, wait);
        for number in self.index_budget.take_written() {
            if let Some(kept) = self.kept.iter_mut().find(|kept| kept.segment.number == number) {
                kept.bytes = kept.segment.bytes();
            }
        }
    }

    fn say(&self, kept: &Kept, contents: &Contents, before: State) {
        let number = kept.segment.number;
        if kept.missing > 0 {
            let why = if contents.damaged { "it is damaged" } else { CUT };
            tracing::warn!("Segment {number} lacks {} of {} parts: {why}", kept.missing, contents.last_row);
        } else if contents.damaged {
            tracing::warn!("Segment {number} is damaged; all its parts can be read");
        }
        if kept.state == State::Unsettled {
            tracing::warn!(
                "Segment {number} is read with its write-ahead log, which cannot be moved into it now"
            );
        } else if before == State::Unavailable && !self.status.is_starting() {
            tracing::warn!("Segment {number} is readable again");
        }
    }

    /// Updates the status with the damage of segments.
    fn report(&self) {
        let count = |state| self.kept.iter().filter(|kept| kept.state == state).count() as u64;
        self.status.limit(self.limits.max_disk);
        let missing = self.open.as_ref().map_or(0, |open| open.missing);
        self.status.segments(
            count(State::Damaged),
            count(State::Unavailable),
            missing + self.kept.iter().map(|kept| kept.missing).sum::<u64>(),
            self.used(),
        );
    }

    /// The segment that is being written; creates one if necessary.
    pub fn opened(&mut self) -> Result<&mut OpenSegment, StoreError> {
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
            let reserved = if self.kept.len() > 1 { self.merging.reserved } else { 0 };
            if used + needed + reserved <= budget {
                return Ok(());
            }
            let full = StoreError::Full(format!("{used} of {budget} bytes are used"));
            if self.limits.retention.is_none() {
                return Err(full);
            }
            if self.kept.is_empty() {
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
        open + self.kept.iter().map(|kept| kept.bytes).sum::<u64>()
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
        self.kept.push(Kept { segment, created, bytes, state, missing, is_new: true, looked_at: false });
    }

    /// Closes the current segment if it is large or old, and deletes expired segments.
    pub fn maintain(&mut self) {
        let now = now();
        let segment_bytes = self.segment_bytes();
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
            while self.kept.first().is_some_and(|kept| kept.created + age < old) && self.delete_oldest() {}
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
        let mut kept = std::mem::take(&mut self.kept);
        for kept in &mut kept {
            match kept.state {
                State::Unavailable => self.read(kept),
                State::Unsettled => kept.settle(),
                _ => {}
            }
        }
        self.kept = kept;
        self.report();
    }

    /// Deletes the oldest segment; `false` if that failed.
    fn delete_oldest(&mut self) -> bool {
        let Some(number) = self.kept.first().map(|oldest| oldest.segment.number) else { return false };
        let removed = self.index().remove(number);
        drop(removed);
        let Some(oldest) = self.kept.first_mut() else { return false };
        match oldest.segment.delete() {
            Ok(()) => {
                self.kept.remove(0);
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
        self.kept.iter_mut().filter(|kept| kept.state == State::Unsettled).for_each(Kept::settle);
        self.stop_merging();
        self.index_budget.finish();
    }
}
