//! Statistics compared with counting by hand, and with their own sums.

use super::*;
use crate::analysis::query::{BuiltinField, Field, find, read};
use crate::model::{Outline, SpanIx};
use crate::testing::forest::outlines;
use crate::testing::trace;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

fn statistics(trace: &Trace, grouping: &Grouping, within: Option<&SpanSet>) -> Statistics {
    super::statistics(trace, &CriticalPath::of(trace.outline()), grouping, within)
}

fn divided(
    trace: &Trace,
    grouping: &Grouping,
    label: Option<(&str, Option<&str>)>,
    then: &Grouping,
    within: Option<&SpanSet>,
) -> Statistics {
    super::divided(trace, &CriticalPath::of(trace.outline()), grouping, label, then, within)
}

/// What the statistics must say of some spans, computed from the definitions, moment by moment.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    count: u64,
    errors: u64,
    total: u64,
    own: u64,
    active: u64,
    min: u64,
    max: u64,
    percentiles: [u64; 4],
}

fn expected(outline: &Outline, spans: &[SpanIx]) -> Expected {
    let runs = |span: SpanIx, at: u64| outline.start[span as usize] <= at && at < outline.end[span as usize];
    let mut durations: Vec<u64> =
        spans.iter().map(|span| outline.end[*span as usize] - outline.start[*span as usize]).collect();
    durations.sort();
    // The least duration that at least so many per cent do not exceed.
    let percentile = |percent: usize| {
        let reached = |limit: &u64| {
            durations.iter().filter(|other| *other <= limit).count() * 100 >= percent * durations.len()
        };
        *durations.iter().find(|limit| reached(limit)).unwrap()
    };
    let own_at = |span: SpanIx, at: u64| {
        let is_child = |other: SpanIx| outline.parent[other as usize] == span;
        runs(span, at) && !(0..outline.len() as SpanIx).any(|other| is_child(other) && runs(other, at))
    };
    let moments = 0..outline.duration;
    Expected {
        count: spans.len() as u64,
        errors: spans
            .iter()
            .filter(|span| outline.flags[**span as usize].has(crate::model::Flags::OWN_ERROR))
            .count() as u64,
        total: durations.iter().sum(),
        own: spans.iter().map(|span| moments.clone().filter(|at| own_at(*span, *at)).count() as u64).sum(),
        active: moments.filter(|at| spans.iter().any(|span| runs(*span, *at))).count() as u64,
        min: durations[0],
        max: durations[durations.len() - 1],
        percentiles: [50, 90, 95, 99].map(percentile),
    }
}

/// What they say.
fn figures_of(found: &Statistics, group: usize) -> Expected {
    let of = |figure| found.figure(group, figure);
    let count = of(Figure::Count);
    Expected {
        count: count as u64,
        errors: (of(Figure::ErrorRate) * count).round() as u64,
        total: of(Figure::Total) as u64,
        own: of(Figure::SelfTime) as u64,
        active: (of(Figure::Share) * found.trace_duration as f64).round() as u64,
        min: of(Figure::Min) as u64,
        max: of(Figure::Max) as u64,
        percentiles: [Figure::P50, Figure::P90, Figure::P95, Figure::P99].map(|figure| of(figure) as u64),
    }
}

fn trace_of(mut outline: Outline, names: u32) -> Trace {
    let spans = outline.len();
    // Few names and services, so that groups have several spans.
    outline.name.iter_mut().enumerate().for_each(|(span, name)| *name = 1 + span as u32 % names);
    outline.service.iter_mut().enumerate().for_each(|(span, service)| *service = 1 + span as u32 / 3 % 2);
    let place =
        crate::model::SpanLocation { block: crate::model::SpanLocation::INTERNED, ..Default::default() };
    Trace::new(
        outline,
        Arc::default(),
        vec![u32::MAX; spans],
        vec![u32::MAX; spans],
        vec![place; spans],
        Vec::new(),
        Vec::new(),
    )
}

proptest! {
    #[test]
    fn every_figure_is_what_its_definition_says(outline in outlines(25), names in 1u32..4, keep in 1u32..4) {
        let trace = trace_of(outline, names);
        let outline = trace.outline();
        let mut within = SpanSet::none(outline.len());
        (0..outline.len() as SpanIx).filter(|span| span % keep == 0).for_each(|span| within.insert(span));
        for (grouping, within) in [
            (Grouping::Operation, None),
            (Grouping::parse("service"), None),
            (Grouping::parse("name"), Some(&within)),
            (Grouping::parse("duration"), Some(&within)),
        ] {
            let mut groups: BTreeMap<(String, String), Vec<SpanIx>> = BTreeMap::new();
            for span in (0..outline.len() as SpanIx).filter(|span| within.is_none_or(|within| within.contains(*span))) {
                let (service, name) = (outline.service_of(span).to_owned(), outline.name_of(span).to_owned());
                let label = match &grouping {
                    Grouping::Operation => (service, name),
                    Grouping::Field(Field::Builtin(BuiltinField::Service)) => (service, String::new()),
                    Grouping::Field(Field::Builtin(BuiltinField::Operation)) => (name, String::new()),
                    _ => (format!("{}ns", outline.end[span as usize] - outline.start[span as usize]), String::new()),
                };
                groups.entry(label).or_default().push(span);
            }
            let found = statistics(&trace, &grouping, within);
            prop_assert_eq!(found.len(), groups.len());
            for group in 0..found.len() {
                let (first, second) = found.label(group);
                let label = (first.to_owned(), second.unwrap_or_default().to_owned());
                prop_assert_eq!(figures_of(&found, group), expected(outline, &groups[&label]), "{:?}", label);
            }
            let all: Vec<SpanIx> = groups.into_values().flatten().collect();
            prop_assert_eq!(figures_of(&found, found.len()), if all.is_empty() { Expected::default() } else { expected(outline, &all) });
        }
    }

    #[test]
    fn counts_and_sums_of_all_groups_add_up(outline in outlines(60), names in 1u32..6) {
        let trace = trace_of(outline, names);
        let outline = trace.outline();
        for name in ["operation", "service", "kind", "self", "no.such.attribute"] {
            let found = statistics(&trace, &Grouping::parse(name), None);
            let sum = |figure| (0..found.len()).map(|group| found.figure(group, figure)).sum::<f64>();
            for figure in [Figure::Count, Figure::Total, Figure::SelfTime, Figure::Critical] {
                prop_assert_eq!(sum(figure), found.figure(found.len(), figure), "{} {:?}", name, figure);
            }
            prop_assert_eq!(sum(Figure::Count) as usize, outline.len());
            let own = crate::analysis::child_coverage::self_times(outline).into_iter().sum::<u64>();
            prop_assert_eq!(sum(Figure::SelfTime) as u64, own);
            prop_assert_eq!(sum(Figure::Critical) as u64, CriticalPath::of(outline).total());
            let parts: f64 = (0..found.len())
                .map(|group| divided(&trace, &Grouping::parse(name), found.key(group), &Grouping::Operation, None))
                .map(|parts| parts.figure(parts.len(), Figure::Total))
                .sum();
            prop_assert_eq!(parts, sum(Figure::Total), "the parts of all groups are all spans");
        }
    }
}

fn drawn() -> Trace {
    let mut trace = trace(
        "
        shop: POST /orders (server)  [==============]    code=500
          Stock: get item (client)     [==]              code=200 sku=\"a\\b\" flag=true
          bank: =1+1 !                    [====]         code=ok
          stock: and                            [=]      code=200 rate=0.5 empty=
          : not                                  |
        ",
    );
    trace.index_some(usize::MAX);
    trace
}

#[test]
fn the_query_of_a_group_finds_its_spans() {
    let trace = drawn();
    for name in [
        "operation",
        "service",
        "name",
        "kind",
        "status",
        "error",
        "duration",
        "self",
        "start",
        "depth",
        "children",
        "events",
        "percentile",
        "code",
        "sku",
        "flag",
        "rate",
        "empty",
        "attribute.code",
        "resource.service.name",
        "status.message",
        "id",
        "no.such",
    ] {
        let grouping = Grouping::parse(name);
        assert_eq!(Grouping::parse(&grouping.to_string()), grouping);
        let found = statistics(&trace, &grouping, None);
        let mut seen = 0;
        for group in 0..found.len() {
            let text = grouping.query(found.key(group));
            let spans = find(&trace, &read(&text).unwrap());
            assert_eq!(f64::from(spans.count()), found.figure(group, Figure::Count), "{name}: {text}");
            let within = statistics(&trace, &grouping, Some(&spans));
            assert_eq!((within.len(), within.key(0)), (1, found.key(group)), "{name}: {text}");
            seen += spans.count();
        }
        assert_eq!(seen, 5, "{name}");
    }
}

#[test]
fn a_group_is_narrowed_to_what_a_find_finds() {
    let trace = drawn();
    let of_stock = Grouping::parse("code").query(Some(("200", None)));
    for (text, spans) in [
        ("", 2),
        ("  ", 2),
        ("item", 1),
        ("\"get item\" nothing", 1),
        ("duration < 3ms", 1),
        ("shop or error", 0),
        ("get -code", 2),
    ] {
        let text = restricted(text, &of_stock);
        assert_eq!(find(&trace, &read(&text).unwrap()).count(), spans, "{text}");
    }
}

#[test]
fn groups_are_sorted_by_any_figure_and_filtered_by_their_label() {
    let trace = drawn();
    let found = statistics(&trace, &Grouping::parse("code"), None);
    let listed = |by, descending, filter: &str| -> Vec<&str> {
        let groups = order(&found, StatisticsSort { by, descending }, filter);
        groups.into_iter().map(|group| found.label(group as usize).0).collect()
    };
    assert_eq!(listed(Some(Figure::Total), true, ""), ["500", "200", "ok", ""]);
    assert_eq!(listed(Some(Figure::Count), true, ""), ["200", "500", "ok", ""]);
    assert_eq!(listed(Some(Figure::ErrorRate), true, ""), ["ok", "200", "500", ""]);
    assert_eq!(listed(None, false, ""), ["200", "500", "ok", ""]);
    assert_eq!(listed(None, true, ""), ["ok", "500", "200", ""], "spans without the field stay last");
    assert_eq!(listed(None, false, " O"), ["ok"]);
    assert_eq!(listed(None, false, "0"), ["200", "500"]);
    let names = statistics(&trace, &Grouping::Operation, None);
    assert_eq!(order(&names, StatisticsSort::default(), "STOCK").len(), 2);
}

#[test]
fn a_group_is_divided_by_a_second_field() {
    let trace = drawn();
    let service = Grouping::parse("service");
    let parts = divided(&trace, &service, Some(("stock", None)), &Grouping::parse("code"), None);
    assert_eq!((parts.len(), parts.label(0).0), (1, "200"));
    let absent = divided(&trace, &Grouping::parse("code"), None, &Grouping::Operation, None);
    assert_eq!((absent.len(), absent.label(0)), (1, ("unknown-service", Some("not"))));
    assert!(divided(&trace, &service, Some(("none", None)), &service, None).is_empty());
}

#[test]
fn an_empty_trace_and_one_without_length_have_statistics() {
    let empty = statistics(&Trace::default(), &Grouping::Operation, None);
    assert!(empty.is_empty());
    assert_eq!(empty.figure(0, Figure::Count), 0.0);
    let flat = trace("shop: order |\n  stock: get |");
    let found = statistics(&flat, &Grouping::parse("service"), None);
    assert_eq!(found.len(), 2);
    for (figure, value) in
        [(Figure::Total, 0.0), (Figure::Share, 0.0), (Figure::Mean, 0.0), (Figure::Count, 1.0)]
    {
        assert_eq!(found.figure(0, figure), value, "{figure:?}");
    }
    assert!(statistics(&flat, &Grouping::Operation, Some(&SpanSet::none(2))).is_empty());
}

#[test]
fn figures_have_names_that_are_read_back() {
    for (figure, name) in Figure::ALL {
        assert_eq!((Figure::of_name(name), figure.name()), (Some(figure), name));
    }
    assert_eq!(Figure::of_name("label"), None);
}
