//! Computes the rows of large traces incrementally: sorting a million siblings takes longer than the page may block.
//! Until the new rows are complete, those before stay visible.

use super::Session;
use crate::state::busy;
use crate::state::clock;
use crate::state::tasks::{spawn_scoped, yield_to_event_loop};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{IncrementalRows, RowOptions, Rows};
use spandrel_trace::model::Outline;
use std::sync::Arc;

/// The rows of smaller traces are computed at once, in a few milliseconds.
pub const MIN_SPANS: usize = 20_000;
/// Spans between two readings of the clock.
const STEP: usize = 4_000;
/// Milliseconds of work between two yields to the event loop.
const MAX_BLOCKING: f64 = 10.0;

/// Rows, with the outline and view that they were computed from.
#[derive(Clone)]
pub struct ComputedRows {
    outline: Arc<Outline>,
    view: RowOptions,
    /// The rows.
    pub rows: Arc<Rows>,
}

impl ComputedRows {
    /// Whether they were computed from this outline and view.
    pub fn is_of(&self, outline: &Arc<Outline>, view: &RowOptions) -> bool {
        Arc::ptr_eq(&self.outline, outline) && self.view == *view
    }
}

/// Whether the rows of `view` are computed incrementally.
pub fn is_incremental(outline: &Outline, view: &RowOptions) -> bool {
    view.is_arranged() && outline.len() > MIN_SPANS
}

/// Computes rows incrementally whenever the trace or its view changes, until the current owner is cleaned up. A newer
/// change aborts the computation before it.
pub fn compute_incrementally(session: Session) {
    let folding = session.folding;
    Effect::new(move |_| {
        let (outline, view) = (session.outline_live().get(), folding.view.get());
        let is_current = folding.is_current();
        folding.computing.set(!is_current);
        if !is_incremental(&outline, &view) && folding.computed.with_untracked(Option::is_some) {
            folding.computed.set(None);
        }
        if !is_current {
            spawn_scoped(async move {
                let _busy = busy::hold();
                session.show_computed(compute(outline, view).await);
            });
        }
    });
}

/// Computes the rows of `outline` before it replaces the current one, if they are computed incrementally.
pub async fn compute_ahead(session: Session, outline: &Arc<Outline>) {
    let view = session.folding.view.get_untracked();
    if is_incremental(outline, &view) {
        let rows = compute(outline.clone(), view).await;
        session.folding.computed.set(Some(rows));
    }
}

async fn compute(outline: Arc<Outline>, view: RowOptions) -> ComputedRows {
    let mut arranging = IncrementalRows::new(outline.clone(), view.clone());
    run_incrementally(|spans| arranging.step(spans)).await;
    ComputedRows { outline, view, rows: Arc::new(arranging.rows()) }
}

/// Calls `step` with a number of spans to process until it returns true (done), yielding to the event loop every
/// 10 ms.
pub async fn run_incrementally(mut step: impl FnMut(usize) -> bool) {
    let mut yielded = clock::now();
    while !step(STEP) {
        if clock::now() - yielded > MAX_BLOCKING {
            yield_to_event_loop().await;
            yielded = clock::now();
        }
    }
}
