//! Going from event to event, and log line to log line, of the selected span.

use super::super::session::{EventCursor, Session};
use leptos::prelude::*;

/// Whether the selected span has events or log lines.
pub(super) fn has_events(session: Session) -> bool {
    let span = session.selection.span.get_untracked();
    span.is_some_and(|span| !session.tick_times(span).is_empty())
}

/// Moves to the selected span's next event or log line (`forward`) or previous one; past the last to none.
pub(super) fn step(session: Session, forward: bool) {
    let Some(span) = session.selection.span.get_untracked() else { return };
    let now = session.events.get_untracked().filter(|now| now.span == span);
    let times = session.tick_times(span).into_iter();
    let next = match forward {
        true => times.filter(|time| now.is_none_or(|now| *time > now.to)).min(),
        false => times.filter(|time| now.is_none_or(|now| *time < now.from)).max(),
    };
    batch(|| {
        if let Some(time) = next {
            let (start, end) = session.viewport.range.get_untracked();
            if !(start..=end).contains(&time) {
                let shown = end - start;
                let start =
                    time.saturating_sub(shown / 2).min(session.viewport.full().1.saturating_sub(shown));
                session.viewport.zoom_to(start, start + shown);
            }
            session.select(span);
        }
        session.events.set(next.map(|time| EventCursor { span, from: time, to: time }));
    });
}
