//! From what was typed to what the engine found: a little later than the last key, the newest question wins, and again
//! while not everything is searchable yet. From what was found to the rows that are shown.

use super::super::session::Session;
use crate::route::Show;
use crate::state::busy;
use crate::state::data::Data;
use crate::state::tasks::{sleep, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Shown;
use std::sync::Arc;

/// Milliseconds that the text rests before it is looked for.
const PAUSE: u32 = 60;
/// Milliseconds after which it is looked for again where not everything was searchable.
const AGAIN: u32 = 400;

/// Keeps what the session has found true to what it looks for, for as long as the view is there.
pub fn look(session: Session, data: Data, id: String) {
    Effect::new(move |_| {
        // A trace that was read again is searched again.
        session.outline_live().track();
        let text = session.find.get();
        if text.trim().is_empty() {
            session.matches.set(None);
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
                session.matches.set(Some(Arc::new(found)));
                pending.take();
                if !unsearched {
                    break;
                }
                sleep(AGAIN).await;
            }
        });
    });
    Effect::new(move |_| {
        let ancestors = match session.show.get() {
            Show::All | Show::Dim => None,
            Show::Matches => Some(false),
            Show::Ancestors => Some(true),
        };
        let shown = session.matches.with(|found| {
            let found = found.as_ref().filter(|found| found.error.is_none())?;
            // What was found in another reading of the trace says nothing about this one.
            let outline = Some(session.outline()).filter(|outline| outline.len() == found.spans.spans())?;
            Some(Arc::new(Shown::of(&outline, found.spans.iter(), ancestors?)))
        });
        session.change(|view| view.shown = shown);
    });
}
