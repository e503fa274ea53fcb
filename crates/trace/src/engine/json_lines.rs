//! The JSON text of spans by lines, without storing the whole text: an index has the number of lines per span, and
//! requested lines are generated again.
//!
//! The text is that of [`export`](crate::format::write::export) formatted by [`Indenter`]. Lines longer than the
//! requested width are wrapped, so that all lines have one height and none is clipped.

use crate::analysis::narrowed::SpanFilter;
use crate::format::write::{Envelope, Export, Indenter, JaegerJson, OtlpJson};
use crate::model::{SpanIx, Trace};
use serde::{Deserialize, Serialize};
use std::io;
use std::ops::Range;

/// Parameters of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonText {
    /// The first span.
    pub start: SpanIx,
    /// One past the last span.
    pub end: SpanIx,
    /// Which of them it has.
    pub filter: SpanFilter,
    /// The format.
    pub format: Export,
    /// Maximum number of characters per line, at least 1.
    pub width: u32,
}

/// A line of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonLine {
    /// The text, without line break.
    pub text: String,
    /// The span that it belongs to.
    pub span: SpanIx,
    /// Whether it continues the line before, which was wrapped.
    pub continues: bool,
}

/// Some lines of a text, and the state of the index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonPage {
    /// Index of the first line.
    pub first: u32,
    /// The lines; empty if they are not indexed yet.
    pub lines: Vec<JsonLine>,
    /// Number of indexed lines.
    pub counted: u32,
    /// Number of indexed spans; all when the index is complete.
    pub spans: u32,
    /// Spans of the text.
    pub all: u32,
}

/// Search results in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonMatches {
    /// Indices of matching lines, ascending, without duplicates.
    pub lines: Vec<u32>,
    /// The span from which to continue the search; `None` at the end.
    pub next: Option<SpanIx>,
}

/// Where a span is in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JsonPlace {
    /// Index of its first line.
    Line(u32),
    /// Its lines are not indexed yet: ask again, which indexes more.
    NotIndexed,
    /// The text does not have it.
    Absent,
}

/// Bytes of text written for one answer at most, besides the lines that are returned: a fraction of a second of work, after
/// which other questions are answered.
const BUDGET: usize = 4 << 20;
/// Bytes written beyond what was asked for, so that the count is complete at once for small texts.
const AHEAD: usize = 256 << 10;
/// Lines returned at most.
const MOST_LINES: u32 = 2_000;

/// Line index of a text.
#[derive(Debug)]
pub(super) struct JsonIndex {
    /// As it was asked for.
    text: JsonText,
    /// The spans of the text.
    spans: Spans,
    /// Number of lines up to the end of each span, of those counted.
    ends: Vec<u32>,
    /// Has written the indexed spans in order, so that processes are numbered as in the whole text.
    jaeger: Option<JaegerJson<Vec<u8>>>,
    /// Formatter state before every span but the first: the nesting is the same for all.
    indenter: Indenter,
}

/// Spans of a text, ascending.
#[derive(Debug)]
enum Spans {
    Range(Range<SpanIx>),
    Listed(Vec<SpanIx>),
}

impl Spans {
    fn len(&self) -> usize {
        match self {
            Spans::Range(range) => range.len(),
            Spans::Listed(spans) => spans.len(),
        }
    }

    fn at(&self, index: usize) -> SpanIx {
        match self {
            Spans::Range(range) => range.start + index as SpanIx,
            Spans::Listed(spans) => spans.get(index).copied().unwrap_or_default(),
        }
    }

    fn find(&self, span: SpanIx) -> Option<usize> {
        match self {
            Spans::Range(range) => range.contains(&span).then(|| (span - range.start) as usize),
            Spans::Listed(spans) => spans.binary_search(&span).ok(),
        }
    }
}

impl JsonIndex {
    /// The spans `start..end` of a trace that the filter lets through, as far as it has them.
    pub(super) fn new(trace: &Trace, text: JsonText) -> Self {
        let outline = trace.outline();
        let end = text.end.min(outline.len() as SpanIx);
        let range = text.start.min(end)..end;
        let spans = match text.filter.spans(outline) {
            None => Spans::Range(range),
            Some(kept) => Spans::Listed(kept.iter().filter(|span| range.contains(span)).collect()),
        };
        let jaeger = || {
            let mut writer = JaegerJson::new(Vec::new())?;
            writer.begin_trace(outline.trace_id, &outline.foreign_trace_id, &[])?;
            io::Result::Ok(writer)
        };
        // Writing to memory cannot fail.
        let jaeger = (text.format == Export::Jaeger).then(jaeger).and_then(Result::ok);
        JsonIndex { text, spans, ends: Vec::new(), jaeger, indenter: Indenter::default() }
    }

    /// Whether it is of this text.
    pub(super) fn is_of(&self, text: &JsonText) -> bool {
        self.text == *text
    }

    /// `count` lines from `first` on, for which lines are counted first where they are not yet. With a `count` of 0 as many
    /// as one answer may.
    pub(super) fn page(&mut self, trace: &Trace, first: u32, count: u32) -> JsonPage {
        let last = first.saturating_add(count.min(MOST_LINES));
        self.count_some(trace, if count == 0 { u32::MAX } else { last });
        let mut lines = Vec::new();
        let mut at = self.ends.partition_point(|end| *end <= first);
        while let Some(end) = self.ends.get(at).copied() {
            let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
            if start >= last {
                break;
            }
            let of_span = self.lines_of(trace, at);
            let wanted = first.saturating_sub(start) as usize..(last.min(end) - start) as usize;
            lines.extend(of_span.into_iter().skip(wanted.start).take(wanted.len()));
            at += 1;
        }
        JsonPage {
            first,
            lines,
            counted: self.ends.last().copied().unwrap_or(0),
            spans: self.ends.len() as u32,
            all: self.spans() as u32,
        }
    }

    /// The lines that contain `wanted`, ASCII case-insensitively, in some spans from index `from` in the text on.
    pub(super) fn find(&mut self, trace: &Trace, wanted: &str, from: u32) -> JsonMatches {
        self.count_some(trace, u32::MAX);
        let wanted = wanted.to_ascii_lowercase();
        let mut found = JsonMatches::default();
        let (mut at, mut written) = (from as usize, 0);
        while at < self.ends.len() && written < BUDGET && !wanted.is_empty() {
            let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
            let text = self.written(trace, at);
            written += text.len();
            let mut line = start;
            for whole in text.split(|byte| *byte == b'\n') {
                let whole = String::from_utf8_lossy(whole).to_ascii_lowercase();
                for (place, _) in whole.match_indices(&wanted) {
                    let broken = whole[..place].chars().count() as u32 / self.width();
                    if found.lines.last() != Some(&(line + broken)) {
                        found.lines.push(line + broken);
                    }
                }
                line += broken_into(whole.as_bytes(), self.width());
            }
            at += 1;
        }
        found.next = (at < self.spans() && !wanted.is_empty()).then_some(at as SpanIx);
        found
    }

    /// Where a span is, for which some lines are counted if they are not yet.
    pub(super) fn place_of(&mut self, trace: &Trace, span: SpanIx) -> JsonPlace {
        let Some(at) = self.spans.find(span) else { return JsonPlace::Absent };
        if at > self.ends.len() {
            self.count_some(trace, u32::MAX);
        }
        match at.checked_sub(1) {
            None => JsonPlace::Line(0),
            Some(before) => self.ends.get(before).map_or(JsonPlace::NotIndexed, |end| JsonPlace::Line(*end)),
        }
    }

    /// Characters of a line at most.
    fn width(&self) -> u32 {
        self.text.width.max(1)
    }

    fn spans(&self) -> usize {
        self.spans.len()
    }

    /// Counts until the line `last` is, and some more.
    fn count_some(&mut self, trace: &Trace, last: u32) {
        let mut written = 0;
        let budget = |ends: &[u32]| if ends.last().is_some_and(|end| *end >= last) { AHEAD } else { BUDGET };
        while self.ends.len() < self.spans() && written < budget(&self.ends) {
            let text = self.written(trace, self.ends.len());
            written += text.len();
            let width = self.width();
            let lines: u32 = text.split(|byte| *byte == b'\n').map(|line| broken_into(line, width)).sum();
            self.ends.push(self.ends.last().copied().unwrap_or(0).saturating_add(lines));
        }
    }

    fn lines_of(&mut self, trace: &Trace, at: usize) -> Vec<JsonLine> {
        let (span, width) = (self.spans.at(at), self.width() as usize);
        let text = String::from_utf8_lossy(&self.written(trace, at)).into_owned();
        let mut lines = Vec::new();
        for whole in text.split('\n') {
            let mut rest = whole;
            loop {
                let end = rest.char_indices().nth(width).map_or(rest.len(), |(end, _)| end);
                let (line, after) = rest.split_at(end);
                lines.push(JsonLine { text: line.to_owned(), span, continues: rest.len() < whole.len() });
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
        }
        lines
    }

    /// The lines of a span, including the text before the first and after the last span.
    fn written(&mut self, trace: &Trace, at: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut indenter = if at == 0 { Indenter::default() } else { self.indenter };
        // Writing to memory cannot fail.
        let piece = match self.text.format {
            Export::Jaeger => self.jaeger_piece(trace, at),
            Export::Otlp => self.otlp_piece(trace, at),
        };
        let (head, piece, tail) = piece.unwrap_or_default();
        indenter.push(&head, &mut out);
        let before = out.len();
        // The comma is at the end of the previous line.
        let comma = piece.first() == Some(&b',');
        indenter.push(&piece, &mut out);
        if at == 0 {
            self.indenter = indenter;
        } else {
            let layout = before + usize::from(comma) + 1;
            out.drain(before..layout.min(out.len()));
        }
        indenter.push(&tail, &mut out);
        if tail.is_empty() && self.is_followed_by_comma(trace, at) {
            out.push(b',');
        }
        out
    }

    /// Text before the first span, the span with its separator, text after the last span.
    fn jaeger_piece(&mut self, trace: &Trace, at: usize) -> io::Result<(Vec<u8>, Vec<u8>, Vec<u8>)> {
        let (span, is_last) = (self.spans.at(at), at + 1 == self.spans());
        let Some(writer) = &mut self.jaeger else { return Ok(Default::default()) };
        let mut head = std::mem::take(writer.get_mut());
        writer.span(&trace.resource(span), &trace.scope(span), &trace.record_as_sent(span))?;
        let mut piece = std::mem::take(writer.get_mut());
        if at == 0 {
            if head.is_empty() {
                // The span was written before, so the writer does not repeat the prologue, and writes a comma.
                let outline = trace.outline();
                let mut first = JaegerJson::new(Vec::new())?;
                first.begin_trace(outline.trace_id, &outline.foreign_trace_id, &[])?;
                head = std::mem::take(first.get_mut());
                piece.remove(0);
            }
        } else {
            head.clear();
        }
        let tail = if is_last { writer.clone().finish()? } else { Vec::new() };
        Ok((head, piece, tail))
    }

    fn otlp_piece(&self, trace: &Trace, at: usize) -> io::Result<(Vec<u8>, Vec<u8>, Vec<u8>)> {
        let span = self.spans.at(at);
        let mut writer = OtlpJson::new(Vec::new(), Envelope::Plain, true)?;
        let mut write = |span: SpanIx| {
            writer.span(&trace.resource(span), &trace.scope(span), &trace.record_as_sent(span))?;
            io::Result::Ok(std::mem::take(writer.get_mut()))
        };
        if at > 0 {
            write(self.spans.at(at - 1))?;
        }
        let piece = write(span)?;
        let tail = if at + 1 == self.spans() { writer.finish()? } else { Vec::new() };
        Ok((Vec::new(), piece, tail))
    }

    /// Whether the next span is in the same list.
    fn is_followed_by_comma(&self, trace: &Trace, at: usize) -> bool {
        let (span, next) = (self.spans.at(at), self.spans.at(at + 1));
        self.text.format == Export::Jaeger
            || trace.resource(span) == trace.resource(next) && trace.scope(span) == trace.scope(next)
    }
}

/// Number of lines that a line is wrapped into.
fn broken_into(line: &[u8], width: u32) -> u32 {
    // UTF-8 continuation bytes start with the bits 10.
    let characters = line.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u32;
    characters.div_ceil(width).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::write::export;
    use crate::testing::trace;

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
}
