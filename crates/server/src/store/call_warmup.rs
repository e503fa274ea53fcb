//! Counts calls in the background, so that the first query of the service graph after a start, or after much was received,
//! counts only what is new. It is work that a query would do, at low priority: nothing waits for it, and a query that comes
//! earlier does it itself.

use super::{Store, StoreError};
use crate::machine;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time between two looks at the store.
const INTERVAL: Duration = Duration::from_secs(1);
/// Traces of so much time are put together; blocks of the index are counted whatever their age.
const WINDOW: Duration = Duration::from_secs(24 * 3600);
/// Priority.
const NICE: i32 = 10;

/// Parts and segments of the index at one time: while they stay the same, nothing is received, merged or deleted.
type Size = (u64, u64);

/// Decides when to count.
#[derive(Default)]
struct Schedule {
    last: Option<Size>,
    counted: Option<Size>,
}

impl Schedule {
    /// Whether to count now: after the start, then when nothing changed for an interval, and where spans come in all the time,
    /// when a further segment was closed and merged. Not while segments wait to be merged: what is counted of them would be
    /// counted again, and the file of each that is merged meanwhile would stay until the count ends.
    fn is_due(&mut self, size: Size, unmerged: u64) -> bool {
        let is_idle = self.last.replace(size).is_none_or(|last| last == size);
        let is_due = unmerged == 0
            && self.counted.is_none_or(|counted| counted != size && (is_idle || counted.1 != size.1));
        if is_due {
            self.counted = Some(size);
        }
        is_due
    }
}

impl Store {
    /// Starts the thread that counts; it ends with the store.
    pub fn count_calls_in_background(&self) {
        // What is open must not stay open for this.
        let (writer, index, losses) = (Arc::downgrade(&self.writer), self.index.clone(), self.losses.clone());
        let (status, changes, calls) = (self.status.clone(), self.changes.clone(), self.calls.clone());
        let limits = self.limits;
        let store = move || {
            let (index, losses, status) = (index.clone(), losses.clone(), status.clone());
            let (changes, calls) = (changes.clone(), calls.clone());
            Some(Store { writer: writer.upgrade()?, index, losses, status, changes, calls, limits })
        };
        let thread = std::thread::Builder::new().name("calls".to_owned()).spawn(move || {
            machine::yield_to_others(NICE);
            let mut schedule = Schedule::default();
            while let Some(store) = store().filter(|store| !store.writer.is_closed()) {
                let [_, parts, segments] = store.numbers();
                if schedule.is_due((parts, segments), store.status().unmerged_segments) {
                    store.count_recent_calls();
                }
                drop(store);
                std::thread::sleep(INTERVAL);
            }
        });
        if let Err(error) = thread {
            tracing::warn!("The first query of the service graph may be slow: {error}");
        }
    }

    fn count_recent_calls(&self) {
        let is_open = || if self.writer.is_closed() { Err(StoreError::Stopped) } else { Ok(()) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let from = u64::try_from(now.saturating_sub(WINDOW).as_nanos()).unwrap_or(u64::MAX);
        match self.count_calls((from, u64::MAX), is_open) {
            Ok(_) | Err(StoreError::Stopped) => {}
            // A query says the same to whom it concerns.
            Err(error) => tracing::debug!("Calls could not be counted: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Limits, Part};

    #[test]
    fn it_counts_at_the_start_then_after_a_pause_or_a_merged_segment() {
        let mut schedule = Schedule::default();
        assert!(!schedule.is_due((9, 1), 3), "segments wait to be merged");
        assert!(schedule.is_due((5, 1), 0), "at the start");
        assert!(!schedule.is_due((5, 1), 0), "nothing is new");
        assert!(!schedule.is_due((6, 1), 0), "spans come in");
        assert!(schedule.is_due((6, 1), 0), "none came in for a while");
        assert!(!schedule.is_due((7, 2), 1), "a segment is closed");
        assert!(!schedule.is_due((8, 2), 1));
        assert!(!schedule.is_due((8, 2), 1), "nothing changed for an interval, but the segment waits");
        assert!(schedule.is_due((9, 2), 0), "and merged");
        assert!(!schedule.is_due((10, 2), 0), "spans come in");
    }

    #[tokio::test]
    async fn blocks_are_counted_before_a_query_and_a_store_closes_meanwhile() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), Limits::default()).unwrap();
        let mut part = Part::of(1, b"\x0a\x00".to_vec());
        part.add_span(1, 2, false);
        store.append(vec![part]).await.unwrap();
        store.count_calls_in_background();
        while store.calls.kept_blocks() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(store);
        let mut again = Store::open(directory.path(), Limits::default());
        for _ in 0..1000 {
            if again.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            again = Store::open(directory.path(), Limits::default());
        }
        assert_eq!(again.unwrap().numbers()[1], 1, "the thread does not keep it open");
    }
}
