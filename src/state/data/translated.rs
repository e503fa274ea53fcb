//! Questions about one version of a trace as questions about another: a span keeps its id, not its index.

use spandrel_trace::analysis::added::is_same;
use spandrel_trace::analysis::flame::FrameOrder;
use spandrel_trace::analysis::what_if::ScenarioSpans;
use spandrel_trace::engine::QuestionTopic;
use spandrel_trace::model::{Outline, SpanIx};
use std::sync::Arc;

/// The topic with the indices of `from` as those of `to`, another version of the trace; `None` if `to` lacks the span.
pub fn translated(topic: &QuestionTopic, from: &Arc<Outline>, to: &Arc<Outline>) -> Option<QuestionTopic> {
    // The same spans at other times (corrected clocks) have the same indices.
    let has_same_indices = || from.id == to.id && from.event_start == to.event_start;
    if Arc::ptr_eq(from, to) || is_same(from, to) || has_same_indices() {
        return Some(topic.clone());
    }
    let index = |span: SpanIx| to.find(*from.id.get(span as usize)?);
    let mut topic = topic.clone();
    // A set of spans is of one version; the page asks again with one of the next.
    let has_marks = matches!(topic, QuestionTopic::Sequence { marked: Some(_), .. });
    if has_marks || topic.filter().is_some_and(|filter| filter.only.is_some()) {
        return None;
    }
    match &mut topic {
        QuestionTopic::Detail { span }
        | QuestionTopic::LinkedFrom { span }
        | QuestionTopic::Peers { span }
        | QuestionTopic::Flame { order: FrameOrder::Sandwich { span }, .. } => {
            *span = index(*span)?;
        }
        QuestionTopic::Export { start, end, .. } => {
            let (first, past) = (*start, *end);
            if first == 0 && past as usize == from.len() {
                *end = to.len() as SpanIx;
            } else {
                *start = index(first)?;
                *end = if past == first + 1 { *start + 1 } else { to.subtree_end[*start as usize] };
            }
        }
        QuestionTopic::WhatIf { scenario } => match &mut scenario.spans {
            ScenarioSpans::Listed(spans) => {
                *spans = spans.iter().filter_map(|span| index(*span)).collect();
            }
            ScenarioSpans::Operation(span) | ScenarioSpans::Siblings(span) => *span = index(*span)?,
        },
        QuestionTopic::MissingSpans
        | QuestionTopic::Flame { .. }
        | QuestionTopic::Packed { .. }
        | QuestionTopic::Concurrency { .. }
        | QuestionTopic::OperationGraph { .. }
        | QuestionTopic::Sequence { .. }
        | QuestionTopic::Findings
        | QuestionTopic::FindingsReport { .. }
        | QuestionTopic::CriticalPath
        | QuestionTopic::PathTable { .. }
        | QuestionTopic::Clocks
        | QuestionTopic::Lint
        | QuestionTopic::Find { .. }
        | QuestionTopic::Complete { .. }
        | QuestionTopic::Column { .. }
        | QuestionTopic::Statistics { .. }
        | QuestionTopic::StatisticsCsv { .. }
        | QuestionTopic::SpanOrder { .. }
        | QuestionTopic::Times { .. }
        | QuestionTopic::EventOrder { .. } => {}
        // Numbers of events and lines are of one version; the page asks again with those of the next.
        QuestionTopic::EventRows { .. }
        | QuestionTopic::JsonLines { .. }
        | QuestionTopic::JsonFind { .. }
        | QuestionTopic::JsonPlace { .. } => return None,
    }
    Some(topic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::analysis::narrowed::SpanFilter;
    use spandrel_trace::format::write::Export;
    use spandrel_trace::units::SpanId;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// One root, whose children are all others.
    fn outline(ids: &[u64]) -> Arc<Outline> {
        let last = ids.len() as SpanIx;
        let subtree_end = (0..last).map(|span| if span == 0 { last } else { span + 1 }).collect();
        let id = ids.iter().copied().map(SpanId).collect();
        Arc::new(Outline { id, subtree_end, ..Outline::default() })
    }

    /// A page that shows spans 1, 2, 3 asked for index 1 of a trace that meanwhile had an earlier span, and showed the
    /// attributes of another span.
    #[test]
    fn indices_follow_their_spans_into_another_version() {
        let (shown, now) = (outline(&[1, 2, 3]), outline(&[1, 9, 2, 3]));
        let asked = |topic: QuestionTopic| translated(&topic, &shown, &now);
        assert_eq!(asked(QuestionTopic::Detail { span: 1 }), Some(QuestionTopic::Detail { span: 2 }));
        assert_eq!(asked(QuestionTopic::Peers { span: 2 }), Some(QuestionTopic::Peers { span: 3 }));
        assert_eq!(asked(QuestionTopic::LinkedFrom { span: 0 }), Some(QuestionTopic::LinkedFrom { span: 0 }));
        let export = |start, end| QuestionTopic::Export {
            start,
            end,
            filter: SpanFilter::default(),
            format: Export::Jaeger,
        };
        assert_eq!(asked(export(2, 3)), Some(export(3, 4)), "one span");
        assert_eq!(asked(export(0, 3)), Some(export(0, 4)), "the whole trace");
        let back = translated(&QuestionTopic::Detail { span: 1 }, &now, &shown);
        assert_eq!(back, None, "a span that is gone is not another one");
    }
}
