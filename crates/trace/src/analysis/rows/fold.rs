//! What is collapsed: a level for the many, span ids for the few. Ids survive a refresh; a level stays small
//! in an address where "collapse all" of a million spans would not.

use super::Rows;
use crate::model::{Outline, SpanIx};
use crate::units::SpanId;
use rustc_hash::FxHashSet;

/// Which spans hide their children. Spans without children are never collapsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// Spans at this depth and deeper are collapsed, except those in `expanded`.
    pub level: Option<u32>,
    /// Collapsed besides.
    pub collapsed: FxHashSet<SpanId>,
    /// Not collapsed although `level` says so.
    pub expanded: FxHashSet<SpanId>,
}

impl Fold {
    /// Whether nothing is collapsed whatever the trace.
    pub fn is_open(&self) -> bool {
        self.level.is_none() && self.collapsed.is_empty()
    }

    /// Whether `span` hides its children.
    pub fn is_collapsed(&self, outline: &Outline, span: SpanIx) -> bool {
        if !outline.has_children(span) {
            return false;
        }
        let (depth, id) = (outline.depth[span as usize], outline.id[span as usize]);
        match self.level {
            Some(level) if depth >= level && !self.expanded.contains(&id) => true,
            _ => self.collapsed.contains(&id),
        }
    }

    /// Collapses or expands one span.
    pub fn set(&mut self, outline: &Outline, span: SpanIx, collapsed: bool) {
        let (depth, id) = (outline.depth[span as usize], outline.id[span as usize]);
        let by_level = self.level.is_some_and(|level| depth >= level);
        self.collapsed.remove(&id);
        self.expanded.remove(&id);
        match (by_level, collapsed) {
            (true, false) => self.expanded.insert(id),
            (false, true) => self.collapsed.insert(id),
            _ => false,
        };
    }

    /// Only the roots are left.
    pub fn collapse_all(&mut self) {
        *self = Fold { level: Some(0), ..Fold::default() };
    }

    /// Everything is shown.
    pub fn expand_all(&mut self) {
        *self = Fold::default();
    }

    /// Hides the deepest level of what `rows` shows. Whether anything changed.
    pub fn collapse_level(&mut self, outline: &Outline, rows: &Rows) -> bool {
        let open = rows.as_slice().iter().filter(|row| !row.collapsed() && outline.has_children(row.span));
        let Some(deepest) = open.map(|row| outline.depth[row.span as usize]).max() else { return false };
        // What is collapsed at a lesser depth stays so; deeper exceptions have nothing to say any more.
        let depth_of = |id: &SpanId| rows_depth(outline, rows, *id);
        self.expanded.retain(|id| depth_of(id).is_some_and(|depth| depth < deepest));
        self.level = Some(deepest);
        true
    }

    /// Shows one more level: all spans of the least depth at which `rows` has a collapsed one. Whether
    /// anything changed.
    pub fn expand_level(&mut self, outline: &Outline, rows: &Rows) -> bool {
        let collapsed = || rows.as_slice().iter().filter(|row| row.collapsed());
        let Some(least) = collapsed().map(|row| outline.depth[row.span as usize]).min() else { return false };
        for row in collapsed().filter(|row| outline.depth[row.span as usize] == least) {
            self.collapsed.remove(&outline.id[row.span as usize]);
        }
        if self.level.is_some_and(|level| level <= least) {
            self.level = Some(least + 1);
        }
        // Spans at the greatest depth have no children.
        if self.level.is_some_and(|level| outline.depth.iter().all(|depth| *depth <= level)) {
            self.level = None;
            self.expanded.clear();
        }
        true
    }

    /// Expands every ancestor of `span`, so that it has a row. Whether anything changed.
    pub fn reveal(&mut self, outline: &Outline, span: SpanIx) -> bool {
        let mut changed = false;
        let mut ancestor = outline.parent_of(span);
        while let Some(shown) = ancestor {
            if self.is_collapsed(outline, shown) {
                self.set(outline, shown, false);
                changed = true;
            }
            ancestor = outline.parent_of(shown);
        }
        changed
    }

    /// The nearest fold that names at most `most` spans, for an address that must stay short; `None` where
    /// this one does already. What is kept is the level at which the collapsed spans begin.
    pub fn shortened(&self, outline: &Outline, most: usize) -> Option<Fold> {
        if self.collapsed.len() + self.expanded.len() <= most {
            return None;
        }
        let is_collapsed = |span: &SpanIx| self.is_collapsed(outline, *span);
        let depths =
            (0..outline.len() as SpanIx).filter(is_collapsed).map(|span| outline.depth[span as usize]);
        let level = match self.level {
            Some(level) => Some(level),
            None => depths.min(),
        };
        Some(Fold { level, ..Fold::default() })
    }
}

/// Depth of the visible span with that id. Exceptions are few and asked for by hand, so a search will do.
fn rows_depth(outline: &Outline, rows: &Rows, id: SpanId) -> Option<u32> {
    let row = rows.as_slice().iter().find(|row| outline.id[row.span as usize] == id)?;
    Some(outline.depth[row.span as usize])
}
