//! Which closed segments are merged, and how a merged one takes the place of what it was made of: by renaming, so that a
//! crash at any moment leaves one of the two, whole. Queries that started before go on reading the file as it was, which
//! has another name until the last of them is done.

use super::{Segments, State};
use crate::machine;
use crate::store::index::SegmentIndex;
use crate::store::merge::{Merged, merge};
use crate::store::pace::{Commits, Pace};
use crate::store::segment::Segment;
use crate::store::{Rebuild, StoreError};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Priority of merging. A lower one would let a machine that is busy with other things stop it.
const NICE: i32 = 10;

type Task = JoinHandle<Result<Option<Merged>, StoreError>>;

/// The thread that merges one segment at a time.
pub struct Merging {
    rebuild: Option<Rebuild>,
    stop: Arc<AtomicBool>,
    /// Commits of received spans since the start.
    pub commits: Commits,
    running: Option<(u64, Task)>,
    /// Bytes on disk that are kept free for it.
    pub reserved: u64,
}

impl Merging {
    /// Nothing is merged without a way to make parts of spans.
    pub fn new(rebuild: Option<Rebuild>) -> Self {
        Merging { rebuild, stop: Arc::default(), commits: Commits::default(), running: None, reserved: 0 }
    }

    /// Whether anything is merged.
    pub fn is_enabled(&self) -> bool {
        self.rebuild.is_some()
    }

    /// Tells the thread to stop, which takes a moment.
    pub fn request_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether a segment is being merged, or any where none is named.
    pub fn is_running(&self, number: Option<u64>) -> bool {
        self.running.as_ref().is_some_and(|(running, _)| number.is_none_or(|number| number == *running))
    }

    fn start(&mut self, index: Arc<SegmentIndex>, created: u64, rebuild: Rebuild) {
        let (number, stop) = (index.segment.number, self.stop.clone());
        let commits = self.commits.clone();
        let task = std::thread::Builder::new().name("merge".to_owned()).spawn(move || {
            machine::yield_to_others(NICE);
            merge(&index, created, rebuild, &stop, &mut Pace::new(commits))
        });
        match task {
            Ok(task) => self.running = Some((number, task)),
            Err(error) => tracing::warn!("Segment {number} is not merged: {error}"),
        }
    }

    /// The segment whose merging has ended, and what was made of it; nothing where it stays as it is.
    fn finished(&mut self, wait: bool) -> Option<(u64, Option<Merged>)> {
        if !wait && !self.running.as_ref().is_some_and(|(_, task)| task.is_finished()) {
            return None;
        }
        let (number, task) = self.running.take()?;
        self.reserved = 0;
        let merged = match task.join() {
            Ok(Ok(merged)) => merged,
            Ok(Err(error)) => {
                tracing::warn!("Segment {number} stays unmerged (nothing is lost): {error}");
                None
            }
            Err(_) => {
                tracing::warn!("Segment {number} stays unmerged (nothing is lost): merging panicked");
                None
            }
        };
        Some((number, merged))
    }
}

impl Segments {
    /// Puts in place what is merged, and starts to merge the oldest closed segment that was not looked at.
    pub fn merge_parts(&mut self) {
        let Some(rebuild) = self.merging.rebuild else { return };
        self.merge_next(rebuild);
        let waiting =
            self.entries.iter().filter(|entry| !entry.is_merged && entry.state == State::Read).count();
        self.status.unmerged(waiting as u64 + u64::from(self.merging.is_running(None)));
    }

    fn merge_next(&mut self, rebuild: Rebuild) {
        match self.merging.finished(false) {
            Some((number, Some(merged))) => self.put_in_place(number, merged),
            // It may have waited with its index in a file.
            Some((number, None)) => self.index_budget.read_back(number),
            None => {}
        }
        if self.merging.is_running(None) {
            return;
        }
        while let Some(at) =
            self.entries.iter().position(|entry| !entry.is_merged && entry.state == State::Read)
        {
            let entry = &self.entries[at];
            if self.index_budget.is_moving(entry.segment.number) {
                return;
            }
            let index = self.index.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let index = index.get(entry.segment.number).cloned();
            let Some(index) = index.filter(|_| entry.missing == 0) else {
                self.entries[at].is_merged = true;
                continue;
            };
            if self.limits.max_disk.is_some_and(|budget| self.used() + entry.bytes > budget) {
                // Room is made together with that for what comes next; without retention there will be none.
                self.merging.reserved = if self.limits.retention.is_some() { entry.bytes } else { 0 };
                return;
            }
            let created = entry.created;
            self.merging.reserved = entry.bytes;
            self.merging.start(index, created, rebuild);
            self.entries[at].is_merged = true;
            return;
        }
        self.merging.reserved = 0;
    }

    /// Stops merging; what is finished is put in place.
    pub(super) fn stop_merging(&mut self) {
        self.merging.request_stop();
        if let Some((number, Some(merged))) = self.merging.finished(true) {
            self.put_in_place(number, merged);
        }
    }

    fn put_in_place(&mut self, number: u64, merged: Merged) {
        let at = self.entries.iter().position(|entry| entry.segment.number == number);
        let Some(at) = at.filter(|at| self.entries[*at].state == State::Read) else {
            // The segment was deleted meanwhile. What stays is removed at the next start.
            let _ = merged.segment.delete();
            return;
        };
        let (before, directory) = (self.entries[at].segment.clone(), self.directory.clone());
        let rows = merged.contents.last_row;
        let placed = before.note_rows(rows).and_then(|()| before.replace(merged.segment.path()));
        if let Err(error) = placed {
            tracing::warn!("Segment {number} stays unmerged (nothing is lost): {error}");
            let _ = merged.segment.delete();
            return;
        }
        // Until then a power cut may bring back the file as it was, which is as good.
        let _ = File::open(&directory).and_then(|directory| directory.sync_all());
        let _ = merged.segment.delete();
        let segment = Arc::new(Segment::new(&directory, number));
        segment.look();
        let entry = &mut self.entries[at];
        tracing::debug!("Segment {number} is merged: {} instead of {} bytes", segment.bytes(), entry.bytes);
        entry.segment = segment.clone();
        entry.bytes = segment.bytes();
        let index = SegmentIndex::loaded(segment, merged.contents);
        let freed = self.index().put(index);
        drop(freed);
    }
}
