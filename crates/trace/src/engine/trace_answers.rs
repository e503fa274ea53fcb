//! Answers about one open trace: the basic ones, which its page needs before it is complete, and the analyses.

use super::answer::{Answer, SpanDetail};
use super::links::Links;
use super::question::QuestionTopic;
use super::{OpenTrace, find, tables};
use crate::analysis::concurrency::concurrency;
use crate::analysis::critical_path::{PathBySpan, PathTable};
use crate::analysis::flame::{flame_frames, packed_frames};
use crate::analysis::missing::missing;
use crate::analysis::operations::operation_graph;
use crate::analysis::sequence::call_sequence;
use crate::analysis::{skew, what_if};
use crate::format::write::export;
use crate::model::{SpanIx, Trace};

impl QuestionTopic {
    /// Whether every trace page asks this when it opens, so that its code belongs to the main module.
    pub fn is_basic(&self) -> bool {
        matches!(
            self,
            QuestionTopic::Detail { .. }
                | QuestionTopic::LinkedFrom { .. }
                | QuestionTopic::CriticalPath
                | QuestionTopic::MissingSpans
                | QuestionTopic::Clocks
        )
    }
}

/// Answers a topic that is [basic](QuestionTopic::is_basic).
pub(super) fn basic(open: &mut OpenTrace, topic: &QuestionTopic) -> Answer {
    match topic {
        QuestionTopic::Detail { span } => Answer::Detail(Box::new(detail(&open.trace, *span))),
        QuestionTopic::LinkedFrom { span } => {
            let links = open.links.get_or_insert_with(|| Links::within(&open.trace));
            Answer::Spans(links.to(open.trace.outline(), *span))
        }
        QuestionTopic::CriticalPath => {
            let path = open.path();
            Answer::CriticalPath(Box::new(PathBySpan::of_path(open.trace.outline(), &path)))
        }
        QuestionTopic::MissingSpans => Answer::MissingSpans(missing(&open.trace)),
        QuestionTopic::Clocks => {
            Answer::Clocks(Box::new(skew::clocks(open.trace.outline(), skew::TOLERANCE)))
        }
        _ => Answer::Missing,
    }
}

/// Answers a topic that is not [basic](QuestionTopic::is_basic).
pub(super) fn analysis(open: &mut OpenTrace, topic: &QuestionTopic) -> Answer {
    match topic {
        QuestionTopic::PathTable { by, filter } => {
            let path = open.path();
            let outline = open.trace.outline();
            let shown = filter.spans(outline);
            Answer::PathTable(Box::new(PathTable::of(outline, &path, *by, shown.as_ref())))
        }
        QuestionTopic::WhatIf { scenario } => {
            Answer::WhatIf(Box::new(what_if::compare(open.trace.outline(), scenario)))
        }
        QuestionTopic::Export { start, end, filter, format } => {
            let shown = filter.spans(open.trace.outline());
            let is_shown = |span: &SpanIx| shown.as_ref().is_none_or(|shown| shown.contains(*span));
            let text = export(&open.trace, (*start..*end).filter(is_shown), *format);
            Answer::Text(String::from_utf8(text).unwrap_or_default())
        }
        QuestionTopic::Flame { order, filter } => {
            Answer::Flame(Box::new(flame_frames(open.trace.outline(), *order, filter)))
        }
        QuestionTopic::Packed { by, filter } => {
            Answer::Flame(Box::new(packed_frames(&open.trace, *by, filter)))
        }
        QuestionTopic::Concurrency { filter, range, intervals } => {
            let outline = open.trace.outline();
            Answer::Concurrency(concurrency(outline, filter, *range, *intervals as usize))
        }
        QuestionTopic::OperationGraph { filter } => {
            let path = open.path();
            Answer::OperationGraph(Box::new(operation_graph(open.trace.outline(), &path, filter)))
        }
        QuestionTopic::Sequence { filter, marked } => {
            Answer::Sequence(Box::new(call_sequence(open.trace.outline(), filter, marked.as_ref())))
        }
        QuestionTopic::Find { .. }
        | QuestionTopic::Complete { .. }
        | QuestionTopic::Column { .. }
        | QuestionTopic::Findings
        | QuestionTopic::FindingsReport { .. }
        | QuestionTopic::Lint
        | QuestionTopic::Peers { .. } => {
            let (answer, searchable) = find::answer(&mut open.trace, topic);
            open.searchable = searchable;
            answer
        }
        QuestionTopic::Statistics { .. } | QuestionTopic::StatisticsCsv { .. } => {
            let path = open.path();
            tables::statistics_answer(&open.trace, &path, topic)
        }
        _ => tables::answer(&open.trace, &mut open.json, topic),
    }
}

fn detail(trace: &Trace, span: SpanIx) -> SpanDetail {
    SpanDetail { record: trace.record(span), resource: trace.resource(span), scope: trace.scope(span) }
}
