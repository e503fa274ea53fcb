//! Questions of the page to the engine about an open trace, sent as [`message`](super::message)s.

#[cfg(doc)]
use super::answer::Answer;
use super::json_lines::JsonText;
use crate::analysis::advisor::ReportFormat;
use crate::analysis::critical_path::PathGrouping;
use crate::analysis::flame::{FrameOrder, PackedBy};
use crate::analysis::narrowed::SpanFilter;
use crate::analysis::statistics::StatisticsSort;
use crate::analysis::what_if::Scenario;
use crate::format::write::Export;
use crate::model::{SpanIx, SpanSet, TraceVersion};
use serde::{Deserialize, Serialize};

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
