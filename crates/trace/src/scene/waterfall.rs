//! Bars of the visible rows: position, own and waiting time, hidden descendants, label and marks. Positions are whole
//! device pixels, so that edges are sharp and tests can compare with brute force. A row has at most one bar per
//! pixel.

mod hidden_bars;
mod label;
mod log_ticks;
mod marks;
mod path;

pub use label::{Label, LabelPosition};
pub use log_ticks::{LogTick, log_ticks};
pub use marks::times_near;
pub use path::path_intervals;

use super::TimeScale;
use super::places::RowPositions;
use crate::analysis::child_coverage::{ChildCoverage, ChildCoverageCache};
use crate::analysis::outliving::outside_parent;
use crate::analysis::rows::{GroupCache, Row, Rows};
use crate::analysis::rpc;
use crate::model::{Flags, Outline, SpanIx};
use hidden_bars::HiddenBarsCache;
use marks::GapCache;

/// The visible rows and time range. All lengths are in device pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaterfallViewport<'a> {
    /// Time scale of the bars.
    pub scale: TimeScale,
    /// Scroll offset of the rows; `f64`, because `f32` is not precise enough for a million rows.
    pub top: f64,
    /// Height of the area.
    pub height: f64,
    /// Positions of rows.
    pub places: RowPositions<'a>,
    /// Minimum width of a bar, for short spans.
    pub least_bar: f64,
    /// Width of a digit of a label.
    pub char_width: f64,
}

impl WaterfallViewport<'_> {
    /// The visible rows of `rows`.
    pub fn rows(&self, rows: usize) -> std::ops::Range<usize> {
        self.places.range(self.top, self.height, rows)
    }

    /// Top of a row in the area.
    pub fn y_of(&self, row: usize) -> f64 {
        self.places.top_of(row) - self.top
    }
}

/// How a part of a bar is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Pattern {
    /// Self time.
    Own = 0,
    /// Time covered by children.
    Waiting = 1,
    /// Outside the span's own time, covered by hidden descendants.
    Below = 2,
    /// Between members of a group.
    Between = 3,
}

/// An interval in a row: row index, start and end in device pixels.
pub type RowInterval = (u32, f32, f32);

/// Caches shared by frames. Valid for one outline and one list of rows.
#[derive(Debug, Default)]
pub struct WaterfallCache {
    waits: ChildCoverageCache,
    gaps: GapCache,
    hidden: HiddenBarsCache,
    /// Aggregates of groups.
    pub groups: GroupCache,
}

impl WaterfallCache {
    /// The cached self time of a span, nanoseconds.
    pub fn self_time(&mut self, outline: &Outline, span: SpanIx) -> u64 {
        let duration = outline.duration_of(span);
        if !outline.has_children(span) {
            return duration;
        }
        duration.saturating_sub(self.waits.of(outline, span).total())
    }
}

/// The contents of one frame: bars as columns, the rest as short lists. Reused to save allocations.
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
    /// Duration labels.
    pub labels: Vec<Label>,
    /// Event ticks: row and device pixel, at most one per pixel.
    pub events: Vec<(u32, f32)>,
    /// Ticks of log lines; set by [`log_ticks()`], for they are loaded after the spans.
    pub logs: Vec<LogTick>,
    /// In the bar of a collapsed client span the time of its server span, with that span's colour index.
    pub served: Vec<(RowInterval, u8)>,
    /// Bars of spans with an error, and whether a descendant has one, too, from which it may have propagated.
    pub errors: Vec<(RowInterval, bool)>,
    /// Positions of hidden spans with an error.
    pub failures: Vec<RowInterval>,
    /// Gaps of spans (see `analysis::gaps`).
    pub gaps: Vec<RowInterval>,
    /// Where a span is outside its parent's time.
    pub overruns: Vec<RowInterval>,
}

/// Position of a bar relative to the viewport.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// It ends before the viewport.
    Before,
    /// It starts after the viewport.
    After,
    /// Start and end in pixels, clipped to the viewport.
    Within(f64, f64),
}

/// Position of a time range in a viewport; `last` is the end of the trace.
fn place(view: &WaterfallViewport, (start, end): (u64, u64), last: u64) -> Extent {
    let scale = &view.scale;
    // Ends are exclusive, except for empty spans and the end of the trace.
    if end < scale.start || end == scale.start && start < end {
        return Extent::Before;
    }
    if start > scale.end || start == scale.end && start < last {
        return Extent::After;
    }
    let width = scale.width.floor();
    let least = view.least_bar.round().clamp(1.0, width);
    let x0 = scale.x_of(start).clamp(0.0, width).round().min(width - least);
    let x1 = scale.x_of(end).clamp(0.0, width).round().max(x0 + least);
    Extent::Within(x0, x1)
}

/// Position of a span in a viewport.
pub fn extent(outline: &Outline, view: &WaterfallViewport, span: SpanIx) -> Extent {
    let times = (outline.start[span as usize], outline.end[span as usize]);
    place(view, times, outline.duration)
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
        self.logs.clear();
        self.served.clear();
        self.errors.clear();
        self.failures.clear();
        self.gaps.clear();
        self.overruns.clear();
    }

    /// Computes the frame for `view` of `rows`. `colour` returns a span's colour index, below 64.
    pub fn compute(
        &mut self,
        outline: &Outline,
        rows: &Rows,
        view: &WaterfallViewport,
        cache: &mut WaterfallCache,
        colour: &dyn Fn(SpanIx) -> u8,
    ) {
        self.clear();
        cache.hidden.scale_to(&view.scale);
        for index in view.rows(rows.len()) {
            let Some(row) = rows.get(index) else { break };
            if row.is_group() {
                let group = cache.groups.of(outline, rows, index);
                let place = place(view, (group.start, group.end), outline.duration);
                self.labels.push(label::of_group(view, &group, index as u32, place));
            } else {
                self.span(outline, view, cache, (index as u32, row), colour(row.span));
                let server = rpc::server_of(outline, row.span).filter(|_| row.collapsed());
                let served = server.and_then(|server| {
                    let times = (outline.start[server as usize], outline.end[server as usize]);
                    Some((marks::stretch(view, times, index as u32)?, colour(server)))
                });
                self.served.extend(served);
            }
            if row.collapsed() || row.is_group() {
                let hidden = cache.hidden.of(outline, rows, view, index, colour);
                for (x0, x1, hidden, pattern) in hidden.bars() {
                    let colour = if pattern == Pattern::Between { colour(row.span) } else { hidden };
                    self.bar(x0, x1, index as u32, colour, pattern);
                    if let Some(label) = self.labels.last_mut().filter(|_| pattern == Pattern::Below) {
                        label.avoid(view, x0, x1);
                    }
                }
                self.failures.extend(hidden.failures().map(|(x0, x1)| (index as u32, x0 as f32, x1 as f32)));
            }
        }
    }

    /// Adds the bar of a span, with label and marks.
    fn span(
        &mut self,
        outline: &Outline,
        view: &WaterfallViewport,
        cache: &mut WaterfallCache,
        (index, row): (u32, Row),
        colour: u8,
    ) {
        let span = row.span;
        let place = extent(outline, view, span);
        self.labels.push(label::of_span(outline, view, span, index, place));
        let Extent::Within(x0, x1) = place else { return };
        if outline.has_children(span) {
            let waits = cache.waits.of(outline, span);
            self.pieces(outline, view, span, waits, (x0, x1), (index, colour));
            let gaps = cache.gaps.of(outline, span, waits);
            self.gaps.extend(gaps.iter().filter_map(|gap| marks::stretch(view, *gap, index)));
        } else {
            self.bar(x0, x1, index, colour, Pattern::Own);
        }
        let flags = outline.flags[span as usize];
        if flags.has(Flags::OWN_ERROR) {
            self.errors.push(((index, x0 as f32, x1 as f32), flags.has(Flags::ERROR_BELOW)));
        }
        let overruns = outside_parent(outline, span).into_iter().flatten();
        self.overruns.extend(overruns.filter_map(|overrun| marks::stretch(view, overrun, index)));
        if flags.has(Flags::HAS_EVENTS) {
            marks::ticks(outline, view, span, index, &mut self.events);
        }
    }

    fn bar(&mut self, x0: f64, x1: f64, row: u32, colour: u8, pattern: Pattern) {
        self.x0.push(x0 as f32);
        self.x1.push(x1 as f32);
        self.row.push(row);
        self.colour.push(colour);
        self.pattern.push(pattern);
    }

    /// Splits a bar into own and waiting time: each pixel column gets what fills at least half of it, and runs of
    /// equal columns become one bar. Intervals without a change are skipped, so that the work is bounded by the width
    /// and not by the number of children.
    fn pieces(
        &mut self,
        outline: &Outline,
        view: &WaterfallViewport,
        span: SpanIx,
        waits: &ChildCoverage,
        (x0, x1): (f64, f64),
        (row, colour): (u32, u8),
    ) {
        let (start, end) = (outline.start[span as usize] as f64, outline.end[span as usize] as f64);
        let mut run: Option<(f64, Pattern)> = None;
        let mut x = x0;
        while x < x1 {
            let (pattern, next) = column(&view.scale, waits, (start, end), x, x1);
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
}

/// The pattern of the pixel column at `x`, and the first column to the right (at most `x1`) that may differ.
fn column(
    scale: &TimeScale,
    waits: &ChildCoverage,
    (start, end): (f64, f64),
    x: f64,
    x1: f64,
) -> (Pattern, f64) {
    let time = |x: f64| scale.start as f64 + scale.offset_at(x);
    let from = time(x).max(start);
    let to = time(x + 1.0).min(end);
    if from >= to {
        // The bar is wider than its time: minimum width, or rounded edges.
        return (Pattern::Own, x + 1.0);
    }
    let (waiting, until) = waits.state_at(from);
    if until >= to {
        let pattern = if waiting { Pattern::Waiting } else { Pattern::Own };
        // The last column that is completely before the change.
        let jump = if until >= end { x1 } else { ((until - scale.start as f64) / scale.per_pixel()).floor() };
        // The bar's rounded edge may be a pixel beyond its end; that column is handled above.
        let edge = ((end - scale.start as f64) / scale.per_pixel()).floor();
        return (pattern, jump.min(edge).clamp(x + 1.0, x1));
    }
    let waited = waits.until(to) - waits.until(from);
    let pattern = if waited * 2.0 >= to - from { Pattern::Waiting } else { Pattern::Own };
    (pattern, x + 1.0)
}

#[cfg(test)]
mod tests;
