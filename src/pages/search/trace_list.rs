//! Traces that are listed, and where they come from.

use super::row::started;
use super::services::ServiceSlots;
use crate::route::Zone;
use crate::state::colours;
use crate::state::data::OpenFiles;
use spandrel_trace::engine::SearchResults;
use spandrel_trace::model::TraceSummary;
use std::sync::Arc;

/// Traces, and where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceList {
    /// The traces, in no order.
    pub traces: Arc<Vec<TraceSummary>>,
    /// Where they come from.
    pub origin: TracesOrigin,
}

/// Where traces come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TracesOrigin {
    /// A search.
    Search {
        /// Milliseconds that it took.
        elapsed_ms: f64,
        /// Whether it reached its limit.
        truncated: bool,
        /// Its limit.
        limit: u32,
        /// Whether it was for the latest traces of all.
        is_latest: bool,
    },
    /// Open files.
    Files {
        /// Their names.
        name: String,
        /// Warnings about them.
        warnings: Vec<String>,
    },
}

impl TraceList {
    /// What a search found in `elapsed_ms` milliseconds; `is_latest` if nothing in particular was searched for.
    pub fn of_search(found: SearchResults, elapsed_ms: f64, is_latest: bool) -> Self {
        let SearchResults { summaries, truncated, limit } = found;
        let origin = TracesOrigin::Search { elapsed_ms, truncated, limit, is_latest };
        TraceList { traces: Arc::new(summaries), origin }
    }

    /// The traces of the open files.
    pub fn of_files(files: OpenFiles) -> Self {
        let OpenFiles { name, traces, warnings, .. } = files;
        TraceList { traces: Arc::new(traces), origin: TracesOrigin::Files { name, warnings } }
    }
}

/// One colour for each service of all these traces.
pub fn slots(traces: &[TraceSummary]) -> ServiceSlots {
    let services = traces.iter().flat_map(|trace| &trace.services);
    let mut names: Vec<&str> = services.map(|service| service.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let slots = colours::slots(&names);
    Arc::new(names.into_iter().map(str::to_owned).zip(slots).collect())
}

/// Characters of the longest start as the list shows it.
pub fn start_characters(traces: &[TraceSummary], zone: Zone) -> usize {
    traces.iter().map(|trace| started(trace, zone).len()).max().unwrap_or_default()
}
