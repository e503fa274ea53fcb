//! The index in memory: for each segment its operations and one entry per part. Built from the summaries when a
//! segment is opened, grown after each commit, dropped with the segment.

use super::entry::{Added, Contents, Entry, NONE};
use super::part::{OperationKey, duration};
use super::segment::Segment;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Where a part lies.
#[derive(Clone)]
pub struct Place {
    /// The segment.
    pub segment: Arc<Segment>,
    /// The row.
    pub row: u32,
}

struct Indexed {
    segment: Arc<Segment>,
    operations: Vec<OperationKey>,
    entries: Vec<(u128, Entry)>,
    /// The trace's newest entry; entries point to the one before. Senders choose trace ids, so the hash is keyed.
    newest: HashMap<u128, u32>,
}

/// What a search asks of the index. Everything that the index cannot decide is checked on the spans.
#[derive(Clone, Debug, Default)]
pub struct Criteria {
    /// Service of a matching span.
    pub service: Option<String>,
    /// Its name.
    pub operation: Option<String>,
    /// A matching span starts at or after this (nanoseconds since the Unix epoch).
    pub start_from: u64,
    /// A matching span starts at or before this.
    pub start_to: u64,
    /// It takes at least this long, nanoseconds.
    pub duration_from: Option<u64>,
    /// It takes at most this long.
    pub duration_to: Option<u64>,
    /// Hashes of which, per item, at least one must be there (see `terms`).
    pub terms: Vec<Vec<u64>>,
    /// A failed span, or else this term, must be there.
    pub failed_or: Option<u64>,
}

/// A trace that may match: when it starts and which of its parts may hold a matching span.
pub struct Candidate {
    /// Trace id as a number.
    pub trace: u128,
    /// Start of its first span in the whole store.
    pub start: u64,
    /// Parts worth reading.
    pub parts: Vec<Place>,
    /// Whether the index alone proves that it matches.
    pub certain: bool,
}

/// The index over all segments.
#[derive(Default)]
pub struct Index {
    segments: BTreeMap<u64, Indexed>,
}

impl Index {
    /// Takes a segment in with what its file says.
    pub fn insert(&mut self, segment: Arc<Segment>, contents: Contents) {
        let number = segment.number;
        let indexed =
            Indexed { segment, operations: Vec::new(), entries: Vec::new(), newest: HashMap::default() };
        self.segments.insert(number, indexed);
        self.add(number, Added { operations: contents.operations, entries: contents.entries });
    }

    /// Takes in what was committed to a segment.
    pub fn add(&mut self, number: u64, added: Added) {
        let Some(indexed) = self.segments.get_mut(&number) else { return };
        indexed.operations.extend(added.operations);
        for (trace, mut entry) in added.entries {
            let place = indexed.entries.len() as u32;
            entry.previous = indexed.newest.insert(trace, place).unwrap_or(NONE);
            indexed.entries.push((trace, entry));
        }
    }

    /// Forgets a segment.
    pub fn remove(&mut self, number: u64) -> Option<Arc<Segment>> {
        self.segments.remove(&number).map(|indexed| indexed.segment)
    }

    /// Segments in the order in which they were begun.
    pub fn segments(&self) -> impl Iterator<Item = &Arc<Segment>> {
        self.segments.values().map(|indexed| &indexed.segment)
    }

    /// Service names, sorted.
    pub fn services(&self) -> Vec<String> {
        let names: BTreeSet<&str> = self
            .segments
            .values()
            .flat_map(|indexed| indexed.operations.iter().map(|operation| &*operation.service))
            .collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Operations of a service as (name, kind), sorted.
    pub fn operations(&self, service: &str) -> Vec<(String, u32)> {
        let found: BTreeSet<(&str, u32)> = self
            .segments
            .values()
            .flat_map(|indexed| &indexed.operations)
            .filter(|operation| &*operation.service == service)
            .map(|operation| (&*operation.name, operation.kind))
            .collect();
        found.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect()
    }

    /// Where a trace's parts lie, in the order in which they came.
    pub fn places(&self, trace: u128) -> Vec<Place> {
        let mut places = Vec::new();
        for indexed in self.segments.values().rev() {
            indexed.each_of(trace, |entry| {
                places.push(Place { segment: indexed.segment.clone(), row: entry.row })
            });
        }
        places.reverse();
        places
    }

    /// Spans of a trace, resent ones included.
    pub fn spans_of(&self, trace: u128) -> u64 {
        let mut spans = 0;
        for indexed in self.segments.values() {
            indexed.each_of(trace, |entry| spans += u64::from(entry.extent.spans));
        }
        spans
    }

    /// Spans and parts held.
    pub fn counts(&self) -> (u64, u64) {
        let entries = || self.segments.values().flat_map(|indexed| &indexed.entries);
        (entries().map(|(_, entry)| u64::from(entry.extent.spans)).sum(), entries().count() as u64)
    }

    /// Traces with a span that starts between two times (nanoseconds since the Unix epoch, both included).
    pub fn between(&self, from: u64, to: u64) -> Vec<u128> {
        let found: HashSet<u128> = self
            .segments
            .values()
            .flat_map(|indexed| &indexed.entries)
            .filter(|(_, entry)| entry.extent.first_start <= to && entry.extent.last_start >= from)
            .map(|(trace, _)| *trace)
            .collect();
        found.into_iter().collect()
    }

    /// Traces that may match, those that start last first.
    pub fn candidates(&self, criteria: &Criteria) -> Vec<Candidate> {
        let mut found: HashMap<u128, Candidate> = HashMap::default();
        for indexed in self.segments.values() {
            let wanted = indexed.wanted(criteria);
            for (trace, entry) in &indexed.entries {
                if !entry.may_match(criteria, wanted.as_ref()) {
                    continue;
                }
                let candidate = found.entry(*trace).or_insert_with(|| Candidate {
                    trace: *trace,
                    start: u64::MAX,
                    parts: Vec::new(),
                    certain: false,
                });
                candidate.parts.push(Place { segment: indexed.segment.clone(), row: entry.row });
                candidate.certain |= entry.surely_matches(criteria);
            }
        }
        let mut candidates: Vec<Candidate> = found.into_values().collect();
        for indexed in self.segments.values() {
            for candidate in &mut candidates {
                indexed.each_of(candidate.trace, |entry| {
                    candidate.start = candidate.start.min(entry.extent.first_start);
                });
            }
        }
        candidates
            .sort_unstable_by(|left, right| right.start.cmp(&left.start).then(left.trace.cmp(&right.trace)));
        candidates
    }
}

impl Indexed {
    fn each_of(&self, trace: u128, mut each: impl FnMut(&Entry)) {
        let mut at = self.newest.get(&trace).copied().unwrap_or(NONE);
        while let Some((_, entry)) = self.entries.get(at as usize) {
            each(entry);
            at = entry.previous;
        }
    }

    /// Numbers of the operations asked for; `None` when any will do.
    fn wanted(&self, criteria: &Criteria) -> Option<HashSet<u32>> {
        if criteria.service.is_none() && criteria.operation.is_none() {
            return None;
        }
        let fits = |operation: &OperationKey| {
            criteria.service.as_deref().is_none_or(|service| *operation.service == *service)
                && criteria.operation.as_deref().is_none_or(|name| *operation.name == *name)
        };
        let numbered = self.operations.iter().enumerate();
        Some(numbered.filter(|(_, operation)| fits(operation)).map(|(id, _)| id as u32).collect())
    }
}

impl Entry {
    fn may_match(&self, criteria: &Criteria, wanted: Option<&HashSet<u32>>) -> bool {
        let extent = &self.extent;
        extent.first_start <= criteria.start_to
            && extent.last_start >= criteria.start_from
            && criteria.duration_from.is_none_or(|least| extent.longest >= least)
            && criteria.duration_to.is_none_or(|most| extent.shortest <= most)
            && wanted.is_none_or(|wanted| self.operations.iter().any(|id| wanted.contains(id)))
            && criteria.failed_or.is_none_or(|term| extent.errors > 0 || self.filter.may_have(term))
            && criteria.terms.iter().all(|any| any.iter().any(|term| self.filter.may_have(*term)))
    }

    /// With only service, operation and times asked for, an entry that lies wholly within them matches.
    fn surely_matches(&self, criteria: &Criteria) -> bool {
        criteria.terms.is_empty()
            && criteria.duration_from.is_none()
            && criteria.duration_to.is_none()
            && self.extent.first_start >= criteria.start_from
            && self.extent.last_start <= criteria.start_to
    }
}

impl Criteria {
    /// Whether a span's times fit.
    pub fn fits_times(&self, start: u64, end: u64) -> bool {
        let took = duration(start, end);
        start >= self.start_from
            && start <= self.start_to
            && self.duration_from.is_none_or(|least| took >= least)
            && self.duration_to.is_none_or(|most| took <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    /// Trace ids that all had the hash 0 when they were hashed without a key (by multiplication, as FxHash does).
    fn chosen(count: u64) -> impl Iterator<Item = u128> {
        const FACTOR: u64 = 0xf135_7aea_2e62_a9c5;
        (1..=count).map(|low| {
            let high = low.wrapping_mul(FACTOR).wrapping_neg();
            u128::from(high) << 64 | u128::from(low)
        })
    }

    #[test]
    fn chosen_trace_ids_do_not_share_a_hash() {
        let directory = tempfile::tempdir().unwrap();
        let mut index = Index::default();
        let segment = Arc::new(Segment::new(directory.path(), 1));
        index.insert(segment, Contents::default());
        let hasher = index.segments[&1].newest.hasher();
        let hashes: HashSet<u64> = chosen(40_000).map(|trace| hasher.hash_one(trace)).collect();
        assert!(hashes.len() > 39_990, "{} hashes of 40,000 trace ids", hashes.len());
    }
}
