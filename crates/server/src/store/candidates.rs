//! Searches the index for traces that may match, latest start first.
//!
//! Blocks are searched latest first, in passes that keep a bounded number of traces. Once a pass has dropped a trace, it
//! skips every part that starts before that trace, and ends at the first block that does: no such part can belong to a
//! trace that this pass returns. Traces that were dropped are found again by the next pass, if they are requested.

use super::StoreError;
use super::criteria::{Criteria, SegmentOperations};
use super::index::View;
use super::located::{LocatedTrace, PartLocation, Rank, locate};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

/// Number of traces kept in the first pass; each pass keeps eight times as many as the one before.
const FIRST_PASS: usize = 128;
/// Maximum number of traces kept, unless none of them is next. Up to twice as many parts take 48 bytes each.
const MAX_TRACES: usize = 256 << 10;
/// Number of traces that are looked up together: at first, and at most.
const LOOKUPS: (usize, usize) = (16, 256);

/// A trace that may match, and its parts that may contain a matching span.
pub struct Candidate {
    /// The whole trace.
    pub located: LocatedTrace,
    /// The parts that may contain a matching span.
    pub parts: Vec<PartLocation>,
    /// Whether the index is sufficient to know that it matches.
    pub certain: bool,
}

/// A part that may match, ordered by trace, segment and row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    trace: u128,
    /// Index of its segment in the view.
    segment: u32,
    row: u32,
    start: u64,
    certain: bool,
}

/// A block of the index.
struct BlockLocation {
    /// Index of its segment in the view.
    segment: usize,
    /// Index of the block in the segment.
    block: usize,
    /// Latest start of a span in it.
    last_start: u64,
}

/// Iterator over traces that may match, latest start first; ends after an error. Blocks while reading index files.
pub struct Candidates<S> {
    view: View,
    criteria: Criteria,
    stop: S,
    /// Blocks with a span that may start in the time range, latest first.
    blocks: Vec<BlockLocation>,
    /// Operations that are searched, per segment, once they were looked up.
    operations: Vec<Option<SegmentOperations>>,
    /// Maximum number of traces in the next pass.
    most: usize,
    /// What the last pass found, by trace.
    hits: Vec<Hit>,
    /// Rank of the best trace that the last pass dropped.
    cut: Option<Rank>,
    /// Ranks by the hits alone, the best last. The rank of the whole trace is the same or worse.
    unresolved: Vec<Rank>,
    /// Traces that were looked up, by rank.
    resolved: BTreeMap<Rank, LocatedTrace>,
    lookups: usize,
    /// Traces that were returned, while there may be another pass.
    returned: HashSet<u128>,
    /// Number of traces that the last pass returned.
    returned_in_pass: usize,
    /// Whether another pass may find more.
    more: bool,
}

impl<S: Fn() -> bool> Candidates<S> {
    /// Candidates in a view of the index. When `stop` returns true they end with [`StoreError::Stopped`].
    pub fn new(view: View, criteria: Criteria, stop: S) -> Self {
        let mut blocks = Vec::new();
        for (segment, index) in view.iter().enumerate() {
            let ranges = index.ranges().into_iter().enumerate();
            let within = ranges.filter(|(_, range)| range.overlaps(criteria.start_from, criteria.start_to));
            blocks.extend(within.map(|(block, range)| BlockLocation {
                segment,
                block,
                last_start: range.last_start,
            }));
        }
        blocks.sort_by_key(|block| Reverse((block.last_start, block.segment, block.block)));
        Candidates {
            operations: view.iter().map(|_| None).collect(),
            view,
            criteria,
            stop,
            blocks,
            most: FIRST_PASS,
            hits: Vec::new(),
            cut: None,
            unresolved: Vec::new(),
            resolved: BTreeMap::new(),
            lookups: LOOKUPS.0,
            returned: HashSet::new(),
            returned_in_pass: 0,
            more: true,
        }
    }

    fn try_next(&mut self) -> Result<Option<Candidate>, StoreError> {
        loop {
            while let Some(next) = self.unresolved.last()
                && self.resolved.first_key_value().is_none_or(|(best, _)| next < best)
            {
                self.resolve()?;
            }
            if let Some((_, located)) = self.resolved.pop_first() {
                self.returned_in_pass += 1;
                if self.more {
                    self.returned.insert(located.trace);
                }
                return Ok(Some(self.candidate(located)));
            }
            if !self.more {
                return Ok(None);
            }
            self.pass()?;
        }
    }

    /// Searches the index for the next traces.
    fn pass(&mut self) -> Result<(), StoreError> {
        if self.cut.take().is_some() {
            let least = if self.returned_in_pass == 0 { self.most * 2 } else { 0 };
            self.most = (self.most * 8).min(MAX_TRACES.max(least));
        }
        let mut newest = NewestHits::new(self.most);
        for BlockLocation { segment, block, last_start } in &self.blocks {
            if newest.drops((Reverse(*last_start), 0)) {
                break;
            }
            check(&self.stop)?;
            let index = &self.view[*segment];
            let operations = match &mut self.operations[*segment] {
                Some(operations) => operations,
                unknown => unknown.insert(SegmentOperations::of(index, &self.criteria)?),
            };
            if operations.exclude_all() {
                continue;
            }
            index.with_block(*block, &mut |block| {
                // The last ones usually start last.
                for part in block.parts().rev() {
                    let start = part.extent.first_start;
                    if newest.drops((Reverse(start), part.trace))
                        || !self.criteria.may_match(&part, operations)
                        || self.returned.contains(&part.trace)
                    {
                        continue;
                    }
                    let certain = self.criteria.surely_matches(&part);
                    let segment = *segment as u32;
                    newest.push(Hit { trace: part.trace, segment, row: part.row, start, certain });
                }
                Ok(())
            })?;
        }
        (self.hits, self.cut) = newest.finish();
        self.unresolved = ranks(&self.hits);
        self.unresolved.retain(|rank| self.cut.is_none_or(|cut| *rank < cut));
        self.unresolved.sort_unstable_by_key(|rank| Reverse(*rank));
        (self.lookups, self.returned_in_pass, self.more) = (LOOKUPS.0, 0, self.cut.is_some());
        Ok(())
    }

    /// Looks up the best traces that are not resolved. Parts that do not match may start earlier than those that do,
    /// even before traces that were dropped.
    fn resolve(&mut self) -> Result<(), StoreError> {
        let first = self.unresolved.len().saturating_sub(self.lookups);
        let mut traces: Vec<u128> = self.unresolved.drain(first..).map(|(_, trace)| trace).collect();
        traces.sort_unstable();
        self.lookups = (self.lookups * 2).min(LOOKUPS.1);
        for located in locate(&self.view, &traces, || check(&self.stop))? {
            // A trace without parts was deleted for its age meanwhile.
            let is_next = self.cut.is_none_or(|cut| located.rank() < cut) && !located.parts.is_empty();
            if is_next {
                self.resolved.insert(located.rank(), located);
            }
        }
        Ok(())
    }

    fn candidate(&self, located: LocatedTrace) -> Candidate {
        let from = self.hits.partition_point(|hit| hit.trace < located.trace);
        let hits = self.hits[from..].iter().take_while(|hit| hit.trace == located.trace);
        let (mut parts, mut certain) = (Vec::new(), false);
        for hit in hits {
            let segment = self.view[hit.segment as usize].segment.clone();
            parts.push(PartLocation { segment, row: hit.row });
            certain |= hit.certain;
        }
        Candidate { located, parts, certain }
    }
}

impl<S: Fn() -> bool> Iterator for Candidates<S> {
    type Item = Result<Candidate, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.try_next();
        if next.is_err() {
            self.more = false;
            self.unresolved.clear();
            self.resolved.clear();
        }
        next.transpose()
    }
}

fn check(stop: impl Fn() -> bool) -> Result<(), StoreError> {
    if stop() { Err(StoreError::Stopped) } else { Ok(()) }
}

/// The traces of sorted hits with their ranks, as far as the hits say, by trace.
fn ranks(hits: &[Hit]) -> Vec<Rank> {
    let traces = hits.chunk_by(|left, right| left.trace == right.trace);
    traces
        .map(|hits| (Reverse(hits.iter().map(|hit| hit.start).min().unwrap_or(u64::MAX)), hits[0].trace))
        .collect()
}

/// The hits of the traces that start last.
struct NewestHits {
    hits: Vec<Hit>,
    /// Maximum number of traces.
    most: usize,
    /// Number of hits above which traces are dropped.
    limit: usize,
    /// The best rank that was dropped.
    cut: Option<Rank>,
}

impl NewestHits {
    fn new(most: usize) -> Self {
        NewestHits { hits: Vec::new(), most, limit: 2 * most, cut: None }
    }

    /// Whether a trace with a part of this rank is to be dropped: its own rank is the same or worse.
    fn drops(&self, rank: Rank) -> bool {
        self.cut.is_some_and(|cut| rank >= cut)
    }

    fn push(&mut self, hit: Hit) {
        self.hits.push(hit);
        if self.hits.len() > self.limit {
            self.drop_oldest();
            self.limit = (2 * self.hits.len()).max(2 * self.most);
        }
    }

    /// The hits by trace, and the best rank that was dropped.
    fn finish(mut self) -> (Vec<Hit>, Option<Rank>) {
        self.hits.sort_unstable();
        (self.hits, self.cut)
    }

    fn drop_oldest(&mut self) {
        self.hits.sort_unstable();
        let mut ranks = ranks(&self.hits);
        if ranks.len() <= self.most {
            return;
        }
        let (_, first_dropped, _) = ranks.select_nth_unstable(self.most);
        let limit = *first_dropped;
        self.cut = Some(self.cut.map_or(limit, |cut| cut.min(limit)));
        let mut kept: Vec<u128> = ranks[..self.most].iter().map(|(_, trace)| *trace).collect();
        kept.sort_unstable();
        let mut at = 0;
        self.hits.retain(|hit| {
            while kept.get(at).is_some_and(|trace| *trace < hit.trace) {
                at += 1;
            }
            kept.get(at) == Some(&hit.trace)
        });
    }
}

#[cfg(test)]
#[path = "candidates_tests.rs"]
mod tests;
