//! Which spans are rows of the waterfall, in which order: collapse today, and nothing else needs to know how.

mod fold;
mod siblings;

pub use fold::Fold;
pub use siblings::Siblings;

use crate::model::{Outline, SpanIx};

/// What a person has asked to see of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Which spans hide their children.
    pub fold: Fold,
}

/// One row of the waterfall. Eight bytes: there may be a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The span that the row shows.
    pub span: SpanIx,
    // Depth in the upper 31 bits, "collapsed" in the lowest.
    bits: u32,
}

impl Row {
    fn new(span: SpanIx, depth: u32, collapsed: bool) -> Self {
        Row { span, bits: depth << 1 | u32::from(collapsed) }
    }

    /// How far the row is indented, 0 for roots.
    pub fn depth(self) -> u32 {
        self.bits >> 1
    }

    /// Whether the span has children that are hidden by its own collapse.
    pub fn collapsed(self) -> bool {
        self.bits & 1 == 1
    }
}

/// The rows of a view, top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    rows: Vec<Row>,
}

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

    /// Where `span` is shown; `None` while an ancestor hides it.
    pub fn index_of(&self, span: SpanIx) -> Option<usize> {
        self.rows.binary_search_by_key(&span, |row| row.span).ok()
    }

    /// Where `span` is shown, or the ancestor that hides it; `None` only for a span that is not in the trace.
    pub fn index_showing(&self, outline: &Outline, span: SpanIx) -> Option<usize> {
        // In pre-order what precedes a hidden span is the collapsed ancestor: all between them is hidden too.
        let index = self.rows.partition_point(|row| row.span <= span).checked_sub(1)?;
        let shown = self.rows[index].span;
        (span < outline.subtree_end[shown as usize]).then_some(index)
    }
}

/// The rows of `outline` under `view`: one pass, hidden subtrees are jumped over.
pub fn rows(outline: &Outline, view: &View) -> Rows {
    let spans = outline.len() as SpanIx;
    let fold = &view.fold;
    if fold.is_open() {
        let rows = (0..spans).map(|span| Row::new(span, outline.depth[span as usize], false)).collect();
        return Rows { rows };
    }
    let mut rows = Vec::new();
    let mut span = 0;
    while span < spans {
        let collapsed = fold.is_collapsed(outline, span);
        rows.push(Row::new(span, outline.depth[span as usize], collapsed));
        span = if collapsed { outline.subtree_end[span as usize] } else { span + 1 };
    }
    Rows { rows }
}

#[cfg(test)]
mod tests;
