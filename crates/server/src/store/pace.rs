//! The pace of merging: slow while spans come in, as fast as it can otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long it works between two checks for received spans.
const SLICE: Duration = Duration::from_millis(20);
/// Idle slices for each working one: it works a tenth of the time.
const REST: u32 = 9;

/// Counts commits. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Commits(Arc<AtomicU64>);

impl Commits {
    /// Counts one.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn seen(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The pace of one thread.
pub struct Pace {
    commits: Commits,
    started: Instant,
    seen: u64,
}

impl Pace {
    /// Starts to work.
    pub fn new(commits: Commits) -> Self {
        let seen = commits.seen();
        Pace { commits, started: Instant::now(), seen }
    }

    /// Rests where it is time to, until nothing more comes in; answers whether it did. Call this often.
    pub fn rest(&mut self, stop: &AtomicBool) -> bool {
        let worked = self.started.elapsed();
        if worked < SLICE {
            return false;
        }
        let (end, mut rested) = (Instant::now() + worked * REST, false);
        while self.commits.seen() != self.seen && Instant::now() < end && !stop.load(Ordering::Relaxed) {
            self.seen = self.commits.seen();
            std::thread::sleep(SLICE);
            rested = true;
        }
        (self.seen, self.started) = (self.commits.seen(), Instant::now());
        rested
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_while_spans_come_in_and_only_then() {
        let rests = |worked: Duration, comes: bool, stop: bool| {
            let commits = Commits::default();
            let mut pace = Pace::new(commits.clone());
            pace.started = Instant::now().checked_sub(worked).unwrap();
            if comes {
                commits.count();
            }
            pace.rest(&AtomicBool::new(stop))
        };
        assert!(rests(SLICE, true, false));
        assert!(!rests(SLICE, false, false), "nothing comes in");
        assert!(!rests(SLICE, true, true), "it is to stop");
        assert!(!rests(Duration::ZERO, true, false), "it worked for a moment only");
    }

    #[test]
    fn it_works_again_though_spans_come_in_without_end() {
        let (commits, ended) = (Commits::default(), AtomicBool::new(false));
        let mut pace = Pace::new(commits.clone());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    commits.count();
                    std::thread::yield_now();
                }
            });
            std::thread::sleep(SLICE);
            assert!(pace.rest(&AtomicBool::new(false)));
            ended.store(true, Ordering::Relaxed);
        });
    }
}
