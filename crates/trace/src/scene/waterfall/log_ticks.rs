//! Log lines on the bars of the rows on screen.

use super::WaterfallViewport;
use crate::analysis::log_marks::LogMarks;
use crate::analysis::rows::Rows;

/// A tick of log lines: row, device pixel, and whether one of them reports an error.
pub type LogTick = (u32, f32, bool);

/// The ticks of the lines of the spans that have a row on screen, at most one a pixel; `into` is cleared first.
pub fn log_ticks(rows: &Rows, view: &WaterfallViewport, marks: &LogMarks, into: &mut Vec<LogTick>) {
    into.clear();
    let scale = &view.scale;
    for index in view.rows(rows.len()) {
        let Some(row) = rows.get(index).filter(|row| !row.is_group()) else { continue };
        for mark in marks.of_span(row.span) {
            if mark.time < scale.start || mark.time > scale.end {
                continue;
            }
            let x = scale.x_of(mark.time).round().min(scale.width.floor() - 1.0) as f32;
            match into.last_mut().filter(|last| last.0 == index as u32 && last.1 == x) {
                Some(last) => last.2 |= mark.is_error,
                None => into.push((index as u32, x, mark.is_error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::TimeScale;
    use super::super::super::places::RowPositions;
    use super::*;
    use crate::analysis::rows::{RowOptions, rows};
    use crate::model::{LogLine, TraceLogs};
    use crate::testing::forest::outlines;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_tick_stands_at_every_line_on_screen_once_a_pixel_and_says_whether_one_is_an_error(
            outline in outlines(12), lines in prop::collection::vec((0usize..12, 0u64..200, any::<bool>()), 0..40),
            cut in (0u64..50, 1u64..200),
        ) {
            let line = |(of, time, is_error): &(usize, u64, bool)| LogLine {
                time_unix: outline.start_unix + time,
                severity: if *is_error { 17 } else { 9 },
                span: outline.id.get(*of).copied(),
                ..LogLine::default()
            };
            let logs = TraceLogs { lines: lines.iter().map(line).collect(), truncated: false };
            let marks = LogMarks::of(&outline, &outline, &logs);
            let rows = rows(&outline, &RowOptions::default());
            let view = WaterfallViewport {
                scale: TimeScale::new(cut.0, cut.0 + cut.1, 150.0),
                top: 0.0,
                height: 5.0 * 24.0,
                places: RowPositions { row_height: 24.0, insertions: &[] },
                least_bar: 2.0,
                char_width: 6.0,
            };
            let mut ticks = vec![(9, 9.0, true)];
            log_ticks(&rows, &view, &marks, &mut ticks);
            let mut expected = std::collections::BTreeMap::new();
            for index in view.rows(rows.len()) {
                let Some(row) = rows.get(index) else { continue };
                for mark in marks.of_span(row.span) {
                    if (view.scale.start..=view.scale.end).contains(&mark.time) {
                        let x = view.scale.x_of(mark.time).round().min(149.0) as u32;
                        *expected.entry((index as u32, x)).or_insert(false) |= mark.is_error;
                    }
                }
            }
            let found: Vec<_> = ticks.iter().map(|(row, x, is_error)| ((*row, *x as u32), *is_error)).collect();
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
