//! Scales say what they show: each legend entry counts the spans of its colour, and its query finds the same ones.

use super::*;
use crate::analysis::query::{Field, SearchText, column, find, read};
use crate::model::{Flags, Trace};
use crate::scene::colouring::FAILED;
use crate::testing::forest::forest;
use crate::testing::trace;

/// A root with calls of many durations, some of them alike, one of them failed.
fn calls() -> Trace {
    let mut drawn = String::from("\n a: root [========================================]\n");
    for length in [1, 1, 2, 2, 3, 5, 7, 9, 13, 30] {
        drawn += &format!("   b: get [{}]\n", "=".repeat(length));
    }
    drawn += "   b: put ! [=]\n   c: put [=]\n";
    trace(&drawn)
}

/// What every entry of the legend counts and finds is what has its colour.
fn check(trace: &Trace, colouring: &Colouring) {
    let outline = trace.outline();
    let spans = 0..outline.len() as SpanIx;
    for entry in &colouring.legend {
        let has = |span: &SpanIx| match entry.colour {
            FAILED => outline.flags[*span as usize].has(Flags::OWN_ERROR),
            colour => colouring.slot(outline, *span) == colour,
        };
        let coloured: Vec<SpanIx> = spans.clone().filter(has).collect();
        assert_eq!(entry.spans, coloured.len(), "{}", entry.words);
        let reading = read(&entry.query).expect("a query");
        assert!(matches!(reading, SearchText::Query(_)), "{}", entry.query);
        let found = find(trace, &reading);
        assert_eq!(spans.clone().filter(|span| found.contains(*span)).collect::<Vec<_>>(), coloured);
    }
    let counted: usize =
        colouring.legend.iter().filter(|one| one.colour != FAILED).map(|one| one.spans).sum();
    assert_eq!(counted, outline.len(), "every span is counted once");
}

fn words(colouring: &Colouring) -> Vec<&str> {
    colouring.legend.iter().map(|entry| entry.words.as_str()).collect()
}

#[test]
fn self_times_are_in_round_bands_from_the_maximum_down() {
    let trace = calls();
    let outline = trace.outline();
    let colouring = Colouring::by_self_time(outline, &SelfBands::of(outline));
    check(&trace, &colouring);
    assert_eq!(words(&colouring), ["≥ 30 ms", "10–30 ms", "3–10 ms", "1–3 ms", "error"]);
    assert_eq!(colouring.legend[0].query, "self >= 30ms");
    assert_eq!(colouring.legend[0].colour, SCALE + STEPS - 1);
    assert!(colouring.legend.is_sorted_by(|one, other| other.colour == FAILED || one.colour > other.colour));
}

#[test]
fn bounds_in_two_units_and_traces_without_duration_have_entries() {
    let texts = |times: &[u64]| {
        let mut outline = forest(&vec![None; times.len()]);
        outline.start = vec![0; times.len()];
        outline.end = times.to_vec();
        let colouring = Colouring::by_self_time(&outline, &SelfBands::of(&outline));
        words(&colouring).join(", ")
    };
    assert_eq!(texts(&[0]), "0 ns");
    assert_eq!(texts(&[0, 2, 4]), "≥ 3 ns, 1–3 ns, < 1 ns");
    assert_eq!(texts(&[500, 2_000, 100]), "≥ 1 µs, 300 ns–1 µs, 100–300 ns");
    assert_eq!(texts(&[500_000_000_000, 40_000_000_000]), "≥ 300 s, 30–100 s");
}

#[test]
fn percentiles_have_entries_where_there_are_enough_spans() {
    let trace = calls();
    let outline = trace.outline();
    let column = Arc::new(column(&trace, &Field::parse("percentile")));
    let colouring = Colouring::by_percentile(outline, &column);
    check(&trace, &colouring);
    assert_eq!(
        words(&colouring),
        ["p90–p95", "p75–p90", "p50–p75", "< p50", "too few to say", "error"],
        "of ten calls none is above the ninety-fifth percentile"
    );
    assert_eq!(colouring.legend[1].query, "percentile >= 75 and percentile < 90");
    assert_eq!(colouring.slot(outline, 0), COLOURLESS, "a root is alone");
}

#[test]
fn the_least_slack_and_the_most_critical_time_are_on_top_of_the_scale() {
    let trace = trace(
        "
        a: root    [===================]
          a: slow    [===============]
          a: quick   [=]
        ",
    );
    let outline = trace.outline();
    let path = PathBySpan::of(outline);
    let slack = Colouring::by_slack(outline, &path);
    let top = SCALE + STEPS - 1;
    assert_eq!((slack.slot(outline, 0), slack.slot(outline, 1)), (top, top));
    assert!(slack.slot(outline, 2) < top);
    assert!(slack.legend[0].query.starts_with("slack < "), "{}", slack.legend[0].query);
    assert_eq!(slack.legend[0].spans, 2);
    let critical = Colouring::by_critical_time(outline, &path);
    assert_eq!(critical.slot(outline, 1), top);
    assert!(critical.slot(outline, 2) < critical.slot(outline, 0));
    assert!(critical.legend[0].query.starts_with("critical_time >= "), "{}", critical.legend[0].query);
}
