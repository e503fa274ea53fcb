//! Finding a text in the JSON: which lines have it, and which of them is shown.

use super::super::super::session::Session;
use super::super::super::span_source::SpanSource;
use crate::state::tasks::{sleep, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::engine::{Answer, JsonText, QuestionTopic};
use spandrel_trace::units::count;
use std::sync::Arc;

/// Milliseconds without an edit before it is looked for.
const PAUSE: u32 = 150;
/// Lines that are remembered at most.
const MOST: usize = 10_000;

/// What is found. A `Copy` handle.
#[derive(Clone, Copy)]
pub struct JsonSearch {
    /// Numbers of lines, ascending.
    lines: RwSignal<Arc<Vec<u32>>>,
    /// Which of them is shown.
    at: RwSignal<usize>,
    is_searching: RwSignal<bool>,
    /// Changes with each step.
    steps: RwSignal<u32>,
    text: Memo<String>,
}

/// Looks for what the session says in `text`, until the current owner is cleaned up.
pub fn search(session: Session, source: SpanSource, text: Memo<JsonText>) -> JsonSearch {
    let wanted = Memo::new(move |_| session.tables.with(|tables| tables.json_find.clone()));
    let search = JsonSearch {
        lines: RwSignal::default(),
        at: RwSignal::new(0),
        is_searching: RwSignal::new(false),
        steps: RwSignal::new(0),
        text: wanted,
    };
    Effect::new(move |_| {
        session.outline_live().track();
        let (text, wanted) = (text.get(), wanted.get());
        search.lines.set(Arc::default());
        search.at.set(0);
        search.is_searching.set(!wanted.is_empty());
        if wanted.is_empty() {
            return;
        }
        spawn_scoped(async move {
            sleep(PAUSE).await;
            let mut from = Some(0);
            while let Some(next) = from {
                let topic =
                    QuestionTopic::JsonFind { text: text.clone(), wanted: wanted.clone(), from: next };
                let Ok(Answer::JsonMatches(found)) = source.ask(topic).await else { break };
                from = found.next.filter(|_| search.lines.with_untracked(|lines| lines.len()) < MOST);
                if !found.lines.is_empty() {
                    search.lines.update(|lines| Arc::make_mut(lines).extend(found.lines));
                }
            }
            search.is_searching.set(false);
        });
    });
    search
}

impl JsonSearch {
    /// Whether a line has the text; tracked.
    pub fn has(self, line: usize) -> bool {
        self.lines.with(|lines| lines.binary_search(&(line as u32)).is_ok())
    }

    /// The line that is shown; tracked.
    pub fn current(self) -> Option<usize> {
        self.lines.with(|lines| lines.get(self.at.get()).map(|line| *line as usize))
    }

    /// Tracks steps, of which one to the only match changes nothing else.
    pub fn stepped(self) {
        self.steps.track();
    }

    /// Whether no line has it; tracked.
    pub fn is_empty(self) -> bool {
        self.lines.with(|lines| lines.is_empty())
    }

    /// Goes to the next line that has it, or the one before.
    pub fn step(self, is_back: bool) {
        let all = self.lines.with_untracked(|lines| lines.len());
        if all > 0 {
            self.at.update(|at| *at = (*at + if is_back { all - 1 } else { 1 }) % all);
            self.steps.update(|steps| *steps = steps.wrapping_add(1));
        }
    }

    /// How many there are, in words; tracked.
    pub fn status(self) -> String {
        if self.text.with(String::is_empty) {
            return String::new();
        }
        let all = self.lines.with(|lines| lines.len());
        let so_far = if self.is_searching.get() { " so far" } else { "" };
        let more = if all >= MOST { " or more" } else { "" };
        match all {
            0 if self.is_searching.get() => "Searching…".to_owned(),
            0 => "No match".to_owned(),
            all => format!("{} of {}{more}{so_far}", count(self.at.get() as u64 + 1), count(all as u64)),
        }
    }
}
