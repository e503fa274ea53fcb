//! Which spans are rows of the waterfall, in which order: collapse, focus, what is left out, sibling order and
//! groups of repeated siblings. Nothing else needs to know how.

mod arrange;
mod fold;
mod group;
mod guides;
mod shown;
mod siblings;

pub use arrange::IncrementalRows;
pub use fold::Fold;
pub use group::{Group, GroupCache, REPEATED};
pub use guides::shared_guides;
pub use shown::Shown;
pub use siblings::Siblings;

use crate::model::{NO_SPAN, Outline, SpanIx};
use crate::units::SpanId;
use std::sync::Arc;

/// The order of siblings; those that are equal in it are in the order of their start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SiblingOrder {
    /// Earliest first.
    #[default]
    Start,
    /// Longest first.
    Duration,
    /// Most own time first.
    SelfTime,
}

/// What a person has asked to see of a trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowOptions {
    /// Which spans hide their children, and which groups are open.
    pub fold: Fold,
    /// The span whose subtree is all that is shown; passed over where the trace has no such span.
    pub focus: Option<SpanId>,
    /// Services whose spans are left out, with all that is below them.
    pub hidden: Vec<String>,
    /// The order of siblings.
    pub order: SiblingOrder,
    /// Whether siblings of one service, operation and kind are one row where they are many.
    pub group: bool,
    /// The spans that have rows; all of them where this is not said.
    pub shown: Option<Arc<Shown>>,
}

impl RowOptions {
    /// Where the rows start and end in the trace: all of it, or the subtree in focus.
    pub fn extent(&self, outline: &Outline) -> std::ops::Range<SpanIx> {
        match self.focus.and_then(|id| outline.find(id)) {
            Some(focus) => focus..outline.subtree_end[focus as usize],
            None => 0..outline.len() as SpanIx,
        }
    }

    /// Whether rows are in another order than the trace's, which takes several times as long: see [`IncrementalRows`].
    pub fn is_arranged(&self) -> bool {
        self.order != SiblingOrder::Start || self.group
    }

    /// Opens what hides `span`: ancestors, the group that it is in, a focus elsewhere. Whether anything changed.
    /// What is left out stays out.
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
            // A closed group stands for its first member, so that one is shown already; what is below it is not.
            if let Some(first) = first.filter(|first| *first != member || member != span) {
                changed |= self.fold.set_group(outline, first, true);
            }
            match outline.parent_of(member) {
                Some(parent) => member = parent,
                None => return changed,
            }
        }
    }

    /// The spans that may have rows, with the hidden services left out of them.
    fn filter(&self, outline: &Outline) -> Option<Arc<Shown>> {
        if self.hidden.is_empty() {
            return self.shown.clone();
        }
        Some(Arc::new(Shown::without(outline, &self.hidden, self.shown.as_deref())))
    }
}

/// One row of the waterfall. Eight bytes: there may be a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The span that the row shows; of a group its first member.
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

    /// How far the row is indented, 0 for the uppermost.
    pub fn depth(self) -> u32 {
        self.bits >> DEPTH
    }

    /// Whether there is something below the row that it hides.
    pub fn collapsed(self) -> bool {
        self.bits & COLLAPSED != 0
    }

    /// Whether there is something below the row, hidden or not.
    pub fn has_children(self) -> bool {
        self.bits & PARENT != 0
    }

    /// Whether the row is a group of repeated siblings.
    pub fn is_group(self) -> bool {
        self.bits & GROUP != 0
    }
}

/// The rows of a view, top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    rows: Vec<Row>,
    /// The row of each span where rows are not in the order of the trace; else empty, as they can be searched.
    place: Vec<u32>,
    /// Row and members of each group, by row; the members are a range of `members`.
    groups: Vec<(u32, std::ops::Range<u32>)>,
    members: Vec<SpanIx>,
    /// Every span has a row but for those below a collapsed one, in the order of the trace.
    plain: bool,
    /// The uppermost row is a span in focus, whatever its siblings are.
    focused: bool,
}

/// Stands for "no row" in `Rows::place`.
const NO_ROW: u32 = u32::MAX;

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is to be seen.
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

    /// The members of the group at row `index`, in the order in which they are listed when it is open; of any
    /// other row none.
    pub fn members(&self, index: usize) -> &[SpanIx] {
        let found = self.groups.binary_search_by_key(&(index as u32), |(row, _)| *row);
        found.map_or(&[], |at| {
            let range = &self.groups[at].1;
            &self.members[range.start as usize..range.end as usize]
        })
    }

    /// Where `span` is shown, by itself or by the closed group of which it is the first; `None` while it is hidden.
    pub fn index_of(&self, span: SpanIx) -> Option<usize> {
        if self.place.is_empty() {
            return self.rows.binary_search_by_key(&span, |row| row.span).ok();
        }
        let index = self.place.get(span as usize).copied().filter(|index| *index != NO_ROW)? as usize;
        (self.rows[index].span == span).then_some(index)
    }

    /// Where `span` is shown, or the group or the nearest ancestor that hides it; `None` where neither is shown.
    pub fn index_showing(&self, outline: &Outline, span: SpanIx) -> Option<usize> {
        if self.place.is_empty() {
            // In pre-order what precedes a hidden span is mostly the collapsed ancestor: all between is hidden too.
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

/// The rows of `outline` under `view`, in one pass that jumps over what is hidden.
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
    // Where the subtrees of the rows above end, where depth is not the span's own.
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
            // A span without a row cannot be collapsed: its own children show.
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
