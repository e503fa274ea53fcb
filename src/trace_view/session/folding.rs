//! Which rows there are: collapsed, hidden, focused, sorted and grouped spans.

use super::incremental_rows::{ComputedRows, is_incremental};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{RowOptions, Rows, rows};
use spandrel_trace::model::Outline;
use std::sync::Arc;

/// What decides which rows there are, and the rows that follow from it.
#[derive(Clone, Copy)]
pub struct Folding {
    outline: RwSignal<Arc<Outline>>,
    /// What is collapsed, hidden and focused, and in which order siblings are.
    pub view: RwSignal<RowOptions>,
    /// The rows of `view`; while they are computed incrementally, the rows before.
    pub rows: Memo<Arc<Rows>>,
    /// The latest rows that were computed incrementally.
    pub computed: RwSignal<Option<ComputedRows>>,
    /// Whether rows are being computed incrementally.
    pub computing: RwSignal<bool>,
}

impl Folding {
    /// Everything expanded.
    pub(super) fn new(outline: RwSignal<Arc<Outline>>) -> Self {
        let view = RwSignal::new(RowOptions::default());
        let (computed, rows_of) =
            (RwSignal::new(None::<ComputedRows>), StoredValue::new(None::<Arc<Outline>>));
        let compute = move |before: Option<&Arc<Rows>>, outline: &Arc<Outline>, view: &RowOptions| {
            let of = rows_of.with_value(Option::clone);
            rows_of.set_value(Some(outline.clone()));
            if !is_incremental(outline, view) {
                return Arc::new(rows(outline, view));
            }
            let ready = computed.with(|computed| computed.clone().filter(|ready| ready.is_of(outline, view)));
            // The rows of another outline would be rows of other spans.
            let before = before.filter(|_| of.is_some_and(|of| Arc::ptr_eq(&of, outline)));
            ready.map(|ready| ready.rows).or(before.cloned()).unwrap_or_default()
        };
        // Compared by pointer: a million rows are not compared one by one.
        let rows = Memo::new_with_compare(
            move |before| outline.with(|outline| view.with(|view| compute(before, outline, view))),
            |before, now| !before.zip(now).is_some_and(|(before, now)| Arc::ptr_eq(before, now)),
        );
        Folding { outline, view, rows, computed, computing: RwSignal::default() }
    }

    /// Whether `rows` are the rows of `view`, not those before.
    pub fn is_current(self) -> bool {
        let of = |outline: &Arc<Outline>, view: &RowOptions| {
            let is_ready =
                |ready: &Option<ComputedRows>| ready.as_ref().is_some_and(|ready| ready.is_of(outline, view));
            !is_incremental(outline, view) || self.computed.with_untracked(is_ready)
        };
        self.outline.with_untracked(|outline| self.view.with_untracked(|view| of(outline, view)))
    }
}
