//! The store of lines: segments in a directory, one thread that writes, deletion by age and size.

use super::criteria::LogQuery;
use super::line::LogLine;
use super::segment::{LineWithRowId, LogWriter, Segment};
use crate::store::StoreError;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;

/// Requests that may wait to be written.
const WAITING: usize = 1024;
/// Matching lines whose traces are looked for at most.
pub const LATEST: usize = 200_000;
/// Lines that are committed together at most, unless one request has more.
const COMMIT: usize = 20_000;

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

/// The store. Cheap to clone; all clones are one.
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
        let mut files = Files {
            directory: directory.to_owned(),
            limits,
            shared: Arc::clone(&shared),
            open: None,
            next: 1,
        };
        files.load()?;
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

    /// The traces that have a line that matches: those of the latest lines, of which [`LATEST`] are looked at. `stopped` is
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

/// The files, and the one that is written.
struct Files {
    directory: PathBuf,
    limits: LogLimits,
    shared: Arc<Shared>,
    open: Option<(Arc<Segment>, LogWriter)>,
    next: u64,
}

impl Files {
    /// Opens all files of the directory; the last one is written on.
    fn load(&mut self) -> Result<(), StoreError> {
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".logs")?.parse::<u64>().ok());
            numbers.extend(number);
        }
        numbers.sort_unstable();
        for number in numbers {
            self.next = number + 1;
            match Segment::open(&self.directory, number, now()) {
                Ok((segment, writer)) => {
                    let segment = Arc::new(segment);
                    self.list(|segments| segments.push(Arc::clone(&segment)));
                    self.open = Some((segment, writer));
                }
                Err(error @ StoreError::Layout { .. }) => return Err(error),
                Err(error) if error.is_damage() => {
                    self.shared.damaged.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!("The log file {number:08}.logs is damaged and is left as it is: {error}");
                }
                Err(error) => return Err(error),
            }
        }
        self.maintain();
        Ok(())
    }

    fn list(&self, change: impl FnOnce(&mut Vec<Arc<Segment>>)) {
        change(&mut self.shared.segments.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn run(mut self, jobs: &Receiver<Job>) {
        let mut tended = Instant::now();
        loop {
            if tended.elapsed() >= self.limits.tick {
                self.maintain();
                tended = Instant::now();
            }
            let first = match jobs.recv_timeout(self.limits.tick) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let mut count = first.lines.len();
            let mut group = vec![first];
            while count < COMMIT
                && let Ok(job) = jobs.try_recv()
            {
                count += job.lines.len();
                group.push(job);
            }
            self.write(group);
        }
        if let Some((_, writer)) = self.open.take()
            && let Err(error) = writer.seal()
        {
            tracing::warn!("The last log file keeps its write-ahead log: {error}");
        }
    }

    /// Commits the lines of some requests together; where that fails, of each alone, so that one does not refuse others.
    fn write(&mut self, group: Vec<Job>) {
        let alone = group.len() == 1;
        let count: usize = group.iter().map(|job| job.lines.len()).sum();
        let result = self.commit(&group);
        match result {
            Ok(()) => {
                self.shared.failing.store(false, Ordering::Relaxed);
                self.shared.written.fetch_add(count as u64, Ordering::Relaxed);
                for job in group {
                    // A sender that has gone away does not care; its lines are kept all the same.
                    let _ = job.reply.send(Ok(()));
                }
            }
            Err(_) if !alone => group.into_iter().for_each(|job| self.write(vec![job])),
            Err(error) => {
                self.shared.failing.store(true, Ordering::Relaxed);
                if !matches!(error, StoreError::Full(_)) {
                    tracing::warn!("Log lines could not be written: {error}");
                }
                group.into_iter().for_each(|job| drop(job.reply.send(Err(copy(&error)))));
            }
        }
    }

    fn commit(&mut self, group: &[Job]) -> Result<(), StoreError> {
        self.maintain();
        if self.limits.retention.is_none() && self.is_full() {
            return Err(StoreError::Full(
                "logs take all the reserved that they may (--max-log-disk)".to_owned(),
            ));
        }
        let (_, writer) = match &mut self.open {
            Some(open) => open,
            None => {
                let (segment, writer) = Segment::open(&self.directory, self.next, now())?;
                self.next += 1;
                let segment = Arc::new(segment);
                self.list(|segments| segments.push(Arc::clone(&segment)));
                self.open.insert((segment, writer))
            }
        };
        writer.commit(group.iter().flat_map(|job| &job.lines))
    }

    fn is_full(&self) -> bool {
        self.limits.max_disk.is_some_and(|most| self.shared.bytes.load(Ordering::Relaxed) >= most)
    }

    /// Gives up the file that is written if it was removed: what is written to it would be gone with the process.
    fn give_up_removed(&mut self) {
        let Some((segment, _)) = self.open.take_if(|(segment, _)| !segment.exists()) else { return };
        let number = segment.number;
        tracing::error!(
            "The log file {number:08}.logs was removed while it was written: its lines are lost. Later ones go to a new file"
        );
        self.shared.removed.fetch_add(1, Ordering::Relaxed);
        self.list(|segments| segments.retain(|other| other.number != number));
    }

    /// Seals the file that is written when it is large or old enough, and deletes what is too old or too much.
    fn maintain(&mut self) {
        self.give_up_removed();
        let now = now();
        let age = |segment: &Segment| Duration::from_secs(now.saturating_sub(segment.created));
        let full = |segment: &Segment, limits: &LogLimits| {
            segment.bytes() >= limits.segment_bytes.min(limits.max_disk.unwrap_or(u64::MAX) / 2)
                || age(segment) >= limits.segment_age
        };
        if self.open.as_ref().is_some_and(|(segment, _)| full(segment, &self.limits))
            && let Some((segment, writer)) = self.open.take()
            && let Err(error) = writer.seal()
        {
            tracing::warn!("The log file {:08}.logs keeps its write-ahead log: {error}", segment.number);
        }
        let segments = self.shared.segments.read().unwrap_or_else(PoisonError::into_inner).clone();
        let open = self.open.as_ref().map(|(segment, _)| segment.number);
        let mut bytes: u64 = segments.iter().map(|segment| segment.bytes()).sum();
        if let Some(retention) = self.limits.retention {
            for segment in segments.iter().filter(|segment| Some(segment.number) != open) {
                let too_much = self.limits.max_disk.is_some_and(|most| bytes > most);
                if age(segment) < retention && !too_much {
                    break;
                }
                let size = segment.bytes();
                if let Err(error) = segment.delete() {
                    tracing::warn!("The log file {:08}.logs cannot be deleted: {error}", segment.number);
                    break;
                }
                bytes -= size;
                self.list(|segments| segments.retain(|other| other.number != segment.number));
            }
        }
        self.shared.bytes.store(bytes, Ordering::Relaxed);
    }
}

/// Unix seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn copy(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full(why) => StoreError::Full(why.clone()),
        other => StoreError::Io(std::io::Error::other(other.to_string())),
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
