//! Runs the query that was typed, and again while the index of the trace is incomplete; the newest query wins. Derives from
//! the matches, and from the critical path where only it is shown, which rows there are.

use super::super::session::Session;
use super::super::until_indexed::until_indexed;
use crate::route::{Show, ShowPath};
use crate::state::busy;
use crate::state::data::Data;
use crate::state::tasks::{sleep, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::RowFilter;
use std::sync::Arc;

/// Milliseconds without an edit before the query runs.
const PAUSE: u32 = 40;

/// Keeps the matches of the session up to date with its query until the current owner is cleaned up.
pub fn run_query(session: Session, data: Data, id: String) {
    Effect::new(move || {
        // A trace that was reloaded is searched again.
        session.outline_live().track();
        let text = session.find.query.get();
        if text.trim().is_empty() {
            session.find.matches.set(None);
            return;
        }
        let id = id.clone();
        let pending = busy::hold();
        spawn_scoped(async move {
            sleep(PAUSE).await;
            let mut pending = Some(pending);
            until_indexed(
                async || data.find(&id, &session.sent(), &text).await,
                |answer| {
                    let Ok(found) = answer else { return true };
                    let is_whole = found.unsearched == 0;
                    session.find.matches.set(Some(Arc::new(found)));
                    pending.take();
                    is_whole
                },
            )
            .await;
        });
    });
    Effect::new(move || {
        let ancestors = match session.find.show.get() {
            Show::All | Show::Dim => None,
            Show::Matches => Some(false),
            Show::Ancestors => Some(true),
        };
        let outline = session.outline();
        let path = (session.path.show.get() == ShowPath::Only).then(|| session.path.path.get()).flatten();
        let path = path.filter(|path| path.is_of(outline.len()));
        let found = session.find.matches.with(|found| {
            let found = found.as_ref().filter(|found| found.error.is_none())?;
            // Matches of another version of the trace do not apply to this one.
            Some(found.spans.clone()).filter(|spans| ancestors.is_some() && outline.len() == spans.spans())
        });
        let shown = match (found, path) {
            (None, None) => None,
            (Some(found), None) => Some(RowFilter::of(&outline, found.iter(), ancestors.unwrap_or(true))),
            (None, Some(path)) => Some(RowFilter::of(&outline, path.spans().iter().copied(), true)),
            (Some(found), Some(path)) => {
                let both = path.spans().iter().copied().filter(|span| found.contains(*span));
                Some(RowFilter::of(&outline, both, ancestors.unwrap_or(true)))
            }
        };
        let shown = shown.map(Arc::new);
        session.change(|view| view.shown = shown);
    });
}
