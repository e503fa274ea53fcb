//! The minimap: all spans of a trace as cells, lanes of rows by columns of pixels.

use super::pixel_cells::{EMPTY, PixelCells};
use crate::analysis::critical_path::PathBySpan;
use crate::model::{Flags, Outline};

/// A run of cells of one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Lane from the top.
    pub lane: u16,
    /// First column.
    pub x0: u16,
    /// One past the last column.
    pub x1: u16,
    /// Colour index.
    pub colour: u8,
}

/// Fills the minimap incrementally, so that a million spans do not delay a frame. Errors take precedence in a cell,
/// then the last span in pre-order, so that errors stay visible and ancestors do not hide their descendants. An error with
/// an error below it was passed on: it is beside the colours of the cells, as in rows.
#[derive(Clone, Debug)]
pub struct Minimap {
    columns: usize,
    lanes: usize,
    // Lane by lane.
    cells: PixelCells,
    // Where errors were passed on.
    passed_on: PixelCells,
    // Spans are processed from the last to the first, twice: errors, then all.
    pass: u8,
    left: usize,
}

impl Minimap {
    /// An empty minimap of `columns` by `lanes` cells; at most 65,535 columns.
    pub fn new(outline: &Outline, columns: usize, lanes: usize) -> Self {
        let columns = columns.clamp(1, usize::from(u16::MAX));
        let lanes = lanes.clamp(1, usize::from(u16::MAX));
        let mut cells = PixelCells::default();
        cells.clear(columns * lanes);
        Minimap { columns, lanes, passed_on: cells.clone(), cells, pass: 0, left: outline.len() }
    }

    /// Processes up to `budget` more spans. Returns whether the minimap is complete. `colour` returns a span's colour
    /// index (below 255), `error` is the colour of errors.
    pub fn work(&mut self, outline: &Outline, budget: usize, colour: impl Fn(u32) -> u8, error: u8) -> bool {
        let mut budget = budget;
        while self.pass < 2 {
            while self.left > 0 {
                if budget == 0 {
                    return false;
                }
                budget -= 1;
                self.left -= 1;
                let span = self.left;
                let flags = outline.flags[span];
                if self.pass == 1 {
                    let (first, last) = self.cells_of(outline, span);
                    self.cells.fill(first, last, colour(span as u32));
                } else if flags.has(Flags::OWN_ERROR) {
                    let (first, last) = self.cells_of(outline, span);
                    let is_passed_on = flags.has(Flags::ERROR_BELOW);
                    let cells = if is_passed_on { &mut self.passed_on } else { &mut self.cells };
                    cells.fill(first, last, error);
                }
            }
            self.pass += 1;
            self.left = outline.len();
        }
        true
    }

    /// The lane of a span: one per span if there are enough lanes, else equal shares in order.
    pub fn lane_of(&self, outline: &Outline, span: u32) -> usize {
        let spans = outline.len().max(1);
        if spans <= self.lanes {
            span as usize
        } else {
            (span as u64 * self.lanes as u64 / spans as u64) as usize
        }
    }

    /// The critical path as runs by lane, left to right; their colour is not used.
    pub fn path_runs(outline: &Outline, columns: usize, lanes: usize, path: &PathBySpan) -> Vec<Run> {
        let mut band = Minimap::new(outline, columns, lanes);
        for span in path.spans() {
            let base = band.lane_of(outline, *span) * band.columns;
            for times in path.segments_of(*span) {
                let (first, last) = band.columns_within(outline, times);
                band.cells.fill(base + first, base + last, 0);
            }
        }
        band.runs()
    }

    fn columns_of(&self, outline: &Outline, span: usize) -> (usize, usize) {
        self.columns_within(outline, (outline.start[span], outline.end[span]))
    }

    fn columns_within(&self, outline: &Outline, (start, end): (u64, u64)) -> (usize, usize) {
        let per_column = outline.duration.max(1) as f64 / self.columns as f64;
        let first = (start as f64 / per_column).floor() as usize;
        let last = (end as f64 / per_column).ceil() as usize;
        let first = first.min(self.columns - 1);
        (first, last.clamp(first + 1, self.columns))
    }

    fn cells_of(&self, outline: &Outline, span: usize) -> (usize, usize) {
        let (first, last) = self.columns_of(outline, span);
        let base = self.lane_of(outline, span as u32) * self.columns;
        (base + first, base + last)
    }

    /// The colour of a cell; `None` if it is empty.
    pub fn cell(&self, lane: usize, column: usize) -> Option<u8> {
        Some(self.cells.as_slice()[lane * self.columns + column]).filter(|colour| *colour != EMPTY)
    }

    /// The minimap as runs by lane, left to right.
    pub fn runs(&self) -> Vec<Run> {
        self.runs_of(&self.cells)
    }

    /// Where errors were passed on, as runs by lane, left to right, in the colour of errors.
    pub fn passed_on_runs(&self) -> Vec<Run> {
        self.runs_of(&self.passed_on)
    }

    fn runs_of(&self, cells: &PixelCells) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (lane, cells) in cells.as_slice().chunks_exact(self.columns).enumerate() {
            let mut x0 = 0;
            for same in cells.chunk_by(|a, b| a == b) {
                let x1 = x0 + same.len();
                if same[0] != EMPTY {
                    runs.push(Run { lane: lane as u16, x0: x0 as u16, x1: x1 as u16, colour: same[0] });
                }
                x0 = x1;
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_cell_has_the_error_or_the_deepest_span(
            outline in outlines(60), columns in 1usize..80, lanes in 1usize..20, slice in 1usize..30,
        ) {
            let colour = |span: u32| (span % 200) as u8;
            let mut map = Minimap::new(&outline, columns, lanes);
            let mut slices = 0;
            while !map.work(&outline, slice, colour, 250) {
                slices += 1;
                prop_assert!(slices < 1000);
            }
            let is_at = |runs: &[Run], lane: usize, column: usize| {
                runs.iter().any(|run| {
                    usize::from(run.lane) == lane && (run.x0..run.x1).contains(&(column as u16))
                })
            };
            let passed_on = map.passed_on_runs();
            for lane in 0..lanes {
                for column in 0..columns {
                    let covers = |span: &usize| {
                        let (first, last) = map.columns_of(&outline, *span);
                        map.lane_of(&outline, *span as u32) == lane && (first..last).contains(&column)
                    };
                    let here: Vec<_> = (0..outline.len()).filter(covers).collect();
                    let has_failed = |below: bool| here.iter().any(|span| {
                        let flags = outline.flags[*span];
                        flags.has(Flags::OWN_ERROR) && flags.has(Flags::ERROR_BELOW) == below
                    });
                    let failed = has_failed(false);
                    prop_assert_eq!(is_at(&passed_on, lane, column), has_failed(true));
                    let expected = here.last().map(|span| if failed { 250 } else { colour(*span as u32) });
                    prop_assert_eq!(map.cell(lane, column), expected);
                }
            }
            let mut painted = vec![None; columns * lanes];
            for run in map.runs() {
                for x in run.x0..run.x1 {
                    let cell = &mut painted[usize::from(run.lane) * columns + usize::from(x)];
                    prop_assert!(cell.replace(run.colour).is_none());
                }
            }
            for (index, cell) in painted.into_iter().enumerate() {
                prop_assert_eq!(cell, map.cell(index / columns, index % columns));
            }
        }
    }

    proptest! {
        #[test]
        fn the_path_is_where_one_of_its_segments_is(outline in outlines(40), columns in 1usize..60, lanes in 1usize..9) {
            let path = PathBySpan::of(&outline);
            let band = Minimap::new(&outline, columns, lanes);
            let mut found = vec![false; columns * lanes];
            for run in Minimap::path_runs(&outline, columns, lanes, &path) {
                found[usize::from(run.lane) * columns..][usize::from(run.x0)..usize::from(run.x1)].fill(true);
            }
            let mut expected = vec![false; columns * lanes];
            for span in 0..outline.len() as u32 {
                for times in path.segments_of(span) {
                    let (first, last) = band.columns_within(&outline, times);
                    expected[band.lane_of(&outline, span) * columns..][first..last].fill(true);
                }
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_empty_trace_has_an_empty_band() {
        let outline = Outline::default();
        let mut map = Minimap::new(&outline, 10, 3);
        assert!(map.work(&outline, 1, |_| 0, 1));
        assert!(map.runs().is_empty());
    }
}
