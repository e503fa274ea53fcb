//! Computes the rows of the waterfall: collapsing, focus, hidden services, sibling order and groups of repeated
//! siblings.

mod arrange;
mod fold;
mod group;
mod guides;
mod row_filter;
mod siblings;

pub use arrange::IncrementalRows;
pub use fold::Fold;
pub use group::{Group, GroupCache, REPEATED};
pub use guides::shared_guides;
pub use row_filter::RowFilter;
pub use siblings::Siblings;

use crate::model::{NO_SPAN, Outline, SpanIx};
use crate::units::SpanId;
use std::sync::Arc;

/// Sibling order; ties are in the order of start times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SiblingOrder {
    /// By start time.
    #[default]
    Start,
    /// By duration, longest first.
    Duration,
    /// By self time, longest first.
    SelfTime,
}

/// Options that determine the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowOptions {
    /// Collapsed spans and expanded groups.
    pub fold: Fold,
    /// If set, only the subtree of this span has rows; ignored if there is no such span.
    pub focus: Option<SpanId>,
    /// Services whose spans are hidden, with their descendants.
    pub hidden: Vec<String>,
    /// Sibling order.
    pub order: SiblingOrder,
    /// Whether many siblings of one service, operation and kind are grouped into one row.
    pub group: bool,
    /// The spans that may have rows; all if `None`.
    pub shown: Option<Arc<RowFilter>>,
}

impl RowOptions {
    /// Range of the spans that may have rows: all, or the focused subtree.
    pub fn extent(&self, outline: &Outline) -> std::ops::Range<SpanIx> {
        match self.focus.and_then(|id| outline.find(id)) {
            Some(focus) => focus..outline.subtree_end[focus as usize],
            None => 0..outline.len() as SpanIx,
        }
    }

    /// Whether rows are not in the order of the trace, which takes several times as long; see [`IncrementalRows`].
    pub fn is_arranged(&self) -> bool {
        self.order != SiblingOrder::Start || self.group
    }

    /// Makes `span` visible: expands ancestors and its group, clears a focus elsewhere. Returns whether anything
    /// changed. Hidden services and filtered spans stay hidden.
    pub fn reveal(&mut self, outline: &Outline, span: SpanIx) -> bool {
        let mut changed = false;
        if !self.extent(outline).contains(&span) {
            self.focus = None;
            changed = true;
        }
        changed |= self.fold.reveal(outline, span);
        if !self.group {
            return changed;
        }
        let filter = self.filter(outline);
        let mut member = span;
        loop {
            let first = group::first_of(outline, filter.as_deref(), member);
            // A closed group is represented by its first member.
            if let Some(first) = first.filter(|first| *first != member || member != span) {
                changed |= self.fold.set_group(outline, first, true);
            }
            match outline.parent_of(member) {
                Some(parent) => member = parent,
                None => return changed,
            }
        }
    }

    /// The spans that may have rows, without those of hidden services.
    fn filter(&self, outline: &Outline) -> Option<Arc<RowFilter>> {
        if self.hidden.is_empty() {
            return self.shown.clone();
        }
        Some(Arc::new(RowFilter::without(outline, &self.hidden, self.shown.as_deref())))
    }
}

/// A row of the waterfall. Eight bytes: there may be a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The span of the row; of a group its first member.
    pub span: SpanIx,
    // Depth in the upper bits, flags in the lowest.
    bits: u32,
}

const COLLAPSED: u32 = 1;
const GROUP: u32 = 1 << 1;
const PARENT: u32 = 1 << 2;
const DEPTH: u32 = 3;

impl Row {
    fn new(span: SpanIx, depth: u32, flags: u32) -> Self {
        Row { span, bits: depth << DEPTH | flags }
    }

    /// Indentation level, 0 for the outermost.
    pub fn depth(self) -> u32 {
        self.bits >> DEPTH
    }

    /// Whether the row has children and hides them.
    pub fn collapsed(self) -> bool {
        self.bits & COLLAPSED != 0
    }

    /// Whether the row has children, hidden or not.
    pub fn has_children(self) -> bool {
        self.bits & PARENT != 0
    }

    /// Whether the row is a group of repeated siblings.
    pub fn is_group(self) -> bool {
        self.bits & GROUP != 0
    }
}

/// The rows, top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    rows: Vec<Row>,
    /// Row of each span if rows are not in the order of the trace; else empty, because binary search is possible.
    place: Vec<u32>,
    /// Row and members of each group; the members are a range of `members`.
    groups: Vec<(u32, std::ops::Range<u32>)>,
    members: Vec<SpanIx>,
    /// Whether rows are all spans that are not below a collapsed one, in the order of the trace.
    plain: bool,
    /// Whether the first row is a focused span, which has no siblings.
    focused: bool,
}

/// "No row" in `Rows::place`.
const NO_ROW: u32 = u32::MAX;

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row at `index` from the top.
    pub fn get(&self, index: usize) -> Option<Row> {
        self.rows.get(index).copied()
    }

    /// All rows.
    pub fn as_slice(&self) -> &[Row] {
        &self.rows
    }

    /// The members of the group at row `index`, in the order of their rows when it is open; empty for other rows.
    pub fn members(&self, index: usize) -> &[SpanIx] {
        let found = self.groups.binary_search_by_key(&(index as u32), |(row, _)| *row);
        found.map_or(&[], |at| {
            let range = &self.groups[at].1;
            &self.members[range.start as usize..range.end as usize]
        })
    }

    /// Index of the row of `span`, or of the closed group whose first member it is; `None` if it has no row.
    pub fn index_of(&self, span: SpanIx) -> Option<usize> {
        if self.place.is_empty() {
            return self.rows.binary_search_by_key(&span, |row| row.span).ok();
        }
        let index = self.place.get(span as usize).copied().filter(|index| *index != NO_ROW)? as usize;
        (self.rows[index].span == span).then_some(index)
    }

    /// Index of the row of `span`, or of the group or nearest ancestor that hides it; `None` if there is none.
    pub fn index_showing(&self, outline: &Outline, span: SpanIx) -> Option<usize> {
        if self.place.is_empty() {
            // In pre-order the row before a hidden span is mostly the collapsed ancestor.
            let index = self.rows.partition_point(|row| row.span <= span).checked_sub(1)?;
            let shown = self.rows[index].span;
            if span < outline.subtree_end[shown as usize] {
                return Some(index);
            }
        }
        let mut shown = span;
        while shown != NO_SPAN {
            let index = match self.place.get(shown as usize) {
                Some(place) => Some(*place as usize).filter(|_| *place != NO_ROW),
                None => self.index_of(shown),
            };
            if index.is_some() {
                return index;
            }
            shown = outline.parent[shown as usize];
        }
        None
    }
}

/// Computes the rows in one pass that skips hidden subtrees.
pub fn rows(outline: &Outline, view: &RowOptions) -> Rows {
    if view.is_arranged() {
        return arrange::arranged(outline, view);
    }
    let extent = view.extent(outline);
    let filter = view.filter(outline);
    let filter = filter.as_deref();
    let plain = filter.is_none();
    let base = outline.depth.get(extent.start as usize).copied().unwrap_or(0);
    let folding = view.fold.on(outline);
    let mut rows = Vec::new();
    let is_open = folding.is_open();
    if plain && is_open {
        rows.reserve_exact(extent.len());
    }
    // Ends of the subtrees of the rows above, needed where the row's depth differs from the span's.
    let mut above: Vec<SpanIx> = Vec::new();
    let mut span = extent.start;
    while span < extent.end {
        let end = outline.subtree_end[span as usize];
        let (depth, has_children) = match filter {
            None => (outline.depth[span as usize] - base, end > span + 1),
            Some(shown) if shown.has(span) => {
                while above.last().is_some_and(|end| *end <= span) {
                    above.pop();
                }
                (above.len() as u32, shown.any(span + 1..end))
            }
            // A span without a row cannot be collapsed.
            Some(shown) => {
                span = shown.next(span + 1..extent.end);
                continue;
            }
        };
        let collapsed = has_children && !is_open && folding.is_collapsed(span);
        rows.push(Row::new(span, depth, flag(collapsed, COLLAPSED) | flag(has_children, PARENT)));
        if !plain {
            above.push(end);
        }
        span = if collapsed { end } else { span + 1 };
    }
    let focused = extent.len() < outline.len();
    Rows { rows, plain, focused, ..Rows::default() }
}

fn flag(set: bool, flag: u32) -> u32 {
    if set { flag } else { 0 }
}

#[cfg(test)]
mod tests;
