//! The store of lines: segments in a directory, searched by callers and written by one thread (`writer`).

mod writer;

use super::criteria::LogQuery;
use super::line::LogLine;
use super::segment::{LineWithRowId, Segment};
use crate::store::StoreError;
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use writer::Files;

/// Requests that may wait to be written.
const WAITING: usize = 1024;
/// Matching lines whose traces are looked for at most.
pub const LATEST: usize = 200_000;

/// How much is kept, and in what pieces.
#[derive(Clone, Copy, Debug)]
pub struct LogLimits {
    /// A new file is made when one is this large, in bytes.
    pub segment_bytes: u64,
    /// A new file is made when one is this old.
    pub segment_age: Duration,
    /// Files made longer ago than this are deleted; `None` keeps them for ever.
    pub retention: Option<Duration>,
    /// Bytes that all files may take. With a retention the oldest go when they are reached; without one nothing more
    /// is taken in.
    pub max_disk: Option<u64>,
    /// How often what is past its time is looked for.
    pub tick: Duration,
}

impl Default for LogLimits {
    fn default() -> Self {
        LogLimits {
            segment_bytes: 128 << 20,
            segment_age: Duration::from_secs(6 * 3600),
            retention: Some(Duration::from_secs(72 * 3600)),
            max_disk: None,
            tick: Duration::from_secs(20),
        }
    }
}

/// What is wrong with the store, and how much it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStatus {
    /// Lines written since the start.
    pub written: u64,
    /// Files.
    pub segments: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Files that cannot be read and are left as they are.
    pub damaged: u64,
    /// Files that were removed while they were written.
    pub removed: u64,
    /// Whether the last lines could not be written.
    pub failing: bool,
}

impl LogStatus {
    /// Descriptions of problems; empty if there are none.
    pub fn problems(&self) -> Vec<String> {
        let damaged = (self.damaged > 0).then(|| format!("{} log files are damaged", self.damaged));
        let removed = (self.removed > 0)
            .then(|| format!("{} log files were removed while they were written", self.removed));
        let failing = self.failing.then(|| "log lines cannot be written".to_owned());
        damaged.into_iter().chain(removed).chain(failing).collect()
    }
}

#[derive(Default)]
struct Shared {
    segments: RwLock<Vec<Arc<Segment>>>,
    written: AtomicU64,
    bytes: AtomicU64,
    damaged: AtomicU64,
    removed: AtomicU64,
    failing: AtomicBool,
}

struct Job {
    lines: Vec<LogLine>,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

/// The store. Clones share it.
#[derive(Clone)]
pub struct LogStore {
    shared: Arc<Shared>,
    queue: Arc<Mutex<Option<SyncSender<Job>>>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl LogStore {
    /// Opens the store in a directory, making it if need be. Blocks.
    ///
    /// # Errors
    /// A file of a later layout, or a directory that cannot be written. A damaged file is left out and counted.
    pub fn open(directory: &Path, limits: LogLimits) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory)?;
        let shared = Arc::new(Shared::default());
        let files = Files::load(directory, limits, Arc::clone(&shared))?;
        let (queue, jobs) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("logs".to_owned()).spawn(move || files.run(&jobs))?;
        Ok(LogStore {
            shared,
            queue: Arc::new(Mutex::new(Some(queue))),
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// Keeps lines. `Ok` means that they are on disk; an error means that none of them is kept.
    ///
    /// # Errors
    /// Too much at once, a full disk, or a failure of the file system.
    pub async fn append(&self, lines: Vec<LogLine>) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        {
            let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = queue.as_ref().ok_or(StoreError::Closed)?;
            queue.try_send(Job { lines, reply }).map_err(|error| match error {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Disconnected(_) => StoreError::Closed,
            })?;
        }
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// The lines that match: those of a trace in the order of their times, others latest first. `stopped` is asked
    /// between files. Blocks.
    ///
    /// # Errors
    /// A file that cannot be read, or a search that was stopped.
    pub fn find(&self, query: &LogQuery, stopped: impl Fn() -> bool) -> Result<Vec<LogLine>, StoreError> {
        let segments = self.shared.segments.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut found: Vec<LineWithRowId> = Vec::new();
        for segment in segments.iter().rev() {
            if stopped() {
                return Err(StoreError::Stopped);
            }
            found.extend(segment.find(query, query.limit)?);
        }
        // The place tells apart lines of one time: the number of the file, then that of the row.
        let place = |(line, segment, row): &LineWithRowId| (line.time, *segment, *row);
        match query.trace {
            Some(_) => found.sort_unstable_by_key(place),
            None => found.sort_unstable_by_key(|placed| std::cmp::Reverse(place(placed))),
        }
        found.truncate(query.limit);
        Ok(found.into_iter().map(|(line, _, _)| line).collect())
    }

    /// The traces that have a line that matches: those of the latest lines, of which `LATEST` are looked at. `stopped` is
    /// asked between files. Blocks.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn traces(&self, query: &LogQuery, stopped: impl Fn() -> bool) -> Result<HashSet<u128>, StoreError> {
        let segments = self.shared.segments.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut found, mut left) = (HashSet::new(), LATEST);
        for segment in segments.iter().rev() {
            if stopped() {
                return Err(StoreError::Stopped);
            }
            left = left.saturating_sub(segment.traces(query, left, &mut found)?);
            if left == 0 {
                break;
            }
        }
        Ok(found)
    }

    /// What the store holds and what is wrong with it.
    pub fn status(&self) -> LogStatus {
        let shared = &self.shared;
        LogStatus {
            written: shared.written.load(Ordering::Relaxed),
            segments: shared.segments.read().unwrap_or_else(PoisonError::into_inner).len() as u64,
            bytes: shared.bytes.load(Ordering::Relaxed),
            damaged: shared.damaged.load(Ordering::Relaxed),
            removed: shared.removed.load(Ordering::Relaxed),
            failing: shared.failing.load(Ordering::Relaxed),
        }
    }

    /// Writes what waits and ends the thread. Blocks.
    pub fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic there has been printed already; there is nothing left to write.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
