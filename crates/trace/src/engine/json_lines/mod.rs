//! The JSON text of spans by lines, without storing the whole text: an index has the number of lines per span, and
//! requested lines are generated again.
//!
//! The text is that of [`export`](crate::format::write::export) formatted by
//! [`Indenter`](crate::format::write::Indenter). Lines longer than the requested width are wrapped, so that all lines have
//! one height and none is clipped.

mod writer;

use crate::analysis::narrowed::SpanFilter;
use crate::format::write::Export;
use crate::model::{SpanIx, Trace};
use serde::{Deserialize, Serialize};
use writer::SpanWriter;

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
    /// Writes its spans.
    writer: SpanWriter,
    /// Number of lines up to the end of each span, of those counted.
    ends: Vec<u32>,
}

impl JsonIndex {
    /// The spans `start..end` of a trace that the filter lets through, as far as it has them.
    pub(super) fn new(trace: &Trace, text: JsonText) -> Self {
        JsonIndex { writer: SpanWriter::new(trace, &text), text, ends: Vec::new() }
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
            all: self.writer.len() as u32,
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
            let text = self.writer.written(trace, at);
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
        found.next = (at < self.writer.len() && !wanted.is_empty()).then_some(at as SpanIx);
        found
    }

    /// Where a span is, for which some lines are counted if they are not yet.
    pub(super) fn place_of(&mut self, trace: &Trace, span: SpanIx) -> JsonPlace {
        let Some(at) = self.writer.find(span) else { return JsonPlace::Absent };
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

    /// Counts until the line `last` is, and some more.
    fn count_some(&mut self, trace: &Trace, last: u32) {
        let mut written = 0;
        let budget = |ends: &[u32]| if ends.last().is_some_and(|end| *end >= last) { AHEAD } else { BUDGET };
        while self.ends.len() < self.writer.len() && written < budget(&self.ends) {
            let text = self.writer.written(trace, self.ends.len());
            written += text.len();
            let width = self.width();
            let lines: u32 = text.split(|byte| *byte == b'\n').map(|line| broken_into(line, width)).sum();
            self.ends.push(self.ends.last().copied().unwrap_or(0).saturating_add(lines));
        }
    }

    fn lines_of(&mut self, trace: &Trace, at: usize) -> Vec<JsonLine> {
        let (span, width) = (self.writer.span(at), self.width() as usize);
        let text = String::from_utf8_lossy(&self.writer.written(trace, at)).into_owned();
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
}

/// Number of lines that a line is wrapped into.
fn broken_into(line: &[u8], width: u32) -> u32 {
    // UTF-8 continuation bytes start with the bits 10.
    let characters = line.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u32;
    characters.div_ceil(width).max(1)
}

#[cfg(test)]
mod tests;
