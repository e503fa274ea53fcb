//! What crosses between page and engine: small values as [`message`](super::message)s; outlines beside them as bytes.

use super::json_lines::{JsonMatches, JsonPage, JsonText};
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
use crate::analysis::query::{Column, Completions, QueryError, Times};
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

/// How far a task has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes read so far.
    pub bytes: u64,
    /// Bytes there are, where that is known; compressed answers do not say.
    pub total: Option<u64>,
    /// Spans read so far.
    pub spans: u64,
}

/// What is to be read from the bytes that come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A backend's answer to this task, in this API.
    Answer(Task, Api),
    /// A file with any number of traces.
    File {
        /// Its name.
        name: String,
        /// Whether it takes the place of files opened before.
        first: bool,
    },
}

/// Something to do or to say, as the page asks it of the engine's worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EngineCommand {
    /// Get something from a backend.
    Task {
        /// Its absolute address.
        base: Base,
        /// What.
        task: Task,
    },
    /// Return the outline of a trace that is open.
    Outline {
        /// The id under which it was opened, as text.
        trace: String,
    },
    /// Answer a question about a trace that is open.
    Question(Question),
    /// Write a whole trace as a text for other tools; the answer is a text that says where it is to be had.
    Download {
        /// The trace.
        trace: String,
        /// What it is written as.
        format: Export,
    },
    /// Read the files or bytes that come along.
    Files {
        /// What to call bytes that have no name of their own.
        name: String,
    },
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// In the order of the backend.
    pub summaries: Vec<TraceSummary>,
    /// Whether the limit was reached, so that more may match.
    pub truncated: bool,
    /// The limit that was asked for; 0 where there was none.
    pub limit: u32,
}

/// A whole span with what produced it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SpanDetail {
    /// The span.
    pub record: SpanRecord,
    /// What produced it.
    pub resource: Resource,
    /// The instrumentation that made it.
    pub scope: Scope,
}

/// A question about a trace that the engine holds.
///
/// Spans are named by index, so a question is bound to one version of the trace: the engine answers [`Answer::Stale`]
/// where it holds another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The id under which the trace was opened, as text.
    pub trace: String,
    /// The version of the outline from which the indexes come; see [`Outline::version`](crate::model::Outline).
    pub version: TraceVersion,
    /// What is asked.
    pub topic: QuestionTopic,
}

/// What is asked about a trace.
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
    /// Parents that spans name and that the trace does not contain. Answered by [`Answer::MissingSpans`].
    MissingSpans,
    /// The critical path and the slack of all spans. Answered by [`Answer::CriticalPath`].
    CriticalPath,
    /// How much of the critical path is in which service, operation or span. Answered by [`Answer::PathTable`].
    PathTable {
        /// What a row stands for.
        by: PathGrouping,
    },
    /// What the trace would be if some spans were faster, gone, cached or parallel. Answered by [`Answer::WhatIf`].
    WhatIf {
        /// The change.
        scenario: Scenario,
    },
    /// How far the clocks of its services differ; see [`crate::analysis::skew`]. Answered by [`Answer::Clocks`].
    Clocks,
    /// How well its services are instrumented; see [`crate::analysis::lint`]. Answered by [`Answer::Lint`].
    Lint,
    /// Spans as a text for other tools: one, or a subtree. Answered by [`Answer::Text`].
    Export {
        /// The first span.
        start: SpanIx,
        /// One past the last span.
        end: SpanIx,
        /// The format of the text.
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
    /// Why the trace was slow or failed; see [`crate::analysis::advisor`]. Answered by [`Answer::Findings`].
    Findings,
    /// The same as a text to copy or save. Answered by [`Answer::Text`].
    FindingsReport {
        /// What it is written as.
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
        /// A group, and what only its spans are grouped by.
        then: Option<(GroupLabel, String)>,
        /// Only the spans that this finds, if it is not empty.
        within: String,
    },
    /// The same as a file in CSV. Answered by [`Answer::Text`].
    StatisticsCsv {
        /// What spans are grouped by.
        group: String,
        /// What each group is divided by.
        then: Option<String>,
        /// Only the spans that this finds, if it is not empty.
        within: String,
        /// The order of the groups.
        sort: StatisticsSort,
        /// Only groups whose label contains this.
        filter: String,
    },
    /// Spans sorted by a field. Answered by [`Answer::Order`] with indices of spans.
    SpanOrder {
        /// The field as a query names it.
        key: String,
        /// Greatest first.
        descending: bool,
        /// Only the spans that this finds, if it is not empty.
        within: String,
    },
    /// A field that is a duration, of all spans. Answered by [`Answer::Times`].
    Times {
        /// The field as a query names it.
        key: String,
    },
    /// Events in the order of their times. Answered by [`Answer::Order`] with numbers of events.
    EventOrder {
        /// Only events that contain this; see [`crate::analysis::event_list::event_order`].
        text: String,
        /// Only the spans that this finds, if it is not empty.
        within: String,
    },
    /// What a list shows of events. Answered by [`Answer::EventRows`].
    EventRows {
        /// Their numbers.
        events: Vec<u32>,
    },
    /// Lines of the JSON text of spans. Answered by [`Answer::JsonLines`].
    JsonLines {
        /// The text.
        text: JsonText,
        /// The first line.
        first: u32,
        /// How many.
        count: u32,
    },
    /// Lines of such a text that contain another one. Answered by [`Answer::JsonMatches`].
    JsonFind {
        /// The text.
        text: JsonText,
        /// What is looked for.
        wanted: String,
        /// Spans of the text that are passed over, as they were searched before.
        from: SpanIx,
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
    /// How many spans are active over time. Answered by [`Answer::Concurrency`].
    Concurrency {
        /// The spans that count.
        filter: SpanFilter,
        /// The time looked at, nanoseconds from the trace's start.
        range: (u64, u64),
        /// The number of intervals that it is divided into.
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
    },
}

impl QuestionTopic {
    /// The filter of the spans that it is about, if it has one.
    pub fn filter(&self) -> Option<&SpanFilter> {
        match self {
            QuestionTopic::Flame { filter, .. }
            | QuestionTopic::Packed { filter, .. }
            | QuestionTopic::Concurrency { filter, .. }
            | QuestionTopic::OperationGraph { filter }
            | QuestionTopic::Sequence { filter } => Some(filter),
            _ => None,
        }
    }
}

/// The label of a group of spans: a value, or service and operation; `None` for spans without the field.
pub type GroupLabel = Option<(String, Option<String>)>;

/// Rows of a table in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableOrder {
    /// Indices of spans, or numbers of events.
    #[serde(with = "crate::units::number_bytes")]
    pub rows: Vec<u32>,
    /// Spans that could not be searched yet. As long as there are any, it is worth asking again.
    pub unsearched: u32,
}

/// What a text finds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matches {
    /// The spans.
    pub spans: SpanSet,
    /// Whether the text was a query, not words.
    pub is_query: bool,
    /// What is wrong with the query; then it finds nothing.
    pub error: Option<QueryError>,
    /// Spans of which only the outline was looked at, because their attributes are not searchable so far. The worker
    /// says when they are; then it is worth asking again.
    pub unsearched: u32,
}

/// What was found out about a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Those that save most first.
    pub findings: Vec<Finding>,
    /// Spans of which only the outline was looked at, because their attributes are not searchable so far. As long as there
    /// are any, there are no findings: asking again later is worth it.
    pub unsearched: u32,
}

/// What the engine answers to a task or a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Names of services, sorted.
    Services(Vec<String>),
    /// Operations, sorted.
    Operations(Vec<Operation>),
    /// What a search found.
    SearchResults(SearchResults),
    /// Traces were read and are kept. Where it is one, its outline comes along.
    Opened {
        /// One per trace, in the order of the source.
        summaries: Vec<TraceSummary>,
        /// What was odd about the source.
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
        /// How many traces were read for it; 0 where the server counted.
        traces: usize,
    },
    /// The entry spans of a service.
    EntrySpans(Box<EntrySpans>),
    /// An outline comes along.
    Outline,
    /// One whole span.
    Detail(Box<SpanDetail>),
    /// Spans, ascending.
    Spans(Vec<SpanIx>),
    /// A span among its peers.
    Peers(Box<Peers>),
    /// What the trace lacks.
    MissingSpans(MissingSpans),
    /// The critical path.
    CriticalPath(Box<PathBySpan>),
    /// The critical path as a table.
    PathTable(Box<PathTable>),
    /// What the trace would be.
    WhatIf(Box<ScenarioResult>),
    /// The clocks of its services.
    Clocks(Box<Clocks>),
    /// How well its services are instrumented.
    Lint(Box<Lint>),
    /// A text for other tools.
    Text(String),
    /// What a text finds.
    Matches(Box<Matches>),
    /// What may stand there.
    Completions(Completions),
    /// A column.
    Column(Box<Column>),
    /// Spans in groups.
    Statistics(Box<Statistics>),
    /// Rows of a table in their order.
    Order(Box<TableOrder>),
    /// A duration of every span.
    Times(Box<Times>),
    /// Events as a list shows them.
    EventRows(Vec<EventRow>),
    /// Lines of a JSON text.
    JsonLines(JsonPage),
    /// Where a JSON text contains another one.
    JsonMatches(JsonMatches),
    /// Frames.
    Flame(Box<FlameFrames>),
    /// Active spans.
    Concurrency(Concurrency),
    /// Operations and calls.
    OperationGraph(Box<OperationGraph>),
    /// Messages between services.
    Sequence(Box<CallSequence>),
    /// What was found out about a trace.
    Findings(Box<Findings>),
    /// The engine does not hold that trace (any more): open it again and ask again.
    Missing,
    /// The engine holds another version of that trace, whose indexes mean other spans: get its outline, find the span by
    /// its id and ask again.
    Stale,
    /// It did not work.
    Failed(Problem),
}
