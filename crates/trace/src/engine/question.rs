//! What crosses between page and engine: small values as [`message`](super::message)s; outlines beside them as bytes.

use crate::analysis::missing::MissingSpans;
use crate::analysis::peers::Peers;
use crate::analysis::query::{Column, Completions, QueryError};
use crate::format::write::Export;
use crate::model::record::{Resource, Scope, SpanRecord};
use crate::model::{DependencyLink, Operation, SpanIx, SpanSet, TraceSummary};
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
    /// Say something about what is open.
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

/// Something asked of the traces that the engine holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// The outline of an opened trace.
    Outline {
        /// Its id, as text.
        trace: String,
    },
    /// One whole span.
    Detail {
        /// The trace.
        trace: String,
        /// The span.
        span: SpanIx,
    },
    /// Which spans of the trace have a link to this one.
    LinkedFrom {
        /// The trace.
        trace: String,
        /// The span.
        span: SpanIx,
    },
    /// What is different about a span's attributes against those of its service and operation in the trace.
    Peers {
        /// The trace.
        trace: String,
        /// The span.
        span: SpanIx,
    },
    /// Which parents are named by spans of the trace and are not there.
    MissingSpans {
        /// The trace.
        trace: String,
    },
    /// A run of spans as text for other tools: one, or a subtree.
    Export {
        /// The trace.
        trace: String,
        /// The first of them.
        start: SpanIx,
        /// One past the last of them.
        end: SpanIx,
        /// What it is written as.
        format: Export,
    },
    /// The spans that a text finds: Jaeger's words, or a query; see [`crate::analysis::query`].
    Find {
        /// The trace.
        trace: String,
        /// The text.
        query: String,
    },
    /// What may stand at a place of such a text.
    Complete {
        /// The trace.
        trace: String,
        /// The text.
        query: String,
        /// The byte before which somebody types.
        cursor: u32,
    },
    /// A field or attribute as a column.
    Column {
        /// The trace.
        trace: String,
        /// The field as a query names it: `http.method`, `resource.host.name`, `kind`.
        key: String,
    },
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
    /// Edges between services.
    Dependencies {
        /// The edges.
        links: Vec<DependencyLink>,
        /// How many traces were read for it; 0 where the backend counted.
        traces: usize,
    },
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
    /// A text for other tools.
    Text(String),
    /// What a text finds.
    Matches(Box<Matches>),
    /// What may stand there.
    Completions(Completions),
    /// A column.
    Column(Box<Column>),
    /// The engine does not hold that trace (any more): open it again and ask again.
    Missing,
    /// It did not work.
    Failed(Problem),
}
