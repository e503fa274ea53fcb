//! Draws one plot: grid, areas, lines, and dots for values without neighbours.

use super::backend::{CanvasBackend, FINE, Ink};
use crate::ui::canvas::Surface;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use spandrel_trace::scene::series::{ChartAxis, runs};

/// Text beside the plot, CSS pixels.
const TEXT: f64 = 11.0;
/// Room above, right of and below the plot, CSS pixels.
const ABOVE: f64 = 8.0;
const RIGHT: f64 = 10.0;
const BELOW: f64 = 20.0;
/// Room below a plot without labels of its time axis, and left of its labels of values, CSS pixels.
const EDGE: f64 = 2.0;
const INSET: f64 = 4.0;
/// Least distance between two labels of the time axis, CSS pixels.
const APART: f64 = 6.0;

/// One line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartLine {
    /// Its name in the legend.
    pub label: String,
    /// Its colour.
    pub ink: Ink,
    /// Whether the area below it is tinted.
    pub filled: bool,
    /// A value for each moment; a gap where there is none.
    pub values: Vec<Option<f64>>,
}

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// Time, nanoseconds since the Unix epoch.
    pub x: ChartAxis,
    /// Value.
    pub y: ChartAxis,
    /// Moments on the time axis, rising.
    pub moments: Vec<f64>,
    /// Lines, the first drawn last.
    pub lines: Vec<ChartLine>,
    /// A part of the time axis that the data does not cover.
    pub uncovered: Option<(f64, f64)>,
    /// Whether the plot is as wide as its canvas, to be aligned with what has the same time axis and labels it. Values are
    /// labelled within the plot.
    pub is_flush: bool,
}

/// Where the plot itself lies within its canvas, CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Left edge: start of the time axis.
    pub left: f64,
    /// Top edge: end of the value axis.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// Position of a point, CSS pixels from the canvas' top left corner.
    pub fn place(&self, plot: &Plot, moment: f64, value: f64) -> (f64, f64) {
        let share = |at: f64, axis: &ChartAxis| (at - axis.low) / (axis.high - axis.low);
        (
            self.left + self.width * share(moment, &plot.x),
            self.top + self.height * (1.0 - share(value, &plot.y)),
        )
    }

    /// Left and right edge of a part of the time axis, CSS pixels, cut to the plot.
    pub fn span(&self, plot: &Plot, (from, to): (f64, f64)) -> (f64, f64) {
        let x = |moment: f64| self.place(plot, moment.clamp(plot.x.low, plot.x.high), plot.y.low).0;
        (x(from), x(to))
    }

    /// The moment nearest to `x` pixels from the canvas's left edge.
    pub fn nearest(&self, plot: &Plot, x: f64) -> Option<usize> {
        let at = plot.x.low + (x - self.left) / self.width.max(1.0) * (plot.x.high - plot.x.low);
        let distance = |moment: &f64| (moment - at).abs();
        let (index, _) = plot
            .moments
            .iter()
            .enumerate()
            .min_by(|one, other| distance(one.1).total_cmp(&distance(other.1)))?;
        Some(index)
    }
}

/// Draws on a surface of `width` by `height` CSS pixels and returns where the plot lies. Too small a surface stays blank.
pub fn draw(surface: &Surface, width: f64, height: f64, plot: &Plot) -> Area {
    let backend = CanvasBackend::new(surface, width, height);
    let widest = plot.y.ticks.iter().map(|tick| backend.text_width(&tick.label, TEXT)).fold(0.0, f64::max);
    let left = (widest + 20.0).ceil();
    let area = match plot.is_flush {
        true => Area { left: 0.0, top: ABOVE, width, height: height - ABOVE - EDGE },
        false => Area { left, top: ABOVE, width: width - left - RIGHT, height: height - ABOVE - BELOW },
    };
    if area.width < 20.0 || area.height < 20.0 || plot.x.high <= plot.x.low || plot.y.high <= plot.y.low {
        return area;
    }
    // Labels that would touch the one before are left out.
    let mut free = f64::NEG_INFINITY;
    let labels: Vec<(f64, &str)> = (plot.x.ticks.iter())
        .filter_map(|tick| {
            let x = area.place(plot, tick.at, plot.y.low).0;
            let half = backend.text_width(&tick.label, TEXT) / 2.0;
            let x = x.clamp(area.left + 12.0, (area.left + area.width - 12.0).max(area.left + 12.0));
            let fits = x - half >= free;
            if fits {
                free = x + half + APART;
            }
            fits.then_some((x, tick.label.as_str()))
        })
        .collect();
    let root = backend.into_drawing_area();
    // The only errors that plotters passes on are the backend's, and this backend has none.
    let _ = fill(&root, plot, area, &labels);
    area
}

type Root<'a> = DrawingArea<CanvasBackend<'a>, plotters::coord::Shift>;
type Failure = DrawingAreaErrorKind<std::convert::Infallible>;

fn fine(pixels: f64) -> i32 {
    (pixels * f64::from(FINE)).round() as i32
}

fn fill(root: &Root<'_>, plot: &Plot, area: Area, labels: &[(f64, &str)]) -> Result<(), Failure> {
    draw_grid(root, plot, area, labels)?;
    let (width, height) = root.dim_in_pixel();
    let mut chart = ChartBuilder::on(root)
        .margin_left(fine(area.left))
        .margin_top(fine(area.top))
        .margin_right(width as i32 - fine(area.left + area.width))
        .margin_bottom(height as i32 - fine(area.top + area.height))
        .build_cartesian_2d(plot.x.low..plot.x.high, plot.y.low..plot.y.high)?;
    for line in plot.lines.iter().rev() {
        let color = line.ink.color();
        let stroke = color.stroke_width(fine(1.6) as u32);
        for run in runs(&line.values) {
            let points: Vec<(f64, f64)> = run
                .filter_map(|index| Some((*plot.moments.get(index)?, line.values[index]?.min(plot.y.high))))
                .collect();
            if let [alone] = points[..] {
                chart.draw_series([Circle::new(alone, fine(2.2) as u32, color.filled())])?;
                continue;
            }
            if line.filled {
                chart.draw_series(AreaSeries::new(points.iter().copied(), 0.0, color.mix(0.14)))?;
            }
            // Told apart by more than its colour.
            if line.ink == Ink::Third {
                let (dash, gap) = (fine(5.0), fine(3.5));
                chart.draw_series(DashedLineSeries::new(points, dash, gap, stroke))?;
            } else {
                chart.draw_series(LineSeries::new(points, stroke))?;
            }
        }
    }
    Ok(())
}

/// Grid lines at the ticks of the value axis, and the labels of both axes; `labels` are those of the time axis, each with its
/// middle.
fn draw_grid(root: &Root<'_>, plot: &Plot, area: Area, labels: &[(f64, &str)]) -> Result<(), Failure> {
    let text = ("sans-serif", f64::from(FINE) * TEXT).into_font().color(&Ink::Label.color());
    let beside = text.pos(Pos::new(HPos::Right, VPos::Center));
    let within = text.pos(Pos::new(HPos::Left, VPos::Top));
    let below = text.pos(Pos::new(HPos::Center, VPos::Top));
    for tick in &plot.y.ticks {
        let (_, y) = area.place(plot, plot.x.low, tick.at);
        let ends = [(fine(area.left), fine(y)), (fine(area.left + area.width), fine(y))];
        root.draw(&PathElement::new(ends, Ink::Grid.color().stroke_width(fine(1.0) as u32)))?;
        match plot.is_flush {
            false => root.draw_text(&tick.label, &beside, (fine(area.left - 8.0), fine(y)))?,
            // Below its line there is no room for the label of the lowest value.
            true if tick.at > plot.y.low => {
                root.draw_text(&tick.label, &within, (fine(INSET), fine(y + EDGE)))?;
            }
            true => {}
        }
    }
    let bottom = area.top + area.height;
    for (x, label) in labels {
        root.draw_text(label, &below, (fine(*x), fine(bottom + 6.0)))?;
    }
    Ok(())
}
