//! The same times by brute force: every dependency is written down as a rule over absolute times, and the rules are applied
//! until nothing changes. Shares no code with the simulation.

use super::super::{CACHE_HIT, Change, simulate};
use super::{changes, varied};
use crate::model::{Flags, NO_SPAN, Outline, SpanKind};
use proptest::prelude::*;

struct Oracle<'a> {
    outline: &'a Outline,
    changes: &'a [Change],
    start: Vec<i128>,
    end: Vec<i128>,
}

impl Oracle<'_> {
    fn was_start(&self, span: usize) -> i128 {
        i128::from(self.outline.start[span])
    }

    fn was_end(&self, span: usize) -> i128 {
        i128::from(self.outline.end[span])
    }

    fn parent(&self, span: usize) -> Option<usize> {
        let parent = self.outline.parent[span];
        (parent != NO_SPAN).then_some(parent as usize)
    }

    fn siblings(&self, span: usize) -> Vec<usize> {
        (0..self.outline.len())
            .filter(|other| self.outline.parent[*other] == self.outline.parent[span])
            .collect()
    }

    fn is_late(&self, span: usize) -> bool {
        self.parent(span).is_some_and(|parent| {
            let (start, over) = (self.was_start(span), self.was_end(parent));
            start > over || start == over && self.was_end(span) > start
        })
    }

    fn is_async(&self, span: usize) -> bool {
        let consumer = self.parent(span).is_some_and(|parent| {
            (self.outline.kind[parent], self.outline.kind[span]) == (SpanKind::Producer, SpanKind::Consumer)
        });
        consumer || self.outline.flags[span].has(Flags::FOLLOWS_FROM) || self.is_late(span)
    }

    fn named(&self, span: usize, which: impl Fn(&Change) -> Option<&Vec<u32>>) -> bool {
        self.changes.iter().filter_map(which).any(|spans| spans.contains(&(span as u32)))
    }

    fn gone(&self, span: usize) -> bool {
        self.named(span, |change| if let Change::Gone { spans } = change { Some(spans) } else { None })
    }

    fn cached(&self, span: usize) -> bool {
        self.named(span, |change| if let Change::Cached { spans } = change { Some(spans) } else { None })
    }

    /// Whether an ancestor is gone or cached.
    fn absent(&self, span: usize) -> bool {
        self.parent(span)
            .is_some_and(|parent| self.gone(parent) || self.cached(parent) || self.absent(parent))
    }

    fn factor(&self, span: usize) -> f64 {
        let own = self.changes.iter().filter_map(|change| match change {
            Change::Faster { spans, factor } if spans.contains(&(span as u32)) => Some(*factor),
            _ => None,
        });
        let own = own.fold(1.0, f64::max);
        match self.parent(span) {
            Some(parent) if !self.is_async(span) => own.max(self.factor(parent)),
            _ => own,
        }
    }

    fn scaled(&self, span: usize, time: i128) -> i128 {
        let factor = self.factor(span);
        if time <= 0 || factor == 1.0 { time } else { ((time as f64 / factor).round() as i128).min(time) }
    }

    /// Whether the last change that makes either of two siblings parallel names both.
    fn together(&self, one: usize, other: usize) -> bool {
        let last = |span: usize| {
            self.changes.iter().rposition(
                |change| matches!(change, Change::Parallel { spans } if spans.contains(&(span as u32))),
            )
        };
        last(one).is_some() && last(one) == last(other)
    }

    fn new_start(&self, span: usize) -> i128 {
        let Some(parent) = self.parent(span) else { return self.was_start(span) };
        if self.absent(span) {
            return self.start[parent];
        }
        if self.is_late(span) {
            return self.end[parent] + self.was_start(span) - self.was_end(parent);
        }
        if self.is_async(span) {
            return self.start[parent] + self.was_start(span) - self.was_start(parent);
        }
        let before = |other: &usize| {
            *other < span && !self.is_async(*other) && self.was_end(*other) <= self.was_start(span)
        };
        let (mut was, mut is) = (self.was_start(parent), self.start[parent]);
        for other in self.siblings(span).into_iter().filter(before) {
            was = was.max(self.was_end(other));
            is = is.max(if self.together(span, other) { self.start[other] } else { self.end[other] });
        }
        is + self.scaled(parent, self.was_start(span) - was)
    }

    fn new_end(&self, span: usize) -> i128 {
        if self.absent(span) || self.gone(span) {
            return self.start[span];
        }
        let duration = self.was_end(span) - self.was_start(span);
        if self.cached(span) {
            return self.start[span] + duration.min(i128::from(CACHE_HIT));
        }
        let (mut was, mut is) = (self.was_start(span), self.start[span]);
        for child in 0..self.outline.len() {
            if self.parent(child) != Some(span) || self.is_async(child) {
                continue;
            }
            let until = self.was_end(child).min(self.was_end(span));
            was = was.max(until);
            let within = self.scaled(span, until - self.was_start(child));
            is = is.max(self.end[child].min(self.start[child] + within));
        }
        is + self.scaled(span, self.was_end(span) - was)
    }

    fn solve(outline: &Outline, changes: &[Change]) -> Vec<(u64, u64)> {
        let n = outline.len();
        let mut oracle = Oracle { outline, changes, start: vec![0; n], end: vec![0; n] };
        loop {
            let start: Vec<i128> = (0..n).map(|span| oracle.new_start(span)).collect();
            let end: Vec<i128> = (0..n).map(|span| oracle.new_end(span)).collect();
            if start == oracle.start && end == oracle.end {
                break;
            }
            (oracle.start, oracle.end) = (start, end);
        }
        let seen = |time: &i128| (*time).max(0) as u64;
        oracle.start.iter().map(seen).zip(oracle.end.iter().map(seen)).collect()
    }
}

proptest! {
    #[test]
    fn brute_force_finds_the_same_times(outline in varied(14), changes in changes()) {
        // In columns of a millisecond, so that a cache hit is short and not longer than everything.
        let mut outline = outline;
        for span in 0..outline.len() {
            outline.start[span] *= CACHE_HIT / 8;
            outline.end[span] *= CACHE_HIT / 8;
        }
        let simulated = simulate(&outline, &changes);
        let times: Vec<(u64, u64)> = simulated.start.into_iter().zip(simulated.end).collect();
        prop_assert_eq!(times, Oracle::solve(&outline, &changes));
    }
}
