//! A list of traces that grows while the search is live: what arrives is added at most once a second, and only while nobody
//! would lose the place.

use super::arrivals::Arrivals;
use crate::state::last_search::LastSearch;
use crate::state::live::LiveConnection;
use crate::state::tasks::{sleep, spawn_scoped};
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::model::TraceSummary;
use spandrel_trace::units::count;
use std::sync::Arc;

/// Milliseconds between two additions.
const PERIOD: u32 = 1_000;
/// Milliseconds between two announcements to screen readers.
const ANNOUNCED: f64 = 10_000.0;

/// Milliseconds for which the pointer counts as over a row that it was moved to.
const POINTED: f64 = 3_000.0;

/// The list, and what waits to be added. A copyable handle.
#[derive(Clone, Copy)]
pub struct Feed {
    /// The traces shown.
    pub traces: RwSignal<Arc<Vec<TraceSummary>>>,
    /// Changes with them.
    pub version: RwSignal<u64>,
    /// Number of new traces that wait.
    pub waiting: RwSignal<usize>,
    /// Whether the reader has stopped the additions.
    pub is_paused: RwSignal<bool>,
    /// Whether traces arrive.
    pub connection: RwSignal<LiveConnection>,
    /// Text of the live region.
    pub announced: RwSignal<String>,
    /// The table of traces.
    pub table: NodeRef<html::Div>,
    arrivals: StoredValue<Arrivals>,
    /// New traces that were not announced, and when some were announced last.
    unannounced: StoredValue<(usize, f64)>,
    /// When the pointer was moved over the rows last, milliseconds since the Unix epoch.
    pointed: StoredValue<f64>,
    last: LastSearch,
}

impl Feed {
    /// A list of these traces, the last search's.
    pub fn new(traces: Arc<Vec<TraceSummary>>, last: LastSearch) -> Self {
        Feed {
            traces: RwSignal::new(traces),
            version: RwSignal::new(0),
            waiting: RwSignal::new(0),
            is_paused: RwSignal::new(false),
            connection: RwSignal::default(),
            announced: RwSignal::default(),
            table: NodeRef::new(),
            arrivals: StoredValue::default(),
            unannounced: StoredValue::default(),
            pointed: StoredValue::default(),
            last,
        }
    }

    /// Keeps traces that have arrived until they are added.
    pub fn arrive(self, traces: Vec<TraceSummary>) {
        let shown = self.traces.get_untracked();
        let new = self.arrivals.try_update_value(|arrivals| arrivals.add(traces, &shown));
        self.unannounced.try_update_value(|(number, _)| *number += new.unwrap_or_default());
    }

    /// Adds what arrives once a second until the current owner is cleaned up.
    pub fn run(self) {
        spawn_scoped(async move {
            loop {
                sleep(PERIOD).await;
                self.add_unless_read();
            }
        });
    }

    /// Forgets what waits.
    pub fn clear(self) {
        self.arrivals.set_value(Arrivals::default());
        self.unannounced.set_value((0, 0.0));
        self.waiting.set(0);
        self.is_paused.set(false);
        self.announced.set(String::new());
    }

    /// Adds what waits, in any case. The list is scrolled to its start.
    pub fn add(self) {
        let shown = self.traces.get_untracked();
        let Some(traces) = self.arrivals.try_update_value(|arrivals| arrivals.merge_into(&shown)) else {
            return;
        };
        self.last.set_traces(&traces);
        self.traces.set(Arc::new(traces));
        self.version.update(|version| *version += 1);
        self.waiting.set(0);
    }

    fn add_unless_read(self) {
        if self.arrivals.with_value(Arrivals::is_empty) {
            return;
        }
        if self.is_paused.get_untracked() || self.is_in_use() {
            let waiting = self
                .traces
                .with_untracked(|shown| self.arrivals.with_value(|arrivals| arrivals.count_new(shown)));
            self.waiting.set(waiting);
        } else {
            self.add();
        }
        self.announce();
    }

    /// Notes that the pointer was moved over the rows.
    pub fn point(self) {
        self.pointed.set_value(js_sys::Date::now());
    }

    /// Whether inserting rows would disturb reading: the list is scrolled, the pointer was just moved to a row, the focus is
    /// in one, or some of their text is selected.
    fn is_in_use(self) -> bool {
        let Some(table) = self.table.get_untracked() else { return false };
        let Ok(Some(rows)) = table.query_selector("[data-list]") else { return false };
        rows.scroll_top() > 0
            || rows.matches(":focus-within").unwrap_or(false)
            || js_sys::Date::now() - self.pointed.get_value() < POINTED
            || has_selection(&rows)
    }

    fn announce(self) {
        let (number, before) = self.unannounced.get_value();
        let now = js_sys::Date::now();
        if number > 0 && now - before >= ANNOUNCED {
            self.unannounced.set_value((0, now));
            self.announced.set(new_traces(number));
        }
    }
}

/// Whether some text within an element is selected.
pub fn has_selection(element: &web_sys::Element) -> bool {
    let selection = window().get_selection().ok().flatten();
    selection.is_some_and(|selection| {
        !selection.is_collapsed() && element.contains(selection.anchor_node().as_ref())
    })
}

/// A number of new traces.
pub fn new_traces(number: usize) -> String {
    match number {
        1 => "1 new trace".to_owned(),
        number => format!("{} new traces", count(number as u64)),
    }
}
