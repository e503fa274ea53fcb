//! Rows that are worked out in turns: another order of a million siblings takes longer than the page may stand still.
//! Until they are there, the rows before them stay.

use super::session::Session;
use crate::state::busy;
use crate::state::clock;
use crate::state::tasks::{spawn_scoped, yield_to_event_loop};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{IncrementalRows, RowOptions, Rows};
use spandrel_trace::model::Outline;
use std::sync::Arc;

/// Fewer spans than these are put in order at once, within a few milliseconds.
pub const MANY: usize = 20_000;
/// Spans between two looks at the clock, and milliseconds between two turns.
const AT_ONCE: usize = 4_000;
const AT_A_STRETCH: f64 = 10.0;

/// Rows, and what they are the rows of.
#[derive(Clone)]
pub struct Arranged {
    outline: Arc<Outline>,
    view: RowOptions,
    /// The rows.
    pub rows: Arc<Rows>,
}

impl Arranged {
    /// Whether they are the rows of this.
    pub fn is_of(&self, outline: &Arc<Outline>, view: &RowOptions) -> bool {
        Arc::ptr_eq(&self.outline, outline) && self.view == *view
    }
}

/// Whether the rows of this are worked out in turns.
pub fn takes_turns(outline: &Outline, view: &RowOptions) -> bool {
    view.is_arranged() && outline.len() > MANY
}

/// Works out what takes long, whenever something else is asked to be seen, as long as the page is there. Of two wishes
/// the first is given up.
pub fn take_turns(session: Session) {
    Effect::new(move |_| {
        let (outline, view) = (session.outline_live().get(), session.view.get());
        let is_there = session.rows_are_current();
        session.arranging.set(!is_there);
        if !takes_turns(&outline, &view) && session.arranged.with_untracked(Option::is_some) {
            session.arranged.set(None);
        }
        if !is_there {
            spawn_scoped(async move {
                let _busy = busy::hold();
                session.arrived(in_turns(outline, view).await);
            });
        }
    });
}

/// Works the rows of `outline` out before it is shown, where they take long.
pub async fn ahead(session: Session, outline: &Arc<Outline>) {
    let view = session.view.get_untracked();
    if takes_turns(outline, &view) {
        let arranged = in_turns(outline.clone(), view).await;
        session.arranged.set(Some(arranged));
    }
}

async fn in_turns(outline: Arc<Outline>, view: RowOptions) -> Arranged {
    let mut arranging = IncrementalRows::new(outline.clone(), view.clone());
    go_over(|spans| arranging.step(spans)).await;
    Arranged { outline, view, rows: Arc::new(arranging.rows()) }
}

/// Takes steps over some spans each until one says that it was the last, and lets others have their turn meanwhile.
pub async fn go_over(mut step: impl FnMut(usize) -> bool) {
    let mut turned = clock::now();
    while !step(AT_ONCE) {
        if clock::now() - turned > AT_A_STRETCH {
            yield_to_event_loop().await;
            turned = clock::now();
        }
    }
}
