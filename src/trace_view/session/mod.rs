//! State of a trace view: signals shared by everything that shows the trace, divided by what changes together.

mod columns;
mod event_cursor;
mod fold_actions;
mod folding;
mod groups;
mod header;
pub mod incremental_rows;
mod panels;
mod path;
mod selection;
mod viewport;
mod zoom_history;

use crate::route::{Colour, FlameView, LaneGroup, TableViews, TraceTab, WhatIf, Zone};
use crate::state::settings::store_zone;
pub use columns::{AttributeColumns, CALLED, Columns, PEER, STATUS};
pub use event_cursor::EventCursor;
pub use folding::Folding;
pub use groups::{ClockDisplay, ClocksState, FindState, FindingsState, ReturnToTable};
pub use header::{HeaderAction, HeaderState};
use leptos::prelude::*;
pub use panels::{OpenPanel, PanelLayout};
pub use path::{PathState, path_words};
pub use selection::Selection;
use spandrel_trace::analysis::log_marks::LogMarks;
use spandrel_trace::model::{Outline, SpanIx, TraceLogs};
use spandrel_trace::units::Problem;
use std::sync::Arc;
pub use viewport::Viewport;
use viewport::full_range;

/// State of a trace view. A `Copy` handle; lives as long as the view that created it.
#[derive(Clone, Copy)]
pub struct Session {
    outline: RwSignal<Arc<Outline>>,
    /// Which view of the trace is shown.
    pub tab: RwSignal<TraceTab>,
    /// How the flame graph is looked at.
    pub flame: RwSignal<FlameView>,
    /// What lanes are grouped by.
    pub lanes: RwSignal<LaneGroup>,
    /// The trace with its times as they were sent.
    sent: RwSignal<Arc<Outline>>,
    /// The visible time range.
    pub viewport: Viewport,
    /// Which span is selected.
    pub selection: Selection,
    /// Which rows there are.
    pub folding: Folding,
    /// What is searched for in the trace.
    pub find: FindState,
    /// What was found out about the trace.
    pub findings: FindingsState,
    /// The critical path, and what is shown of it.
    pub path: PathState,
    /// What the colours of bars mean.
    pub colouring: RwSignal<Colour>,
    /// Attributes shown in rows.
    pub columns: Columns,
    /// Which panels are open, and where.
    pub panels: PanelLayout,
    /// Times: relative or absolute, and the time zone.
    pub clock: ClockDisplay,
    /// Clocks of services that differ.
    pub clocks: ClocksState,
    /// Whether its source has log lines.
    pub has_logs: RwSignal<bool>,
    /// Its log lines; `None` until they are loaded.
    pub logs: RwSignal<Option<Result<Arc<TraceLogs>, Problem>>>,
    /// Which lines belong to which spans, and when.
    pub log_marks: RwSignal<Arc<LogMarks>>,
    /// A change that is tried out on the trace.
    pub what_if: RwSignal<Option<WhatIf>>,
    /// Whether the quality of the instrumentation is shown.
    pub lint_open: RwSignal<bool>,
    /// The events under the pointer, or that a key has moved to.
    pub events: RwSignal<Option<EventCursor>>,
    /// Spans that a reload has added, ascending; highlighted for a moment.
    pub added: RwSignal<Arc<Vec<SpanIx>>>,
    /// How the tables are looked at.
    pub tables: RwSignal<TableViews>,
    /// The table that has set the find.
    pub returns: RwSignal<Option<ReturnToTable>>,
    /// A message about how the view came to look as it does.
    pub notice: RwSignal<Option<&'static str>>,
    /// Actions that commands trigger in the header.
    pub header: HeaderState,
}

impl Session {
    /// Shows all of `outline`.
    pub fn new(outline: Arc<Outline>) -> Self {
        let sent = RwSignal::new(outline.clone());
        let outline = RwSignal::new(outline);
        Session {
            outline,
            tab: RwSignal::default(),
            flame: RwSignal::default(),
            lanes: RwSignal::default(),
            sent,
            viewport: Viewport::new(outline),
            selection: Selection::default(),
            folding: Folding::new(outline),
            find: FindState::default(),
            findings: FindingsState::default(),
            path: PathState::default(),
            colouring: RwSignal::default(),
            columns: Columns::default(),
            panels: PanelLayout::default(),
            clock: ClockDisplay::default(),
            clocks: ClocksState::default(),
            has_logs: RwSignal::default(),
            logs: RwSignal::default(),
            log_marks: RwSignal::default(),
            what_if: RwSignal::default(),
            lint_open: RwSignal::default(),
            events: RwSignal::default(),
            added: RwSignal::default(),
            tables: RwSignal::default(),
            returns: RwSignal::default(),
            notice: RwSignal::default(),
            header: HeaderState::default(),
        }
    }

    /// The times of a span's events and log lines, nanoseconds from the trace's start, untracked.
    pub fn tick_times(&self, span: SpanIx) -> Vec<u64> {
        let mut times = self.outline().events_of(span).to_vec();
        self.log_marks.with_untracked(|marks| times.extend(marks.of_span(span).iter().map(|mark| mark.time)));
        times
    }

    /// The trace, untracked.
    pub fn outline(&self) -> Arc<Outline> {
        self.outline.get_untracked()
    }

    /// The trace with its times as they were sent, untracked. [`Session::outline`] has the same spans in the same order, and
    /// may have corrected times.
    pub fn sent(&self) -> Arc<Outline> {
        self.sent.get_untracked()
    }

    /// The same, tracked.
    pub fn sent_live(&self) -> Signal<Arc<Outline>> {
        self.sent.into()
    }

    /// Shows the same spans at other times. The visible range stays, or all of the trace stays visible.
    pub fn show_times(&self, outline: Arc<Outline>) {
        let range = self.viewport.range.get_untracked();
        let was_fitted = range == full_range(&self.outline());
        let full = full_range(&outline);
        batch(|| {
            self.outline.set(outline);
            if was_fitted {
                self.viewport.range.set(full);
            } else {
                self.viewport.zoom_to(range.0, range.1);
            }
        });
    }

    /// The trace, tracked: it changes when it is reloaded.
    pub fn outline_live(&self) -> Signal<Arc<Outline>> {
        self.outline.into()
    }

    /// Replaces the trace by a newer version of it. What is remembered by span id stays, the selection follows its
    /// span, and the visible range stays at the same absolute time.
    pub fn renew(&self, outline: Arc<Outline>) {
        let before = self.outline();
        let range = self.viewport.range.get_untracked();
        let was_fitted = range == full_range(&before);
        let selected = self.selection.span.get_untracked().map(|span| before.id[span as usize]);
        let selected = selected.and_then(|id| outline.find(id));
        // Spans that arrive late can start before all others; times count from the trace's start.
        let moved = before.start_unix as i64 - outline.start_unix as i64;
        let full = full_range(&outline);
        batch(|| {
            self.find.matches.set(None);
            self.path.path.set(None);
            self.sent.set(outline.clone());
            self.outline.set(outline);
            self.selection.span.set(selected);
            if selected.is_none() {
                self.panels.details_open.set(false);
            }
            if was_fitted {
                self.viewport.range.set(full);
            } else {
                self.viewport
                    .zoom_to(range.0.saturating_add_signed(moved), range.1.saturating_add_signed(moved));
            }
        });
    }

    /// Sets the time zone and stores it as a preference.
    pub fn set_zone(&self, zone: Zone) {
        store_zone(zone);
        self.clock.zone.set(zone);
    }
}
