//! Smaller groups of signals that change together.

use crate::route::{Show, TraceTab, Zone};
use leptos::prelude::*;
use spandrel_trace::analysis::advisor::Finding;
use spandrel_trace::analysis::skew::Clocks;
use spandrel_trace::engine::Matches;
use std::sync::Arc;

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
