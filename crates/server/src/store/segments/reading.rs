//! Reads the segments of a directory: all when a store is opened, and later those that could not be read then.

use super::super::Rebuild;
use super::super::StoreError;
use super::super::index::{Index, SegmentIndex};
use super::super::index_budget::IndexBudget;
use super::super::index_file::IndexFile;
use super::super::limits::Limits;
use super::super::load::{Contents, load, load_operations, noted_rows};
use super::super::segment::Segment;
use super::super::segment_writer::Writer;
use super::super::status::Status;
use super::merging::Merging;
use super::{OpenSegment, SegmentEntry, Segments, State, now};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// Reason for missing parts without damage.
const CUT: &str = "its write-ahead log, or the file itself, was removed or cut short";

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
        let entries = Vec::with_capacity(numbers.len());
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
            lost: 0,
            entries,
        };
        for number in numbers {
            let segment = Arc::new(Segment::new(&all.directory, number));
            if number + 1 == next_number && all.resume(&segment) {
                continue;
            }
            let state = State::Unavailable;
            let mut entry = SegmentEntry {
                segment,
                created: 0,
                bytes: 0,
                state,
                missing: 0,
                is_damaged: false,
                is_new: false,
                is_merged: false,
            };
            all.read(&mut entry);
            if entry.state != State::Unused || entry.segment.delete().is_err() {
                all.entries.push(entry);
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
        for entry in &mut self.entries {
            let is_in_file = |index: &Arc<SegmentIndex>| index.blocks().is_none();
            entry.is_merged |= index.get(entry.segment.number).is_some_and(is_in_file);
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

    /// Reads a segment that is not being written, without writing if its log allows that.
    pub(super) fn read(&self, entry: &mut SegmentEntry) {
        let segment = &entry.segment;
        entry.bytes = segment.bytes();
        entry.created = segment.written();
        let before = entry.state;
        let mut settled = segment.settle();
        if settled.as_ref().is_err_and(|error| !error.is_damage()) && segment.hold().is_ok() {
            settled = Ok(());
            entry.state = State::Unsettled;
        } else {
            entry.state = State::Read;
        }
        if entry.state == State::Read && settled.is_ok() && self.read_index_file(entry).is_some() {
            return;
        }
        let segment = &entry.segment;
        let read = settled.and_then(|()| segment.with_reader(|connection| load(segment, connection)));
        match read {
            Ok(contents) => {
                entry.created = if contents.created > 0 { contents.created } else { entry.created };
                entry.missing = contents.missing();
                entry.is_damaged = contents.damaged;
                self.say(entry, &contents, before);
                self.index().insert(segment.clone(), contents);
            }
            Err(StoreError::Nothing) if !segment.rows_path().exists() => entry.state = State::Unused,
            Err(error) => {
                entry.state = if error.is_damage() { State::Damaged } else { State::Unavailable };
                if entry.state == State::Damaged || before != State::Unavailable || self.status.is_starting()
                {
                    let number = segment.number;
                    let then = if error.is_damage() { "left as it is" } else { "tried again" };
                    tracing::warn!("Segment {number} is left out and {then}: {error}");
                }
            }
        }
    }

    /// Loads the index of a segment from its file; `None` if there is none that matches.
    fn read_index_file(&self, entry: &mut SegmentEntry) -> Option<()> {
        let segment = &entry.segment;
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
        entry.created = origin.created;
        entry.missing = origin.last_row.saturating_sub(file.parts);
        let _ = self.index().put(SegmentIndex::in_file(segment.clone(), operations, file));
        Some(())
    }

    /// Logs the damage of a segment that was read, and changes of its state since `before`.
    fn say(&self, entry: &SegmentEntry, contents: &Contents, before: State) {
        let number = entry.segment.number;
        if entry.missing > 0 {
            let why = if contents.damaged { "it is damaged" } else { CUT };
            tracing::warn!("Segment {number} lacks {} of {} parts: {why}", entry.missing, contents.last_row);
        } else if contents.damaged {
            let lacks = match contents.lacks_operations {
                true => "its spans are found by their trace's id, but some not by service, operation or tags",
                false => "all its parts can be read",
            };
            tracing::warn!("Segment {number} is damaged: {lacks}");
        }
        if entry.state == State::Unsettled {
            tracing::warn!(
                "Segment {number} is read with its write-ahead log, which cannot be moved into it now"
            );
        } else if before == State::Unavailable && !self.status.is_starting() {
            tracing::warn!("Segment {number} is readable again");
        }
    }
}
