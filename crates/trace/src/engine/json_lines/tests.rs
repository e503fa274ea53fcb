//! The lines against the exported text.

use super::*;
use crate::format::write::{Indenter, export};
use crate::testing::trace;
use std::ops::Range;

fn drawn() -> Trace {
    trace(
        "
        shop: order (server)  [==========]  size=9
          cart: get !           [*=*]         note=é,\"{}[]:
          cart: put                 [=]
          bank: pay                   [==]    sku=a1
          bank: pay                     [=]
        ",
    )
}

fn index(trace: &Trace, range: Range<SpanIx>, format: Export, width: u32) -> JsonIndex {
    let filter = SpanFilter::default();
    JsonIndex::new(trace, JsonText { start: range.start, end: range.end, filter, format, width })
}

#[test]
fn the_lines_are_those_of_the_exported_text_wherever_one_starts() {
    let trace = drawn();
    for format in [Export::Jaeger, Export::Otlp] {
        for range in [0..5, 0..1, 1..3, 3..99] {
            let mut index = index(&trace, range.clone(), format, 10_000);
            let exported = export(&trace, range.start..range.end.min(5), format);
            let mut expected = Vec::new();
            Indenter::default().push(&exported, &mut expected);
            let expected = String::from_utf8(expected).unwrap();
            let expected: Vec<&str> = expected.split('\n').collect();
            for first in (0..expected.len() as u32).rev() {
                let page = index.page(&trace, first, 3);
                let lines: Vec<&str> = page.lines.iter().map(|line| line.text.as_str()).collect();
                let last = expected.len().min(first as usize + 3);
                assert_eq!(lines, expected[first as usize..last], "{format:?} {range:?} from {first}");
                assert_eq!(page.counted as usize, expected.len());
                assert_eq!(page.spans, range.end.min(5) - range.start);
            }
        }
    }
}

#[test]
fn spans_are_found_by_their_first_line() {
    let trace = drawn();
    for format in [Export::Jaeger, Export::Otlp] {
        let mut index = index(&trace, 1..5, format, 10_000);
        let lines = index.page(&trace, 0, 2_000).lines;
        for span in 2..5 {
            let first = lines.iter().position(|line| line.span == span).unwrap() as u32;
            assert_eq!(index.place_of(&trace, span), JsonPlace::Line(first), "{format:?}");
        }
        assert_eq!(index.place_of(&trace, 1), JsonPlace::Line(0));
        assert_eq!(index.place_of(&trace, 0), JsonPlace::Absent);
    }
    let filter = SpanFilter { hidden: vec!["cart".into()], ..SpanFilter::default() };
    let text = JsonText { start: 0, end: 5, filter, format: Export::Jaeger, width: 100 };
    let mut narrowed = JsonIndex::new(&trace, text);
    assert_eq!(narrowed.place_of(&trace, 1), JsonPlace::Absent);
    assert!(matches!(narrowed.place_of(&trace, 3), JsonPlace::Line(line) if line > 0));
}

#[test]
fn long_lines_are_broken_and_nothing_is_lost() {
    let trace = drawn();
    let whole = index(&trace, 0..5, Export::Jaeger, 10_000).page(&trace, 0, 2_000);
    for width in [1, 7, 20] {
        let broken = index(&trace, 0..5, Export::Jaeger, width).page(&trace, 0, 2_000);
        let mut joined: Vec<JsonLine> = Vec::new();
        for line in broken.lines {
            assert!(line.text.chars().count() <= width as usize);
            match joined.last_mut() {
                Some(last) if line.continues => last.text.push_str(&line.text),
                _ => joined.push(line),
            }
        }
        // The page may end within a line.
        joined.pop();
        let count = joined.len();
        assert_eq!(joined, whole.lines[..count], "width {width}");
        assert!(count > 20);
    }
}

#[test]
fn a_text_is_found_in_the_lines_that_have_it() {
    let trace = drawn();
    for (width, wanted) in [(10_000, "OperationName"), (9, "a1"), (10_000, "\"p2\""), (10_000, "é,")] {
        let mut index = index(&trace, 0..5, Export::Jaeger, width);
        let found = index.find(&trace, wanted, 0);
        assert_eq!(found.next, None);
        let page = index.page(&trace, 0, 2_000);
        let has = |line: &JsonLine| line.text.to_lowercase().contains(&wanted.to_lowercase());
        let expected: Vec<u32> = (0..page.counted.min(2_000))
            .filter(|number| page.lines.get(*number as usize).is_some_and(has))
            .collect();
        assert!(!expected.is_empty(), "{wanted}");
        assert_eq!(found.lines, expected, "{wanted}");
    }
    assert_eq!(index(&trace, 0..5, Export::Otlp, 80).find(&trace, "", 0), JsonMatches::default());
}

#[test]
fn a_filter_leaves_spans_out_of_the_text() {
    let trace = drawn();
    for format in [Export::Jaeger, Export::Otlp] {
        let filter = SpanFilter { hidden: vec!["cart".to_owned()], ..SpanFilter::default() };
        let text = JsonText { start: 0, end: 5, filter, format, width: 1_000 };
        let page = JsonIndex::new(&trace, text).page(&trace, 0, 2_000);
        assert_eq!((page.spans, page.all), (3, 3));
        let text: String = page.lines.iter().map(|line| line.text.as_str()).collect();
        let read: serde_json::Value = serde_json::from_str(&text).expect("whole JSON");
        let names = text.matches("\"pay\"").count();
        assert!(read.is_object() && names == 2 && !text.contains("\"get\""), "{format:?} {text}");
    }
}

#[test]
fn the_first_lines_are_answered_before_all_are_counted() {
    let lines: Vec<String> =
        (0..400).map(|at| format!("a: work [=] note={}{at}", "x".repeat(2_000))).collect();
    let trace = trace(&lines.join("\n"));
    let mut index = index(&trace, 0..400, Export::Jaeger, 10_000);
    let page = index.page(&trace, 0, 200);
    assert_eq!((page.lines.len(), page.all), (200, 400));
    assert!(page.spans < 400, "{} of all spans are counted", page.spans);
    let rest = index.page(&trace, 0, 0);
    assert_eq!((rest.spans, rest.lines.len()), (400, 0));
}

#[test]
fn a_trace_without_spans_has_no_lines() {
    let empty = Trace::default();
    let page = index(&empty, 0..9, Export::Otlp, 80).page(&empty, 0, 10);
    assert_eq!(page, JsonPage::default());
}
