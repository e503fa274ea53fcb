//! The line to scroll to: the first one of a span that a step to a match of the trace's find selects.

use super::super::super::session::Session;
use super::super::super::span_source::SpanSource;
use crate::state::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::engine::{Answer, JsonPlace, JsonText, QuestionTopic};

/// Sets the line of the selected span whenever a span is selected, until the current owner is cleaned up. Not after a line of
/// the text was `chosen`, which takes the mark, nor after the text was scrolled while the lines before the span were counted.
pub fn reveal_span(
    session: Session,
    source: SpanSource,
    text: Memo<JsonText>,
    chosen: StoredValue<bool>,
    in_view: RwSignal<(usize, usize)>,
) -> RwSignal<Option<usize>> {
    let line = RwSignal::new(None);
    Effect::new(move |_| {
        session.selection.reveal.track();
        let text = text.get();
        let is_chosen = chosen.try_update_value(std::mem::take).unwrap_or_default();
        let Some(span) = session.selection.span.get_untracked().filter(|_| !is_chosen) else { return };
        if text.end - text.start <= 1 {
            return;
        }
        spawn_scoped(async move {
            let seen = in_view.get_untracked();
            loop {
                let topic = QuestionTopic::JsonPlace { text: text.clone(), span };
                match source.ask(topic).await {
                    Ok(Answer::JsonPlace(JsonPlace::Line(found))) => return line.set(Some(found as usize)),
                    Ok(Answer::JsonPlace(JsonPlace::NotIndexed)) if in_view.get_untracked() == seen => {}
                    _ => return,
                }
            }
        });
    });
    line
}
