//! The critical path in the visible rows.

use super::{RowInterval, WaterfallViewport, marks};
use crate::analysis::critical_path::PathBySpan;
use crate::analysis::rows::Rows;

/// Intervals of the path in the visible rows: in a row that hides its descendants including them, in others the
/// span's own. At most one interval per pixel, ascending in each row.
pub fn path_intervals(rows: &Rows, view: &WaterfallViewport, path: &PathBySpan) -> Vec<RowInterval> {
    let mut stretches: Vec<RowInterval> = Vec::new();
    for index in view.rows(rows.len()) {
        let Some(row) = rows.get(index) else { break };
        let mut add = |times: (u64, u64)| {
            let Some((row, x0, x1)) = marks::stretch(view, times, index as u32) else { return };
            match stretches.last_mut().filter(|last| last.0 == row && x0 <= last.2) {
                Some(last) => last.2 = last.2.max(x1),
                None => stretches.push((row, x0, x1)),
            }
        };
        if row.is_group() {
            for member in rows.members(index) {
                path.extent_of(*member).into_iter().for_each(&mut add);
            }
        } else if row.collapsed() {
            path.extent_of(row.span).into_iter().for_each(&mut add);
        } else {
            let scale = &view.scale;
            let seen = |(start, end): &(u64, u64)| *end > scale.start && *start < scale.end;
            path.segments_of(row.span).filter(seen).for_each(&mut add);
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::rows::{RowOptions, rows};
    use crate::scene::TimeScale;
    use crate::scene::places::RowPositions;
    use crate::testing::{COLUMN, trace};

    #[test]
    fn a_row_shows_its_own_part_of_the_path_and_what_it_hides() {
        let trace = trace(
            "
            a: root    [==========]
              a: one     [===]
                b: in     [=]
              a: off     [=]
            ",
        );
        let outline = trace.outline();
        let path = PathBySpan::of(outline);
        let found = |view: &RowOptions, (from, to): (u64, u64)| {
            let rows = rows(outline, view);
            // Ten pixels a column.
            let view = WaterfallViewport {
                scale: TimeScale::new(from * COLUMN, to * COLUMN, (to - from) as f64 * 10.0),
                top: 0.0,
                height: 100.0,
                places: RowPositions { row_height: 10.0, insertions: &[] },
                least_bar: 2.0,
                char_width: 6.0,
            };
            path_intervals(&rows, &view, &path)
        };
        let mut options = RowOptions::default();
        assert_eq!(
            found(&options, (0, 11)),
            [(0, 0.0, 20.0), (0, 60.0, 110.0), (1, 20.0, 30.0), (1, 50.0, 60.0), (2, 30.0, 50.0)]
        );
        assert_eq!(found(&options, (4, 8)), [(0, 20.0, 40.0), (1, 10.0, 20.0), (2, 0.0, 10.0)]);
        options.fold.set(outline, 1, true);
        assert_eq!(found(&options, (0, 11)), [(0, 0.0, 20.0), (0, 60.0, 110.0), (1, 20.0, 60.0)]);
        options.fold.collapse_all();
        assert_eq!(found(&options, (0, 11)), [(0, 0.0, 110.0)]);
    }
}
