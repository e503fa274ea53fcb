//! The log lines of the trace: loaded when a view first needs them, and again when the trace is reloaded.

use super::session::Session;
use super::span_source::SpanSource;
use crate::route::TraceTab;
use crate::state::busy;
use crate::state::tasks::{after_first_paint, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::analysis::log_marks::LogMarks;
use std::sync::Arc;

/// Loads the lines into the session once the waterfall, the view of logs or the details of a span are shown, and finds
/// the spans that they belong to.
pub fn load_logs(session: Session, source: SpanSource) {
    let wanted = Memo::new(move |before: Option<&bool>| {
        let is_shown = matches!(session.tab.get(), TraceTab::Logs | TraceTab::Waterfall)
            || session.panels.details_open.get();
        let has_inline = session.panels.inline.with(|inline| !inline.is_empty());
        source.has_logs() && (before.copied().unwrap_or_default() || is_shown || has_inline)
    });
    Effect::new(move || session.has_logs.set(source.has_logs()));
    Effect::new(move |_| {
        let outline = session.sent_live().get();
        if !wanted.get() {
            return;
        }
        let busy = busy::hold();
        spawn_scoped(async move {
            // What is there already is painted first.
            after_first_paint().await;
            let logs = source.logs().await;
            // A reload meanwhile loads them again.
            if Arc::ptr_eq(&outline, &session.sent()) {
                session.logs.set(Some(logs.map(Arc::new)));
            }
            drop(busy);
        });
    });
    Effect::new(move |_| {
        let (shown, sent) = (session.outline_live().get(), session.sent());
        let marks = session.logs.with(|logs| match logs {
            Some(Ok(logs)) => LogMarks::of(&shown, &sent, logs),
            _ => LogMarks::default(),
        });
        if session.log_marks.with_untracked(|before| **before != marks) {
            session.log_marks.set(Arc::new(marks));
        }
    });
}
