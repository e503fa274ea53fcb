//! The bars of the rows on screen: where each begins and ends, what of it was the span's own work, its label
//! and its events. Positions are whole device pixels, so that edges are sharp and what is drawn can be
//! compared with brute force.

mod label;

pub use label::{Label, Place};

use super::TimeScale;
use crate::analysis::rows::Rows;
use crate::analysis::waiting::{Waits, WaitsKept};
use crate::model::{Flags, Outline, SpanIx};

/// What part of the rows and of the time is on screen. Everything is in device pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Time over the width of the bars' area.
    pub scale: TimeScale,
    /// How far the rows are scrolled; `f64`, since a million rows are beyond the precision of `f32`.
    pub top: f64,
    /// Height of the area.
    pub height: f64,
    /// Height of a row.
    pub row_height: f64,
    /// The least width of a bar: something that took no time is still something.
    pub least_bar: f64,
    /// Width of a digit of a label.
    pub char_width: f64,
}

impl Viewport {
    /// The rows that are at least partly on screen, of `rows` many.
    pub fn rows(&self, rows: usize) -> std::ops::Range<usize> {
        let first = (self.top / self.row_height).floor().max(0.0) as usize;
        let last = ((self.top + self.height) / self.row_height).ceil().max(0.0) as usize;
        first.min(rows)..last.min(rows)
    }

    /// The row at height `y` of the area.
    pub fn row_at(&self, y: f64, rows: usize) -> Option<usize> {
        let row = ((self.top + y) / self.row_height).floor();
        (row >= 0.0 && row < rows as f64).then_some(row as usize)
    }

    /// Upper edge of a row in the area.
    pub fn y_of(&self, row: usize) -> f64 {
        row as f64 * self.row_height - self.top
    }
}

/// How a stretch of a bar is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Pattern {
    /// The span's own time.
    Own = 0,
    /// A child was at work.
    Waiting = 1,
}

/// The drawing of one frame: bars as columns, the rest as short lists. Kept between frames for its memory.
#[derive(Clone, Debug, Default)]
pub struct Waterfall {
    /// Left edges, device pixels.
    pub x0: Vec<f32>,
    /// Right edges, device pixels; after the left.
    pub x1: Vec<f32>,
    /// Row index of each bar.
    pub row: Vec<u32>,
    /// Colour index of each bar.
    pub colour: Vec<u8>,
    /// Pattern of each bar.
    pub pattern: Vec<Pattern>,
    /// Durations to write.
    pub labels: Vec<Label>,
    /// Event ticks: row and device pixel, at most one a pixel.
    pub events: Vec<(u32, f32)>,
}

/// Whether a bar is on screen, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// All of it ends before the viewport.
    Before,
    /// All of it begins after the viewport.
    After,
    /// From pixel to pixel, cut at the viewport's edges.
    Within(f64, f64),
}

/// Where a span lies in a viewport.
pub fn extent(outline: &Outline, view: &Viewport, span: SpanIx) -> Extent {
    let (begin, end) = (outline.begin[span as usize], outline.end[span as usize]);
    let scale = &view.scale;
    // Ends are exclusive, but for a span of no length and the last moment of the trace.
    if end < scale.begin || end == scale.begin && begin < end {
        return Extent::Before;
    }
    if begin > scale.end || begin == scale.end && begin < outline.duration {
        return Extent::After;
    }
    let width = scale.width.floor();
    let least = view.least_bar.round().clamp(1.0, width);
    let x0 = scale.x_of(begin).clamp(0.0, width).round().min(width - least);
    let x1 = scale.x_of(end).clamp(0.0, width).round().max(x0 + least);
    Extent::Within(x0, x1)
}

/// The span whose row is at `y`, and whether `x` is on its bar (with two pixels of grace for thin ones).
pub fn hit(outline: &Outline, rows: &Rows, view: &Viewport, x: f64, y: f64) -> Option<(SpanIx, bool)> {
    let row = rows.get(view.row_at(y, rows.len())?)?;
    let offset = y + view.top - ((view.top + y) / view.row_height).floor() * view.row_height;
    let (above, below) = (view.row_height / 4.0, view.row_height * 3.0 / 4.0);
    let on_bar = match extent(outline, view, row.span) {
        Extent::Within(x0, x1) => (x0 - 2.0..x1 + 2.0).contains(&x) && (above..=below).contains(&offset),
        _ => false,
    };
    Some((row.span, on_bar))
}

impl Waterfall {
    /// Number of bars.
    pub fn len(&self) -> usize {
        self.x0.len()
    }

    /// Whether there are no bars.
    pub fn is_empty(&self) -> bool {
        self.x0.is_empty()
    }

    fn clear(&mut self) {
        self.x0.clear();
        self.x1.clear();
        self.row.clear();
        self.colour.clear();
        self.pattern.clear();
        self.labels.clear();
        self.events.clear();
    }

    /// Lays out what `view` shows of `rows`. `colour` gives a span's colour index.
    pub fn lay(
        &mut self,
        outline: &Outline,
        rows: &Rows,
        view: &Viewport,
        waits: &mut WaitsKept,
        colour: impl Fn(SpanIx) -> u8,
    ) {
        self.clear();
        for index in view.rows(rows.len()) {
            let Some(row) = rows.get(index) else { break };
            let place = extent(outline, view, row.span);
            self.labels.push(label::label(outline, view, row.span, index as u32, place));
            let Extent::Within(x0, x1) = place else { continue };
            let colour = colour(row.span);
            if outline.has_children(row.span) {
                let waits = waits.of(outline, row.span);
                self.pieces(outline, view, row.span, waits, (x0, x1), (index as u32, colour));
            } else {
                self.bar(x0, x1, index as u32, colour, Pattern::Own);
            }
            if outline.flags[row.span as usize].has(Flags::HAS_EVENTS) {
                self.ticks(outline, view, row.span, index as u32);
            }
        }
    }

    fn bar(&mut self, x0: f64, x1: f64, row: u32, colour: u8, pattern: Pattern) {
        self.x0.push(x0 as f32);
        self.x1.push(x1 as f32);
        self.row.push(row);
        self.colour.push(colour);
        self.pattern.push(pattern);
    }

    /// Cuts a bar into own and waiting: each pixel column takes what fills at least half of its time, and
    /// runs of equal columns become one bar. Stretches without a change are jumped over, so the work is
    /// bounded by the width and not by the number of children.
    fn pieces(
        &mut self,
        outline: &Outline,
        view: &Viewport,
        span: SpanIx,
        waits: &Waits,
        (x0, x1): (f64, f64),
        (row, colour): (u32, u8),
    ) {
        let (begin, end) = (outline.begin[span as usize] as f64, outline.end[span as usize] as f64);
        let mut run: Option<(f64, Pattern)> = None;
        let mut x = x0;
        while x < x1 {
            let (pattern, next) = column(&view.scale, waits, (begin, end), x, x1);
            match run {
                Some((_, same)) if same == pattern => {}
                Some((from, other)) => {
                    self.bar(from, x, row, colour, other);
                    run = Some((x, pattern));
                }
                None => run = Some((x, pattern)),
            }
            x = next;
        }
        if let Some((from, pattern)) = run {
            self.bar(from, x1, row, colour, pattern);
        }
    }

    fn ticks(&mut self, outline: &Outline, view: &Viewport, span: SpanIx, row: u32) {
        let scale = &view.scale;
        let mut last = -1.0;
        for &time in outline.events_of(span) {
            if time < scale.begin || time > scale.end {
                continue;
            }
            let x = scale.x_of(time).round().min(scale.width.floor() - 1.0);
            if x != last {
                self.events.push((row, x as f32));
                last = x;
            }
        }
    }
}

/// The pattern of the pixel column at `x`, and the first column to the right (at most `x1`) that may differ.
fn column(scale: &TimeScale, waits: &Waits, (begin, end): (f64, f64), x: f64, x1: f64) -> (Pattern, f64) {
    let time = |x: f64| scale.begin as f64 + scale.offset_at(x);
    let from = time(x).max(begin);
    let to = time(x + 1.0).min(end);
    if from >= to {
        // A bar wider than its time: the least width, or rounding at its edges.
        return (Pattern::Own, x + 1.0);
    }
    let (waiting, until) = waits.state_at(from);
    if until >= to {
        let pattern = if waiting { Pattern::Waiting } else { Pattern::Own };
        // The last column that lies wholly before the change.
        let jump = if until >= end { x1 } else { ((until - scale.begin as f64) / scale.per_pixel()).floor() };
        // The bar's rounded edge may reach a pixel beyond its end; that column has its own case above.
        let edge = ((end - scale.begin as f64) / scale.per_pixel()).floor();
        return (pattern, jump.min(edge).clamp(x + 1.0, x1));
    }
    let waited = waits.until(to) - waits.until(from);
    let pattern = if waited * 2.0 >= to - from { Pattern::Waiting } else { Pattern::Own };
    (pattern, x + 1.0)
}

#[cfg(test)]
mod tests;
