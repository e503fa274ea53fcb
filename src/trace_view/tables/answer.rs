//! Asks the worker for what a table shows, again whenever that depends on something that changed. An answer stays until the
//! next one has arrived.

use super::super::session::Session;
use super::super::span_source::SpanSource;
use super::super::until_indexed::until_indexed;
use crate::state::busy;
use crate::state::tasks::{sleep, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::engine::{Answer, QuestionTopic};
use spandrel_trace::units::{Problem, ProblemKind};
use std::sync::Arc;

/// Milliseconds without a change before the question is asked: while a text is typed, not every letter is one.
const PAUSE: u32 = 60;

/// An answer of the worker. A `Copy` handle.
pub struct TableAnswer<T: Send + Sync + 'static> {
    /// The last answer.
    pub value: RwSignal<Option<Arc<T>>>,
    /// Why there is none.
    pub problem: RwSignal<Option<Problem>>,
    /// Whether the answer is on its way.
    pub is_waiting: RwSignal<bool>,
}

impl<T: Send + Sync> Clone for TableAnswer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for TableAnswer<T> {}

/// Asks `topic` until the current owner is cleaned up, again whenever it or the trace changes. `read` takes the answer;
/// `is_partial` says that it is worth asking again, as not everything could be searched.
pub fn ask<T: Send + Sync + 'static>(
    session: Session,
    source: SpanSource,
    topic: impl Fn() -> Option<QuestionTopic> + 'static,
    read: fn(Answer) -> Option<T>,
    is_partial: fn(&T) -> bool,
) -> TableAnswer<T> {
    let shown = TableAnswer {
        value: RwSignal::new(None),
        problem: RwSignal::new(None),
        is_waiting: RwSignal::new(true),
    };
    Effect::new(move |first: Option<bool>| {
        session.outline_live().track();
        let Some(topic) = topic() else {
            shown.value.set(None);
            shown.is_waiting.set(false);
            return false;
        };
        shown.is_waiting.set(true);
        let busy = busy::hold();
        let is_first = first.is_none();
        spawn_scoped(async move {
            let mut busy = Some(busy);
            if !is_first {
                sleep(PAUSE).await;
            }
            until_indexed(
                async || source.ask(topic.clone()).await,
                |answer| {
                    let answer = answer.and_then(|answer| match answer {
                        Answer::Failed(problem) => Err(problem),
                        answer => read(answer).ok_or_else(unexpected),
                    });
                    busy.take();
                    match answer {
                        Ok(value) if is_partial(&value) => return false,
                        Ok(value) => {
                            shown.value.set(Some(Arc::new(value)));
                            shown.problem.set(None);
                        }
                        Err(problem) => shown.problem.set(Some(problem)),
                    }
                    shown.is_waiting.set(false);
                    true
                },
            )
            .await;
        });
        false
    });
    shown
}

fn unexpected() -> Problem {
    Problem::new(ProblemKind::Fault, "compute the table", "The trace engine gave an unexpected answer.")
}
