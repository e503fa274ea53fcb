//! The spans that a view shows: those that the waterfall has rows for, collapsed or not.

use super::session::Session;
use crate::route::Show;
use leptos::prelude::*;
use spandrel_trace::analysis::narrowed::SpanFilter;

/// The filter of a trace's views, as focus, hidden services and find change.
pub fn span_filter(session: Session) -> Memo<SpanFilter> {
    Memo::new(move |_| {
        let show = session.find.show.get();
        let spans = session.outline_live().with(|outline| outline.len());
        let only = matches!(show, Show::Matches | Show::Ancestors).then(|| {
            session.find.matches.with(|found| {
                let found = found.as_ref().filter(|found| found.error.is_none());
                // Matches of another version of the trace do not apply to this one.
                found.map(|found| found.spans.clone()).filter(|found| found.spans() == spans)
            })
        });
        session.folding.view.with(|view| SpanFilter {
            focus: view.focus,
            hidden: view.hidden.clone(),
            only: only.flatten(),
            ancestors: show == Show::Ancestors,
        })
    })
}
