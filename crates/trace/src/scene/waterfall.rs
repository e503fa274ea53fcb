//! The bars of the rows on screen: where each starts and ends, what of it was the span's own work, what the row
//! hides, its label and its marks. Positions are whole device pixels, so that edges are sharp and what is drawn can
//! be compared with brute force. However much a row stands for, it has at most one bar in a pixel.

mod hidden;
mod label;
mod marks;
mod path;

pub use label::{Label, LabelPosition};
pub use marks::events_near;
pub use path::path_stretches;

use super::TimeScale;
use super::places::Places;
use crate::analysis::child_coverage::{ChildCoverage, ChildCoverageCache};
use crate::analysis::outliving::outside_parent;
use crate::analysis::rows::{GroupCache, Row, Rows};
use crate::analysis::rpc;
use crate::model::{Flags, Outline, SpanIx};
use hidden::HiddenCache;
use marks::GapCache;

/// What part of the rows and of the time is on screen. Everything is in device pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport<'a> {
    /// Time over the width of the bars' area.
    pub scale: TimeScale,
    /// How far the rows are scrolled; `f64`, since a million rows are beyond the precision of `f32`.
    pub top: f64,
    /// Height of the area.
    pub height: f64,
    /// Where the rows are.
    pub places: Places<'a>,
    /// The least width of a bar: something that took no time is still something.
    pub least_bar: f64,
    /// Width of a digit of a label.
    pub char_width: f64,
}

impl Viewport<'_> {
    /// The rows that are at least partly on screen, of `rows` many.
    pub fn rows(&self, rows: usize) -> std::ops::Range<usize> {
        self.places.range(self.top, self.height, rows)
    }

    /// Upper edge of a row in the area.
    pub fn y_of(&self, row: usize) -> f64 {
        self.places.top_of(row) - self.top
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
    /// Outside the span's own time something that the row hides was at work.
    Below = 2,
    /// Between two members of a group.
    Between = 3,
}

/// A stretch of a row: its index, and from where to where in device pixels.
pub type Stretch = (u32, f32, f32);

/// What is remembered between frames. Belongs to one outline and one list of rows; make a new one for others.
#[derive(Debug, Default)]
pub struct WaterfallCache {
    waits: ChildCoverageCache,
    gaps: GapCache,
    hidden: HiddenCache,
    /// The facts of groups.
    pub groups: GroupCache,
}

impl WaterfallCache {
    /// The self time of a span, nanoseconds. What is drawn of the same span is computed only once.
    pub fn self_time(&mut self, outline: &Outline, span: SpanIx) -> u64 {
        let duration = outline.duration_of(span);
        if !outline.has_children(span) {
            return duration;
        }
        duration.saturating_sub(self.waits.of(outline, span).total())
    }
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
    /// In the bar of a collapsed client the time of the server that answered it, with that one's colour index.
    pub served: Vec<(Stretch, u8)>,
    /// Bars of spans with an error: their stretch, and whether the error was passed on, which is where a span below has one too.
    pub errors: Vec<(Stretch, bool)>,
    /// Where a span that the row hides has an error.
    pub failures: Vec<Stretch>,
    /// Where the span told nothing, though it should have (see `analysis::gaps`).
    pub gaps: Vec<Stretch>,
    /// Where the span lies outside of its parent's time.
    pub overruns: Vec<Stretch>,
}

/// Whether a bar is on screen, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// All of it ends before the viewport.
    Before,
    /// All of it starts after the viewport.
    After,
    /// From pixel to pixel, cut at the viewport's edges.
    Within(f64, f64),
}

/// Where a stretch of time lies in a viewport; `last` is the trace's last moment.
fn place(view: &Viewport, (start, end): (u64, u64), last: u64) -> Extent {
    let scale = &view.scale;
    // Ends are exclusive, but for a span of no length and the last moment of the trace.
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

/// Where a span lies in a viewport.
pub fn extent(outline: &Outline, view: &Viewport, span: SpanIx) -> Extent {
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
        self.served.clear();
        self.errors.clear();
        self.failures.clear();
        self.gaps.clear();
        self.overruns.clear();
    }

    /// Lays out what `view` shows of `rows`. `colour` gives a span's colour index, below 64.
    pub fn lay(
        &mut self,
        outline: &Outline,
        rows: &Rows,
        view: &Viewport,
        kept: &mut WaterfallCache,
        colour: &dyn Fn(SpanIx) -> u8,
    ) {
        self.clear();
        kept.hidden.scale_to(&view.scale);
        for index in view.rows(rows.len()) {
            let Some(row) = rows.get(index) else { break };
            if row.is_group() {
                let group = kept.groups.of(outline, rows, index);
                let place = place(view, (group.start, group.end), outline.duration);
                self.labels.push(label::of_group(view, &group, index as u32, place));
            } else {
                self.span(outline, view, kept, (index as u32, row), colour(row.span));
                let server = rpc::server_of(outline, row.span).filter(|_| row.collapsed());
                let served = server.and_then(|server| {
                    let times = (outline.start[server as usize], outline.end[server as usize]);
                    Some((marks::stretch(view, times, index as u32)?, colour(server)))
                });
                self.served.extend(served);
            }
            if row.collapsed() || row.is_group() {
                let hidden = kept.hidden.of(outline, rows, view, index, colour);
                for (x0, x1, hidden, pattern) in hidden.bars() {
                    let colour = if pattern == Pattern::Between { colour(row.span) } else { hidden };
                    self.bar(x0, x1, index as u32, colour, pattern);
                    if let Some(label) = self.labels.last_mut().filter(|_| pattern == Pattern::Below) {
                        label.make_way(view, x0, x1);
                    }
                }
                self.failures.extend(hidden.failures().map(|(x0, x1)| (index as u32, x0 as f32, x1 as f32)));
            }
        }
    }

    /// The bar of one span, with its label and marks.
    fn span(
        &mut self,
        outline: &Outline,
        view: &Viewport,
        kept: &mut WaterfallCache,
        (index, row): (u32, Row),
        colour: u8,
    ) {
        let span = row.span;
        let place = extent(outline, view, span);
        self.labels.push(label::of_span(outline, view, span, index, place));
        let Extent::Within(x0, x1) = place else { return };
        if outline.has_children(span) {
            let waits = kept.waits.of(outline, span);
            self.pieces(outline, view, span, waits, (x0, x1), (index, colour));
            let gaps = kept.gaps.of(outline, span, waits);
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

    /// Cuts a bar into own and waiting: each pixel column takes what fills at least half of its time, and
    /// runs of equal columns become one bar. Stretches without a change are jumped over, so the work is
    /// bounded by the width and not by the number of children.
    fn pieces(
        &mut self,
        outline: &Outline,
        view: &Viewport,
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
        // A bar wider than its time: the least width, or rounding at its edges.
        return (Pattern::Own, x + 1.0);
    }
    let (waiting, until) = waits.state_at(from);
    if until >= to {
        let pattern = if waiting { Pattern::Waiting } else { Pattern::Own };
        // The last column that lies wholly before the change.
        let jump = if until >= end { x1 } else { ((until - scale.start as f64) / scale.per_pixel()).floor() };
        // The bar's rounded edge may reach a pixel beyond its end; that column has its own case above.
        let edge = ((end - scale.start as f64) / scale.per_pixel()).floor();
        return (pattern, jump.min(edge).clamp(x + 1.0, x1));
    }
    let waited = waits.until(to) - waits.until(from);
    let pattern = if waited * 2.0 >= to - from { Pattern::Waiting } else { Pattern::Own };
    (pattern, x + 1.0)
}

#[cfg(test)]
mod tests;
