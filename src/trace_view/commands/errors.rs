//! Going from error to error.

use super::super::session::Session;
use leptos::prelude::*;
use spandrel_trace::model::{Flags, Outline, SpanIx};
use spandrel_trace::units::sort_by_number_descending;

/// Selects the error after the selected one, or the one before it, the deepest first: where an error is passed on by its
/// callers, the first one is its cause. Starts over at the end.
pub fn next_error(session: Session, forward: bool) {
    let errors = errors(&session.outline());
    let selected = session.selection.span.get_untracked();
    let now = errors.iter().position(|span| Some(*span) == selected);
    let next = match (now, forward) {
        (None, true) => errors.first(),
        (None, false) => errors.last(),
        (Some(now), true) => errors.get(now + 1).or(errors.first()),
        (Some(now), false) => now.checked_sub(1).and_then(|before| errors.get(before)).or(errors.last()),
    };
    if let Some(span) = next {
        session.select(*span);
    }
}

/// Whether any span has an error of its own.
pub(super) fn has_errors(session: Session) -> bool {
    session.outline().flags.iter().any(|flags| flags.has(Flags::OWN_ERROR))
}

/// Spans with an error of their own, the deepest first, then in the order of the rows.
fn errors(outline: &Outline) -> Vec<SpanIx> {
    let has_error = |span: &SpanIx| outline.flags[*span as usize].has(Flags::OWN_ERROR);
    let mut errors: Vec<SpanIx> = (0..outline.len() as SpanIx).filter(has_error).collect();
    sort_by_number_descending(&mut errors, |span| outline.depth[*span as usize].into());
    errors
}
