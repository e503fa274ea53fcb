//! Views that show one answer of the worker: asking for it whenever the trace or the filter changes, and what is shown until
//! it is there or if it could not be computed.

use super::super::nothing_to_show::NoSpans;
use super::super::session::Session;
use super::super::span_filter::span_filter;
use super::super::span_source::SpanSource;
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::engine::{Answer, QuestionTopic};
use spandrel_trace::units::Problem;
use std::sync::Arc;

/// How far an answer has come; the one before stays until the next has arrived.
pub type Answered<T> = RwSignal<Option<Result<Arc<T>, Problem>>>;

/// Asks about the spans that views show until the current owner is cleaned up. `topic` is asked, `read` takes the answer.
pub fn ask<T: Send + Sync + 'static>(
    session: Session,
    source: SpanSource,
    topic: impl Fn(SpanFilter) -> QuestionTopic + 'static,
    read: fn(Answer) -> Option<T>,
) -> Answered<T> {
    let answered = RwSignal::new(None);
    let filter = span_filter(session);
    Effect::new(move |_| {
        let (outline, topic) = (session.outline_live().get(), topic(filter.get()));
        spawn_scoped(async move {
            let _busy = busy::hold();
            let answer = source.ask(topic).await;
            if Arc::ptr_eq(&outline, &session.outline()) {
                // An answer of another kind is none; the next question replaces it.
                answered.set(answer.map(|answer| read(answer).map(Arc::new)).transpose());
            }
        });
    });
    answered
}

/// Shows `face` of an answer once it is there.
#[component]
pub fn ViewAnswer<T: Send + Sync + 'static>(
    /// State of the trace.
    session: Session,
    /// The answer.
    answer: Answered<T>,
    /// Shows it.
    face: fn(Session, Arc<T>) -> AnyView,
) -> impl IntoView {
    move || match answer.get() {
        None => view! { <p class="view-loading" role="status">"Loading…"</p> }.into_any(),
        Some(Err(problem)) => view! { <ProblemCard problem/> }.into_any(),
        Some(Ok(_)) if session.outline().is_empty() => view! { <NoSpans/> }.into_any(),
        Some(Ok(answer)) => face(session, answer),
    }
}
