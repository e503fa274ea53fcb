//! Answers for the tables of one trace: statistics, spans, events and JSON.

use super::json_lines::{JsonIndex, JsonText};
use super::question::{Answer, QuestionTopic, TableOrder};
use crate::analysis::event_list::{event_order, event_rows};
use crate::analysis::flame::PackedBy;
use crate::analysis::query::{self, Field};
use crate::analysis::statistics::{Grouping, csv, divided, statistics};
use crate::model::{SpanSet, Trace};

impl QuestionTopic {
    /// Whether it requires all attributes of the trace to be searchable.
    pub fn needs_index(&self) -> bool {
        let grouping_needs = |name: &String| !Grouping::parse(name).is_of_outline();
        match self {
            QuestionTopic::Column { .. } => true,
            QuestionTopic::Packed { by, .. } => *by != PackedBy::Service,
            QuestionTopic::Statistics { group, then, within } => {
                let then = then.as_ref().map(|(_, then)| then);
                !within.is_empty() || grouping_needs(group) || then.is_some_and(grouping_needs)
            }
            QuestionTopic::StatisticsCsv { group, then, within, .. } => {
                !within.is_empty() || grouping_needs(group) || then.as_ref().is_some_and(grouping_needs)
            }
            QuestionTopic::SpanOrder { key, within, .. } => {
                !within.is_empty() || !Field::parse(key).is_of_outline()
            }
            QuestionTopic::EventOrder { text, within } => !within.is_empty() || !text.is_empty(),
            _ => false,
        }
    }
}

/// The spans that match a search text: `None` for an empty text, no spans for an invalid one.
fn found(trace: &Trace, find: &str) -> Option<SpanSet> {
    if find.trim().is_empty() {
        return None;
    }
    Some(match query::read(find) {
        Ok(reading) => query::find(trace, &reading),
        Err(_) => SpanSet::none(trace.outline().len()),
    })
}

/// Answers a question about a table. `json` caches the last line index.
pub(super) fn answer(trace: &Trace, json: &mut Option<JsonIndex>, topic: &QuestionTopic) -> Answer {
    match topic {
        QuestionTopic::Statistics { group, then, within } => {
            let (group, within) = (Grouping::parse(group), found(trace, within));
            let within = within.as_ref();
            Answer::Statistics(Box::new(match then {
                None => statistics(trace, &group, within),
                Some((label, then)) => {
                    let label = label.as_ref().map(|(first, second)| (first.as_str(), second.as_deref()));
                    divided(trace, &group, label, &Grouping::parse(then), within)
                }
            }))
        }
        QuestionTopic::StatisticsCsv { group, then, within, sort, filter } => {
            let (group, then) = (Grouping::parse(group), then.as_ref().map(|then| Grouping::parse(then)));
            let within = found(trace, within);
            // Answered only when everything is searchable; if the trace has grown since, the question is repeated.
            csv(trace, &group, then.as_ref(), within.as_ref(), *sort, filter)
                .map_or(Answer::Missing, Answer::Text)
        }
        QuestionTopic::SpanOrder { key, descending, within } => {
            let within = found(trace, within);
            let order = query::span_order(trace, &Field::parse(key), *descending, within.as_ref());
            let unsearched = if order.is_none() { trace.unindexed_spans() as u32 } else { 0 };
            Answer::Order(Box::new(TableOrder { rows: order.unwrap_or_default(), unsearched }))
        }
        QuestionTopic::Times { key } => Answer::Times(Box::new(query::times(trace, &Field::parse(key)))),
        QuestionTopic::EventOrder { text, within } => {
            let (rows, unsearched) = event_order(trace, text, found(trace, within).as_ref());
            Answer::Order(Box::new(TableOrder { rows, unsearched }))
        }
        QuestionTopic::EventRows { events } => Answer::EventRows(event_rows(trace, events)),
        QuestionTopic::JsonLines { text, first, count } => {
            Answer::JsonLines(index(trace, json, text).page(trace, *first, *count))
        }
        QuestionTopic::JsonFind { text, wanted, from } => {
            Answer::JsonMatches(index(trace, json, text).find(trace, wanted, *from))
        }
        _ => Answer::Missing,
    }
}

fn index<'a>(trace: &Trace, json: &'a mut Option<JsonIndex>, text: &JsonText) -> &'a mut JsonIndex {
    if json.as_ref().is_some_and(|index| !index.is_of(trace, text)) {
        *json = None;
    }
    json.get_or_insert_with(|| JsonIndex::new(trace, text.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::statistics::StatisticsSort;
    use crate::format::write::Export;
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
    fn tables_are_narrowed_to_what_is_found() {
        let trace = drawn();
        let mut json = None;
        let mut ask = |topic: QuestionTopic| answer(&trace, &mut json, &topic);
        for (within, spans) in
            [("", vec![2, 1, 0]), ("service in (cart, bank)", vec![2, 1]), ("a = ", vec![])]
        {
            let within = within.to_owned();
            let topic = QuestionTopic::SpanOrder { key: "start".into(), descending: true, within };
            let Answer::Order(order) = ask(topic) else { panic!("no order") };
            assert_eq!(order.rows, spans);
        }
        let topic = QuestionTopic::EventOrder { text: String::new(), within: "cart".into() };
        let Answer::Order(events) = ask(topic) else { panic!("no order") };
        assert_eq!(events.rows, [2]);
        let Answer::EventRows(rows) = ask(QuestionTopic::EventRows { events: events.rows }) else {
            panic!("no rows")
        };
        assert_eq!(rows[0].event, 2);
        let then = Some((Some(("shop".to_owned(), None)), "name".to_owned()));
        let topic = QuestionTopic::Statistics { group: "service".into(), then, within: String::new() };
        let Answer::Statistics(parts) = ask(topic) else { panic!("no statistics") };
        assert_eq!((parts.len(), parts.label(0).0), (1, "order"));
        let topic = QuestionTopic::StatisticsCsv {
            group: "service".into(),
            then: None,
            within: "cart".into(),
            sort: StatisticsSort::default(),
            filter: String::new(),
        };
        let Answer::Text(text) = ask(topic) else { panic!("no text") };
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn a_text_with_another_width_is_counted_anew() {
        let trace = drawn();
        let mut json = None;
        let mut lines = |width: u32| {
            let text = JsonText { start: 0, end: 3, format: Export::Jaeger, width };
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
        let statistics = |group: &str, within: &str| {
            QuestionTopic::Statistics { group: group.into(), then: None, within: within.into() }.needs_index()
        };
        assert!(!statistics("operation", "") && !statistics("service", ""));
        assert!(statistics("http.route", "") && statistics("service", "error"));
        let order = |key: &str| {
            let (descending, within) = (false, String::new());
            QuestionTopic::SpanOrder { key: key.into(), descending, within }.needs_index()
        };
        assert!(!order("self") && order("events") && order("http.route"));
    }
}
