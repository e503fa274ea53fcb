//! Which rows there are: collapsing, expanding and showing one span alone.

use super::Session;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{Fold, Row, RowOptions};
use spandrel_trace::model::SpanIx;

impl Session {
    /// Collapses or expands the row of a span or group. A selection below it moves to it.
    pub fn set_collapsed(&self, row: Row, collapsed: bool) {
        let outline = self.outline();
        self.change_fold(|fold| {
            if row.is_group() {
                fold.set_group(&outline, row.span, !collapsed);
            } else {
                fold.set(&outline, row.span, collapsed);
            }
        });
    }

    /// Shows only `span` and its descendants; with `None` the whole trace.
    pub fn focus(&self, span: Option<SpanIx>) {
        let id = span.map(|span| self.outline().id[span as usize]);
        self.change(|view| view.focus = id);
        if let Some(span) = span.or(self.selection.span.get_untracked()) {
            self.select(span);
        }
    }

    /// Collapses all spans.
    pub fn collapse_all(&self) {
        self.change_fold(Fold::collapse_all);
    }

    /// Expands all spans.
    pub fn expand_all(&self) {
        let outline = self.outline();
        self.change_fold(|fold| fold.expand_all(&outline));
    }

    /// Collapses the deepest visible level.
    pub fn collapse_level(&self) {
        let (outline, rows) = (self.outline(), self.folding.rows.get_untracked());
        self.change_fold(|fold| {
            fold.collapse_level(&outline, &rows);
        });
    }

    /// Expands the topmost collapsed level.
    pub fn expand_level(&self) {
        let (outline, rows) = (self.outline(), self.folding.rows.get_untracked());
        self.change_fold(|fold| {
            fold.expand_level(&outline, &rows);
        });
    }

    fn change_fold(&self, change: impl FnOnce(&mut Fold)) {
        let mut fold = self.folding.view.with_untracked(|view| view.fold.clone());
        change(&mut fold);
        self.change(|view| view.fold = fold);
    }

    /// Changes which rows there are. If that hides the selected span, the selection moves to what hides it.
    pub fn change(&self, change: impl FnOnce(&mut RowOptions)) {
        let mut view = self.folding.view.get_untracked();
        let before = view.clone();
        change(&mut view);
        if view == before {
            return;
        }
        self.folding.view.set(view);
        self.settle_selection();
    }
}
