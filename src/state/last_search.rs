//! The last search and its results, which are restored when the user returns to the list; and the traces opened from
//! it.

use crate::route::SearchParams;
use leptos::prelude::*;
use spandrel_trace::engine::SearchResults;
use spandrel_trace::model::TraceSummary;
use std::collections::HashSet;

/// A search that was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct AnsweredSearch {
    /// What was asked for.
    pub asked: SearchParams,
    /// The server that was asked; empty for the one that the page comes from.
    pub source: String,
    /// Its answer.
    pub results: SearchResults,
    /// Milliseconds that it took.
    pub elapsed_ms: f64,
}

/// The last search of this tab. A copyable handle.
#[derive(Clone, Copy)]
pub struct LastSearch {
    answered: RwSignal<Option<AnsweredSearch>>,
    position: StoredValue<ListPosition>,
    visited: StoredValue<HashSet<String>>,
}

/// Position in the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListPosition {
    /// How far the list was scrolled, CSS pixels.
    pub scroll: f64,
    /// Key of the trace that was opened last.
    pub opened: Option<String>,
}

pub(super) fn provide() {
    provide_context(LastSearch {
        answered: RwSignal::new(None),
        position: StoredValue::default(),
        visited: StoredValue::default(),
    });
}

/// The last search, from the context.
pub fn use_last_search() -> LastSearch {
    expect_context()
}

impl LastSearch {
    /// Takes over the answer to a search. The place in the list is its start then.
    pub fn record(self, answered: AnsweredSearch) {
        self.position.set_value(ListPosition::default());
        self.answered.set(Some(answered));
    }

    /// Replaces the traces of the answer, to which others have arrived.
    pub fn set_traces(self, traces: &[TraceSummary]) {
        self.answered.update_untracked(|last| {
            if let Some(last) = last {
                last.results.summaries = traces.to_vec();
            }
        });
    }

    /// The answer, if it is one to this question to this server.
    pub fn answer(self, asked: &SearchParams, source: &str) -> Option<AnsweredSearch> {
        let is_same = |last: &&AnsweredSearch| last.asked == *asked && last.source == source;
        self.answered.with_untracked(|last| last.as_ref().filter(is_same).cloned())
    }

    /// What was asked for last. Tracked.
    pub fn asked(self) -> Option<SearchParams> {
        self.answered.with(|last| last.as_ref().map(|last| last.asked.clone()))
    }

    /// Where in the list the reader was.
    pub fn position(self) -> ListPosition {
        self.position.get_value()
    }

    /// Notes how far the list is scrolled, CSS pixels.
    pub fn set_scroll(self, scroll: f64) {
        self.position.update_value(|position| position.scroll = scroll);
    }

    /// Notes that a trace was opened from the list.
    pub fn set_opened(self, key: &str) {
        self.position.update_value(|position| position.opened = Some(key.to_owned()));
        self.visited.update_value(|visited| {
            visited.insert(key.to_owned());
        });
    }

    /// Whether a trace was opened from a list since the page was loaded.
    pub fn is_visited(self, key: &str) -> bool {
        self.visited.with_value(|visited| visited.contains(key))
    }
}
