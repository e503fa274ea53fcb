//! Children of one span that have the same shape: the calls of a loop.

use super::context::Context;
use crate::model::{Flags, SpanIx};
use rustc_hash::{FxHashMap, FxHashSet};

/// Children of one span with the same service, operation and statement, in order of start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// Their parent.
    pub parent: SpanIx,
    /// The children.
    pub spans: Vec<SpanIx>,
}

impl Repeated {
    /// How much of the critical path lies in these spans and below: all of it, and the most that lies in one of them,
    /// nanoseconds.
    pub fn critical(&self, context: &Context) -> (u64, u64) {
        let times = self.spans.iter().map(|span| context.critical_below(*span));
        times.fold((0, 0), |(sum, most), time| (sum + time, most.max(time)))
    }

    /// Whether they run one after the other: at most one in ten starts before those before it have ended.
    pub fn are_sequential(&self, context: &Context) -> bool {
        let outline = context.outline;
        let (mut until, mut overlaps) = (0, 0);
        for span in &self.spans {
            overlaps += usize::from(outline.start[*span as usize] < until);
            until = until.max(outline.end[*span as usize]);
        }
        overlaps * 10 <= self.spans.len()
    }

    /// How many have failed.
    pub fn failed(&self, context: &Context) -> usize {
        let failed = |span: &&SpanIx| context.outline.flags[**span as usize].has(Flags::OWN_ERROR);
        self.spans.iter().filter(failed).count()
    }

    /// Whether most of them are requests that were made before.
    pub fn are_mostly_identical(&self, context: &Context) -> bool {
        let requests = self.spans.iter().map(|span| context.calls.request[*span as usize]);
        let known: Vec<u64> = requests.filter(|request| *request != 0).collect();
        let distinct: FxHashSet<u64> = known.iter().copied().collect();
        known.len() == self.spans.len() && distinct.len() * 2 <= known.len()
    }
}

/// All groups of at least `least` children of one span with the same shape that lie on the critical path long enough to be
/// worth a finding.
pub fn repeated_children(context: &Context, least: u32) -> Vec<Repeated> {
    let outline = context.outline;
    let mut children = vec![0u32; outline.len()];
    for parent in &outline.parent {
        if let Some(count) = children.get_mut(*parent as usize) {
            *count += 1;
        }
    }
    let mut found = Vec::new();
    let mut groups: FxHashMap<u64, Vec<SpanIx>> = FxHashMap::default();
    for (parent, count) in children.into_iter().enumerate() {
        let parent = parent as SpanIx;
        if count < least.max(2) || !context.is_worth(context.critical_below(parent)) {
            continue;
        }
        for child in outline.children(parent) {
            groups.entry(context.calls.shape[child as usize]).or_default().push(child);
        }
        let large = groups.drain().map(|(_, spans)| spans).filter(|spans| spans.len() >= least as usize);
        let mut large: Vec<Repeated> = large.map(|spans| Repeated { parent, spans }).collect();
        large.retain(|group| {
            let (sum, most) = group.critical(context);
            context.is_worth(sum - most)
        });
        large.sort_by_key(|group| group.spans.first().copied());
        found.append(&mut large);
    }
    found
}
