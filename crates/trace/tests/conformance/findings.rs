//! What the advisor finds in every fixture, written down to be read by a person, and what it must find or not.

use crate::corpus::{ExpectedInput, Row, corpus, expect, fixtures, odd_rows, rows};
use crate::dump::compare_whole;
use crate::read;
use spandrel_trace::analysis::advisor::{Finding, Severity, Thresholds, figures, findings};
use spandrel_trace::model::Trace;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Traces of one file whose findings are listed; of the others they are counted.
const LISTED: usize = 3;

fn found_in(trace: &mut Trace) -> Vec<Finding> {
    trace.index_some(usize::MAX);
    findings(trace, &Thresholds::default())
}

fn list(text: &mut String, trace: &Trace, found: &[Finding]) {
    let outline = trace.outline();
    let root = if outline.is_empty() { String::new() } else { outline.name_of(0).to_owned() };
    writeln!(
        text,
        "  trace {} {root:?} {} spans {} ms",
        outline.trace_id,
        outline.len(),
        outline.duration / 1_000_000
    )
    .unwrap();
    for one in found {
        let (severity, rule, spans) = (one.severity.name(), &one.rule, one.evidence.count);
        let word = if spans == 1 { "span" } else { "spans" };
        writeln!(text, "    {severity} {rule}: {}\n        {} · {spans} {word}", one.headline, figures(one))
            .unwrap();
        if !one.explanation.is_empty() {
            writeln!(text, "        {}", one.explanation).unwrap();
        }
    }
}

fn check(root: &Path, rows: &[Row], golden: &str) {
    let mut text = String::new();
    for row in rows.iter().filter(|row| matches!(expect(row), ExpectedInput::Read(..))) {
        let bytes = std::fs::read(root.join(&row.file)).unwrap();
        let Ok(opened) = read(&bytes) else { continue };
        writeln!(text, "{}", row.file).unwrap();
        let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
        for (number, mut trace) in opened.traces.into_iter().enumerate() {
            let found = found_in(&mut trace);
            if number < LISTED {
                list(&mut text, &trace, &found);
            }
            for one in found.into_iter().filter(|_| number >= LISTED) {
                *counts.entry((one.rule, one.severity.name())).or_default() += 1;
            }
        }
        for ((rule, severity), count) in counts {
            writeln!(text, "  in the other traces: {count} × {severity} {rule}").unwrap();
        }
    }
    let differs = compare_whole(golden, &text);
    assert!(differs.is_none(), "{}", differs.unwrap_or_default());
}

#[test]
fn findings_of_every_file_are_as_they_were_read() {
    let Some(corpus) = corpus() else { return };
    check(&corpus, &rows(&corpus), "findings");
}

#[test]
fn findings_of_odd_files_are_as_they_were_read() {
    check(&fixtures(), &odd_rows(), "findings-odd");
}

#[test]
fn hotrod_is_explained_by_its_sequential_calls_first() {
    let Some(corpus) = corpus() else { return };
    for file in ["hotrod-51", "hotrod-15-warnings", "hotrod-dup-ids-skew", "hotrod-errors"] {
        let bytes = std::fs::read(corpus.join(format!("jaeger/{file}.json"))).unwrap();
        let mut opened = read(&bytes).unwrap();
        let found = found_in(&mut opened.traces[0]);
        let first = &found[0];
        assert_eq!(first.rule, "sequential-calls", "{file}: {}", first.headline);
        assert!(
            first.headline.contains("13 sequential GetDriver calls; in parallel it would take"),
            "{file}"
        );
        assert!(first.severity >= Severity::Warning, "{file}");
    }
}

/// The shop's own traces: an order that went well, and one whose payment was refused.
#[test]
fn an_order_that_went_well_has_notes_alone_and_a_failed_one_its_error_first() {
    let found = |file: &str| {
        let bytes = std::fs::read(fixtures().join(file)).unwrap();
        let mut opened = read(&bytes).unwrap();
        found_in(&mut opened.traces[0])
    };
    for one in found("order.otlp.json") {
        assert_eq!(one.severity, Severity::Note, "{}", one.headline);
    }
    let failed = found("error.otlp.json");
    assert_eq!((failed[0].rule.as_str(), failed[0].severity), ("error-origin", Severity::Problem));
}
