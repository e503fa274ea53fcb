//! Answers for the tables of one trace: statistics, spans, events and JSON.

use super::answer::{Answer, TableOrder};
use super::json_lines::{JsonIndex, JsonText};
use super::question::QuestionTopic;
use crate::analysis::critical_path::CriticalPath;
use crate::analysis::event_list::{event_order, event_rows};
use crate::analysis::flame::PackedBy;
use crate::analysis::query::{self, Field};
use crate::analysis::statistics::{Grouping, csv, divided, statistics};
use crate::model::Trace;

impl QuestionTopic {
    /// Whether it requires all attributes of the trace to be searchable.
    pub fn needs_index(&self) -> bool {
        let grouping_needs = |name: &String| !Grouping::parse(name).is_of_outline();
        match self {
            QuestionTopic::Column { .. } => true,
            QuestionTopic::Packed { by, .. } => *by != PackedBy::Service,
            QuestionTopic::Statistics { group, then, .. } => {
                grouping_needs(group) || then.as_ref().is_some_and(|(_, then)| grouping_needs(then))
            }
            QuestionTopic::StatisticsCsv { group, then, .. } => {
                grouping_needs(group) || then.as_ref().is_some_and(grouping_needs)
            }
            QuestionTopic::SpanOrder { key, .. } => !Field::parse(key).is_of_outline(),
            QuestionTopic::EventOrder { text, .. } => !text.is_empty(),
            _ => false,
        }
    }
}

/// Answers a question about groups of spans.
#[inline(never)]
pub(super) fn statistics_answer(trace: &Trace, path: &CriticalPath, topic: &QuestionTopic) -> Answer {
    match topic {
        QuestionTopic::Statistics { group, then, filter } => {
            let (group, within) = (Grouping::parse(group), filter.spans(trace.outline()));
            let within = within.as_ref();
            Answer::Statistics(Box::new(match then {
                None => statistics(trace, path, &group, within),
                Some((label, then)) => {
                    let label = label.as_ref().map(|(first, second)| (first.as_str(), second.as_deref()));
                    divided(trace, path, &group, label, &Grouping::parse(then), within)
                }
            }))
        }
        QuestionTopic::StatisticsCsv { group, then, filter, sort, label } => {
            let (group, then) = (Grouping::parse(group), then.as_ref().map(|then| Grouping::parse(then)));
            let within = filter.spans(trace.outline());
            // It is asked for once all is searchable; a trace that grew meanwhile is asked again.
            csv(trace, path, &group, then.as_ref(), within.as_ref(), *sort, label)
                .map_or(Answer::Missing, Answer::Text)
        }
        _ => Answer::Missing,
    }
}

/// Answers a question about another table. `json` is the text whose lines were counted last.
pub(super) fn answer(trace: &Trace, json: &mut Option<JsonIndex>, topic: &QuestionTopic) -> Answer {
    match topic {
        QuestionTopic::SpanOrder { key, descending, filter } => {
            let within = filter.spans(trace.outline());
            let order = query::span_order(trace, &Field::parse(key), *descending, within.as_ref());
            let unsearched = if order.is_none() { trace.unindexed_spans() as u32 } else { 0 };
            Answer::Order(Box::new(TableOrder { rows: order.unwrap_or_default(), unsearched }))
        }
        QuestionTopic::Times { key } => Answer::Times(Box::new(query::times(trace, &Field::parse(key)))),
        QuestionTopic::EventOrder { text, filter } => {
            let (rows, unsearched) = event_order(trace, text, filter.spans(trace.outline()).as_ref());
            Answer::Order(Box::new(TableOrder { rows, unsearched }))
        }
        QuestionTopic::EventRows { events } => Answer::EventRows(event_rows(trace, events)),
        QuestionTopic::JsonLines { text, first, count } => {
            Answer::JsonLines(index(trace, json, text).page(trace, *first, *count))
        }
        QuestionTopic::JsonFind { text, wanted, from } => {
            Answer::JsonMatches(index(trace, json, text).find(trace, wanted, *from))
        }
        QuestionTopic::JsonPlace { text, span } => {
            Answer::JsonPlace(index(trace, json, text).place_of(trace, *span))
        }
        _ => Answer::Missing,
    }
}

fn index<'a>(trace: &Trace, json: &'a mut Option<JsonIndex>, text: &JsonText) -> &'a mut JsonIndex {
    if json.as_ref().is_some_and(|index| !index.is_of(text)) {
        *json = None;
    }
    json.get_or_insert_with(|| JsonIndex::new(trace, text.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::narrowed::SpanFilter;
    use crate::analysis::statistics::StatisticsSort;
    use crate::format::write::Export;
    use crate::model::SpanSet;
    use crate::testing::trace;

    fn drawn() -> Trace {
        let mut trace = trace(
            "
            shop: order         [==*=======*=]    size=9
              cart: get           [*=]            size=10
              bank: pay             [====]
            ",
        );
        trace.index_some(usize::MAX);
        trace
    }

    #[test]
    fn tables_are_narrowed_to_the_spans_that_the_filter_lets_through() {
        let trace = drawn();
        let only = |spans: &[u32]| {
            let mut only = SpanSet::none(3);
            spans.iter().for_each(|span| only.insert(*span));
            SpanFilter { only: Some(only), ..SpanFilter::default() }
        };
        let cart = || only(&[1]);
        let mut json = None;
        let path = CriticalPath::of(trace.outline());
        let of_groups = |topic: QuestionTopic| statistics_answer(&trace, &path, &topic);
        let mut ask = |topic: QuestionTopic| answer(&trace, &mut json, &topic);
        let hidden = SpanFilter { hidden: vec!["bank".into()], ..SpanFilter::default() };
        for (filter, spans) in [
            (SpanFilter::default(), vec![2, 1, 0]),
            (only(&[1, 2]), vec![2, 1]),
            (only(&[]), vec![]),
            (hidden, vec![1, 0]),
        ] {
            let topic = QuestionTopic::SpanOrder { key: "start".into(), descending: true, filter };
            let Answer::Order(order) = ask(topic) else { panic!("no order") };
            assert_eq!(order.rows, spans);
        }
        let topic = QuestionTopic::EventOrder { text: String::new(), filter: cart() };
        let Answer::Order(events) = ask(topic) else { panic!("no order") };
        assert_eq!(events.rows, [2]);
        let Answer::EventRows(rows) = ask(QuestionTopic::EventRows { events: events.rows }) else {
            panic!("no rows")
        };
        assert_eq!(rows[0].event, 2);
        let then = Some((Some(("shop".to_owned(), None)), "name".to_owned()));
        let topic =
            QuestionTopic::Statistics { group: "service".into(), then, filter: SpanFilter::default() };
        let Answer::Statistics(parts) = of_groups(topic) else { panic!("no statistics") };
        assert_eq!((parts.len(), parts.label(0).0), (1, "order"));
        let topic = QuestionTopic::StatisticsCsv {
            group: "service".into(),
            then: None,
            filter: cart(),
            sort: StatisticsSort::default(),
            label: String::new(),
        };
        let Answer::Text(text) = of_groups(topic) else { panic!("no text") };
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn a_text_with_another_width_is_counted_anew() {
        let trace = drawn();
        let mut json = None;
        let mut lines = |width: u32| {
            let text =
                JsonText { start: 0, end: 3, filter: SpanFilter::default(), format: Export::Jaeger, width };
            match answer(&trace, &mut json, &QuestionTopic::JsonLines { text, first: 0, count: 5 }) {
                Answer::JsonLines(page) => page.counted,
                other => panic!("{other:?}"),
            }
        };
        let (wide, narrow) = (lines(1_000), lines(8));
        assert!(narrow > wide, "{narrow} {wide}");
        assert_eq!(lines(1_000), wide);
    }

    #[test]
    fn only_what_attributes_decide_waits_for_the_index() {
        let statistics = |group: &str| {
            let filter = SpanFilter::default();
            QuestionTopic::Statistics { group: group.into(), then: None, filter }.needs_index()
        };
        assert!(!statistics("operation") && !statistics("service") && statistics("http.route"));
        let order = |key: &str| {
            let (descending, filter) = (false, SpanFilter::default());
            QuestionTopic::SpanOrder { key: key.into(), descending, filter }.needs_index()
        };
        assert!(!order("self") && order("events") && order("http.route"));
    }
}
