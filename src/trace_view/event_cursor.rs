//! The events under the pointer, or that a key has moved to.

use super::session::Session;
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;

/// Events of one span whose ticks are drawn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCursor {
    /// The span.
    pub span: SpanIx,
    /// Time of the first, nanoseconds from the trace's start.
    pub from: u64,
    /// Time of the last.
    pub to: u64,
}

/// Moves to the selected span's next event (`forward`) or previous one; past the last to none. Returns whether the span
/// has events.
pub fn step(session: Session, forward: bool) -> bool {
    let Some(span) = session.selection.span.get_untracked() else { return false };
    let outline = session.outline();
    let now = session.events.get_untracked().filter(|now| now.span == span);
    let times = outline.events_of(span).iter().copied();
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
    !outline.events_of(span).is_empty()
}
