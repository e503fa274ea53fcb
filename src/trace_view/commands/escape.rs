//! The Escape key: closes or clears one thing at a time.

use super::super::session::Session;
use leptos::prelude::*;

/// Whether something is open, and how to close it.
type Step = (fn(Session) -> bool, fn(Session));

/// What Escape closes: the first of these that is open.
const STEPS: [Step; 6] = [
    (|session| session.events.get_untracked().is_some(), |session| session.events.set(None)),
    (
        |session| !session.find.query.with_untracked(String::is_empty),
        |session| session.find.query.set(String::new()),
    ),
    (|session| session.what_if.with_untracked(Option::is_some), |session| session.what_if.set(None)),
    (Session::has_open_detail, Session::close_detail),
    (
        |session| session.folding.view.with_untracked(|view| view.focus.is_some()),
        |session| session.focus(None),
    ),
    (|session| session.selection.span.get_untracked().is_some(), |session| session.selection.span.set(None)),
];

/// Whether there is anything to close.
pub(super) fn can_escape(session: Session) -> bool {
    STEPS.iter().any(|(is_open, _)| is_open(session))
}

/// Closes the first thing that is open.
pub(super) fn escape(session: Session) {
    if let Some((_, close)) = STEPS.iter().find(|(is_open, _)| is_open(session)) {
        close(session);
    }
}
