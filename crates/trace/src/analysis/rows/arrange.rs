//! Computes rows in another order than the trace's: siblings sorted by duration or self time, or grouped.

use super::group::{REPEATED, group_key};
use super::{COLLAPSED, GROUP, NO_ROW, PARENT, Row, RowFilter, RowOptions, Rows, SiblingOrder, flag};
use crate::analysis::child_coverage::SelfTimes;
use crate::model::{Outline, SpanIx};
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;

/// Pending rows; the next is at the end of the list.
enum PendingRow {
    Span(SpanIx, u32),
    /// Members of a group, a range of `Rows::members`, and depth.
    Group(Range<u32>, u32),
}

/// Computes rows incrementally, so that the caller can yield to the event loop between steps: a million spans take
/// longer than a frame.
pub struct IncrementalRows {
    outline: Arc<Outline>,
    view: RowOptions,
    work: RowComputation,
}

impl IncrementalRows {
    /// Starts without computing anything.
    pub fn new(outline: Arc<Outline>, view: RowOptions) -> Self {
        IncrementalRows { outline, view, work: RowComputation::default() }
    }

    /// Processes about `most` spans (siblings are sorted together, however many). Returns whether all rows are done.
    pub fn step(&mut self, most: usize) -> bool {
        self.work.step(&self.outline, &self.view, most)
    }

    /// The rows, after all steps.
    pub fn rows(self) -> Rows {
        self.work.rows
    }
}

/// Computes all rows at once.
pub(super) fn arranged(outline: &Outline, view: &RowOptions) -> Rows {
    let mut work = RowComputation::default();
    while !work.step(outline, view, usize::MAX) {}
    work.rows
}

/// The phase of the computation.
#[derive(Clone, Copy, Default)]
enum Stage {
    #[default]
    Filter,
    OwnTimes,
    RowPositions,
    Rows,
}

/// Depth-first with an explicit list of pending spans. All steps need the same outline and view.
#[derive(Default)]
struct RowComputation {
    stage: Stage,
    filter: Option<Arc<RowFilter>>,
    own: SelfTimes,
    rows: Rows,
    todo: Vec<PendingRow>,
    /// Buffer for siblings that are being sorted.
    siblings: Vec<SpanIx>,
}

impl RowComputation {
    fn step(&mut self, outline: &Outline, view: &RowOptions, most: usize) -> bool {
        match self.stage {
            Stage::Filter => {
                self.filter = view.filter(outline);
                self.stage = Stage::OwnTimes;
            }
            Stage::OwnTimes => {
                // This phase does little per span, so it takes more spans per step.
                if view.order != SiblingOrder::SelfTime || self.own.step(outline, most.saturating_mul(8)) {
                    self.stage = Stage::RowPositions;
                }
            }
            Stage::RowPositions => {
                self.rows.place = vec![NO_ROW; outline.len()];
                let extent = view.extent(outline);
                // A focused span has no siblings.
                if extent.len() == outline.len() {
                    self.plan(outline, view, extent, 0);
                } else {
                    self.todo.push(PendingRow::Span(extent.start, 0));
                }
                self.stage = Stage::Rows;
            }
            Stage::Rows => self.some_rows(outline, view, most),
        }
        matches!(self.stage, Stage::Rows) && self.todo.is_empty()
    }

    fn some_rows(&mut self, outline: &Outline, view: &RowOptions, most: usize) {
        let folding = view.fold.on(outline);
        let mut left = most;
        while left > 0
            && let Some(next) = self.todo.pop()
        {
            left -= 1;
            let index = self.rows.rows.len() as u32;
            match next {
                PendingRow::Span(span, depth) => {
                    let below = span + 1..outline.subtree_end[span as usize];
                    let has_children =
                        self.filter.as_ref().map_or(!below.is_empty(), |shown| shown.any(below.clone()));
                    if self.filter.as_ref().is_some_and(|shown| !shown.has(span)) {
                        if has_children {
                            left = left.saturating_sub(self.plan(outline, view, below, depth));
                        }
                        continue;
                    }
                    let collapsed = has_children && folding.is_collapsed(span);
                    let flags = flag(collapsed, COLLAPSED) | flag(has_children, PARENT);
                    self.rows.rows.push(Row::new(span, depth, flags));
                    self.rows.place[span as usize] = index;
                    if has_children && !collapsed {
                        left = left.saturating_sub(self.plan(outline, view, below, depth + 1));
                    }
                }
                PendingRow::Group(range, depth) => {
                    let members = &self.rows.members[range.start as usize..range.end as usize];
                    let first = members.iter().copied().min().unwrap_or(0);
                    let open = view.fold.is_group_open(outline, first);
                    for member in members {
                        self.rows.place[*member as usize] = index;
                    }
                    if open {
                        self.todo
                            .extend(members.iter().rev().map(|member| PendingRow::Span(*member, depth + 1)));
                    }
                    left = left.saturating_sub(members.len());
                    let flags = GROUP | PARENT | flag(!open, COLLAPSED);
                    self.rows.rows.push(Row::new(first, depth, flags));
                    self.rows.groups.push((index, range));
                }
            }
        }
    }

    /// Adds the siblings that fill `range` to the pending list, sorted and grouped. Returns their number.
    fn plan(&mut self, outline: &Outline, view: &RowOptions, range: Range<SpanIx>, depth: u32) -> usize {
        let mut siblings = std::mem::take(&mut self.siblings);
        siblings.clear();
        let mut next = range.start;
        while next < range.end {
            siblings.push(next);
            next = outline.subtree_end[next as usize];
        }
        match view.order {
            SiblingOrder::Start => {}
            SiblingOrder::Duration => longest_first(&mut siblings, &|span| outline.duration_of(span)),
            SiblingOrder::SelfTime => {
                let own = &self.own.own;
                longest_first(&mut siblings, &|span| own[span as usize]);
            }
        }
        let from = self.todo.len();
        if view.group && siblings.len() >= REPEATED {
            self.plan_groups(outline, &siblings, depth);
        } else {
            self.todo.extend(siblings.iter().map(|span| PendingRow::Span(*span, depth)));
        }
        self.todo[from..].reverse();
        self.siblings = siblings;
        self.siblings.len()
    }

    fn plan_groups(&mut self, outline: &Outline, siblings: &[SpanIx], depth: u32) {
        let filter = self.filter.clone();
        let shown = |span: &SpanIx| filter.as_ref().is_none_or(|shown| shown.has(*span));
        let mut counts: FxHashMap<_, usize> = FxHashMap::default();
        for span in siblings.iter().filter(|span| shown(span)) {
            *counts.entry(group_key(outline, *span)).or_default() += 1;
        }
        counts.retain(|_, count| *count >= REPEATED);
        if counts.is_empty() {
            self.todo.extend(siblings.iter().map(|span| PendingRow::Span(*span, depth)));
            return;
        }
        // Reserves room for each group in order of appearance, then fills in the members.
        let mut room: FxHashMap<_, Range<u32>> = FxHashMap::default();
        for span in siblings {
            let alike = group_key(outline, *span);
            let Some(count) = counts.get(&alike).filter(|_| shown(span)) else {
                self.todo.push(PendingRow::Span(*span, depth));
                continue;
            };
            let members = &mut self.rows.members;
            let place = room.entry(alike).or_insert_with(|| {
                let start = members.len() as u32;
                members.resize(members.len() + count, 0);
                self.todo.push(PendingRow::Group(start..start + *count as u32, depth));
                start..start
            });
            members[place.end as usize] = *span;
            place.end += 1;
        }
    }
}

/// Up to this number of spans a comparison sort is faster.
const FEW: usize = 24;
/// Bits per digit of the radix sort.
const DIGIT: u32 = 11;

/// Sorts by descending `time`, stable. Many spans are radix-sorted: a comparison sort of a million takes a quarter of
/// a second.
fn longest_first(spans: &mut Vec<SpanIx>, time: &dyn Fn(SpanIx) -> u64) {
    if spans.len() < 2 {
        return;
    }
    if spans.len() <= FEW {
        for at in 1..spans.len() {
            let (span, own) = (spans[at], time(spans[at]));
            let mut place = at;
            while place > 0 && time(spans[place - 1]) < own {
                spans[place] = spans[place - 1];
                place -= 1;
            }
            spans[place] = span;
        }
        return;
    }
    let longest = spans.iter().map(|span| time(*span)).max().unwrap_or(0);
    let mut keyed: Vec<(u64, SpanIx)> = spans.iter().map(|span| (longest - time(*span), *span)).collect();
    let mut sorted = vec![(0, 0); keyed.len()];
    let most = keyed.iter().map(|(key, _)| *key).max().unwrap_or(0);
    let mut shift = 0;
    while shift < u64::BITS && most >> shift > 0 {
        let digit = |key: u64| (key >> shift) as usize % (1 << DIGIT);
        let mut places = [0u32; 1 << DIGIT];
        for (key, _) in &keyed {
            places[digit(*key)] += 1;
        }
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for entry in &keyed {
            let place = &mut places[digit(entry.0)];
            sorted[*place as usize] = *entry;
            *place += 1;
        }
        std::mem::swap(&mut keyed, &mut sorted);
        shift += DIGIT;
    }
    spans.clear();
    spans.extend(keyed.iter().map(|(_, span)| *span));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_longest_come_first_and_equal_ones_stay(
            times in prop::collection::vec(prop_oneof![0u64..5, any::<u64>(), (0u32..64).prop_map(|bit| 1 << bit)], 0..80)
        ) {
            let mut expected: Vec<SpanIx> = (0..times.len() as SpanIx).collect();
            let mut spans = expected.clone();
            expected.sort_by_key(|span| std::cmp::Reverse(times[*span as usize]));
            longest_first(&mut spans, &|span| times[span as usize]);
            prop_assert_eq!(spans, expected);
        }
    }
}
