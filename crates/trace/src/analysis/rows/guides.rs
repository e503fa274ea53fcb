//! Tree guides that lead to common ancestors, for highlighting them when a row is hovered.

use super::Rows;
use std::ops::Range;

/// For each row of `range` the number of its guides, from the outermost inwards, that are also guides of the row
/// `of`, which are those of common ancestors. `None` if that row is not in `range`, so that the time is bounded by
/// the visible rows.
pub fn shared_guides(rows: &Rows, range: Range<usize>, of: usize) -> Option<Vec<u32>> {
    if !range.contains(&of) || range.end > rows.len() {
        return None;
    }
    let depths: Vec<u32> = rows.as_slice()[range.clone()].iter().map(|row| row.depth()).collect();
    let at = of - range.start;
    let mut shared = depths.clone();
    // The minimum depth of the rows between two rows is the number of their common ancestors.
    for place in (0..at).rev() {
        shared[place] = depths[place].min(shared[place + 1]);
    }
    for place in at + 1..shared.len() {
        shared[place] = depths[place].min(shared[place - 1]);
    }
    Some(shared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::rows::{RowOptions, SiblingOrder, rows};
    use crate::testing::forest::outlines;
    use proptest::prelude::*;

    /// The rows above a row that it is indented below, outermost first.
    fn ancestors(rows: &Rows, of: usize) -> Vec<usize> {
        let mut above: Vec<usize> = Vec::new();
        let depth = |at: usize| rows.get(at).map_or(0, |row| row.depth());
        for at in (0..of).rev() {
            if depth(at) < above.last().map_or(depth(of), |last| depth(*last)) {
                above.push(at);
            }
        }
        above.reverse();
        above
    }

    proptest! {
        #[test]
        fn guides_are_shared_where_the_ancestors_are(
            outline in outlines(40), way in 0u8..8, cut in (0usize..40, 0usize..40), of in 0usize..40,
        ) {
            let order = if way & 1 == 0 { SiblingOrder::Start } else { SiblingOrder::Duration };
            let mut view = RowOptions { order, group: way & 2 != 0, ..RowOptions::default() };
            view.fold.level = (way & 4 != 0).then_some(2);
            let rows = rows(&outline, &view);
            let range = cut.0.min(rows.len())..(cut.0 + cut.1).min(rows.len());
            let shared = shared_guides(&rows, range.clone(), of);
            prop_assert_eq!(shared.is_some(), range.contains(&of));
            for (row, shared) in range.zip(shared.into_iter().flatten()) {
                let (one, other) = (ancestors(&rows, row), ancestors(&rows, of));
                let expected = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
                prop_assert_eq!(shared as usize, expected, "row {} and {}", row, of);
            }
        }
    }
}
