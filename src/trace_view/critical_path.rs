//! Loads the critical path of the trace that is shown.

use super::session::Session;
use crate::state::busy;
use crate::state::data::Data;
use crate::state::tasks::{after_first_paint, spawn_scoped};
use leptos::prelude::*;
use std::sync::Arc;

/// Keeps the session's critical path up to date with its trace, until the current owner is cleaned up.
pub fn load_path(session: Session, data: Data, id: String) {
    Effect::new(move || {
        let outline = session.outline_live().get();
        // The path is that of the times as sent: it is not drawn over corrected ones.
        if !Arc::ptr_eq(&outline, &session.sent()) {
            return session.path.path.set(None);
        }
        let id = id.clone();
        let pending = busy::hold();
        spawn_scoped(async move {
            let _pending = pending;
            // The rows are painted first.
            after_first_paint().await;
            // Without an answer nothing is shown of the path, and the trace stays usable.
            let Ok(path) = data.critical_path(&id, &outline).await else { return };
            if Arc::ptr_eq(&outline, &session.outline()) && path.is_of(outline.len()) {
                session.path.path.set(Some(Arc::new(path)));
            }
        });
    });
}
