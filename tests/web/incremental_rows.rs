//! Rows that take long: those before them stay until they are there, and of two wishes the last one counts.

use leptos::prelude::*;
use spandrel::trace_view::session::Session;
use spandrel::trace_view::session::incremental_rows::{MIN_SPANS, compute_incrementally};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::stage::{Stage, settle};
use crate::traces::session;

fn rows(session: Session) -> usize {
    session.folding.rows.with_untracked(|rows| rows.len())
}

fn group(session: Session, group: bool) {
    session.change(|view| view.group = group);
}

async fn computing_rows() -> (Stage, Session) {
    let session = session(MIN_SPANS);
    let stage = Stage::new(move || {
        compute_incrementally(session);
        view! { <div></div> }
    });
    settle().await;
    (stage, session)
}

#[wasm_bindgen_test]
async fn rows_change_when_they_are_worked_out_and_the_selection_with_them() {
    let (stage, session) = computing_rows().await;
    assert_eq!((rows(session), session.folding.is_current()), (MIN_SPANS + 1, true));
    session.select(7);
    group(session, true);
    assert_eq!((rows(session), session.folding.is_current()), (MIN_SPANS + 1, false), "the rows before stay");
    while !session.folding.is_current() {
        settle().await;
    }
    assert_eq!((rows(session), session.folding.computing.get_untracked()), (2, false));
    assert_eq!(
        session.selection.span.get_untracked(),
        Some(1),
        "the group that has taken in what was selected"
    );
    stage.strike().await;
}

#[wasm_bindgen_test]
async fn a_wish_that_was_taken_back_comes_to_nothing() {
    let (stage, session) = computing_rows().await;
    group(session, true);
    leptos::task::tick().await;
    group(session, false);
    for _ in 0..30 {
        assert_eq!((rows(session), session.folding.is_current()), (MIN_SPANS + 1, true));
        settle().await;
    }
    assert!(!session.folding.computing.get_untracked());
    stage.strike().await;
}
