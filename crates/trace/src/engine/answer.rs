//! Answers of the engine to commands and questions, sent as [`message`](super::message)s; outlines are sent separately.

use super::json_lines::{JsonMatches, JsonPage, JsonPlace};
use crate::analysis::advisor::Finding;
use crate::analysis::concurrency::Concurrency;
use crate::analysis::critical_path::{PathBySpan, PathTable};
use crate::analysis::entries::EntrySpans;
use crate::analysis::event_list::EventRow;
use crate::analysis::flame::FlameFrames;
use crate::analysis::lint::Lint;
use crate::analysis::missing::MissingSpans;
use crate::analysis::operations::OperationGraph;
use crate::analysis::peers::Peers;
use crate::analysis::query::{Column, Completions, FindHint, QueryError, Times};
use crate::analysis::sequence::CallSequence;
use crate::analysis::skew::Clocks;
use crate::analysis::statistics::Statistics;
use crate::analysis::what_if::ScenarioResult;
use crate::model::record::{Resource, Scope, SpanRecord};
use crate::model::{DependencyLink, Operation, ServiceRequests, SpanIx, SpanSet, TraceLogs, TraceSummary};
use crate::units::Problem;
use serde::{Deserialize, Serialize};

/// Results of a search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// In the order of the server.
    pub summaries: Vec<TraceSummary>,
    /// Whether the limit was reached, so that more may match.
    pub truncated: bool,
    /// The requested limit; 0 if there was none.
    pub limit: u32,
}

/// A complete span, with its resource and scope.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SpanDetail {
    /// The span.
    pub record: SpanRecord,
    /// Resource.
    pub resource: Resource,
    /// Instrumentation scope.
    pub scope: Scope,
}

/// Sorted rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableOrder {
    /// Indices of spans or events.
    #[serde(with = "crate::units::number_bytes")]
    pub rows: Vec<u32>,
    /// Number of spans that are not searchable yet. If it is not 0, the question should be repeated later.
    pub unsearched: u32,
}

/// Matches of a search text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matches {
    /// The spans.
    pub spans: SpanSet,
    /// Whether the text was a query, not words.
    pub is_query: bool,
    /// The error in a query, which then matches nothing.
    pub error: Option<QueryError>,
    /// What of the text may have meant something else; empty until everything is searchable.
    pub hints: Vec<FindHint>,
    /// Number of spans that were matched by their outline alone because their attributes are not searchable yet. The
    /// worker reports when they are; then the question should be repeated.
    pub unsearched: u32,
}

/// The advisor's findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Those with the largest saving first.
    pub findings: Vec<Finding>,
    /// Number of spans whose attributes are not searchable yet. If it is not 0, there are no findings yet, and the
    /// question should be repeated later.
    pub unsearched: u32,
}

/// An answer of the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Names of services, sorted.
    Services(Vec<String>),
    /// Operations, sorted.
    Operations(Vec<Operation>),
    /// Results of a search.
    SearchResults(SearchResults),
    /// Traces were opened. If there is only one, its outline is sent along.
    Opened {
        /// One per trace, in the order of the source.
        summaries: Vec<TraceSummary>,
        /// Warnings about the source.
        warnings: Vec<String>,
    },
    /// Log lines.
    Logs(Box<TraceLogs>),
    /// Edges between services.
    Dependencies {
        /// The edges.
        links: Vec<DependencyLink>,
        /// The requests of each service; empty where the server does not count them.
        requests: Vec<ServiceRequests>,
        /// Number of traces that were read for it; 0 if the server counted.
        traces: usize,
    },
    /// The entry spans of a service.
    EntrySpans(Box<EntrySpans>),
    /// What a server counted of a service's spans, as it was sent: read by [`read_metrics`](super::read_metrics) where it is
    /// needed.
    Metrics(String),
    /// All parts of the worker's program are there.
    PartsLoaded,
    /// An outline is sent along.
    Outline,
    /// A complete span.
    Detail(Box<SpanDetail>),
    /// Spans, ascending.
    Spans(Vec<SpanIx>),
    /// Comparison of a span with its peers.
    Peers(Box<Peers>),
    /// Missing parents.
    MissingSpans(MissingSpans),
    /// The critical path.
    CriticalPath(Box<PathBySpan>),
    /// The critical path as a table.
    PathTable(Box<PathTable>),
    /// Simulation result.
    WhatIf(Box<ScenarioResult>),
    /// Clock offsets.
    Clocks(Box<Clocks>),
    /// Instrumentation quality.
    Lint(Box<Lint>),
    /// Exported text.
    Text(String),
    /// Matches.
    Matches(Box<Matches>),
    /// Completions.
    Completions(Completions),
    /// A column.
    Column(Box<Column>),
    /// Statistics.
    Statistics(Box<Statistics>),
    /// Sorted rows of a table.
    Order(Box<TableOrder>),
    /// A duration of every span.
    Times(Box<Times>),
    /// Contents of events.
    EventRows(Vec<EventRow>),
    /// Lines of a JSON text.
    JsonLines(JsonPage),
    /// Search results in a JSON text.
    JsonMatches(JsonMatches),
    /// Where a span is in a JSON text.
    JsonPlace(JsonPlace),
    /// Frames.
    Flame(Box<FlameFrames>),
    /// Numbers of active spans.
    Concurrency(Concurrency),
    /// Operations and calls.
    OperationGraph(Box<OperationGraph>),
    /// Messages between services.
    Sequence(Box<CallSequence>),
    /// Findings.
    Findings(Box<Findings>),
    /// The trace is not open (any more): open it and repeat the question.
    Missing,
    /// Another version of the trace is open, with other indices: get its outline, find the span by id and repeat the
    /// question.
    Stale,
    /// An error.
    Failed(Problem),
}
