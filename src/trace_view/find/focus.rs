//! Focusing on the matches: only they and their ancestors are shown, expanded, and the time range is fitted to them.

use super::super::session::Session;
use crate::route::Show;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Fold;
use spandrel_trace::model::SpanIx;

/// Whether only the matches and their ancestors are shown.
pub fn is_focused(session: Session) -> bool {
    session.find.show.get() == Show::Ancestors
}

/// Shows only the matches and their ancestors and fits their time; if they are shown so already, shows everything again.
/// Returns whether there was anything to do.
pub fn focus_matches(session: Session) -> bool {
    if untrack(|| is_focused(session)) {
        session.find.show.set(Show::All);
        session.viewport.fit();
        return true;
    }
    let (outline, found) = (session.outline(), session.find.matches.get_untracked());
    // Matches of another version of the trace do not apply to this one.
    let found = found.filter(|found| found.error.is_none() && found.spans.spans() == outline.len());
    let Some(found) = found else { return false };
    let in_focus = session.folding.view.with_untracked(|view| view.extent(&outline));
    let time_of = |within: &std::ops::Range<SpanIx>| {
        let mut time = None::<(u64, u64, SpanIx)>;
        for span in found.spans.iter().filter(|span| within.contains(span)) {
            let (begin, end) = (outline.start[span as usize], outline.end[span as usize]);
            time = Some(
                time.map_or((begin, end, span), |(first, last, of)| (first.min(begin), last.max(end), of)),
            );
        }
        time
    };
    let (time, leaves) = match time_of(&in_focus) {
        Some(time) => (time, false),
        // None is in the focused subtree: the whole trace is shown.
        None => match time_of(&(0..outline.len() as SpanIx)) {
            Some(time) => (time, true),
            None => return false,
        },
    };
    let (begin, end, first) = time;
    let air = ((end - begin) / 20).max(1);
    batch(|| {
        session.change(|view| {
            view.fold = Fold::default();
            view.focus = view.focus.filter(|_| !leaves);
        });
        session.find.show.set(Show::Ancestors);
        session.viewport.zoom_to(begin.saturating_sub(air), end.saturating_add(air));
    });
    if session.selection.span.get_untracked().is_none_or(|span| !found.spans.contains(span)) {
        session.select(first);
    }
    true
}
