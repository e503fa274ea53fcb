//! Ids of traces that received spans since the last `take`.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Traces that are recorded between two calls of `take`; the others are only counted.
const MAX_TRACES: usize = 2000;

/// See the module. Records nothing while no client is connected.
#[derive(Default)]
pub struct Changes {
    watched: AtomicBool,
    recorded: Mutex<ChangedTraces>,
}

/// Traces that received spans.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ChangedTraces {
    /// Traces with new spans.
    pub traces: HashSet<u128>,
    /// Number of parts of other traces.
    pub left_out: u64,
}

impl Changes {
    /// Whether a client is connected.
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// Starts or stops recording.
    pub fn watch(&self, watched: bool) {
        self.watched.store(watched, Ordering::Relaxed);
        if !watched {
            self.take();
        }
    }

    /// Records parts of these traces.
    pub fn record(&self, traces: &[u128]) {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        for trace in traces {
            if recorded.traces.len() < MAX_TRACES || recorded.traces.contains(trace) {
                recorded.traces.insert(*trace);
            } else {
                recorded.left_out += 1;
            }
        }
    }

    /// What was recorded since the last call.
    pub fn take(&self) -> ChangedTraces {
        std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_beyond_the_limit_are_counted() {
        let changes = Changes::default();
        let traces: Vec<u128> = (0..MAX_TRACES as u128 + 5).collect();
        changes.record(&traces);
        changes.record(&[0, 1]);
        let recorded = changes.take();
        assert_eq!((recorded.traces.len(), recorded.left_out), (MAX_TRACES, 5));
        assert_eq!(changes.take(), ChangedTraces::default());
    }
}
