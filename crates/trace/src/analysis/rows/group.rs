//! Repeated siblings: many of one service, operation and kind below one parent. As in Sentry's trace view, five are
//! many (`getsentry/sentry`, the trace tree's sibling autogrouping).

use super::{RowFilter, Rows};
use crate::model::{Flags, NO_SPAN, Outline, SpanIx, SpanKind, StrIx};
use rustc_hash::FxHashMap;

/// Minimum size of a group.
pub const REPEATED: usize = 5;

/// The fields that members of a group share: operation, service, kind.
pub(super) type GroupKey = (StrIx, StrIx, SpanKind);

pub(super) fn group_key(outline: &Outline, span: SpanIx) -> GroupKey {
    let at = span as usize;
    (outline.service[at], outline.name[at], outline.kind[at])
}

/// The siblings of `span`, including itself, in the order of the trace.
pub(super) fn family(outline: &Outline, span: SpanIx) -> impl Iterator<Item = SpanIx> + '_ {
    let parent = outline.parent[span as usize];
    let (mut next, end) = match parent {
        NO_SPAN => (0, outline.len() as SpanIx),
        parent => (parent + 1, outline.subtree_end[parent as usize]),
    };
    std::iter::from_fn(move || {
        let child = (next < end).then_some(next)?;
        next = outline.subtree_end[child as usize];
        Some(child)
    })
}

/// The first member of the group of `span`, if it is in one.
pub(super) fn first_of(outline: &Outline, shown: Option<&RowFilter>, span: SpanIx) -> Option<SpanIx> {
    let alike = group_key(outline, span);
    let mut members = family(outline, span).filter(|sibling| {
        group_key(outline, *sibling) == alike && shown.is_none_or(|shown| shown.has(*sibling))
    });
    let first = members.next()?;
    (members.take(REPEATED - 1).count() + 1 == REPEATED).then_some(first)
}

/// Aggregates of a group's members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Number of members.
    pub count: usize,
    /// Minimum duration, nanoseconds.
    pub least: u64,
    /// Median duration (the lower one of an even number).
    pub middle: u64,
    /// Maximum duration.
    pub most: u64,
    /// Sum of durations.
    pub total: u64,
    /// Earliest start.
    pub start: u64,
    /// Latest end.
    pub end: u64,
    /// Maximum number of concurrent members.
    pub at_once: usize,
    /// Number of members with an error.
    pub failed: usize,
    /// Whether a descendant of a member has an error.
    pub failed_below: bool,
}

impl Group {
    /// Aggregates `members`.
    pub fn of(outline: &Outline, members: &[SpanIx]) -> Self {
        let of = |value: &dyn Fn(usize) -> u64| {
            let mut values: Vec<u64> = members.iter().map(|span| value(*span as usize)).collect();
            values.sort_unstable();
            values
        };
        let (starts, ends) = (of(&|span| outline.start[span]), of(&|span| outline.end[span]));
        let durations = of(&|span| outline.end[span] - outline.start[span]);
        let flags = || members.iter().map(|span| outline.flags[*span as usize]);
        Group {
            count: members.len(),
            least: durations.first().copied().unwrap_or(0),
            middle: durations.get(members.len().saturating_sub(1) / 2).copied().unwrap_or(0),
            most: durations.last().copied().unwrap_or(0),
            total: durations.iter().fold(0, |sum, duration| sum.saturating_add(*duration)),
            start: starts.first().copied().unwrap_or(0),
            end: ends.last().copied().unwrap_or(0),
            at_once: at_once(&starts, &ends),
            failed: flags().filter(|flags| flags.has(Flags::OWN_ERROR)).count(),
            failed_below: flags().any(|flags| flags.has(Flags::ERROR_BELOW)),
        }
    }
}

/// Caches aggregates by row, so that large groups are not aggregated in every frame. Valid for one outline and one
/// list of rows.
#[derive(Debug, Default)]
pub struct GroupCache(FxHashMap<usize, Group>);

impl GroupCache {
    /// The aggregates of the group at row `index`.
    pub fn of(&mut self, outline: &Outline, rows: &Rows, index: usize) -> Group {
        *self.0.entry(index).or_insert_with(|| Group::of(outline, rows.members(index)))
    }
}

/// Maximum number of overlapping intervals, from sorted starts and ends. Adjacent intervals do not overlap; empty
/// intervals count.
fn at_once(starts: &[u64], ends: &[u64]) -> usize {
    let (mut ended, mut most) = (0, 0);
    for (begun, start) in starts.iter().enumerate() {
        while ends.get(ended).is_some_and(|end| end <= start) && ended < begun {
            ended += 1;
        }
        most = most.max(begun + 1 - ended);
    }
    most
}
