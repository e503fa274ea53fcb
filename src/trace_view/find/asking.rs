//! Runs the query that was typed, and again while the index of the trace is incomplete; the newest query wins. Derives from
//! the matches which rows are shown.

use super::super::session::Session;
use crate::route::Show;
use crate::state::busy;
use crate::state::data::Data;
use crate::state::tasks::{sleep, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Shown;
use std::sync::Arc;

/// Milliseconds without an edit before the query runs.
const PAUSE: u32 = 60;
/// Milliseconds until it runs again while not everything is searchable.
const AGAIN: u32 = 400;

/// Keeps the matches of the session up to date with its query until the current owner is cleaned up.
pub fn look(session: Session, data: Data, id: String) {
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
            loop {
                let Ok(found) = data.find(&id, &session.outline(), &text).await else { break };
                let unsearched = found.unsearched > 0;
                session.find.matches.set(Some(Arc::new(found)));
                pending.take();
                if !unsearched {
                    break;
                }
                sleep(AGAIN).await;
            }
        });
    });
    Effect::new(move || {
        let ancestors = match session.find.show.get() {
            Show::All | Show::Dim => None,
            Show::Matches => Some(false),
            Show::Ancestors => Some(true),
        };
        let shown = session.find.matches.with(|found| {
            let found = found.as_ref().filter(|found| found.error.is_none())?;
            // Matches of another version of the trace do not apply to this one.
            let outline = Some(session.outline()).filter(|outline| outline.len() == found.spans.spans())?;
            Some(Arc::new(Shown::of(&outline, found.spans.iter(), ancestors?)))
        });
        session.change(|view| view.shown = shown);
    });
}
