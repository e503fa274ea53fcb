//! Simulates times. Inside a span they do not depend on anything outside, so they are computed relative to the span's
//! start from the leaves up, and added up from the roots down.

use super::plan::{NO_GROUP, Plan, SpanTreatment};
use super::{CACHE_HIT, Simulated, is_asynchronous, starts_after};
use crate::model::{Outline, SpanIx};

/// A difference of times, which always fits.
type Relative = i128;

pub(super) fn times(outline: &Outline, plan: &Plan) -> Simulated {
    let n = outline.len();
    let mut inside = Inside {
        offset: vec![0; n],
        length: vec![0; n],
        by_end: Vec::new(),
        group_start: vec![Relative::MIN; plan.groups],
    };
    for span in (0..n as SpanIx).rev() {
        inside.length[span as usize] = match plan.fate(span) {
            SpanTreatment::Kept => inside.of_kept(outline, plan, span),
            SpanTreatment::Cached => Relative::from(outline.duration_of(span).min(CACHE_HIT)),
            SpanTreatment::Gone | SpanTreatment::Absent => 0,
        };
    }
    // Offsets become starts, parents first.
    let mut simulated = Simulated { duration: 0, start: Vec::with_capacity(n), end: Vec::with_capacity(n) };
    let mut start = inside.offset;
    for span in 0..n {
        start[span] += match outline.parent_of(span as SpanIx) {
            Some(parent) => start[parent as usize],
            None => Relative::from(outline.start[span]),
        };
        let clamped = |time: Relative| time.clamp(0, Relative::from(u64::MAX)) as u64;
        simulated.start.push(clamped(start[span]));
        simulated.end.push(clamped(start[span] + inside.length[span]));
        simulated.duration = simulated.duration.max(simulated.end[span]);
    }
    simulated
}

#[derive(Debug)]
struct Inside {
    /// From the parent's start to the span's; 0 for roots and absent spans.
    offset: Vec<Relative>,
    length: Vec<Relative>,
    /// Children that are waited for, by their end in the trace. Empty between two parents.
    by_end: Vec<SpanIx>,
    /// By group of parallel siblings: the last start of those that had ended.
    group_start: Vec<Relative>,
}

impl Inside {
    /// Places the children of a span and returns its length.
    fn of_kept(&mut self, outline: &Outline, plan: &Plan, span: SpanIx) -> Relative {
        let at = span as usize;
        let since = |time: u64| Relative::from(time) - Relative::from(outline.start[at]);
        self.by_end.clear();
        self.by_end.extend(outline.children(span).filter(|child| !is_asynchronous(outline, *child)));
        self.by_end.sort_unstable_by_key(|child| (outline.end[*child as usize], *child));
        let mut ended = 0;
        // The last end so far in the trace and in the simulation; not before the span's start.
        let mut was: Relative = 0;
        let mut ends = Ends::default();
        for child in outline.children(span).filter(|child| !is_asynchronous(outline, *child)) {
            let start = outline.start[child as usize];
            while let Some(other) = self.by_end.get(ended).map(|other| *other as usize)
                && outline.end[other] <= start
                && other < child as usize
            {
                was = was.max(since(outline.end[other]));
                let group = plan.group(other as SpanIx);
                ends.add(self.offset[other] + self.length[other], group);
                if let Some(last) = self.group_start.get_mut(group as usize) {
                    *last = (*last).max(self.offset[other]);
                }
                ended += 1;
            }
            let group = plan.group(child);
            let mut waited_for = ends.last_but(group);
            if let Some(last) = self.group_start.get(group as usize) {
                waited_for = waited_for.max(*last);
            }
            self.offset[child as usize] = waited_for + plan.scaled(span, since(start) - was);
        }
        let mut was: Relative = 0;
        let mut last: Relative = 0;
        let end = outline.end[at];
        for child in self.by_end.iter().map(|child| *child as usize) {
            let seen = outline.end[child].min(end);
            was = was.max(since(seen));
            let within = plan.scaled(span, Relative::from(seen) - Relative::from(outline.start[child]));
            last = last.max(self.offset[child] + within.min(self.length[child]));
        }
        let length = last + plan.scaled(span, since(end) - was);
        for child in outline.children(span).filter(|child| is_asynchronous(outline, *child)) {
            let start = outline.start[child as usize];
            self.offset[child as usize] = if starts_after(outline, child, span) {
                length + since(start) - since(end)
            } else {
                since(start)
            };
        }
        length
    }
}

/// The last end of some siblings, with and without those of any one group.
#[derive(Debug)]
struct Ends {
    last: Relative,
    group: u32,
    /// The last one of other groups than `group`.
    other: Relative,
}

impl Default for Ends {
    fn default() -> Self {
        Self { last: 0, group: NO_GROUP, other: 0 }
    }
}

impl Ends {
    fn add(&mut self, end: Relative, group: u32) {
        if group == self.group {
            self.last = self.last.max(end);
        } else if end > self.last {
            *self = Self { last: end, group, other: self.last };
        } else {
            self.other = self.other.max(end);
        }
    }

    /// The last end of those that are not in the group; of all for [`NO_GROUP`]. At least 0, the parent's start.
    fn last_but(&self, group: u32) -> Relative {
        if group != NO_GROUP && group == self.group { self.other } else { self.last }
    }
}
