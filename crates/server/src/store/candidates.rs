//! Searches the index for traces that may match, latest start first. All parts are scanned, but only some thousand
//! traces are kept at a time; earlier ones are searched again when they are requested.

use super::StoreError;
use super::block::PartView;
use super::index::{SegmentIndex, View};
use super::part::{OperationKey, duration};
use super::segment::Segment;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

/// Number of traces kept in the first pass; each pass keeps eight times as many as the one before.
const FIRST_PASS: usize = 8 << 10;
/// Maximum number of traces kept, unless none of them is next. Up to twice as many parts take 48 bytes each.
const MOST: usize = 256 << 10;

/// Location of a part.
#[derive(Clone)]
pub struct Place {
    /// The segment.
    pub segment: Arc<Segment>,
    /// The row.
    pub row: u32,
}

/// The conditions of a search that the index can evaluate; others are evaluated on spans.
#[derive(Clone, Debug, Default)]
pub struct Criteria {
    /// Service of a matching span.
    pub service: Option<String>,
    /// Operation of a matching span.
    pub operation: Option<String>,
    /// A matching span starts at or after this, nanoseconds since the Unix epoch.
    pub start_from: u64,
    /// A matching span starts at or before this.
    pub start_to: u64,
    /// Minimum duration of a matching span, nanoseconds.
    pub duration_from: Option<u64>,
    /// Maximum duration of a matching span, nanoseconds.
    pub duration_to: Option<u64>,
    /// Hashes, of which per item at least one must be present (see `terms`).
    pub terms: Vec<Vec<u64>>,
    /// Per item, an error or one of these terms must be present.
    pub failed_or: Vec<Vec<u64>>,
    /// Like `terms`, for terms that filters contain from layout 3 on.
    pub printed: Vec<Vec<u64>>,
    /// Per item, a span of a kind or a term must be present.
    pub kinds: Vec<KindOr>,
    /// Only these traces.
    pub traces: Option<Arc<HashSet<u128>>>,
}

/// A span of a kind (OTLP number; `None` for unspecified), or one of these terms.
#[derive(Clone, Debug)]
pub struct KindOr {
    /// The kind.
    pub kind: Option<u32>,
    /// The terms.
    pub terms: Vec<u64>,
}

/// Operations of a segment, by index.
struct Wanted {
    /// Operations that match; `None` if all do.
    operations: Option<HashSet<u32>>,
    /// Operations of each kind.
    kinds: Vec<HashSet<u32>>,
}

/// A trace that may match, and its parts that may contain a matching span.
pub struct Candidate {
    /// Trace id as a number.
    pub trace: u128,
    /// Parts to read.
    pub parts: Vec<Place>,
    /// Whether the index is sufficient to know that it matches.
    pub certain: bool,
}

/// A part that may match, ordered by trace, segment and row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    trace: u128,
    segment: u32,
    row: u32,
    start: u64,
    certain: bool,
}

/// Sort key of results: descending start, then id.
type Rank = (Reverse<u64>, u128);

/// Iterator over traces that may match, latest start first; ends after an error. Blocks while reading index files.
pub struct Candidates<S> {
    view: View,
    criteria: Criteria,
    stop: S,
    found: std::vec::IntoIter<Candidate>,
    given: HashSet<u128>,
    most: usize,
    /// Whether there may be more results.
    more: bool,
}

impl<S: Fn() -> bool> Candidates<S> {
    /// Candidates in a view of the index. When `stop` returns true they end with [`StoreError::Stopped`].
    pub fn new(view: View, criteria: Criteria, stop: S) -> Self {
        let (found, given) = (Vec::new().into_iter(), HashSet::new());
        Candidates { view, criteria, stop, found, given, most: FIRST_PASS, more: true }
    }

    /// Searches for the next traces. During the scan a known start is at most too late, so a trace is only returned
    /// if it starts after all traces that were dropped.
    fn look(&mut self) -> Result<Vec<Candidate>, StoreError> {
        let is_asked_for =
            |trace: u128| self.criteria.traces.as_ref().is_none_or(|traces| traces.contains(&trace));
        let (mut hits, mut limit, mut cut): (Vec<Hit>, _, Option<Rank>) = (Vec::new(), 2 * self.most, None);
        for (number, index) in self.view.iter().enumerate().rev() {
            let wanted = wanted(index, &self.criteria)?;
            if wanted.operations.as_ref().is_some_and(HashSet::is_empty) {
                continue;
            }
            index.each_block(self.criteria.start_from, self.criteria.start_to, |block| {
                if (self.stop)() {
                    return Err(StoreError::Stopped);
                }
                for part in block.parts().filter(|part| self.criteria.may_match(part, &wanted)) {
                    if !is_asked_for(part.trace) || !self.given.is_empty() && self.given.contains(&part.trace)
                    {
                        continue;
                    }
                    let certain = self.criteria.surely_matches(&part);
                    let start = part.extent.first_start;
                    hits.push(Hit {
                        trace: part.trace,
                        segment: number as u32,
                        row: part.row,
                        start,
                        certain,
                    });
                }
                if hits.len() > limit {
                    keep_newest(&mut hits, self.most, &mut cut);
                    limit = (2 * hits.len()).max(2 * self.most);
                }
                Ok(())
            })?;
        }
        hits.sort_unstable();
        let mut starts = starts(&hits);
        self.correct(&mut starts)?;
        let mut given: Vec<Rank> = starts.iter().map(|(trace, start)| (Reverse(*start), *trace)).collect();
        given.retain(|rank| cut.is_none_or(|cut| *rank < cut));
        given.sort_unstable();
        self.more = cut.is_some();
        self.most = (self.most * 8).min(MOST.max(if given.is_empty() { self.most * 2 } else { 0 }));
        if self.more {
            self.given.extend(given.iter().map(|(_, trace)| *trace));
        }
        Ok(given.into_iter().map(|(_, trace)| self.candidate(trace, &hits)).collect())
    }

    /// Sets the starts of whole traces, including parts elsewhere that do not match.
    fn correct(&self, starts: &mut [(u128, u64)]) -> Result<(), StoreError> {
        let traces: Vec<u128> = starts.iter().map(|(trace, _)| *trace).collect();
        if traces.is_empty() {
            return Ok(());
        }
        for index in &self.view {
            if (self.stop)() {
                return Err(StoreError::Stopped);
            }
            index.find(&traces, |at, part| starts[at].1 = starts[at].1.min(part.first_start))?;
        }
        Ok(())
    }

    fn candidate(&self, trace: u128, hits: &[Hit]) -> Candidate {
        let from = hits.partition_point(|hit| hit.trace < trace);
        let hits = hits[from..].iter().take_while(|hit| hit.trace == trace);
        let (mut parts, mut certain) = (Vec::new(), false);
        for hit in hits {
            parts.push(Place { segment: self.view[hit.segment as usize].segment.clone(), row: hit.row });
            certain |= hit.certain;
        }
        Candidate { trace, parts, certain }
    }
}

impl<S: Fn() -> bool> Iterator for Candidates<S> {
    type Item = Result<Candidate, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(candidate) = self.found.next() {
                return Some(Ok(candidate));
            }
            if !self.more {
                return None;
            }
            match self.look() {
                Ok(found) => self.found = found.into_iter(),
                Err(error) => {
                    self.more = false;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// The traces of sorted hits, each with its earliest start.
fn starts(hits: &[Hit]) -> Vec<(u128, u64)> {
    let groups = hits.chunk_by(|left, right| left.trace == right.trace);
    groups.map(|hits| (hits[0].trace, hits.iter().map(|hit| hit.start).min().unwrap_or(u64::MAX))).collect()
}

/// Keeps the hits of the `most` traces that start last; records the first dropped one.
fn keep_newest(hits: &mut Vec<Hit>, most: usize, cut: &mut Option<Rank>) {
    hits.sort_unstable();
    let mut ranks: Vec<Rank> =
        starts(hits).into_iter().map(|(trace, start)| (Reverse(start), trace)).collect();
    if ranks.len() <= most {
        return;
    }
    let (_, first_left_out, _) = ranks.select_nth_unstable(most);
    let limit = *first_left_out;
    *cut = Some(cut.map_or(limit, |cut| cut.min(limit)));
    let mut kept: Vec<u128> = ranks[..most].iter().map(|(_, trace)| *trace).collect();
    kept.sort_unstable();
    let mut at = 0;
    hits.retain(|hit| {
        while kept.get(at).is_some_and(|trace| *trace < hit.trace) {
            at += 1;
        }
        kept.get(at) == Some(&hit.trace)
    });
}

fn wanted(index: &SegmentIndex, criteria: &Criteria) -> Result<Wanted, StoreError> {
    let is_any = criteria.service.is_none() && criteria.operation.is_none();
    let mut kinds = vec![HashSet::new(); criteria.kinds.len()];
    if is_any && kinds.is_empty() {
        return Ok(Wanted { operations: None, kinds });
    }
    let fits = |operation: &OperationKey| {
        criteria.service.as_deref().is_none_or(|service| *operation.service == *service)
            && criteria.operation.as_deref().is_none_or(|name| *operation.name == *name)
    };
    let mut wanted = HashSet::new();
    index.each_operation(|number, operation| {
        if !is_any && fits(operation) {
            wanted.insert(number);
        }
        for (kind, numbers) in criteria.kinds.iter().zip(&mut kinds) {
            if kind.kind == Some(operation.kind) {
                numbers.insert(number);
            }
        }
    })?;
    Ok(Wanted { operations: (!is_any).then_some(wanted), kinds })
}

impl Criteria {
    fn may_match(&self, part: &PartView, wanted: &Wanted) -> bool {
        let extent = part.extent;
        let has = |any: &Vec<u64>| any.iter().any(|term| part.may_have(*term));
        let is_one_of = |numbers: &HashSet<u32>| part.operations.iter().any(|id| numbers.contains(id));
        extent.first_start <= self.start_to
            && extent.last_start >= self.start_from
            && self.duration_from.is_none_or(|least| extent.longest >= least)
            && self.duration_to.is_none_or(|most| extent.shortest <= most)
            && wanted.operations.as_ref().is_none_or(is_one_of)
            && self.failed_or.iter().all(|any| extent.errors > 0 || has(any))
            && self.terms.iter().all(has)
            // Only layout 3 has calls.
            && (part.calls.is_empty() || self.printed.iter().all(has))
            && self.kinds.iter().zip(&wanted.kinds).all(|(kind, of)| is_one_of(of) || has(&kind.terms))
    }

    /// Whether a part matches entirely, if only service, operation and times are searched.
    fn surely_matches(&self, part: &PartView) -> bool {
        self.terms.is_empty()
            && self.duration_from.is_none()
            && self.duration_to.is_none()
            && part.extent.first_start >= self.start_from
            && part.extent.last_start <= self.start_to
    }

    /// Whether a span's times match.
    pub fn fits_times(&self, start: u64, end: u64) -> bool {
        let took = duration(start, end);
        start >= self.start_from
            && start <= self.start_to
            && self.duration_from.is_none_or(|least| took >= least)
            && self.duration_to.is_none_or(|most| took <= most)
    }
}
