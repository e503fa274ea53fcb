//! Which events are being looked at: those under the tick that is pointed at, or that a key has gone to.

use super::session::Session;
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;

/// Events of one span that stand together, however many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticked {
    /// The span.
    pub span: SpanIx,
    /// The time of the first, nanoseconds from the trace's begin.
    pub from: u64,
    /// The time of the last.
    pub to: u64,
}

/// Goes to the selected span's next event, or to the one before; beyond the last to none. Whether it has any.
pub fn step(session: Session, forth: bool) -> bool {
    let Some(span) = session.selected.get_untracked() else { return false };
    let outline = session.outline();
    let now = session.ticked.get_untracked().filter(|now| now.span == span);
    let times = outline.events_of(span).iter().copied();
    let next = match forth {
        true => times.filter(|time| now.is_none_or(|now| *time > now.to)).min(),
        false => times.filter(|time| now.is_none_or(|now| *time < now.from)).max(),
    };
    batch(|| {
        if let Some(time) = next {
            let (begin, end) = session.range.get_untracked();
            if !(begin..=end).contains(&time) {
                let shown = end - begin;
                let begin = time.saturating_sub(shown / 2).min(session.full().1.saturating_sub(shown));
                session.zoom_to(begin, begin + shown);
            }
            session.select(span);
        }
        session.ticked.set(next.map(|time| Ticked { span, from: time, to: time }));
    });
    !outline.events_of(span).is_empty()
}
