//! The writer thread: commits the parts of all queued requests together, then replies to them.

use super::index::Index;
use super::limits::Limits;
use super::part::Part;
use super::segments::Segments;
use super::status::Status;
use super::{Rebuild, StoreError};
use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Maximum number of queued requests.
const WAITING_REQUESTS: usize = 1024;

/// How long a merged segment waits to be put in place.
const MERGED_WITHIN: Duration = Duration::from_millis(50);

/// The answer to a job. The parts come back with it, so that their memory is freed where it was taken.
type Reply = oneshot::Sender<(Result<(), StoreError>, Vec<Part>)>;

struct Job {
    parts: Vec<Part>,
    /// Maximum size on disk in bytes.
    disk_bytes: u64,
    reply: Reply,
    /// Reserved space in the queue, released when the job is answered.
    reserved: OwnedSemaphorePermit,
}

impl Job {
    /// Releases the space first, so that the receiver of the reply can use it.
    fn answer(self, result: Result<(), StoreError>) {
        drop(self.reserved);
        // The sender may be gone; its spans are stored all the same.
        let _ = self.reply.send((result, self.parts));
    }
}

/// Handle to the writer thread.
pub struct Handle {
    queue: Mutex<Option<SyncSender<Job>>>,
    reserved: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Handle {
    /// Queues parts; fails at once if the queue is full.
    pub fn send(&self, parts: Vec<Part>, reply: Reply) -> Result<(), StoreError> {
        let bytes: usize = parts.iter().map(Part::weight).sum();
        let disk_bytes = parts.iter().map(Part::disk_bytes).sum();
        let kibibytes = u32::try_from(bytes.div_ceil(1024)).map_err(|_| StoreError::Busy)?;
        let reserved =
            self.reserved.clone().try_acquire_many_owned(kibibytes).map_err(|_| StoreError::Busy)?;
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(Job { parts, disk_bytes, reply, reserved }).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Waits for queued jobs and for the end of the thread.
    pub fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic was printed already.
            let _ = thread.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

struct State {
    segments: Segments,
    status: Arc<Status>,
    tick: Duration,
    /// Lock that is held while the store is open.
    _lock: File,
}

/// Locks the directory against other servers. The directory itself is locked where the system supports that, because
/// a lock file could be removed.
fn lock(directory: &Path) -> Result<File, StoreError> {
    let lock = if cfg!(unix) {
        File::open(directory)?
    } else {
        File::options().create(true).truncate(false).write(true).open(directory.join("lock"))?
    };
    match lock.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse(directory.display().to_string())),
        // File systems without locks are accepted.
        _ => Ok(lock),
    }
}

/// Opens the directory, reads all segments into the index and starts the thread.
pub fn start(
    directory: &Path,
    limits: Limits,
    index: Arc<RwLock<Index>>,
    status: Arc<Status>,
    rebuild: Option<Rebuild>,
) -> Result<Handle, StoreError> {
    std::fs::create_dir_all(directory)?;
    let lock = lock(directory)?;
    let segments = Segments::load(directory, limits, index, status.clone(), rebuild)?;
    let state = State { segments, status, tick: limits.tick, _lock: lock };
    let (queue, jobs) = sync_channel(WAITING_REQUESTS);
    let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || state.run(&jobs))?;
    Ok(Handle {
        queue: Mutex::new(Some(queue)),
        reserved: Arc::new(Semaphore::new(limits.waiting_bytes.div_ceil(1024).min(Semaphore::MAX_PERMITS))),
        thread: Mutex::new(Some(thread)),
    })
}

impl State {
    fn run(mut self, jobs: &Receiver<Job>) {
        let mut tended = Instant::now();
        loop {
            if tended.elapsed() >= self.tick {
                self.segments.retry();
                self.segments.maintain();
                tended = Instant::now();
            }
            // What is merged is put in place soon also where nothing comes.
            let wait = if self.segments.is_merging() { self.tick.min(MERGED_WITHIN) } else { self.tick };
            let first = match jobs.recv_timeout(wait) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => {
                    self.segments.merge_parts();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let most = self.segments.commit_bytes();
            let mut bytes = first.disk_bytes;
            let mut group = vec![first];
            while bytes < most
                && let Ok(job) = jobs.try_recv()
            {
                bytes += job.disk_bytes;
                group.push(job);
            }
            self.write(group, bytes);
        }
        self.segments.close();
    }

    fn write(&mut self, group: Vec<Job>, bytes: u64) {
        let alone = group.len() == 1;
        // A group that does not fit is split before anything is deleted for it.
        let fits = alone || bytes <= self.segments.commit_bytes();
        let result = if fits {
            self.segments.make_room(bytes).and_then(|()| self.commit(&group))
        } else {
            Err(StoreError::Busy)
        };
        match result {
            Ok(()) => {
                self.status.wrote(true);
                group.into_iter().for_each(|job| job.answer(Ok(())));
            }
            // One large request must not cause the others to be rejected.
            Err(_) if !alone => {
                for job in group {
                    let bytes = job.disk_bytes;
                    self.write(vec![job], bytes);
                }
            }
            Err(error) => {
                if !matches!(error, StoreError::TooLarge { .. }) {
                    self.status.wrote(false);
                }
                if !matches!(error, StoreError::Full(_) | StoreError::TooLarge { .. }) {
                    tracing::warn!("Spans could not be written: {error}");
                }
                group.into_iter().for_each(|job| job.answer(Err(copy(&error))));
            }
        }
        self.segments.maintain();
    }

    fn commit(&mut self, group: &[Job]) -> Result<(), StoreError> {
        let open = self.segments.opened()?;
        let added = open.writer.commit(group.iter().flat_map(|job| &job.parts))?;
        let number = open.segment.number;
        self.segments.added(number, added);
        Ok(())
    }
}

fn copy(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full(why) => StoreError::Full(why.clone()),
        StoreError::TooLarge { bytes, budget } => StoreError::TooLarge { bytes: *bytes, budget: *budget },
        other => StoreError::Io(std::io::Error::other(other.to_string())),
    }
}
