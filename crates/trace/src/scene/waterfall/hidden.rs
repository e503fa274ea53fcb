//! What a row stands for besides its own span: the subtree below a collapsed one, the members of a group. Laid
//! into pixel columns, so that a million spans are no more bars than the row has pixels and none that failed is lost.

use super::super::cells::{Cells, EMPTY};
use super::{Extent, Pattern, Viewport, extent, place};
use crate::analysis::rows::Rows;
use crate::model::{Flags, Outline, SpanIx};
use crate::scene::TimeScale;
use rustc_hash::FxHashMap;

/// Stands in a cell for the row's own bar, which is drawn elsewhere...
const OWN: u8 = EMPTY - 1;
/// ...for the time between a group's members...
const BETWEEN: u8 = EMPTY - 2;
/// ...and, added to a colour index, for what lies below.
const BELOW: u8 = 64;

/// The hidden things of one row, as runs of pixel columns: from where, to where, what.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    bars: Vec<(u32, u32, u8)>,
    failures: Vec<(u32, u32, u8)>,
}

impl Hidden {
    /// From where to where, colour index and pattern; disjoint, and beside the row's own bar.
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

    /// Where something hidden failed; disjoint.
    pub fn failures(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.failures.iter().map(|&(x0, x1, _)| (f64::from(x0), f64::from(x1)))
    }
}

/// Remembers the hidden things of rows while the time shown stays: scrolling walks no subtree twice.
#[derive(Debug, Default)]
pub(super) struct HiddenCache {
    scale: Option<TimeScale>,
    rows: FxHashMap<usize, Hidden>,
    cells: Cells,
}

/// How many rows are remembered before all are forgotten.
const MOST: usize = 1 << 12;

impl HiddenCache {
    /// Forgets what was laid at another scale.
    pub fn scale_to(&mut self, scale: &TimeScale) {
        if self.scale != Some(*scale) || self.rows.len() > MOST {
            self.scale = Some(*scale);
            self.rows.clear();
        }
    }

    /// What the row at `index` hides, or the group there lists.
    pub fn of(
        &mut self,
        outline: &Outline,
        rows: &Rows,
        view: &Viewport,
        index: usize,
        colour: &dyn Fn(SpanIx) -> u8,
    ) -> &Hidden {
        let cells = &mut self.cells;
        self.rows.entry(index).or_insert_with(|| lay(outline, rows, view, index, colour, cells))
    }
}

fn lay(
    outline: &Outline,
    rows: &Rows,
    view: &Viewport,
    index: usize,
    colour: &dyn Fn(SpanIx) -> u8,
    cells: &mut Cells,
) -> Hidden {
    let Some(row) = rows.get(index) else { return Hidden::default() };
    let width = view.scale.width.floor() as usize;
    let failed = |span: SpanIx| outline.flags[span as usize].has(Flags::OWN_ERROR);
    let fill = |cells: &mut Cells, extent: Extent, value: u8| {
        if let Extent::Within(x0, x1) = extent {
            cells.fill(x0 as usize, x1 as usize, value);
        }
    };
    let taken = |cells: &Cells| cells.runs().map(|(x0, x1, cell)| (x0 as u32, x1 as u32, cell)).collect();
    let members = rows.members(index);
    let times = |span: SpanIx| (outline.start[span as usize], outline.end[span as usize]);

    cells.clear(width);
    if row.is_group() {
        // What failed comes first, so that it is seen.
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
        // Most lie in the time of what they are below: two comparisons, and nothing to fill.
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
    Hidden { bars, failures }
}
