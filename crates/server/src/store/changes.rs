//! Which traces got spans since somebody last asked, for those who watch.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Traces that are noted between two questions; the others are only counted.
const MAX_TRACES: usize = 2000;

/// See the module. Nothing is noted while nobody watches.
#[derive(Default)]
pub struct Changes {
    watched: AtomicBool,
    noted: Mutex<ChangedTraces>,
}

/// Traces that got spans.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ChangedTraces {
    /// Traces with new spans.
    pub traces: HashSet<u128>,
    /// Parts of others.
    pub left_out: u64,
}

impl Changes {
    /// Whether anybody watches.
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// Starts or stops to note.
    pub fn watch(&self, watched: bool) {
        self.watched.store(watched, Ordering::Relaxed);
        if !watched {
            self.take();
        }
    }

    /// Notes parts of these traces.
    pub fn note(&self, traces: &[u128]) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        for trace in traces {
            if noted.traces.len() < MAX_TRACES || noted.traces.contains(trace) {
                noted.traces.insert(*trace);
            } else {
                noted.left_out += 1;
            }
        }
    }

    /// What was noted since this was last called.
    pub fn take(&self) -> ChangedTraces {
        std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_traces_are_noted_and_the_others_are_counted() {
        let changes = Changes::default();
        let traces: Vec<u128> = (0..MAX_TRACES as u128 + 5).collect();
        changes.note(&traces);
        changes.note(&[0, 1]);
        let noted = changes.take();
        assert_eq!((noted.traces.len(), noted.left_out), (MAX_TRACES, 5));
        assert_eq!(changes.take(), ChangedTraces::default());
    }
}
