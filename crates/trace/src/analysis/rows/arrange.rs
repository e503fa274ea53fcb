//! Rows in another order than the trace's: siblings by length or own time, repeated siblings as one row.

use super::group::{REPEATED, likeness};
use super::{COLLAPSED, GROUP, NO_ROW, PARENT, Row, Rows, Shown, SiblingOrder, View, flag};
use crate::analysis::waiting::self_times;
use crate::model::{Outline, SpanIx};
use crate::units::Order as _;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// What is yet to become rows; the next is at the end.
enum Todo {
    Span(SpanIx, u32),
    /// Members of a group, a range of `Rows::members`.
    Group(Range<u32>, u32),
}

struct Arranger<'a> {
    outline: &'a Outline,
    view: &'a View,
    filter: Option<&'a Shown>,
    own: Vec<u64>,
    rows: Rows,
    todo: Vec<Todo>,
}

/// The rows of `extent`. Every span goes over the list of what is to do once, so depth is no matter.
pub(super) fn arranged(
    outline: &Outline,
    view: &View,
    filter: Option<&Shown>,
    extent: Range<SpanIx>,
) -> Rows {
    let own = if view.order == SiblingOrder::SelfTime { self_times(outline) } else { Vec::new() };
    let rows = Rows { place: vec![NO_ROW; outline.len()], ..Rows::default() };
    let mut arranger = Arranger { outline, view, filter, own, rows, todo: Vec::new() };
    let whole = extent.len() == outline.len();
    // A span in focus stands alone, whatever its siblings are.
    if whole {
        arranger.plan(extent, 0);
    } else {
        arranger.todo.push(Todo::Span(extent.start, 0));
    }
    arranger.work();
    arranger.rows
}

impl Arranger<'_> {
    fn work(&mut self) {
        let (outline, view) = (self.outline, self.view);
        let folding = view.fold.on(outline);
        while let Some(next) = self.todo.pop() {
            let index = self.rows.rows.len() as u32;
            match next {
                Todo::Span(span, depth) => {
                    let below = span + 1..outline.subtree_end[span as usize];
                    let has_children =
                        self.filter.map_or(!below.is_empty(), |shown| shown.any(below.clone()));
                    if self.filter.is_some_and(|shown| !shown.has(span)) {
                        if has_children {
                            self.plan(below, depth);
                        }
                        continue;
                    }
                    let collapsed = has_children && folding.is_collapsed(span);
                    let flags = flag(collapsed, COLLAPSED) | flag(has_children, PARENT);
                    self.rows.rows.push(Row::new(span, depth, flags));
                    self.rows.place[span as usize] = index;
                    if has_children && !collapsed {
                        self.plan(below, depth + 1);
                    }
                }
                Todo::Group(range, depth) => {
                    let members = &self.rows.members[range.start as usize..range.end as usize];
                    let first = members.iter().copied().min().unwrap_or(0);
                    let open = view.fold.is_group_open(outline, first);
                    for member in members {
                        self.rows.place[*member as usize] = index;
                    }
                    if open {
                        self.todo.extend(members.iter().rev().map(|member| Todo::Span(*member, depth + 1)));
                    }
                    let flags = GROUP | PARENT | flag(!open, COLLAPSED);
                    self.rows.rows.push(Row::new(first, depth, flags));
                    self.rows.groups.push((index, range));
                }
            }
        }
    }

    /// Puts the siblings that fill `range` on the list, in their order and with the groups that they form.
    fn plan(&mut self, range: Range<SpanIx>, depth: u32) {
        let outline = self.outline;
        let mut siblings = Vec::new();
        let mut next = range.start;
        while next < range.end {
            siblings.push(next);
            next = outline.subtree_end[next as usize];
        }
        if siblings.len() > 1 {
            match self.view.order {
                SiblingOrder::Begin => {}
                SiblingOrder::Duration => {
                    siblings.order_by(|a, b| outline.duration_of(*b).cmp(&outline.duration_of(*a)));
                }
                SiblingOrder::SelfTime => {
                    let own = &self.own;
                    siblings.order_by(|a, b| own[*b as usize].cmp(&own[*a as usize]));
                }
            }
        }
        let from = self.todo.len();
        if self.view.group && siblings.len() >= REPEATED {
            self.plan_groups(&siblings, depth);
        } else {
            self.todo.extend(siblings.iter().map(|span| Todo::Span(*span, depth)));
        }
        self.todo[from..].reverse();
    }

    fn plan_groups(&mut self, siblings: &[SpanIx], depth: u32) {
        let outline = self.outline;
        let shown = |span: &SpanIx| self.filter.is_none_or(|shown| shown.has(*span));
        let mut counts: FxHashMap<_, usize> = FxHashMap::default();
        for span in siblings.iter().filter(|span| shown(span)) {
            *counts.entry(likeness(outline, *span)).or_default() += 1;
        }
        counts.retain(|_, count| *count >= REPEATED);
        if counts.is_empty() {
            self.todo.extend(siblings.iter().map(|span| Todo::Span(*span, depth)));
            return;
        }
        // Room for the members of each group, in the order in which groups come up; then who goes where.
        let mut room: FxHashMap<_, Range<u32>> = FxHashMap::default();
        for span in siblings {
            let alike = likeness(outline, *span);
            let Some(count) = counts.get(&alike).filter(|_| shown(span)) else {
                self.todo.push(Todo::Span(*span, depth));
                continue;
            };
            let members = &mut self.rows.members;
            let place = room.entry(alike).or_insert_with(|| {
                let start = members.len() as u32;
                members.resize(members.len() + count, 0);
                self.todo.push(Todo::Group(start..start + *count as u32, depth));
                start..start
            });
            members[place.end as usize] = *span;
            place.end += 1;
        }
    }
}
