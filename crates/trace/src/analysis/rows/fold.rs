//! Collapsed spans: rules by level or service, and exceptions by span id. Ids stay valid after a refresh; a level
//! keeps URLs short where "collapse all" of a million spans would not.
//!
//! A group of repeated siblings is closed unless it was opened. It is represented by the complement of its first
//! member's id in `expanded`, so URLs need no list of groups.

use super::Rows;
use crate::model::{Outline, SpanIx};
use crate::units::SpanId;
use rustc_hash::FxHashSet;

/// The collapsed spans. Spans without children are never collapsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// Spans at this depth and deeper are collapsed, except those in `expanded`.
    pub level: Option<u32>,
    /// Spans of these services are collapsed, except those in `expanded`.
    pub services: Vec<String>,
    /// Further collapsed spans.
    pub collapsed: FxHashSet<SpanId>,
    /// Exceptions from `level` and `services`, and open groups.
    pub expanded: FxHashSet<SpanId>,
}

/// A [`Fold`] applied to an outline, with lookup tables.
pub(super) struct OutlineFold<'a> {
    fold: &'a Fold,
    outline: &'a Outline,
    /// Whether each string is a collapsed service.
    services: Vec<bool>,
}

impl OutlineFold<'_> {
    /// Whether nothing is collapsed.
    pub fn is_open(&self) -> bool {
        self.fold.level.is_none() && self.services.is_empty() && self.fold.collapsed.is_empty()
    }

    /// Whether `span`, which has children, hides them.
    pub fn is_collapsed(&self, span: SpanIx) -> bool {
        let at = span as usize;
        let fold = self.fold;
        let by_rule = fold.level.is_some_and(|level| self.outline.depth[at] >= level)
            || self.services.get(self.outline.service[at] as usize).copied().unwrap_or(false);
        by_rule && !fold.expanded.contains(&self.outline.id[at])
            || fold.collapsed.contains(&self.outline.id[at])
    }
}

/// The id that represents the group whose first member is `first`.
fn group_id(outline: &Outline, first: SpanIx) -> SpanId {
    SpanId(!outline.id[first as usize].0)
}

impl Fold {
    /// Applies the fold to an outline.
    pub(super) fn on<'a>(&'a self, outline: &'a Outline) -> OutlineFold<'a> {
        let services =
            if self.services.is_empty() { Vec::new() } else { outline.strings_that(&self.services) };
        OutlineFold { fold: self, outline, services }
    }

    fn by_rule(&self, outline: &Outline, span: SpanIx) -> bool {
        self.level.is_some_and(|level| outline.depth[span as usize] >= level)
            || self.services.iter().any(|service| service == outline.service_of(span))
    }

    /// Whether `span` hides its children.
    pub fn is_collapsed(&self, outline: &Outline, span: SpanIx) -> bool {
        let id = outline.id[span as usize];
        outline.has_children(span)
            && (self.by_rule(outline, span) && !self.expanded.contains(&id) || self.collapsed.contains(&id))
    }

    /// Whether the group whose first member is `first` is open.
    pub fn is_group_open(&self, outline: &Outline, first: SpanIx) -> bool {
        self.expanded.contains(&group_id(outline, first))
    }

    /// Opens or closes a group. Returns whether anything changed.
    pub fn set_group(&mut self, outline: &Outline, first: SpanIx, open: bool) -> bool {
        let id = group_id(outline, first);
        if open { self.expanded.insert(id) } else { self.expanded.remove(&id) }
    }

    /// Collapses or expands one span.
    pub fn set(&mut self, outline: &Outline, span: SpanIx, collapsed: bool) {
        let id = outline.id[span as usize];
        let by_rule = self.by_rule(outline, span);
        self.collapsed.remove(&id);
        self.expanded.remove(&id);
        match (by_rule, collapsed) {
            (true, false) => self.expanded.insert(id),
            (false, true) => self.collapsed.insert(id),
            _ => false,
        };
    }

    /// Collapses or expands all spans of a service.
    pub fn set_service(&mut self, outline: &Outline, service: &str, collapsed: bool) {
        self.services.retain(|other| other != service);
        let of_service =
            |id: &SpanId| outline.find(*id).is_some_and(|span| outline.service_of(span) == service);
        self.expanded.retain(|id| !of_service(id));
        if collapsed {
            self.services.push(service.to_owned());
            self.services.sort_unstable();
        } else {
            self.collapsed.retain(|id| !of_service(id));
        }
    }

    /// Collapses all spans.
    pub fn collapse_all(&mut self) {
        *self = Fold { level: Some(0), ..Fold::default() };
    }

    /// Expands all spans; groups are not affected.
    pub fn expand_all(&mut self, outline: &Outline) {
        let mut expanded = std::mem::take(&mut self.expanded);
        expanded.retain(|id| is_group(outline, *id));
        *self = Fold { expanded, ..Fold::default() };
    }

    /// Collapses the deepest visible level. Returns whether anything changed.
    pub fn collapse_level(&mut self, outline: &Outline, rows: &Rows) -> bool {
        let open =
            rows.as_slice().iter().filter(|row| row.has_children() && !row.collapsed() && !row.is_group());
        let Some(deepest) = open.map(|row| outline.depth[row.span as usize]).max() else { return false };
        // Spans collapsed above that level stay collapsed; exceptions below it are obsolete.
        let depth_of = |id: &SpanId| rows_depth(outline, rows, *id);
        self.expanded
            .retain(|id| depth_of(id).is_some_and(|depth| depth < deepest) || is_group(outline, *id));
        self.level = Some(deepest);
        true
    }

    /// Expands the uppermost level that has a collapsed span in `rows`. Returns whether anything changed.
    pub fn expand_level(&mut self, outline: &Outline, rows: &Rows) -> bool {
        let collapsed = || rows.as_slice().iter().filter(|row| row.collapsed() && !row.is_group());
        let Some(least) = collapsed().map(|row| outline.depth[row.span as usize]).min() else { return false };
        for row in collapsed().filter(|row| outline.depth[row.span as usize] == least) {
            let id = outline.id[row.span as usize];
            self.collapsed.remove(&id);
            if !self.services.is_empty() && self.by_rule(outline, row.span) {
                self.expanded.insert(id);
            }
        }
        if self.level.is_some_and(|level| level <= least) {
            self.level = Some(least + 1);
        }
        // Spans at the greatest depth have no children.
        if self.level.is_some_and(|level| outline.depth.iter().all(|depth| *depth <= level)) {
            self.level = None;
            if self.services.is_empty() {
                self.expanded.retain(|id| is_group(outline, *id));
            }
        }
        true
    }

    /// Expands every ancestor of `span`. Returns whether anything changed.
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

    /// An approximation that lists at most `most` span ids, for URLs; `None` if the fold itself does. It keeps the
    /// level at which collapsed spans start.
    pub fn shortened(&self, outline: &Outline, most: usize) -> Option<Fold> {
        if self.collapsed.len() + self.expanded.len() <= most {
            return None;
        }
        let is_collapsed = |span: &SpanIx| {
            outline.has_children(*span) && self.collapsed.contains(&outline.id[*span as usize])
        };
        let depths =
            (0..outline.len() as SpanIx).filter(is_collapsed).map(|span| outline.depth[span as usize]);
        let level = match self.level {
            Some(level) => Some(level),
            None => depths.min(),
        };
        Some(Fold { level, services: self.services.clone(), ..Fold::default() })
    }
}

fn is_group(outline: &Outline, id: SpanId) -> bool {
    outline.find(SpanId(!id.0)).is_some()
}

/// Depth of the visible span with an id. Linear; exceptions are few.
fn rows_depth(outline: &Outline, rows: &Rows, id: SpanId) -> Option<u32> {
    let row = rows.as_slice().iter().find(|row| outline.id[row.span as usize] == id)?;
    Some(outline.depth[row.span as usize])
}
