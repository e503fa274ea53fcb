//! Draws a computed scene. All coordinates are device pixels; nothing is decided here.

use super::super::canvas_style::CanvasStyle;
use spandrel_trace::scene::colouring::FAILED;
use spandrel_trace::scene::ruler::RulerTick;
use spandrel_trace::scene::waterfall::{LabelPosition, Pattern, RowInterval, Waterfall, WaterfallViewport};
use web_sys::CanvasRenderingContext2d;

/// Opacity of a bar where its span waited, where only its descendants were at work, and between the members of a group.
/// The latter two are thin.
const WAITING: f64 = 0.35;
const BELOW: f64 = 0.6;
const BETWEEN: f64 = 0.6;

/// Opacity of the cover over a dimmed row.
const DIM: f64 = 0.65;

/// Draws vertical lines at the ruler's ticks, behind everything, from `top` on.
pub fn grid(
    context: &CanvasRenderingContext2d,
    style: &CanvasStyle,
    ticks: &[RulerTick],
    ratio: f64,
    (top, height): (f64, f64),
) {
    context.set_fill_style_str(&style.line);
    for tick in ticks {
        context.fill_rect(tick.x.round(), top, hair(ratio), height);
    }
}

/// Draws the ruler's ticks and labels.
pub fn ruler(
    context: &CanvasRenderingContext2d,
    style: &CanvasStyle,
    ticks: &[RulerTick],
    ratio: f64,
    (width, height): (f64, f64),
) {
    context.set_font(&style.label_font(ratio));
    context.set_text_baseline("middle");
    for tick in ticks {
        let x = tick.x.round();
        context.set_fill_style_str(&style.line);
        context.fill_rect(x, (height * 0.25).round(), hair(ratio), height);
        context.set_fill_style_str(&style.quiet);
        let text = x + 4.0 * ratio;
        let wide = context.measure_text(&tick.label).map_or(0.0, |text| text.width());
        // Never clip a tick label; draw the line without it.
        if text + wide <= width {
            let _ = context.fill_text(&tick.label, text, (height * 0.55).round());
        }
    }
}

/// Draws bars, ticks of events and log lines, and labels.
pub fn bars(
    context: &CanvasRenderingContext2d,
    style: &CanvasStyle,
    scene: &Waterfall,
    view: &WaterfallViewport,
    ratio: f64,
) {
    let bar_height = (view.places.row_height / 2.0).round();
    let inset = ((view.places.row_height - bar_height) / 2.0).round();
    let radius = 2.0 * ratio;
    let thick = |bar: usize| matches!(scene.pattern[bar], Pattern::Own | Pattern::Waiting);
    // Whether a piece of a bar adjoins the piece before it.
    let joined = |bar: usize| {
        bar > 0
            && bar < scene.len()
            && scene.row[bar - 1] == scene.row[bar]
            && scene.x1[bar - 1] == scene.x0[bar]
            && thick(bar - 1)
            && thick(bar)
    };
    for (pattern, alpha, height) in [
        (Pattern::Between, BETWEEN, ratio.round()),
        (Pattern::Below, BELOW, (3.0 * ratio).round()),
        (Pattern::Waiting, WAITING, bar_height),
        (Pattern::Own, 1.0, bar_height),
    ] {
        context.set_global_alpha(alpha);
        let mut colour = None;
        for bar in (0..scene.len()).filter(|bar| scene.pattern[*bar] == pattern) {
            if colour != Some(scene.colour[bar]) {
                colour = Some(scene.colour[bar]);
                context.set_fill_style_str(style.span(scene.colour[bar]));
            }
            let (x0, x1) = (f64::from(scene.x0[bar]), f64::from(scene.x1[bar]));
            let y = (view.y_of(scene.row[bar] as usize) + (view.places.row_height - height) / 2.0).round();
            let (begins, ends) = (!joined(bar), !joined(bar + 1));
            // Ends are rounded; joints, clipped ends and very narrow bars are not.
            if thick(bar) && (begins || ends) && x1 - x0 > 2.0 * radius {
                let left = if begins && x0 > 0.0 { radius } else { 0.0 };
                let right = if ends && x1 < view.scale.width.floor() { radius } else { 0.0 };
                rounded(context, (x0, y, x1, y + height), left, right);
            } else {
                context.fill_rect(x0, y, x1 - x0, height);
            }
        }
    }
    context.set_global_alpha(1.0);
    let ranges = |list: &[RowInterval], from: f64, to: f64| {
        for (row, x0, x1) in list {
            let y = (view.y_of(*row as usize) + inset + from).round();
            context.fill_rect(f64::from(*x0), y, f64::from(x1 - x0), (to - from).round());
        }
    };
    for ((row, x0, x1), colour) in &scene.served {
        let y = (view.y_of(*row as usize) + inset + 3.0 * ratio).round();
        let (wide, high) = (f64::from(x1 - x0), bar_height - 6.0 * ratio);
        // Separated from the client's bar by a line in the background colour.
        context.set_fill_style_str(&style.paper);
        context.fill_rect(f64::from(*x0), y - hair(ratio), wide, high + 2.0 * hair(ratio));
        context.set_fill_style_str(style.span(*colour));
        context.fill_rect(f64::from(*x0), y, wide, high);
    }
    // A gap is hollow, with a dashed line in it.
    context.set_fill_style_str(&style.paper);
    ranges(&scene.gaps, ratio, bar_height - ratio);
    context.set_fill_style_str(&style.quiet);
    for (row, x0, x1) in &scene.gaps {
        let y = (view.y_of(*row as usize) + view.places.row_height / 2.0).floor();
        let mut x = f64::from(*x0) + 2.0 * ratio;
        while x < f64::from(*x1) - 2.0 * ratio {
            context.fill_rect(x, y, (3.0 * ratio).min(f64::from(*x1) - x), ratio.round());
            x += 6.0 * ratio;
        }
    }
    context.set_fill_style_str(&style.warn);
    ranges(&scene.overruns, bar_height + ratio, bar_height + 3.0 * ratio);
    context.set_fill_style_str(style.span(FAILED));
    for ((row, x0, x1), passed_on) in &scene.errors {
        let y = (view.y_of(*row as usize) + inset).round();
        error(context, (f64::from(*x0), y, f64::from(*x1), y + bar_height), *passed_on, ratio);
    }
    ranges(&scene.failures, bar_height - 4.0 * ratio, bar_height);
    context.set_fill_style_str(&style.ink);
    for (row, x) in &scene.events {
        let y = (view.y_of(*row as usize) + inset - 2.0 * ratio).round();
        context.fill_rect(f64::from(*x), y, hair(ratio), bar_height + 4.0 * ratio);
    }
    log_lines(context, style, scene, view, ratio);
    labels(context, style, scene, view, ratio);
}

/// Marks log lines: a triangle above the bar that points at the time, in the colour of errors where one reports an error.
fn log_lines(
    context: &CanvasRenderingContext2d,
    style: &CanvasStyle,
    scene: &Waterfall,
    view: &WaterfallViewport,
    ratio: f64,
) {
    let (half, high) = (3.0 * ratio, 4.0 * ratio);
    let bar = (view.places.row_height / 4.0).round();
    for is_error in [false, true] {
        context.set_fill_style_str(if is_error { style.span(FAILED) } else { &style.ink });
        for (row, x, _) in scene.logs.iter().filter(|tick| tick.2 == is_error) {
            let (x, y) = (f64::from(*x) + hair(ratio) / 2.0, (view.y_of(*row as usize) + bar).round());
            context.begin_path();
            context.move_to(x - half, y - high);
            context.line_to(x + half, y - high);
            context.line_to(x, y);
            context.close_path();
            context.fill();
        }
    }
}

/// Marks a bar as one with an error: a thick frame, or a dashed one if the error was passed on. A bar without room for a frame
/// is covered, one with an error that was passed on in its lower half.
fn error(
    context: &CanvasRenderingContext2d,
    (x0, y0, x1, y1): (f64, f64, f64, f64),
    passed_on: bool,
    ratio: f64,
) {
    let thick = (if passed_on { ratio } else { 2.0 * ratio }).round().max(1.0);
    if x1 - x0 < 3.0 * thick {
        let top = if passed_on { ((y0 + y1) / 2.0).round() } else { y0 };
        return context.fill_rect(x0, top, x1 - x0, y1 - top);
    }
    context.fill_rect(x0, y0, thick, y1 - y0);
    context.fill_rect(x1 - thick, y0, thick, y1 - y0);
    let (dash, step) = if passed_on { (4.0 * ratio, 7.0 * ratio) } else { (x1 - x0, x1 - x0) };
    let mut x = x0;
    while x < x1 {
        let wide = dash.min(x1 - x);
        context.fill_rect(x, y0, wide, thick);
        context.fill_rect(x, y1 - thick, wide, thick);
        x += step;
    }
}

fn labels(
    context: &CanvasRenderingContext2d,
    style: &CanvasStyle,
    scene: &Waterfall,
    view: &WaterfallViewport,
    ratio: f64,
) {
    context.set_font(&style.label_font(ratio));
    context.set_text_baseline("middle");
    for label in &scene.labels {
        let x = f64::from(label.x);
        let middle = view.y_of(label.row as usize) + view.places.row_height / 2.0;
        if label.place == LabelPosition::Upon {
            let width = label.text.chars().count() as f64 * view.char_width;
            let (margin, half) = (3.0 * ratio, 7.0 * ratio);
            let y = (middle - half).round();
            context.set_fill_style_str(&style.paper);
            context.set_global_alpha(0.85);
            rounded(context, (x - margin, y, x + width + margin, y + 2.0 * half), margin, margin);
            context.set_global_alpha(1.0);
            context.set_fill_style_str(&style.ink);
        } else {
            context.set_fill_style_str(&style.quiet);
        }
        // A label that cannot be drawn is left out.
        let _ = context.fill_text(&label.text, x, (middle + 0.5 * ratio).round());
    }
}

/// Width of the thinnest sharp line.
fn hair(ratio: f64) -> f64 {
    ratio.floor().max(1.0)
}

fn rounded(
    context: &CanvasRenderingContext2d,
    (x0, y0, x1, y1): (f64, f64, f64, f64),
    left: f64,
    right: f64,
) {
    context.begin_path();
    context.move_to(x0 + left, y0);
    // `arc_to` fails for negative radii only.
    let _ = context.arc_to(x1, y0, x1, y1, right);
    let _ = context.arc_to(x1, y1, x0, y1, right);
    let _ = context.arc_to(x0, y1, x0, y0, left);
    let _ = context.arc_to(x0, y0, x1, y0, left);
    context.close_path();
    context.fill();
}

/// What is drawn at the pointer: a line with its time, or the range that a drag has marked.
#[derive(Clone, Debug, PartialEq)]
pub struct PointerMark {
    /// Pointer position.
    pub x: f64,
    /// Text beside the line.
    pub label: String,
    /// Start of the drag.
    pub from: Option<f64>,
}

/// Draws the critical path: a line between the bar and the lower edge of its row.
pub fn path(
    context: &CanvasRenderingContext2d,
    style: &CanvasStyle,
    stretches: &[RowInterval],
    view: &WaterfallViewport,
    ratio: f64,
) {
    let height = (2.0 * ratio).round();
    context.set_fill_style_str(&style.critical);
    for (row, x0, x1) in stretches {
        let y = (view.y_of(*row as usize) + view.places.row_height * 0.75 + 2.0 * ratio).round();
        context.fill_rect(f64::from(*x0), y, f64::from(x1 - x0), height);
    }
}

/// Dims a row: `(width, top, height)` of its place.
pub fn dim(context: &CanvasRenderingContext2d, style: &CanvasStyle, (width, y, height): (f64, f64, f64)) {
    context.set_fill_style_str(&style.paper);
    context.set_global_alpha(DIM);
    context.fill_rect(0.0, y.round(), width, height.round());
    context.set_global_alpha(1.0);
}

/// Draws the layer above the bars; `ruler` is the height of the ruler, at the top of the layer.
pub fn pointing(
    context: &CanvasRenderingContext2d,
    style: &CanvasStyle,
    pointing: &PointerMark,
    (width, height, ruler): (f64, f64, f64),
    ratio: f64,
) {
    let x = pointing.x.round();
    context.set_fill_style_str(&style.accent);
    if let Some(from) = pointing.from {
        let (left, right) = (from.min(x).max(0.0), from.max(x).min(width));
        context.set_global_alpha(0.14);
        context.fill_rect(left, 0.0, right - left, height);
        context.set_global_alpha(1.0);
        context.fill_rect(from.round(), 0.0, hair(ratio), height);
    }
    context.fill_rect(x, 0.0, hair(ratio), height);
    context.set_font(&format!("{}px {}", 11.0 * ratio, style.mono));
    context.set_text_baseline("middle");
    let text = context.measure_text(&pointing.label).map_or(0.0, |text| text.width());
    let margin = 4.0 * ratio;
    let wide = text + 2.0 * margin;
    // Left of the line if it does not fit to the right.
    let left = if x + margin + wide <= width { x + margin } else { (x - margin - wide).max(0.0) };
    let top = (ruler / 2.0 - 8.0 * ratio).round();
    rounded(context, (left, top, left + wide, top + 16.0 * ratio), 3.0 * ratio, 3.0 * ratio);
    context.set_fill_style_str(&style.on_accent);
    let _ = context.fill_text(&pointing.label, left + margin, top + 8.5 * ratio);
}
