//! Commands, questions and answers between page and engine, sent as [`message`](super::message)s; outlines are sent
//! separately.

use super::json_lines::{JsonMatches, JsonPage, JsonPlace, JsonText};
use crate::analysis::advisor::{Finding, ReportFormat};
use crate::analysis::concurrency::Concurrency;
use crate::analysis::critical_path::{PathBySpan, PathGrouping, PathTable};
use crate::analysis::entries::EntrySpans;
use crate::analysis::event_list::EventRow;
use crate::analysis::flame::{FlameFrames, FrameOrder, PackedBy};
use crate::analysis::lint::Lint;
use crate::analysis::missing::MissingSpans;
use crate::analysis::narrowed::SpanFilter;
use crate::analysis::operations::OperationGraph;
use crate::analysis::peers::Peers;
use crate::analysis::query::{Column, Completions, FindHint, QueryError, Times};
use crate::analysis::sequence::CallSequence;
use crate::analysis::skew::Clocks;
use crate::analysis::statistics::{Statistics, StatisticsSort};
use crate::analysis::what_if::{Scenario, ScenarioResult};
use crate::format::write::Export;
use crate::model::record::{Resource, Scope, SpanRecord};
use crate::model::{
    DependencyLink, Operation, ServiceRequests, SpanIx, SpanSet, TraceLogs, TraceSummary, TraceVersion,
};
use crate::source::{Api, Base, Task};
use crate::units::Problem;
use serde::{Deserialize, Serialize};

/// Progress of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes received.
    pub bytes: u64,
    /// Total number of bytes if known; unknown for compressed responses.
    pub total: Option<u64>,
    /// Number of spans parsed.
    pub spans: u64,
}

/// What the received bytes should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedInput {
    /// A server's response to this task, in this API.
    Answer(Task, Api),
    /// A file with any number of traces.
    File {
        /// Its name.
        name: String,
        /// Whether it replaces the files opened before.
        first: bool,
    },
}

/// A command from the page to the engine's worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EngineCommand {
    /// Request something from a server.
    Task {
        /// The server's absolute URL.
        base: Base,
        /// The task.
        task: Task,
    },
    /// Return the outline of a trace that is open.
    Outline {
        /// The id under which it was opened, as text.
        trace: String,
    },
    /// Answer a question about a trace that is open.
    Question(Question),
    /// Export a trace; the answer is the URL of the file.
    Download {
        /// The trace.
        trace: String,
        /// The spans to export.
        filter: SpanFilter,
        /// The format.
        format: Export,
    },
    /// Load all parts of the worker's program, which is divided into several.
    LoadParts,
    /// Read the files or bytes that are sent along.
    Files {
        /// Name for bytes without a file name.
        name: String,
    },
}

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

/// A question about an open trace.
///
/// Spans are referred to by index, so a question is for one version of the trace: the engine answers
/// [`Answer::Stale`] if another one is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The id under which the trace was opened, as text.
    pub trace: String,
    /// The version of the outline that indices refer to; see [`Outline::version`](crate::model::Outline).
    pub version: TraceVersion,
    /// The question.
    pub topic: QuestionTopic,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuestionTopic {
    /// One span with its attributes, events and links. Answered by [`Answer::Detail`].
    Detail {
        /// The span.
        span: SpanIx,
    },
    /// The spans of the trace that have a link to this one. Answered by [`Answer::Spans`].
    LinkedFrom {
        /// The span.
        span: SpanIx,
    },
    /// How a span's attributes differ from those of its peers in the trace. Answered by [`Answer::Peers`].
    Peers {
        /// The span.
        span: SpanIx,
    },
    /// Missing parents. Answered by [`Answer::MissingSpans`].
    MissingSpans,
    /// The critical path and the slack of all spans. Answered by [`Answer::CriticalPath`].
    CriticalPath,
    /// The critical path by service, operation or span. Answered by [`Answer::PathTable`].
    PathTable {
        /// What the rows are.
        by: PathGrouping,
        /// The spans that have rows; the others are one row.
        filter: SpanFilter,
    },
    /// What the trace would be if some spans were faster, gone, cached or parallel. Answered by [`Answer::WhatIf`].
    WhatIf {
        /// The change.
        scenario: Scenario,
    },
    /// The clock offsets of its services; see [`crate::analysis::skew`]. Answered by [`Answer::Clocks`].
    Clocks,
    /// How well its services are instrumented; see [`crate::analysis::lint`]. Answered by [`Answer::Lint`].
    Lint,
    /// Exports a span or a subtree. Answered by [`Answer::Text`].
    Export {
        /// The first span.
        start: SpanIx,
        /// One past the last span.
        end: SpanIx,
        /// Which of them.
        filter: SpanFilter,
        /// The format.
        format: Export,
    },
    /// The spans that match a text: Jaeger's words, or a query; see [`crate::analysis::query`]. Answered by
    /// [`Answer::Matches`].
    Find {
        /// The text.
        query: String,
    },
    /// Completions at a position of such a text. Answered by [`Answer::Completions`].
    Complete {
        /// The text.
        query: String,
        /// The position of the cursor, in bytes.
        cursor: u32,
    },
    /// Why the trace was slow or has errors; see [`crate::analysis::advisor`]. Answered by [`Answer::Findings`].
    Findings,
    /// The findings as text to copy or save. Answered by [`Answer::Text`].
    FindingsReport {
        /// The format.
        format: ReportFormat,
    },
    /// A field or attribute of all spans. Answered by [`Answer::Column`].
    Column {
        /// The field as a query names it: `http.method`, `resource.host.name`, `kind`.
        key: String,
    },
    /// Spans in groups. Answered by [`Answer::Statistics`].
    Statistics {
        /// What they are grouped by; see [`crate::analysis::statistics::Grouping::parse`].
        group: String,
        /// A group, and the field by which to divide it.
        then: Option<(GroupLabel, String)>,
        /// The spans that count.
        filter: SpanFilter,
    },
    /// Statistics as a CSV file. Answered by [`Answer::Text`].
    StatisticsCsv {
        /// What spans are grouped by.
        group: String,
        /// The field by which to divide each group.
        then: Option<String>,
        /// The spans that count.
        filter: SpanFilter,
        /// The order of the groups.
        sort: StatisticsSort,
        /// Only groups whose label contains this.
        label: String,
    },
    /// Spans sorted by a field. Answered by [`Answer::Order`] with indices of spans.
    SpanOrder {
        /// The field as a query names it.
        key: String,
        /// Descending order.
        descending: bool,
        /// The spans that count.
        filter: SpanFilter,
    },
    /// The values of a field of type duration of all spans. Answered by [`Answer::Times`].
    Times {
        /// The field as a query names it.
        key: String,
    },
    /// Events by time. Answered by [`Answer::Order`] with indices of events.
    EventOrder {
        /// Only events that contain this; see [`crate::analysis::event_list::event_order`].
        text: String,
        /// The spans that count.
        filter: SpanFilter,
    },
    /// The contents of events. Answered by [`Answer::EventRows`].
    EventRows {
        /// Their indices.
        events: Vec<u32>,
    },
    /// Lines of the JSON text of spans. Answered by [`Answer::JsonLines`].
    JsonLines {
        /// The text.
        text: JsonText,
        /// The first line.
        first: u32,
        /// The number of lines.
        count: u32,
    },
    /// Searches the lines of such a text. Answered by [`Answer::JsonMatches`].
    JsonFind {
        /// The text.
        text: JsonText,
        /// The text to find.
        wanted: String,
        /// Number of spans to skip because they were searched before.
        from: SpanIx,
    },
    /// Where a span is in such a text. Answered by [`Answer::JsonPlace`].
    JsonPlace {
        /// The text.
        text: JsonText,
        /// The span.
        span: SpanIx,
    },
    /// The frames of a flame graph. Answered by [`Answer::Flame`].
    Flame {
        /// How spans become frames.
        order: FrameOrder,
        /// The spans that are shown.
        filter: SpanFilter,
    },
    /// The frames of spans packed into lanes. Answered by [`Answer::Flame`].
    Packed {
        /// What lanes are grouped by.
        by: PackedBy,
        /// The spans that are shown.
        filter: SpanFilter,
    },
    /// Number of active spans over time. Answered by [`Answer::Concurrency`].
    Concurrency {
        /// The spans that count.
        filter: SpanFilter,
        /// The time range, nanoseconds from the trace's start.
        range: (u64, u64),
        /// Number of intervals in the range.
        intervals: u32,
    },
    /// The operations and the calls between them. Answered by [`Answer::OperationGraph`].
    OperationGraph {
        /// The spans that count.
        filter: SpanFilter,
    },
    /// The calls between services in the order of time. Answered by [`Answer::Sequence`].
    Sequence {
        /// The spans that count.
        filter: SpanFilter,
        /// Spans that are counted in the messages that they belong to.
        marked: Option<SpanSet>,
    },
}

impl QuestionTopic {
    /// The filter of a question, if it has one.
    pub fn filter(&self) -> Option<&SpanFilter> {
        match self {
            QuestionTopic::Export { filter, .. }
            | QuestionTopic::Flame { filter, .. }
            | QuestionTopic::Packed { filter, .. }
            | QuestionTopic::Concurrency { filter, .. }
            | QuestionTopic::OperationGraph { filter }
            | QuestionTopic::Sequence { filter, .. }
            | QuestionTopic::PathTable { filter, .. }
            | QuestionTopic::Statistics { filter, .. }
            | QuestionTopic::StatisticsCsv { filter, .. }
            | QuestionTopic::SpanOrder { filter, .. }
            | QuestionTopic::EventOrder { filter, .. } => Some(filter),
            QuestionTopic::JsonLines { text, .. }
            | QuestionTopic::JsonFind { text, .. }
            | QuestionTopic::JsonPlace { text, .. } => Some(&text.filter),
            _ => None,
        }
    }
}

/// The label of a group of spans: a value, or service and operation; `None` for spans without the field.
pub type GroupLabel = Option<(String, Option<String>)>;

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
