//! Which log lines belong to which spans of a trace, and when: what bars are marked with.

use crate::model::{Outline, SpanIx, TraceLogs};
use crate::units::sort_by_number;
use rustc_hash::FxHashMap;

/// A log line at its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogMark {
    /// Nanoseconds from the trace's start.
    pub time: u64,
    /// Whether it reports an error.
    pub is_error: bool,
    /// Its index in the list of lines.
    pub line: u32,
}

/// The log lines of the spans of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogMarks(FxHashMap<SpanIx, Vec<LogMark>>);

impl LogMarks {
    /// The lines of each span of `shown`, in the order of their times. `sent` has the same spans with the times that they
    /// were sent with: where `shown` has corrected a span's times, its lines are moved with it. Lines before the trace's
    /// start are at its start. One pass over the spans, and one over the lines.
    pub fn of(shown: &Outline, sent: &Outline, logs: &TraceLogs) -> Self {
        let mut lines: FxHashMap<_, Vec<u32>> = FxHashMap::default();
        for (at, line) in logs.lines.iter().enumerate() {
            if let Some(span) = line.span {
                lines.entry(span).or_default().push(at as u32);
            }
        }
        let mut marks = FxHashMap::default();
        if lines.is_empty() {
            return LogMarks(marks);
        }
        for (span, id) in shown.id.iter().enumerate() {
            // A span id is that of the first span that has it.
            let Some(of_span) = lines.remove(id) else { continue };
            let moved = match (shown.start.get(span), sent.start.get(span)) {
                (Some(shown), Some(sent)) => *shown as i64 - *sent as i64,
                _ => 0,
            };
            let mark = |at: u32| {
                let line = &logs.lines[at as usize];
                let time = line.time_unix.saturating_sub(sent.start_unix).saturating_add_signed(moved);
                LogMark { time, is_error: line.is_error(), line: at }
            };
            let mut of_span: Vec<LogMark> = of_span.into_iter().map(mark).collect();
            sort_by_number(&mut of_span, |mark| mark.time);
            marks.insert(span as SpanIx, of_span);
        }
        LogMarks(marks)
    }

    /// The lines of a span, in the order of their times.
    pub fn of_span(&self, span: SpanIx) -> &[LogMark] {
        self.0.get(&span).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogLine;
    use crate::testing::forest::outlines;
    use crate::units::SpanId;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_line_is_at_its_span_and_moves_with_it(
            outline in outlines(12), lines in prop::collection::vec((0usize..16, 0u64..500, any::<bool>()), 0..30),
            moved in 0u64..100,
        ) {
            let line = |(of, time, is_error): &(usize, u64, bool)| LogLine {
                time_unix: outline.start_unix + time,
                severity: if *is_error { 17 } else { 9 },
                span: Some(outline.id.get(*of).copied().unwrap_or(SpanId(u64::MAX))),
                ..LogLine::default()
            };
            let logs = TraceLogs { lines: lines.iter().map(line).collect(), truncated: false };
            let mut shown = outline.clone();
            shown.start.iter_mut().for_each(|start| *start += moved);
            let marks = LogMarks::of(&shown, &outline, &logs);
            let mut all = 0;
            for span in 0..outline.len() as SpanIx {
                let of_span = marks.of_span(span);
                prop_assert!(of_span.is_sorted_by_key(|mark| mark.time));
                for mark in of_span {
                    let line = &logs.lines[mark.line as usize];
                    prop_assert_eq!(line.span, Some(outline.id[span as usize]));
                    prop_assert_eq!(mark.time, line.time_unix - outline.start_unix + moved);
                    prop_assert_eq!(mark.is_error, line.is_error());
                }
                all += of_span.len();
            }
            prop_assert_eq!(all, lines.iter().filter(|(of, ..)| *of < outline.len()).count());
        }
    }

    #[test]
    fn a_line_without_a_span_or_before_the_trace_does_no_harm() {
        let outline = crate::testing::trace("a: root [====]").outline().as_ref().clone();
        let lines = vec![
            LogLine { time_unix: 0, span: outline.id.first().copied(), ..LogLine::default() },
            LogLine::default(),
        ];
        let marks = LogMarks::of(&outline, &outline, &TraceLogs { lines, truncated: false });
        assert_eq!(marks.of_span(0).iter().map(|mark| mark.time).collect::<Vec<_>>(), [0]);
        assert_eq!(marks.of_span(7), []);
    }
}
