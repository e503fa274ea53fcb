//! Loads the critical path of the trace that is shown, and lets people choose what is shown of it.

use super::session::Session;
use crate::route::ShowPath;
use crate::state::busy;
use crate::state::data::Data;
use crate::state::tasks::{after_first_paint, spawn_scoped};
use leptos::prelude::*;
use std::sync::Arc;

/// What can be shown, with the value and the label of its option.
const CHOICES: [(ShowPath, &str, &str); 3] = [
    (ShowPath::Line, "line", "Line under the bars"),
    (ShowPath::Only, "only", "Only its spans"),
    (ShowPath::Off, "off", "Hidden"),
];

/// Keeps the critical path in the session that of the trace, until the current owner is cleaned up.
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

/// The choice of what is shown of the critical path.
#[component]
pub fn PathChoice(
    /// State of the trace.
    session: Session,
) -> impl IntoView {
    let option = move |(show, value, label): (ShowPath, &'static str, &'static str)| {
        let is_chosen = move || session.path.show.get() == show;
        view! { <option value=value prop:selected=is_chosen>{label}</option> }
    };
    let choose = move |chosen: String| {
        if let Some((show, ..)) = CHOICES.iter().find(|(_, value, _)| *value == chosen) {
            session.path.show.set(*show);
        }
    };
    view! {
        <select
            class="field"
            data-test="critical-path"
            on:change:target=move |event| choose(event.target().value())
        >
            {CHOICES.map(option).collect_view()}
        </select>
    }
}
