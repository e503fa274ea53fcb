//! Siblings that repeat: many of one service, operation and kind below one parent. As in Sentry's trace view five
//! are many (`getsentry/sentry`, the trace tree's sibling autogrouping).

use super::{Rows, Shown};
use crate::model::{Flags, NO_SPAN, Outline, SpanIx, SpanKind, StrIx};
use rustc_hash::FxHashMap;

/// How many siblings are a group.
pub const REPEATED: usize = 5;

/// What siblings have in common.
pub(super) type Likeness = (StrIx, StrIx, SpanKind);

pub(super) fn likeness(outline: &Outline, span: SpanIx) -> Likeness {
    let at = span as usize;
    (outline.service[at], outline.name[at], outline.kind[at])
}

/// The siblings of `span` with itself, in the order of the trace.
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

/// The first member of the group that `span` is in, if it is in one.
pub(super) fn first_of(outline: &Outline, shown: Option<&Shown>, span: SpanIx) -> Option<SpanIx> {
    let alike = likeness(outline, span);
    let mut members = family(outline, span).filter(|sibling| {
        likeness(outline, *sibling) == alike && shown.is_none_or(|shown| shown.has(*sibling))
    });
    let first = members.next()?;
    (members.take(REPEATED - 1).count() + 1 == REPEATED).then_some(first)
}

/// What a group's row says of its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// How many they are.
    pub count: usize,
    /// The shortest duration, nanoseconds.
    pub least: u64,
    /// The middle one (of an even number the lower).
    pub middle: u64,
    /// The longest.
    pub most: u64,
    /// All durations together.
    pub total: u64,
    /// From the first start...
    pub start: u64,
    /// ...to the last end.
    pub end: u64,
    /// How many were at work at once, at most: 1 where they came one after the other.
    pub at_once: usize,
    /// How many failed.
    pub failed: usize,
    /// Whether anything below them failed.
    pub failed_below: bool,
}

impl Group {
    /// The facts of `members`.
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

/// Remembers the facts of the groups on screen, so that 200,000 members are looked at once and not once a frame.
/// Belongs to one outline and one list of rows; make a new one for others.
#[derive(Debug, Default)]
pub struct GroupCache(FxHashMap<usize, Group>);

impl GroupCache {
    /// The facts of the group at row `index`.
    pub fn of(&mut self, outline: &Outline, rows: &Rows, index: usize) -> Group {
        *self.0.entry(index).or_insert_with(|| Group::of(outline, rows.members(index)))
    }
}

/// How many intervals overlap at most, from their starts and ends, each in order. One that ends where another
/// starts does not overlap it, and one without length counts at its moment.
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
