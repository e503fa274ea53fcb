//! State of a trace view: signals shared by everything that shows the trace, divided by what changes together.

mod columns;
mod event_cursor;
mod folding;
pub mod incremental_rows;
mod panels;
mod path;
mod viewport;
mod zoom_history;

use crate::route::{Colour, FlameView, LaneGroup, Show, TableViews, TraceTab, WhatIf, Zone};
use crate::state::settings::store_zone;
pub use columns::{AttributeColumns, CALLED, Columns, PEER, STATUS};
pub use event_cursor::EventCursor;
pub use folding::Folding;
use incremental_rows::ComputedRows;
use leptos::prelude::*;
pub use panels::{OpenPanel, PanelLayout};
pub use path::{PathState, path_words};
use spandrel_trace::analysis::advisor::Finding;
use spandrel_trace::analysis::log_marks::LogMarks;
use spandrel_trace::analysis::rows::{Fold, Row, RowOptions};
use spandrel_trace::analysis::skew::Clocks;
use spandrel_trace::engine::Matches;
use spandrel_trace::format::write::Export;
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

/// Which span is selected.
#[derive(Clone, Copy, Default)]
pub struct Selection {
    /// The span that keys act on and that the details show.
    pub span: RwSignal<Option<SpanIx>>,
    /// Counts requests to scroll to the selected row.
    pub reveal: RwSignal<u32>,
    /// Whether to scroll to it once the rows are computed.
    reveal_when_computed: StoredValue<bool>,
}

/// Actions that commands trigger in the header, which has the trace's ID and source.
#[derive(Clone, Copy, Default)]
pub struct HeaderState {
    /// The action that was requested last. Setting it runs it, also when it is the same again.
    pub requested: RwSignal<Option<HeaderAction>>,
    /// Whether the trace can be reloaded: those of files cannot.
    pub can_reload: RwSignal<bool>,
}

/// Something that a button of the header does too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeaderAction {
    /// Copies the address of the view.
    CopyLink,
    /// Saves the trace as a file.
    Download(Export),
    /// Reloads the trace once.
    Reload,
    /// Starts to reload it automatically, or stops that.
    Follow,
}

/// A table that has set the find to show spans in the waterfall.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnToTable {
    /// The table's view.
    pub tab: TraceTab,
    /// The find before.
    pub before: String,
    /// The find that was set.
    pub set: String,
}

/// What is searched for in the trace.
#[derive(Clone, Copy, Default)]
pub struct FindState {
    /// The query as typed.
    pub query: RwSignal<String>,
    /// How spans that do not match are shown.
    pub show: RwSignal<Show>,
    /// The matches; `None` without a query.
    pub matches: RwSignal<Option<Arc<Matches>>>,
}

/// What was found out about the trace.
#[derive(Clone, Copy, Default)]
pub struct FindingsState {
    /// The findings, those that save most first; none until they are loaded.
    pub list: RwSignal<Arc<Vec<Finding>>>,
    /// Whether the list of all is open.
    pub open: RwSignal<bool>,
}

/// Clocks of services that differ.
#[derive(Clone, Copy, Default)]
pub struct ClocksState {
    /// How far they differ; `None` until that is known.
    pub found: RwSignal<Option<Arc<Clocks>>>,
    /// Whether times are to be shown corrected.
    pub corrected: RwSignal<bool>,
}

/// How times are shown.
#[derive(Clone, Copy, Default)]
pub struct ClockDisplay {
    /// Clock times instead of times from the trace's start.
    pub absolute: RwSignal<bool>,
    /// Time zone of clock times; shared by all pages.
    pub zone: RwSignal<Zone>,
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

    /// Zooms to the selected span with a margin, or to the whole trace.
    pub fn fit_selected(&self) {
        let Some(span) = self.selection.span.get_untracked() else { return self.viewport.fit() };
        let outline = self.outline();
        let (start, end) = (outline.start[span as usize], outline.end[span as usize]);
        let margin = ((end - start) / 20).max(1);
        self.viewport.zoom_to(start.saturating_sub(margin), end.saturating_add(margin));
    }

    /// Selects a span and scrolls to its row, expanding what hides it.
    pub fn select(&self, span: SpanIx) {
        let outline = self.outline();
        let mut view = self.folding.view.get_untracked();
        if view.reveal(&outline, span) {
            self.folding.view.set(view);
        }
        if self.selection.span.get_untracked() != Some(span) {
            self.selection.span.set(Some(span));
        }
        self.selection.reveal_when_computed.set_value(!self.folding.is_current());
        self.selection.reveal.update(|count| *count = count.wrapping_add(1));
    }

    /// Collapses or expands the row of a span or group. A selection below it moves to it.
    pub fn set_collapsed(&self, row: Row, collapsed: bool) {
        let outline = self.outline();
        self.change_fold(|fold| {
            if row.is_group() {
                fold.set_group(&outline, row.span, !collapsed);
            } else {
                fold.set(&outline, row.span, collapsed);
            }
        });
    }

    /// Shows only `span` and its descendants; with `None` the whole trace.
    pub fn focus(&self, span: Option<SpanIx>) {
        let id = span.map(|span| self.outline().id[span as usize]);
        self.change(|view| view.focus = id);
        if let Some(span) = span.or(self.selection.span.get_untracked()) {
            self.select(span);
        }
    }

    /// Sets the time zone and stores it as a preference.
    pub fn set_zone(&self, zone: Zone) {
        store_zone(zone);
        self.clock.zone.set(zone);
    }

    /// Collapses all spans.
    pub fn collapse_all(&self) {
        self.change_fold(Fold::collapse_all);
    }

    /// Expands all spans.
    pub fn expand_all(&self) {
        let outline = self.outline();
        self.change_fold(|fold| fold.expand_all(&outline));
    }

    /// Collapses the deepest visible level.
    pub fn collapse_level(&self) {
        let (outline, rows) = (self.outline(), self.folding.rows.get_untracked());
        self.change_fold(|fold| {
            fold.collapse_level(&outline, &rows);
        });
    }

    /// Expands the topmost collapsed level.
    pub fn expand_level(&self) {
        let (outline, rows) = (self.outline(), self.folding.rows.get_untracked());
        self.change_fold(|fold| {
            fold.expand_level(&outline, &rows);
        });
    }

    fn change_fold(&self, change: impl FnOnce(&mut Fold)) {
        let mut fold = self.folding.view.with_untracked(|view| view.fold.clone());
        change(&mut fold);
        self.change(|view| view.fold = fold);
    }

    /// Shows rows that were computed incrementally.
    pub fn show_computed(&self, rows: ComputedRows) {
        batch(|| {
            self.folding.computed.set(Some(rows));
            self.folding.computing.set(false);
        });
        self.settle_selection();
        if self.selection.reveal_when_computed.try_update_value(std::mem::take).unwrap_or_default() {
            self.selection.reveal.update(|count| *count = count.wrapping_add(1));
        }
    }

    /// Changes which rows there are. If that hides the selected span, the selection moves to what hides it.
    pub fn change(&self, change: impl FnOnce(&mut RowOptions)) {
        let mut view = self.folding.view.get_untracked();
        let before = view.clone();
        change(&mut view);
        if view == before {
            return;
        }
        self.folding.view.set(view);
        self.settle_selection();
    }

    /// Moves the selection from a hidden span to the ancestor that hides it.
    fn settle_selection(&self) {
        if let Some(span) = self.selection.span.get_untracked() {
            let (outline, rows) = (self.outline(), self.folding.rows.get_untracked());
            let row = rows.index_showing(&outline, span).and_then(|index| rows.get(index));
            if let Some(row) = row.filter(|row| row.span != span) {
                self.selection.span.set(Some(row.span));
            }
        }
    }
}
