//! What is known of a target: what was sent, dropped and left out, what waits, and whether it answers.

use super::queue_file::Totals;
use crate::config::forward::Signal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Counters of spans or log lines since the start, but for `requests` and `failures`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Taken by the target.
    pub sent: u64,
    /// Of those the target said, by partial success, that it did not keep them.
    pub rejected: u64,
    /// Dropped because the queue was full.
    pub dropped_full: u64,
    /// Dropped because the target refused them for good.
    pub dropped_refused: u64,
    /// Dropped because they could not be queued or read.
    pub dropped_failed: u64,
    /// Left out by a filter.
    pub filtered: u64,
    /// Left out by sampling.
    pub sampled_out: u64,
    /// Requests that the target took.
    pub requests: u64,
    /// Requests that failed and were sent again, or will be.
    pub failures: u64,
}

/// Why the target does not take what it is sent.
#[derive(Clone, Debug)]
pub struct Failing {
    /// Since when.
    pub since: Instant,
    /// What happened last.
    pub why: String,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    queue: Totals,
    failing: Option<Failing>,
    /// Why requests cannot be queued.
    queue_failing: Option<String>,
    /// What the target last refused for good.
    refused: Option<String>,
    was_damaged: bool,
}

/// The status of a target.
#[derive(Debug, Default)]
pub struct Status {
    state: Mutex<State>,
    arrived: tokio::sync::Notify,
    /// When the oldest request in the queue arrived, milliseconds since the Unix epoch; 0 for none.
    oldest: AtomicU64,
}

impl Status {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        self.change(|state| state.counts)
    }

    /// What waits.
    pub fn queue(&self) -> Totals {
        self.change(|state| state.queue)
    }

    /// Whether the target fails.
    pub fn failing(&self) -> Option<Failing> {
        self.change(|state| state.failing.clone())
    }

    /// When the oldest request in the queue arrived, as far as is known.
    pub fn oldest(&self) -> Option<u64> {
        Some(self.oldest.load(Ordering::Relaxed)).filter(|time| *time > 0)
    }

    /// Notes the time of the oldest request; 0 for none.
    pub fn set_oldest(&self, arrived: u64) {
        self.oldest.store(arrived, Ordering::Relaxed);
    }

    /// Ends when the queue changed since this was last waited for.
    pub async fn changed(&self) {
        self.arrived.notified().await;
    }

    /// Notes what the queue holds.
    pub fn queue_holds(&self, totals: Totals) {
        self.change(|state| state.queue = totals);
        self.arrived.notify_one();
    }

    /// Notes that requests are queued.
    pub fn queue_works(&self) {
        if self.change(|state| state.queue_failing.take()).is_some() {
            tracing::info!("requests are queued again");
        }
    }

    /// Notes that so many spans could not be queued.
    pub fn queue_fails(&self, spans: u64, why: &str) {
        let is_new = self.change(|state| {
            state.counts.dropped_failed += spans;
            state.queue_failing.replace(why.to_owned()).is_none()
        });
        if is_new {
            tracing::error!("requests cannot be queued for forwarding: {why}");
        }
    }

    /// Notes that a damaged queue was put aside.
    pub fn damaged(&self) {
        self.change(|state| state.was_damaged = true);
    }

    /// Counts spans dropped because the queue is full.
    pub fn dropped_full(&self, spans: u64) {
        self.change(|state| state.counts.dropped_full += spans);
    }

    /// Counts spans that cannot be read from the queue.
    pub fn dropped_failed(&self, spans: u64) {
        self.change(|state| state.counts.dropped_failed += spans);
    }

    /// Counts spans that rules left out.
    pub fn left_out(&self, filtered: u64, sampled_out: u64) {
        self.change(|state| {
            state.counts.filtered += filtered;
            state.counts.sampled_out += sampled_out;
        });
    }

    /// Notes that the target took spans, some of which it did not keep. Answers why it failed before, if it did.
    pub fn took(&self, spans: u64, rejected: u64) -> Option<Failing> {
        self.change(|state| {
            state.counts.requests += 1;
            state.counts.sent += spans;
            state.counts.rejected += rejected;
            state.refused = None;
            state.failing.take()
        })
    }

    /// Notes that the target refused spans for good. Answers whether it is the first in a row.
    pub fn refused(&self, spans: u64, why: &str) -> bool {
        self.change(|state| {
            state.counts.dropped_refused += spans;
            state.failing = None;
            state.refused.replace(why.to_owned()).is_none()
        })
    }

    /// Notes that a request failed and will be sent again. Answers whether it is the first in a row.
    pub fn failed(&self, why: &str) -> bool {
        self.change(|state| {
            state.counts.failures += 1;
            let is_new = state.failing.is_none();
            let since = state.failing.as_ref().map_or_else(Instant::now, |failing| failing.since);
            state.failing = Some(Failing { since, why: why.to_owned() });
            is_new
        })
    }

    /// What is wrong, in words.
    pub fn problems(&self, name: &str, unit: &str) -> Vec<String> {
        self.change(|state| {
            let mut problems = Vec::new();
            let of = if unit == Signal::Traces.unit() { String::new() } else { format!(" with {unit}") };
            if let Some(Failing { since, why }) = &state.failing {
                problems
                    .push(format!("target {name} has failed for {} s{of}: {why}", since.elapsed().as_secs()));
            }
            if let Some(why) = &state.refused {
                problems.push(format!("target {name} refused the last {unit}: {why}"));
            }
            if let Some(why) = &state.queue_failing {
                problems.push(format!("{unit} for target {name} cannot be queued: {why}"));
            }
            if state.was_damaged {
                problems.push(format!("the queue of target {name}{of} was damaged and put aside"));
            }
            problems
        })
    }
}
