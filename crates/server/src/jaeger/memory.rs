//! A limit on the memory of answers that wait for their readers. When it is used up, the slowest reader loses its
//! connection, so that clients that do not read cannot keep the others from being answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A reader is left alone for this long.
const GRACE: Duration = Duration::from_secs(1);
/// A reader that takes more bytes per second than this is never cut off.
const FAST: u64 = 1 << 20;
/// How long an answer waits for memory.
const WAIT: Duration = Duration::from_secs(5);
/// How often a waiting answer looks for readers to cut off.
const PERIOD: Duration = Duration::from_millis(50);

/// The memory that streamed answers may use together. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct AnswerMemory(Arc<Inner>);

struct Inner {
    limit: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    used: usize,
    next: u64,
    readers: BTreeMap<u64, Arc<Reader>>,
}

/// One streamed answer's progress.
pub struct Reader {
    since: Instant,
    sent: AtomicU64,
    cut: Notify,
}

impl Reader {
    /// Counts bytes that the reader took.
    pub fn took(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Completes when the reader is to be cut off.
    pub async fn cut(&self) {
        self.cut.notified().await;
    }

    fn rate(&self, now: Instant) -> u64 {
        let micros = now.saturating_duration_since(self.since).as_micros().max(1) as u64;
        self.sent.load(Ordering::Relaxed).saturating_mul(1_000_000) / micros
    }
}

/// Reserved memory; given back when dropped.
pub struct Reserved {
    memory: AnswerMemory,
    id: u64,
    bytes: usize,
    /// The reader for whose answer it is.
    pub reader: Arc<Reader>,
}

impl AnswerMemory {
    /// A limit in bytes.
    pub fn new(limit: usize) -> Self {
        AnswerMemory(Arc::new(Inner { limit, state: Mutex::default(), freed: Condvar::new() }))
    }

    /// Reserves memory for an answer to a reader (a new one, or one that reserved before); `None` when there is none
    /// within 5 seconds. More than the limit counts as the limit, so one answer of any size can be given. Blocks.
    pub fn reserve(&self, bytes: usize, reader: Option<Arc<Reader>>) -> Option<Reserved> {
        let bytes = bytes.min(self.0.limit);
        let end = Instant::now() + WAIT;
        let mut state = self.lock();
        while state.used + bytes > self.0.limit {
            let now = Instant::now();
            if now >= end {
                return None;
            }
            cut_slowest(&state, now);
            let waited = self.0.freed.wait_timeout(state, PERIOD);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.used += bytes;
        state.next += 1;
        let id = state.next;
        let reader = reader.unwrap_or_else(|| {
            Arc::new(Reader { since: Instant::now(), sent: AtomicU64::new(0), cut: Notify::new() })
        });
        state.readers.insert(id, reader.clone());
        Some(Reserved { memory: self.clone(), id, bytes, reader })
    }

    /// Answers that wait for their readers, and the bytes reserved for them.
    pub fn held(&self) -> (usize, usize) {
        let state = self.lock();
        (state.readers.len(), state.used)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cut_slowest(state: &State, now: Instant) {
    let old = state.readers.values().filter(|reader| now.saturating_duration_since(reader.since) >= GRACE);
    let slow = old.map(|reader| (reader.rate(now), reader)).filter(|(rate, _)| *rate < FAST);
    if let Some((_, reader)) = slow.min_by_key(|(rate, _)| *rate) {
        reader.cut.notify_one();
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut state = self.memory.lock();
        state.used = state.used.saturating_sub(self.bytes);
        state.readers.remove(&self.id);
        drop(state);
        self.memory.0.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_reader_is_the_one_that_is_cut_off() {
        let memory = AnswerMemory::new(100);
        let (slow, fast) = (memory.reserve(60, None).unwrap(), memory.reserve(40, None).unwrap());
        fast.reader.took(1 << 30);
        let waiting = std::thread::spawn({
            let memory = memory.clone();
            move || memory.reserve(50, None).is_some()
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(slow.reader.cut());
        drop(slow);
        assert!(waiting.join().unwrap());
        drop(fast);
        assert_eq!(memory.lock().used, 0);
        assert!(memory.reserve(1000, None).is_some(), "one answer of any size is given");
    }
}
