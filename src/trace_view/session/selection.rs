//! The selected span: selecting it, scrolling to it, and what becomes of it when its row is hidden.

use super::Session;
use super::incremental_rows::ComputedRows;
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;

/// Which span is selected.
#[derive(Clone, Copy, Default)]
pub struct Selection {
    /// The span that keys act on and that the details show.
    pub span: RwSignal<Option<SpanIx>>,
    /// Counts requests to scroll to the selected row.
    pub reveal: RwSignal<u32>,
    /// Whether to scroll to it once the rows are computed.
    reveal_when_computed: StoredValue<bool>,
}

impl Session {
    /// Selects a span and scrolls to its row, expanding what hides it.
    pub fn select(&self, span: SpanIx) {
        let outline = self.outline();
        let mut view = self.folding.view.get_untracked();
        if view.reveal(&outline, span) {
            self.folding.view.set(view);
        }
        if self.selection.span.get_untracked() != Some(span) {
            self.selection.span.set(Some(span));
        }
        self.selection.reveal_when_computed.set_value(!self.folding.is_current());
        self.selection.reveal.update(|count| *count = count.wrapping_add(1));
    }

    /// Zooms to the selected span with a margin, or to the whole trace.
    pub fn fit_selected(&self) {
        let Some(span) = self.selection.span.get_untracked() else { return self.viewport.fit() };
        let outline = self.outline();
        let (start, end) = (outline.start[span as usize], outline.end[span as usize]);
        let margin = ((end - start) / 20).max(1);
        self.viewport.zoom_to(start.saturating_sub(margin), end.saturating_add(margin));
    }

    /// Shows rows that were computed incrementally.
    pub fn show_computed(&self, rows: ComputedRows) {
        batch(|| {
            self.folding.computed.set(Some(rows));
            self.folding.computing.set(false);
        });
        self.settle_selection();
        if self.selection.reveal_when_computed.try_update_value(std::mem::take).unwrap_or_default() {
            self.selection.reveal.update(|count| *count = count.wrapping_add(1));
        }
    }

    /// Moves the selection from a hidden span to the ancestor that hides it.
    pub(super) fn settle_selection(&self) {
        if let Some(span) = self.selection.span.get_untracked() {
            let (outline, rows) = (self.outline(), self.folding.rows.get_untracked());
            let row = rows.index_showing(&outline, span).and_then(|index| rows.get(index));
            if let Some(row) = row.filter(|row| row.span != span) {
                self.selection.span.set(Some(row.span));
            }
        }
    }
}
