//! A queue on disk, bounded in bytes: one thread writes what all requests bring in common transactions, and drops the
//! oldest when there is no room. What `put` answered is there after a crash.

use super::clock::Clock;
use super::packed::CompressedRequest;
use super::queue_file::{Entry, QueueError, QueueFile, QueueReader, Totals, disk_bytes};
use super::status::Status;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait; senders of more wait until there is room.
const WAITING: usize = 256;
/// Jobs and bytes of one transaction.
const TOGETHER: usize = 256;
const TOGETHER_BYTES: usize = 32 << 20;
/// How many entries are looked at together.
const STEP: usize = 256;

enum Job {
    Put(Arc<CompressedRequest>, Reply<()>),
    /// Lends the oldest requests after a number: they are not dropped until they are done.
    Lend {
        after: i64,
        limits: ReadLimits,
        reply: Reply<Vec<Entry>>,
    },
    /// Everything up to a number has been dealt with.
    Done(i64),
}

/// How much is lent at a time.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// Bytes before packing; the first request may have more.
    pub bytes: u64,
    /// Only what arrived until then, milliseconds since the Unix epoch.
    pub until: u64,
}

/// A queue.
pub struct Queue {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    reader: Arc<Mutex<QueueReader>>,
    clock: Clock,
}

impl Queue {
    /// Opens the queue in a file, for at most so many bytes. Blocks.
    pub fn open(path: &Path, most: u64, status: Arc<Status>) -> Result<Self, QueueError> {
        let (file, aside) = QueueFile::open(path)?;
        if let Some(aside) = aside {
            tracing::error!("the queue {} was damaged and is now {}", path.display(), aside.display());
            status.damaged();
        }
        let reader = Arc::new(Mutex::new(QueueReader::open(path)?));
        let held = file.totals(i64::MAX)?;
        status.queue_holds(held);
        let clock = Clock::new(file.youngest()?);
        let (jobs, waiting) = mpsc::channel(WAITING);
        let mut writer = Writer { file, most, status, held, lent: 0, clock };
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let thread =
            std::thread::Builder::new().name(format!("queue {name}")).spawn(move || writer.run(waiting))?;
        Ok(Queue { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), reader, clock })
    }

    fn jobs(&self) -> Result<mpsc::Sender<Job>, QueueError> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(QueueError::Closed)
    }

    /// Queues a request. `Ok` means that it is on disk, or that it alone is larger than the queue and was dropped.
    pub async fn put(&self, packed: Arc<CompressedRequest>) -> Result<(), QueueError> {
        let (reply, answer) = oneshot::channel();
        self.jobs()?.send(Job::Put(packed, reply)).await.map_err(|_| QueueError::Closed)?;
        answer.await.unwrap_or(Err(QueueError::Closed))
    }

    /// The oldest requests after a number, which are not dropped until [`done`](Self::done) names them.
    pub async fn lend(&self, after: i64, limits: ReadLimits) -> Result<Vec<Entry>, QueueError> {
        let (reply, answer) = oneshot::channel();
        self.jobs()?.send(Job::Lend { after, limits, reply }).await.map_err(|_| QueueError::Closed)?;
        answer.await.unwrap_or(Err(QueueError::Closed))
    }

    /// Deletes everything up to a number: it was delivered, or is not wanted.
    pub async fn done(&self, through: i64) -> Result<(), QueueError> {
        self.jobs()?.send(Job::Done(through)).await.map_err(|_| QueueError::Closed)
    }

    /// Now, as requests' times of arrival are, milliseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Reads requests, on a thread that may block.
    pub fn reader(&self) -> Arc<Mutex<QueueReader>> {
        self.reader.clone()
    }

    /// Writes what waits and stops the thread. Blocks.
    pub fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic there has been printed already.
            let _ = thread.join();
        }
    }
}

type Reply<T> = oneshot::Sender<Result<T, QueueError>>;

struct Writer {
    file: QueueFile,
    most: u64,
    status: Arc<Status>,
    held: Totals,
    /// Number of the last request that is lent.
    lent: i64,
    clock: Clock,
}

impl Writer {
    fn run(&mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(first) = waiting.blocking_recv() {
            let (mut puts, mut bytes, mut done, mut lends) = (Vec::new(), 0, None, Vec::new());
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Put(packed, reply) => {
                        bytes += packed.bytes.len();
                        puts.push((packed, reply));
                    }
                    Job::Done(through) => done = done.max(Some(through)),
                    Job::Lend { after, limits, reply } => lends.push((after, limits, reply)),
                }
                let more = puts.len() < TOGETHER && bytes < TOGETHER_BYTES;
                next = if more { waiting.try_recv().ok() } else { None };
            }
            if !puts.is_empty() || done.is_some() {
                self.write(puts, done);
            }
            for (after, limits, reply) in lends {
                // Who asked may be gone.
                let _ = reply.send(self.lend(after, limits));
            }
        }
    }

    fn write(&mut self, puts: Vec<(Arc<CompressedRequest>, Reply<()>)>, done: Option<i64>) {
        let packed: Vec<&CompressedRequest> = puts.iter().map(|(packed, _)| &**packed).collect();
        let written = self.try_write(&packed, done);
        match &written {
            Ok(()) => self.status.queue_works(),
            Err(error) => {
                let spans = packed.iter().map(|packed| u64::from(packed.count)).sum();
                self.status.queue_fails(spans, &error.to_string());
            }
        }
        self.status.queue_holds(self.held);
        for (_, reply) in puts {
            // The cause has been said; who waits needs to know only that it failed, and may be gone.
            let _ = reply.send(written.as_ref().copied().map_err(|_| QueueError::NotWritten));
        }
    }

    fn try_write(&mut self, puts: &[&CompressedRequest], done: Option<i64>) -> Result<(), QueueError> {
        let (mut held, mut remove, mut dropped) = (self.held, Vec::new(), 0);
        if let Some(through) = done {
            held = held.less(self.file.totals(through)?);
            remove.push(0..=through);
        }
        let fits = |packed: &&CompressedRequest| disk_bytes(packed.bytes.len()) <= self.most;
        let (mut add, never): (Vec<&CompressedRequest>, Vec<&CompressedRequest>) =
            puts.iter().partition(|packed| fits(packed));
        dropped += never.iter().map(|packed| u64::from(packed.count)).sum::<u64>();
        add.iter().for_each(|packed| held = held.more(one(packed)));
        // What is lent stays: it is being sent.
        let mut after = self.lent.max(done.unwrap_or(0));
        while held.bytes > self.most {
            let oldest = self.file.oldest(after, STEP)?;
            let Some(last) = oldest.last() else { break };
            let mut last = last.number;
            for entry in &oldest {
                held = held.less(Totals { requests: 1, spans: entry.spans, bytes: entry.bytes });
                dropped += entry.spans;
                if held.bytes <= self.most {
                    last = entry.number;
                    break;
                }
            }
            remove.push(after + 1..=last);
            after = last;
        }
        // Only what is lent is left: of what has just come the oldest goes.
        let mut surplus = 0;
        while held.bytes > self.most
            && let Some(packed) = add.get(surplus)
        {
            held = held.less(one(packed));
            dropped += u64::from(packed.count);
            surplus += 1;
        }
        let arrived = self.clock.now();
        let add: Vec<(u64, &CompressedRequest)> =
            add.drain(surplus..).map(|packed| (arrived, packed)).collect();
        self.file.change(&add, &remove)?;
        self.held = held;
        self.status.dropped_full(dropped);
        if held.requests == 0 {
            self.file.shrink()?;
        }
        Ok(())
    }

    fn lend(&mut self, after: i64, limits: ReadLimits) -> Result<Vec<Entry>, QueueError> {
        let mut lent = Vec::new();
        let (mut bytes, mut last) = (0, after);
        'all: loop {
            let step = self.file.oldest(last, STEP)?;
            let Some(end) = step.last() else { break };
            last = end.number;
            for entry in step {
                bytes += entry.plain;
                if entry.arrived > limits.until || (bytes > limits.bytes && !lent.is_empty()) {
                    break 'all;
                }
                lent.push(entry);
            }
        }
        self.lent = lent.last().map_or(after, |entry| entry.number).max(after);
        Ok(lent)
    }
}

fn one(packed: &CompressedRequest) -> Totals {
    Totals { requests: 1, spans: u64::from(packed.count), bytes: disk_bytes(packed.bytes.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::forward::Signal;
    use crate::forwarding::packed::Packing;
    use proptest::prelude::*;

    fn packed(count: u32, bytes: usize) -> Arc<CompressedRequest> {
        let (signal, packing, bytes) = (Signal::Traces, Packing::Whole, vec![7; bytes]);
        Arc::new(CompressedRequest { signal, packing, count, plain: 0, bytes })
    }

    fn all() -> ReadLimits {
        ReadLimits { bytes: u64::MAX, until: u64::MAX }
    }

    fn numbers(entries: &[Entry]) -> Vec<i64> {
        entries.iter().map(|entry| entry.number).collect()
    }

    #[tokio::test]
    async fn the_oldest_go_when_the_queue_is_full_but_not_what_is_lent() {
        let directory = tempfile::tempdir().unwrap();
        let status = Arc::new(Status::default());
        let path = directory.path().join("q.sqlite");
        let most = 4 * disk_bytes(5000);
        let queue = Queue::open(&path, most, status.clone()).unwrap();
        for _ in 0..3 {
            queue.put(packed(10, 5000)).await.unwrap();
        }
        let lent = queue.lend(0, ReadLimits { bytes: 5000, until: u64::MAX }).await.unwrap();
        assert_eq!(numbers(&lent), [1]);
        for _ in 0..3 {
            queue.put(packed(10, 5000)).await.unwrap();
        }
        assert_eq!((status.queue().requests, status.queue().bytes), (4, most));
        assert_eq!(status.counts().dropped_full, 20);
        assert_eq!(numbers(&queue.lend(1, all()).await.unwrap()), [4, 5, 6]);
        queue.put(packed(1, 1 << 20)).await.unwrap();
        assert_eq!(status.counts().dropped_full, 21, "larger than the queue");
        queue.put(packed(3, 5000)).await.unwrap();
        assert_eq!(status.counts().dropped_full, 24, "all that is left is lent");
        queue.done(6).await.unwrap();
        queue.put(packed(5, 5000)).await.unwrap();
        assert_eq!((status.queue().requests, status.queue().spans), (1, 5));
        queue.close();
        assert!(matches!(queue.put(packed(1, 1)).await, Err(QueueError::Closed)));
    }

    #[tokio::test]
    async fn a_queue_is_the_same_after_it_was_opened_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("q.sqlite");
        let queue = Queue::open(&path, 1 << 20, Arc::default()).unwrap();
        for _ in 0..5 {
            queue.put(packed(2, 100)).await.unwrap();
        }
        queue.done(2).await.unwrap();
        queue.close();
        let status = Arc::new(Status::default());
        let queue = Queue::open(&path, 1 << 20, status.clone()).unwrap();
        assert_eq!((status.queue().requests, status.queue().spans), (3, 6));
        assert_eq!(numbers(&queue.lend(0, all()).await.unwrap()), [3, 4, 5]);
        let reader = queue.reader();
        assert_eq!(reader.lock().unwrap().read(4).unwrap().unwrap().bytes, [7; 100]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        fn the_bound_is_held_and_every_span_is_queued_dropped_or_done(
            steps in prop::collection::vec((1..9000usize, 0..4u8), 1..60),
        ) {
            let directory = tempfile::tempdir().unwrap();
            let status = Arc::new(Status::default());
            let most = 40_000;
            let queue = Queue::open(&directory.path().join("q.sqlite"), most, status.clone()).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (mut put, mut done, mut through) = (0, 0, 0);
            for (bytes, step) in steps {
                runtime.block_on(queue.put(packed(3, bytes))).unwrap();
                put += 3;
                if step == 0 {
                    let lent = runtime.block_on(queue.lend(through, ReadLimits { bytes: 10_000, until: u64::MAX })).unwrap();
                    done += lent.iter().map(|entry| entry.spans).sum::<u64>();
                    through = lent.last().map_or(through, |entry| entry.number);
                    runtime.block_on(queue.done(through)).unwrap();
                }
                prop_assert!(status.queue().bytes <= most);
            }
            queue.close();
            prop_assert_eq!(put, done + status.queue().spans + status.counts().dropped_full);
        }
    }
}
