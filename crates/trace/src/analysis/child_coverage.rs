//! Child coverage: when direct children of a span were running. The rest is self time.

use crate::model::{Outline, SpanIx};
use rustc_hash::FxHashMap;

/// Intervals in which at least one child of a span was running, clipped to the span, disjoint and ascending, with
/// prefix sums for lookups in logarithmic time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChildCoverage {
    start: Vec<u64>,
    end: Vec<u64>,
    // Covered time before each interval.
    before: Vec<u64>,
}

impl ChildCoverage {
    /// The coverage of `span`, in one pass over its children.
    pub fn of(outline: &Outline, span: SpanIx) -> Self {
        let (from, to) = (outline.start[span as usize], outline.end[span as usize]);
        let mut waits = ChildCoverage::default();
        let mut total = 0;
        for child in outline.children(span) {
            let start = outline.start[child as usize].max(from);
            let end = outline.end[child as usize].min(to);
            match waits.end.last().copied() {
                _ if start >= end => {}
                // Siblings are sorted by start, so only the last interval can grow.
                Some(last) if start <= last => {
                    total += end.saturating_sub(last);
                    if let Some(slot) = waits.end.last_mut() {
                        *slot = last.max(end);
                    }
                }
                _ => {
                    waits.before.push(total);
                    waits.start.push(start);
                    waits.end.push(end);
                    total += end - start;
                }
            }
        }
        waits
    }

    /// Total covered time, nanoseconds.
    pub fn total(&self) -> u64 {
        let last = self.start.len().wrapping_sub(1);
        self.before.last().map_or(0, |before| before + self.end[last] - self.start[last])
    }

    /// The intervals.
    pub fn intervals(&self) -> impl ExactSizeIterator<Item = (u64, u64)> + '_ {
        self.start.iter().copied().zip(self.end.iter().copied())
    }

    /// Covered time before `time` (nanoseconds from the trace's start, fractions allowed).
    pub fn until(&self, time: f64) -> f64 {
        let after = self.start.partition_point(|start| (*start as f64) < time);
        let Some(last) = after.checked_sub(1) else { return 0.0 };
        self.before[last] as f64 + (time.min(self.end[last] as f64) - self.start[last] as f64)
    }

    /// Whether `time` is covered, and when that changes next.
    pub fn state_at(&self, time: f64) -> (bool, f64) {
        let next = self.end.partition_point(|end| (*end as f64) <= time);
        match self.start.get(next) {
            None => (false, f64::INFINITY),
            Some(start) if (*start as f64) > time => (false, *start as f64),
            Some(_) => (true, self.end[next] as f64),
        }
    }
}

/// Self time of every span, nanoseconds.
pub fn self_times(outline: &Outline) -> Vec<u64> {
    let mut times = SelfTimes::default();
    while !times.step(outline, usize::MAX) {}
    times.own
}

/// Computes self times incrementally, in one pass over all spans.
#[derive(Debug, Default)]
pub struct SelfTimes {
    /// Self time of every span, after all steps.
    pub own: Vec<u64>,
    /// End of the coverage of each span so far; siblings are sorted by start.
    covered: Vec<u64>,
    done: usize,
}

impl SelfTimes {
    /// Processes the next `most` spans of one outline. Returns whether all are done.
    pub fn step(&mut self, outline: &Outline, most: usize) -> bool {
        let all = outline.len();
        if self.own.len() < all {
            self.own = (0..all as SpanIx).map(|span| outline.duration_of(span)).collect();
            self.covered = outline.start.clone();
        }
        let next = self.done.saturating_add(most).min(all);
        for span in self.done..next {
            let parent = outline.parent[span] as usize;
            let Some(until) = self.covered.get_mut(parent) else { continue };
            let end = outline.end[span].min(outline.end[parent]);
            self.own[parent] -= end.saturating_sub(outline.start[span].max(*until));
            *until = end.max(*until);
        }
        self.done = next;
        next == all
    }
}

/// Caches the coverage of visible spans, so that a parent with 200,000 children is not walked in every frame. Valid
/// for one outline.
#[derive(Debug, Default)]
pub struct ChildCoverageCache {
    waits: FxHashMap<SpanIx, ChildCoverage>,
    cached: usize,
}

/// Maximum number of cached intervals (12 MB) before the cache is cleared.
const MOST: usize = 1 << 19;

impl ChildCoverageCache {
    /// The coverage of `span`.
    pub fn of(&mut self, outline: &Outline, span: SpanIx) -> &ChildCoverage {
        if self.cached > MOST && !self.waits.contains_key(&span) {
            self.waits.clear();
            self.cached = 0;
        }
        let cached = &mut self.cached;
        self.waits.entry(span).or_insert_with(|| {
            let waits = ChildCoverage::of(outline, span);
            *cached += waits.start.len() + 8;
            waits
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn waits_are_the_nanoseconds_that_a_child_covers(outline in outlines(25)) {
            let own = self_times(&outline);
            for span in 0..outline.len() as SpanIx {
                let waits = ChildCoverage::of(&outline, span);
                prop_assert_eq!(own[span as usize] + waits.total(), outline.duration_of(span));
                let (from, to) = (outline.start[span as usize], outline.end[span as usize]);
                let waited = |at: u64| {
                    outline.children(span).any(|c| outline.start[c as usize] <= at && at < outline.end[c as usize])
                };
                let mut sum = 0u64;
                for at in from..to {
                    prop_assert_eq!(waits.until(at as f64), sum as f64);
                    let (state, change) = waits.state_at(at as f64 + 0.5);
                    prop_assert_eq!(state, waited(at));
                    let change = change.min(to as f64) as u64;
                    prop_assert!((at..change).all(|later| waited(later) == state));
                    prop_assert!(change == to || waited(change) != state);
                    sum += u64::from(waited(at));
                }
                prop_assert_eq!(waits.total(), sum);
                let all: Vec<_> = waits.intervals().collect();
                prop_assert!(all.windows(2).all(|pair| pair[0].1 < pair[1].0));
            }
        }
    }
}
