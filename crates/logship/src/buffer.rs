//! The bounded buffer between the program and the thread that sends.

use crate::builder::WhenFull;
use crate::record::Record;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How much may be in memory: records waiting and records being sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Records that wake the sender before its interval is over.
    pub(crate) flush_at: usize,
    /// Records.
    pub(crate) records: usize,
    /// Bytes, by [`Record::weight`].
    pub(crate) bytes: usize,
    pub(crate) when_full: WhenFull,
}

struct State {
    waiting: VecDeque<Record>,
    waiting_bytes: usize,
    sending: usize,
    sending_bytes: usize,
    closed: bool,
}

/// What became of a record.
#[derive(Debug)]
pub(crate) enum Pushed {
    /// It is in the buffer; so many older records were dropped for it.
    Stored { dropped: usize },
    /// The buffer is full and its policy is to wait.
    Full(Box<Record>),
    /// The buffer is closed, or the record alone is larger than it.
    Refused { closed: bool },
}

pub(crate) struct Buffer {
    bounds: Bounds,
    state: Mutex<State>,
    space: Condvar,
    space_async: Notify,
    /// Notified when enough records wait.
    pub(crate) wake: Notify,
}

impl Buffer {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let waiting = VecDeque::with_capacity(bounds.records.min(1024));
        let state = State { waiting, waiting_bytes: 0, sending: 0, sending_bytes: 0, closed: false };
        Buffer {
            bounds,
            state: Mutex::new(state),
            space: Condvar::new(),
            space_async: Notify::new(),
            wake: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held; should it, the counts are still right.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fits(&self, state: &State, weight: usize) -> bool {
        state.waiting.len() + state.sending < self.bounds.records
            && state.waiting_bytes + state.sending_bytes + weight <= self.bounds.bytes
    }

    /// Puts a record in without waiting. With [`WhenFull::DropOldest`] the oldest records that are not being sent make
    /// room; what is being sent alone can fill the buffer, and then the new record counts as dropped.
    pub(crate) fn push(&self, record: Record) -> Pushed {
        let weight = record.weight();
        let mut state = self.lock();
        let mut dropped = 0;
        if state.closed || weight > self.bounds.bytes {
            return Pushed::Refused { closed: state.closed };
        }
        while !self.fits(&state, weight) {
            if self.bounds.when_full == WhenFull::Block {
                return Pushed::Full(Box::new(record));
            }
            dropped += 1;
            match state.waiting.pop_front() {
                Some(oldest) => state.waiting_bytes -= oldest.weight(),
                None => return Pushed::Stored { dropped },
            }
        }
        state.waiting_bytes += weight;
        state.waiting.push_back(record);
        let wake = state.waiting.len() == self.bounds.flush_at;
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        Pushed::Stored { dropped }
    }

    /// Puts a record in; waits on this thread while the buffer is full.
    pub(crate) fn push_blocking(&self, mut record: Record) -> Pushed {
        loop {
            match self.push(record) {
                Pushed::Full(back) => record = *back,
                done => return done,
            }
            let state = self.lock();
            if !state.closed && !self.fits(&state, record.weight()) {
                drop(self.space.wait(state).unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    /// Puts a record in; waits asynchronously while the buffer is full.
    pub(crate) async fn push_async(&self, mut record: Record) -> Pushed {
        loop {
            let space = self.space_async.notified();
            tokio::pin!(space);
            space.as_mut().enable();
            match self.push(record) {
                Pushed::Full(back) => record = *back,
                done => return done,
            }
            space.await;
        }
    }

    /// Takes at most so many records to send. They stay counted until [`Buffer::release`].
    pub(crate) fn take(&self, most: usize) -> Vec<Record> {
        let mut state = self.lock();
        let count = state.waiting.len().min(most);
        let taken: Vec<Record> = state.waiting.drain(..count).collect();
        let bytes: usize = taken.iter().map(Record::weight).sum();
        state.waiting_bytes -= bytes;
        state.sending += taken.len();
        state.sending_bytes += bytes;
        taken
    }

    /// Frees what so many records took, sent or given up.
    pub(crate) fn release(&self, records: usize, bytes: usize) {
        let mut state = self.lock();
        state.sending = state.sending.saturating_sub(records);
        state.sending_bytes = state.sending_bytes.saturating_sub(bytes);
        drop(state);
        self.space.notify_all();
        self.space_async.notify_waiters();
    }

    /// Takes no more records; callers that wait for room are woken.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.space.notify_all();
        self.space_async.notify_waiters();
        self.wake.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Records in memory and their bytes.
    pub(crate) fn held(&self) -> (usize, usize) {
        let state = self.lock();
        (state.waiting.len() + state.sending, state.waiting_bytes + state.sending_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Severity;
    use std::sync::Arc;
    use std::time::Duration;

    fn buffer(records: usize, bytes: usize, when_full: WhenFull) -> Arc<Buffer> {
        Arc::new(Buffer::new(Bounds { flush_at: 2, records, bytes, when_full }))
    }

    fn record(text: &str) -> Record {
        Record::new(Severity::Info, text)
    }

    #[test]
    fn the_oldest_goes_first_and_is_counted() {
        let buffer = buffer(2, usize::MAX, WhenFull::DropOldest);
        for (text, dropped) in [("a", 0), ("b", 0), ("c", 1)] {
            assert!(matches!(buffer.push(record(text)), Pushed::Stored { dropped: d } if d == dropped));
        }
        let texts: Vec<String> = buffer.take(10).into_iter().map(|record| record.message).collect();
        assert_eq!(texts, ["b", "c"]);
        assert_eq!(buffer.held().0, 2, "what is being sent counts");
        assert!(matches!(buffer.push(record("d")), Pushed::Stored { dropped: 1 }), "there is no room for it");
        buffer.release(2, 0);
        assert_eq!(buffer.held().0, 0);
    }

    #[test]
    fn bytes_are_bounded_too_and_a_record_larger_than_all_is_refused() {
        let one = record("").weight();
        let buffer = buffer(1000, 3 * one, WhenFull::DropOldest);
        (0..10).for_each(|_| drop(buffer.push(record(""))));
        assert_eq!(buffer.held(), (3, 3 * one));
        let large = record(&"x".repeat(4 * one));
        assert!(matches!(buffer.push(large), Pushed::Refused { closed: false }));
    }

    #[test]
    fn a_full_buffer_makes_the_program_wait_until_there_is_room_or_it_is_closed() {
        let buffer = buffer(1, usize::MAX, WhenFull::Block);
        assert!(matches!(buffer.push(record("a")), Pushed::Stored { dropped: 0 }));
        let wait = |text: &'static str| {
            let buffer = Arc::clone(&buffer);
            std::thread::spawn(move || buffer.push_blocking(record(text)))
        };
        let second = wait("b");
        std::thread::sleep(Duration::from_millis(30));
        assert!(!second.is_finished());
        buffer.take(1);
        buffer.release(1, 0);
        assert!(matches!(second.join().unwrap(), Pushed::Stored { dropped: 0 }));
        let third = wait("c");
        buffer.close();
        assert!(matches!(third.join().unwrap(), Pushed::Refused { closed: true }));
    }

    #[tokio::test]
    async fn waiting_for_room_does_not_block_the_runtime() {
        let buffer = buffer(1, usize::MAX, WhenFull::Block);
        buffer.push(record("a"));
        let other = Arc::clone(&buffer);
        let waiting = tokio::spawn(async move { other.push_async(record("b")).await });
        tokio::task::yield_now().await;
        buffer.take(1);
        buffer.release(1, 0);
        assert!(matches!(waiting.await.unwrap(), Pushed::Stored { dropped: 0 }));
    }
}
