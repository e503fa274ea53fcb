//! The conditions of a search that the index can evaluate.

use super::StoreError;
use super::block::PartView;
use super::index::SegmentIndex;
use super::operation_set::OperationSet;
use super::part::{OperationKey, duration};
use std::collections::HashSet;
use std::sync::Arc;

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
    pub kinds: Vec<KindOrTerms>,
    /// Only these traces.
    pub traces: Option<Arc<HashSet<u128>>>,
}

/// A span of a kind (OTLP number; `None` for unspecified), or one of these terms.
#[derive(Clone, Debug)]
pub struct KindOrTerms {
    /// The kind.
    pub kind: Option<u32>,
    /// The terms.
    pub terms: Vec<u64>,
}

/// The operations that criteria ask for, as numbers in one segment.
pub struct SegmentOperations {
    /// Operations of the service and with the name; `None` if neither is asked for.
    matching: Option<OperationSet>,
    /// Operations of each kind.
    kinds: Vec<OperationSet>,
}

impl SegmentOperations {
    /// Looks them up. Blocks if the segment's operations are not in memory.
    pub fn of(index: &SegmentIndex, criteria: &Criteria) -> Result<Self, StoreError> {
        let is_any = criteria.service.is_none() && criteria.operation.is_none();
        let mut kinds = vec![OperationSet::default(); criteria.kinds.len()];
        if is_any && kinds.is_empty() {
            return Ok(SegmentOperations { matching: None, kinds });
        }
        let fits = |operation: &OperationKey| {
            criteria.service.as_deref().is_none_or(|service| *operation.service == *service)
                && criteria.operation.as_deref().is_none_or(|name| *operation.name == *name)
        };
        let mut matching = OperationSet::default();
        index.each_operation(|number, operation| {
            if !is_any && fits(operation) {
                matching.insert(number);
            }
            for (kind, numbers) in criteria.kinds.iter().zip(&mut kinds) {
                if kind.kind == Some(operation.kind) {
                    numbers.insert(number);
                }
            }
        })?;
        Ok(SegmentOperations { matching: (!is_any).then_some(matching), kinds })
    }

    /// Whether no span of the segment can match.
    pub fn exclude_all(&self) -> bool {
        self.matching.as_ref().is_some_and(OperationSet::is_empty)
    }
}

impl Criteria {
    /// Whether a part may contain a matching span; `false` is certain.
    pub fn may_match(&self, part: &PartView, operations: &SegmentOperations) -> bool {
        let extent = part.extent;
        let has = |any: &Vec<u64>| any.iter().any(|term| part.may_have(*term));
        extent.overlaps(self.start_from, self.start_to)
            && self.duration_from.is_none_or(|least| extent.longest >= least)
            && self.duration_to.is_none_or(|most| extent.shortest <= most)
            && operations.matching.as_ref().is_none_or(|matching| matching.has_any_of(part.operations))
            && self.traces.as_ref().is_none_or(|traces| traces.contains(&part.trace))
            && self.failed_or.iter().all(|any| extent.errors > 0 || has(any))
            && self.terms.iter().all(has)
            // Only layout 3 has calls.
            && (part.calls.is_empty() || self.printed.iter().all(has))
            && self.kinds.iter().zip(&operations.kinds).all(|(kind, of_kind)| {
                of_kind.has_any_of(part.operations) || has(&kind.terms)
            })
    }

    /// Whether a part that may match does, because only service, operation and times are searched.
    pub fn surely_matches(&self, part: &PartView) -> bool {
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
