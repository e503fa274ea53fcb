//! Vertical layout of rows of equal height, with insertions of any height below some of them, such as inline details.

use std::ops::Range;

/// An insertion below a row. Heights are in the unit of [`RowPositions`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowInsertion {
    /// The row above it.
    pub row: usize,
    /// Its height.
    pub height: f64,
    /// Total height of the insertions before it.
    before: f64,
}

/// Positions of rows. Lookups take time logarithmic in the number of insertions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowPositions<'a> {
    /// Height of a row.
    pub row_height: f64,
    /// Insertions by row; see [`insertions`].
    pub insertions: &'a [RowInsertion],
}

/// Creates insertions from rows and heights, ascending by row.
pub fn insertions(below: impl IntoIterator<Item = (usize, f64)>) -> Vec<RowInsertion> {
    let mut all = Vec::new();
    let mut before = 0.0;
    for (row, height) in below {
        all.push(RowInsertion { row, height, before });
        before += height;
    }
    all
}

impl RowPositions<'_> {
    /// Number of insertions above `row`.
    pub fn above(&self, row: usize) -> usize {
        self.insertions.partition_point(|insertion| insertion.row < row)
    }

    /// Top of a row.
    pub fn top_of(&self, row: usize) -> f64 {
        let last = self.above(row).checked_sub(1).map(|last| self.insertions[last]);
        row as f64 * self.row_height + last.map_or(0.0, |last| last.before + last.height)
    }

    /// The insertion below a row.
    pub fn below(&self, row: usize) -> Option<RowInsertion> {
        self.insertions.get(self.above(row)).copied().filter(|insertion| insertion.row == row)
    }

    /// The row at `y`, and the offset from its top, which is more than the row's height inside an insertion.
    pub fn at(&self, y: f64) -> (usize, f64) {
        let y = y.max(0.0);
        // The last insertion that starts above `y`; rows after it are equally spaced.
        let starts =
            |insertion: &RowInsertion| (insertion.row + 1) as f64 * self.row_height + insertion.before;
        let last = self.insertions.partition_point(|insertion| starts(insertion) <= y).checked_sub(1);
        let Some(last) = last.map(|last| self.insertions[last]) else {
            let row = (y / self.row_height).floor();
            return (row as usize, y - row * self.row_height);
        };
        let beyond = y - starts(&last) - last.height;
        if beyond < 0.0 {
            return (last.row, y - starts(&last) + self.row_height);
        }
        let further = (beyond / self.row_height).floor();
        (last.row + 1 + further as usize, beyond - further * self.row_height)
    }

    /// The rows of a list of `rows` that are at least partly visible between `top` and `top + height`, including
    /// their insertions.
    pub fn range(&self, top: f64, height: f64, rows: usize) -> Range<usize> {
        let (first, _) = self.at(top);
        let (last, within) = self.at(top + height);
        first.min(rows)..(last + usize::from(within > 0.0)).min(rows)
    }

    /// Height of a list with `rows` rows.
    pub fn height(&self, rows: usize) -> f64 {
        self.top_of(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn even_rows_lie_as_if_nothing_were() {
        let places = RowPositions { row_height: 24.0, insertions: &[] };
        assert_eq!((places.top_of(3), places.height(10)), (72.0, 240.0));
        assert_eq!(places.at(73.0), (3, 1.0));
        assert_eq!((places.range(24.0, 48.0, 10), places.range(25.0, 48.0, 10)), (1..3, 1..4));
        assert_eq!((places.range(0.0, 1_000.0, 10), places.range(0.0, 0.0, 10)), (0..10, 0..0));
    }

    #[test]
    fn what_lies_below_a_row_moves_those_after_it() {
        let insertions = super::insertions([(1, 100.0), (2, 10.0)]);
        let places = RowPositions { row_height: 20.0, insertions: &insertions };
        assert_eq!([0, 1, 2, 3].map(|row| places.top_of(row)), [0.0, 20.0, 140.0, 170.0]);
        assert_eq!((places.below(1).map(|insertion| insertion.height), places.below(0)), (Some(100.0), None));
        assert_eq!(
            [39.0, 40.0, 139.0, 140.0].map(|y| places.at(y)),
            [(1, 19.0), (1, 20.0), (1, 119.0), (2, 0.0)]
        );
        assert_eq!(places.range(50.0, 40.0, 9), 1..2, "only what is below a row is seen");
        assert_eq!(places.above(2), 1);
    }

    proptest! {
        #[test]
        fn positions_of_rows_are_consistent(
            rows in 1usize..400,
            below in proptest::collection::btree_map(0usize..400, 0u32..900, 0..12),
            top in 0.0..9_000.0f64,
            height in 0.0..2_000.0f64,
        ) {
            let below: Vec<(usize, f64)> =
                below.into_iter().filter(|(row, _)| *row < rows).map(|(row, height)| (row, f64::from(height))).collect();
            let insertions = super::insertions(below.iter().copied());
            let places = RowPositions { row_height: 24.0, insertions: &insertions };
            // Row by row, as a browser lays them out.
            let mut y = 0.0;
            let mut seen = Vec::new();
            for row in 0..rows {
                let block = 24.0 + below.iter().find(|(at, _)| *at == row).map_or(0.0, |(_, height)| *height);
                prop_assert_eq!(places.top_of(row), y);
                prop_assert_eq!(places.at(y), (row, 0.0));
                prop_assert_eq!(places.at(y + block - 0.5), (row, block - 0.5));
                if y < top + height && y + block > top {
                    seen.push(row);
                }
                y += block;
            }
            prop_assert_eq!(places.height(rows), y);
            prop_assert_eq!(places.range(top, height, rows).collect::<Vec<_>>(), seen);
        }
    }
}
