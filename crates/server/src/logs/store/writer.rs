//! The thread that writes lines, and seals and deletes files by age and size.

use super::{Job, LogLimits, Shared};
use crate::logs::segment::{LogWriter, Segment};
use crate::store::StoreError;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Lines that are committed together at most, unless one request has more.
const COMMIT: usize = 20_000;

/// The files, and the one that is written.
pub(super) struct Files {
    directory: PathBuf,
    limits: LogLimits,
    shared: Arc<Shared>,
    open: Option<(Arc<Segment>, LogWriter)>,
    next: u64,
}

impl Files {
    /// Opens all files of the directory; the last one is continued.
    pub(super) fn load(directory: &Path, limits: LogLimits, shared: Arc<Shared>) -> Result<Self, StoreError> {
        let mut files = Files { directory: directory.to_owned(), limits, shared, open: None, next: 1 };
        files.open_all()?;
        Ok(files)
    }

    fn open_all(&mut self) -> Result<(), StoreError> {
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

    /// Writes what arrives until the queue is closed.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
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
                    // The caller may be gone; its lines are stored all the same.
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
