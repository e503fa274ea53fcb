//! Bars of hidden spans in a row: the subtree of a collapsed span, the members of a group. Rendered to pixel columns,
//! so that a million spans become at most one bar per pixel, and errors stay visible.

use super::super::pixel_cells::{EMPTY, PixelCells};
use super::{Extent, Pattern, WaterfallViewport, extent, place};
use crate::analysis::rows::Rows;
use crate::model::{Flags, Outline, SpanIx};
use crate::scene::TimeScale;
use rustc_hash::FxHashMap;

/// Cell value of the row's own bar, which is drawn separately.
const OWN: u8 = EMPTY - 1;
/// Cell value of time between a group's members.
const BETWEEN: u8 = EMPTY - 2;
/// Added to a colour index for hidden descendants.
const BELOW: u8 = 64;

/// Hidden spans of one row as runs of pixel columns: start, end, cell value.
#[derive(Debug, Default)]
pub(super) struct HiddenBars {
    bars: Vec<(u32, u32, u8)>,
    failures: Vec<(u32, u32, u8)>,
}

impl HiddenBars {
    /// Start, end, colour index and pattern; disjoint, and outside the row's own bar.
    pub fn bars(&self) -> impl Iterator<Item = (f64, f64, u8, Pattern)> + '_ {
        self.bars.iter().filter(|bar| bar.2 != OWN).map(|&(x0, x1, cell)| {
            let (colour, pattern) = match cell {
                BETWEEN => (0, Pattern::Between),
                cell if cell >= BELOW => (cell - BELOW, Pattern::Below),
                colour => (colour, Pattern::Own),
            };
            (f64::from(x0), f64::from(x1), colour, pattern)
        })
    }

    /// Positions of hidden errors; disjoint.
    pub fn failures(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.failures.iter().map(|&(x0, x1, _)| (f64::from(x0), f64::from(x1)))
    }
}

/// Caches hidden bars for one time scale, so that scrolling does not walk subtrees again.
#[derive(Debug, Default)]
pub(super) struct HiddenBarsCache {
    scale: Option<TimeScale>,
    rows: FxHashMap<usize, HiddenBars>,
    cells: PixelCells,
}

/// Maximum number of cached rows before the cache is cleared.
const MOST: usize = 1 << 12;

impl HiddenBarsCache {
    /// Clears the cache if the scale has changed.
    pub fn scale_to(&mut self, scale: &TimeScale) {
        if self.scale != Some(*scale) || self.rows.len() > MOST {
            self.scale = Some(*scale);
            self.rows.clear();
        }
    }

    /// The hidden bars of the row at `index`, or the members of a group.
    pub fn of(
        &mut self,
        outline: &Outline,
        rows: &Rows,
        view: &WaterfallViewport,
        index: usize,
        colour: &dyn Fn(SpanIx) -> u8,
    ) -> &HiddenBars {
        let cells = &mut self.cells;
        self.rows.entry(index).or_insert_with(|| lay(outline, rows, view, index, colour, cells))
    }
}

fn lay(
    outline: &Outline,
    rows: &Rows,
    view: &WaterfallViewport,
    index: usize,
    colour: &dyn Fn(SpanIx) -> u8,
    cells: &mut PixelCells,
) -> HiddenBars {
    let Some(row) = rows.get(index) else { return HiddenBars::default() };
    let width = view.scale.width.floor() as usize;
    let failed = |span: SpanIx| outline.flags[span as usize].has(Flags::OWN_ERROR);
    let fill = |cells: &mut PixelCells, extent: Extent, value: u8| {
        if let Extent::Within(x0, x1) = extent {
            cells.fill(x0 as usize, x1 as usize, value);
        }
    };
    let taken =
        |cells: &PixelCells| cells.runs().map(|(x0, x1, cell)| (x0 as u32, x1 as u32, cell)).collect();
    let members = rows.members(index);
    let times = |span: SpanIx| (outline.start[span as usize], outline.end[span as usize]);

    cells.clear(width);
    if row.is_group() {
        // Errors first, so that they take precedence.
        for pass in [true, false] {
            for member in members.iter().filter(|member| failed(**member) == pass) {
                fill(cells, extent(outline, view, *member), colour(*member));
            }
        }
    } else {
        fill(cells, extent(outline, view, row.span), OWN);
    }

    let alone = [row.span];
    let tops = match (row.collapsed(), row.is_group()) {
        (false, _) => &[][..],
        (true, false) => &alone,
        (true, true) => members,
    };
    let below = |top: SpanIx| top + 1..outline.subtree_end[top as usize];
    for &top in tops {
        let (start, end) = times(top);
        // Most spans are inside their ancestor's time, which is checked with two comparisons.
        let outside = |span: &SpanIx| times(*span).0 < start || times(*span).1 > end;
        for span in below(top).filter(outside) {
            fill(cells, extent(outline, view, span), BELOW + colour(span));
        }
    }
    if row.is_group() {
        let all = members.iter().map(|member| times(*member));
        let whole = all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default();
        fill(cells, place(view, whole, outline.duration), BETWEEN);
    }
    let bars = taken(cells);
    let mut failures = Vec::new();
    if tops.iter().any(|top| outline.flags[*top as usize].has(Flags::ERROR_BELOW)) {
        cells.clear(width);
        for span in tops.iter().flat_map(|top| below(*top)).filter(|span| failed(*span)) {
            fill(cells, extent(outline, view, span), OWN);
        }
        failures = taken(cells);
    }
    HiddenBars { bars, failures }
}
