//! Focusing on the matches: only they and their ancestors are shown, expanded, and the time range is fitted to them.

use super::super::session::Session;
use crate::route::Show;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Fold;
use spandrel_trace::engine::Matches;
use spandrel_trace::model::SpanIx;
use std::sync::Arc;

/// Whether only the matches and their ancestors are shown.
pub fn is_focused(session: Session) -> bool {
    session.find.show.get() == Show::Ancestors
}

/// The matches of this version of the trace, where there are any.
fn matches(session: Session) -> Option<Arc<Matches>> {
    let found = session.find.matches.get_untracked()?;
    let applies = found.error.is_none() && found.spans.spans() == session.outline().len();
    (applies && found.spans.count() > 0).then_some(found)
}

/// Whether [`focus_matches`] has anything to do.
pub(super) fn can_focus_matches(session: Session) -> bool {
    untrack(|| is_focused(session)) || matches(session).is_some()
}

/// Shows only the matches and their ancestors and fits their time; if they are shown so already, shows everything again.
pub(super) fn focus_matches(session: Session) {
    if untrack(|| is_focused(session)) {
        session.find.show.set(Show::All);
        session.viewport.fit();
        return;
    }
    let outline = session.outline();
    let Some(found) = matches(session) else { return };
    let in_focus = session.folding.view.with_untracked(|view| view.extent(&outline));
    let time_of = |within: &std::ops::Range<SpanIx>| {
        let mut time = None::<(u64, u64, SpanIx)>;
        for span in found.spans.iter().filter(|span| within.contains(span)) {
            let (start, end) = (outline.start[span as usize], outline.end[span as usize]);
            time = Some(
                time.map_or((start, end, span), |(first, last, of)| (first.min(start), last.max(end), of)),
            );
        }
        time
    };
    let (time, leaves) = match time_of(&in_focus) {
        Some(time) => (time, false),
        // None is in the focused subtree: the whole trace is shown.
        None => match time_of(&(0..outline.len() as SpanIx)) {
            Some(time) => (time, true),
            None => return,
        },
    };
    let (start, end, first) = time;
    let margin = ((end - start) / 20).max(1);
    batch(|| {
        session.change(|view| {
            view.fold = Fold::default();
            view.focus = view.focus.filter(|_| !leaves);
        });
        session.find.show.set(Show::Ancestors);
        session.viewport.zoom_to(start.saturating_sub(margin), end.saturating_add(margin));
    });
    if session.selection.span.get_untracked().is_none_or(|span| !found.spans.contains(span)) {
        session.select(first);
    }
}
