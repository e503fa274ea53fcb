//! The one thread that writes: takes the parts of all requests that wait, commits them together, then answers them.
//! It also opens and seals segments and deletes old ones.

use super::StoreError;
use super::index::Index;
use super::part::Part;
use super::segment::{Segment, Writer};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Requests that may wait, whatever their size.
const WAITING_REQUESTS: usize = 1024;
/// Bytes that one commit takes on at most before it is flushed.
const COMMIT_BYTES: usize = 32 << 20;
const TICK: Duration = Duration::from_secs(20);

/// How much is kept and in what pieces.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A segment is sealed when its file is this big.
    pub segment_bytes: u64,
    /// A segment is sealed when it is this old.
    pub segment_age: Duration,
    /// Segments begun longer ago than this are deleted; `None` keeps them for ever.
    pub retention: Option<Duration>,
    /// Bytes that all segments may take. With a retention the oldest segments go when it is reached; without one
    /// nothing more is taken in.
    pub max_disk: Option<u64>,
    /// Bytes that may wait to be written.
    pub waiting_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            segment_bytes: 128 << 20,
            segment_age: Duration::from_secs(3600),
            retention: Some(Duration::from_secs(72 * 3600)),
            max_disk: None,
            waiting_bytes: 128 << 20,
        }
    }
}

struct Job {
    parts: Vec<Part>,
    bytes: usize,
    reply: oneshot::Sender<Result<(), StoreError>>,
    /// Room in the queue, given back when the job is answered.
    room: OwnedSemaphorePermit,
}

impl Job {
    /// Gives the room back first, so that who hears the answer can use it.
    fn answer(self, result: Result<(), StoreError>) {
        drop(self.room);
        // A sender that has gone away does not care; its spans are kept all the same.
        let _ = self.reply.send(result);
    }
}

/// What the rest of the server holds of the writer.
pub struct Handle {
    queue: Mutex<Option<SyncSender<Job>>>,
    room: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Handle {
    /// Queues parts; fails at once when there is no room for them.
    pub fn send(
        &self,
        parts: Vec<Part>,
        reply: oneshot::Sender<Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        let bytes: usize = parts.iter().map(Part::weight).sum();
        let kibibytes = u32::try_from(bytes.div_ceil(1024)).map_err(|_| StoreError::Busy)?;
        let room = self.room.clone().try_acquire_many_owned(kibibytes).map_err(|_| StoreError::Busy)?;
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(Job { parts, bytes, reply, room }).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    /// Lets the thread finish what waits, and waits for it.
    pub fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic there has been printed already; there is nothing left to flush.
            let _ = thread.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

struct Open {
    segment: Arc<Segment>,
    writer: Writer,
}

struct State {
    directory: PathBuf,
    limits: Limits,
    index: Arc<RwLock<Index>>,
    open: Option<Open>,
    next_number: u64,
    /// Segments that are sealed: number, Unix seconds at which each was begun, bytes.
    sealed: Vec<(u64, u64, u64)>,
    /// Held as long as the store is open; the lock goes with it.
    _lock: File,
}

/// Opens the directory, reads every segment into the index and starts the thread.
pub fn start(directory: &Path, limits: Limits, index: Arc<RwLock<Index>>) -> Result<Handle, StoreError> {
    std::fs::create_dir_all(directory)?;
    let lock = File::options().create(true).truncate(false).write(true).open(directory.join("lock"))?;
    if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
        return Err(StoreError::InUse(directory.display().to_string()));
    }
    let mut state = State {
        directory: directory.to_owned(),
        limits,
        index,
        open: None,
        next_number: 1,
        sealed: Vec::new(),
        _lock: lock,
    };
    state.load()?;
    let (queue, jobs) = sync_channel(WAITING_REQUESTS);
    let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || state.run(&jobs))?;
    Ok(Handle {
        queue: Mutex::new(Some(queue)),
        room: Arc::new(Semaphore::new(limits.waiting_bytes.div_ceil(1024).min(Semaphore::MAX_PERMITS))),
        thread: Mutex::new(Some(thread)),
    })
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl State {
    /// Reads every segment. The newest is written on if it has room.
    fn load(&mut self) -> Result<(), StoreError> {
        let numbers = Segment::list(&self.directory)?;
        let newest = numbers.last().copied();
        for number in numbers {
            self.next_number = number + 1;
            let segment = Arc::new(Segment::new(&self.directory, number));
            let (writer, contents) = match Writer::open(&segment, unix_seconds()) {
                Ok(opened) => opened,
                Err(error @ (StoreError::Full(_) | StoreError::Io(_))) => return Err(error),
                Err(error) => {
                    eprintln!("Segment {number} is left out and left as it is: {error}");
                    continue;
                }
            };
            let created = contents.created;
            self.index.write().unwrap_or_else(PoisonError::into_inner).insert(segment.clone(), contents);
            if Some(number) == newest {
                self.open = Some(Open { segment, writer });
            } else {
                drop(writer);
                self.sealed.push((number, created, segment.bytes()));
            }
        }
        Ok(())
    }

    fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let first = match jobs.recv_timeout(TICK) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => {
                    self.tend();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let mut group = vec![first];
            let mut bytes = group[0].bytes;
            while bytes < COMMIT_BYTES
                && let Ok(job) = jobs.try_recv()
            {
                bytes += job.bytes;
                group.push(job);
            }
            self.write(group, bytes as u64);
        }
        if let Some(open) = self.open.take()
            && let Err(error) = open.writer.seal()
        {
            eprintln!("The last segment could not be sealed (nothing is lost): {error}");
        }
    }

    fn write(&mut self, group: Vec<Job>, bytes: u64) {
        let result = self.make_room(bytes).and_then(|()| self.commit(&group));
        match result {
            Ok(()) => group.into_iter().for_each(|job| job.answer(Ok(()))),
            // One request too big for what is left must not refuse the others.
            Err(_) if group.len() > 1 => {
                for job in group {
                    let bytes = job.bytes as u64;
                    self.write(vec![job], bytes);
                }
            }
            Err(error) => {
                if !matches!(error, StoreError::Full(_)) {
                    eprintln!("Spans could not be written: {error}");
                }
                group.into_iter().for_each(|job| job.answer(Err(copy(&error))));
            }
        }
        self.tend();
    }

    fn commit(&mut self, group: &[Job]) -> Result<(), StoreError> {
        let open = self.opened()?;
        let added = open.writer.commit(group.iter().flat_map(|job| &job.parts))?;
        let number = open.segment.number;
        self.index.write().unwrap_or_else(PoisonError::into_inner).add(number, added);
        Ok(())
    }

    /// The segment that is written; starts one where there is none.
    fn opened(&mut self) -> Result<&mut Open, StoreError> {
        let open = match self.open.take() {
            Some(open) => open,
            None => {
                let segment = Arc::new(Segment::new(&self.directory, self.next_number));
                let (writer, contents) = Writer::open(&segment, unix_seconds())?;
                self.next_number += 1;
                self.index.write().unwrap_or_else(PoisonError::into_inner).insert(segment.clone(), contents);
                Open { segment, writer }
            }
        };
        Ok(self.open.insert(open))
    }

    /// Makes sure that so many bytes more stay within the budget, or says that they do not.
    fn make_room(&mut self, bytes: u64) -> Result<(), StoreError> {
        let Some(budget) = self.limits.max_disk else { return Ok(()) };
        loop {
            let open = self.open.as_ref().map_or(0, |open| open.segment.bytes());
            let used = open + self.sealed.iter().map(|(_, _, bytes)| bytes).sum::<u64>();
            if used + bytes <= budget {
                return Ok(());
            }
            if self.limits.retention.is_none() || self.sealed.is_empty() {
                return Err(StoreError::Full(format!("{used} of {budget} bytes are used")));
            }
            let (number, _, _) = self.sealed.remove(0);
            self.delete(number);
        }
    }

    /// Seals the open segment when it is big or old, deletes sealed ones past their time.
    fn tend(&mut self) {
        let now = unix_seconds();
        let segment_bytes = self
            .limits
            .max_disk
            .map_or(self.limits.segment_bytes, |budget| self.limits.segment_bytes.min(budget / 8));
        if let Some(open) = self.open.take_if(|open| {
            let old = now.saturating_sub(open.writer.created) >= self.limits.segment_age.as_secs();
            !open.writer.is_empty() && (old || open.segment.bytes() >= segment_bytes)
        }) {
            let created = open.writer.created;
            if let Err(error) = open.writer.seal() {
                eprintln!("Segment {} could not be sealed (nothing is lost): {error}", open.segment.number);
            }
            self.sealed.push((open.segment.number, created, open.segment.bytes()));
        }
        if let Some(retention) = self.limits.retention {
            let old = now.saturating_sub(retention.as_secs());
            let age = self.limits.segment_age.as_secs();
            while let Some((number, created, _)) = self.sealed.first().copied()
                && created + age < old
            {
                self.sealed.remove(0);
                self.delete(number);
            }
        }
    }

    fn delete(&self, number: u64) {
        let segment = self.index.write().unwrap_or_else(PoisonError::into_inner).remove(number);
        if let Some(segment) = segment
            && let Err(error) = segment.delete()
        {
            eprintln!("Segment {number} could not be deleted: {error}");
        }
    }
}

fn copy(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full(why) => StoreError::Full(why.clone()),
        other => StoreError::Io(std::io::Error::other(other.to_string())),
    }
}
