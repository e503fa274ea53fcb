//! From a laid-out scene to pixels. All places are device pixels; nothing is decided here.

use super::super::tokens::tokens;
use crate::ui::canvas::custom_properties;
use spandrel_trace::scene::colouring::FAILED;
use spandrel_trace::scene::ruler::RulerTick;
use spandrel_trace::scene::waterfall::{LabelPosition, Pattern, Stretch, Viewport, Waterfall};
use web_sys::CanvasRenderingContext2d;

/// How much of a bar's colour is left where its span waited, where only what is below it was at work, and between
/// the members of a group; the latter two are thin.
const WAITING: f64 = 0.35;
const BELOW: f64 = 0.6;
const BETWEEN: f64 = 0.6;

/// How much of a row that steps back is covered.
const VEIL: f64 = 0.65;

/// The colours and fonts of the theme, read once a theme.
pub struct Palette {
    spans: Vec<String>,
    ink: String,
    quiet: String,
    line: String,
    paper: String,
    warn: String,
    accent: String,
    on_accent: String,
    font: String,
    mono: String,
}

impl Palette {
    /// As the page is now.
    pub fn read() -> Self {
        let colours = tokens();
        let mut names: Vec<&str> = colours.iter().map(String::as_str).collect();
        names.extend(["--ink", "--ink-3", "--line", "--paper", "--warn", "--accent", "--on-accent"]);
        names.extend(["--font-text", "--font-mono"]);
        let mut values = custom_properties(&names).into_iter();
        let spans = values.by_ref().take(colours.len()).collect();
        let mut next = || values.next().unwrap_or_default();
        Palette {
            spans,
            ink: next(),
            quiet: next(),
            line: next(),
            paper: next(),
            warn: next(),
            accent: next(),
            on_accent: next(),
            font: next(),
            mono: next(),
        }
    }

    /// The colour of an index.
    pub fn span(&self, colour: u8) -> &str {
        self.spans.get(usize::from(colour)).map_or("", String::as_str)
    }

    /// The font of labels, for a screen of `ratio` device pixels a CSS pixel.
    pub fn label_font(&self, ratio: f64) -> String {
        format!("{}px {}", 11.0 * ratio, self.font)
    }
}

/// Vertical lines at the ruler's marks, behind everything.
pub fn grid(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    ticks: &[RulerTick],
    ratio: f64,
    height: f64,
) {
    context.set_fill_style_str(&palette.line);
    for tick in ticks {
        context.fill_rect(tick.x.round(), 0.0, hair(ratio), height);
    }
}

/// The marks and their labels over `width`.
pub fn ruler(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    ticks: &[RulerTick],
    ratio: f64,
    (width, height): (f64, f64),
) {
    context.set_font(&palette.label_font(ratio));
    context.set_text_baseline("middle");
    for tick in ticks {
        let x = tick.x.round();
        context.set_fill_style_str(&palette.line);
        context.fill_rect(x, (height * 0.25).round(), hair(ratio), height);
        context.set_fill_style_str(&palette.quiet);
        let text = x + 4.0 * ratio;
        let wide = context.measure_text(&tick.label).map_or(0.0, |text| text.width());
        // A number that is cut is a wrong number: the last mark may keep its line only.
        if text + wide <= width {
            let _ = context.fill_text(&tick.label, text, (height * 0.55).round());
        }
    }
}

/// Bars, event ticks and labels.
pub fn bars(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    scene: &Waterfall,
    view: &Viewport,
    ratio: f64,
) {
    let bar_height = (view.places.row_height / 2.0).round();
    let inset = ((view.places.row_height - bar_height) / 2.0).round();
    let radius = 2.0 * ratio;
    let thick = |bar: usize| matches!(scene.pattern[bar], Pattern::Own | Pattern::Waiting);
    // Two pieces of one bar, the second beside the first.
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
                context.set_fill_style_str(palette.span(scene.colour[bar]));
            }
            let (x0, x1) = (f64::from(scene.x0[bar]), f64::from(scene.x1[bar]));
            let y = (view.y_of(scene.row[bar] as usize) + (view.places.row_height - height) / 2.0).round();
            let (begins, ends) = (!joined(bar), !joined(bar + 1));
            // Ends are round, joints and cuts are not; what is hardly wider than the curve is not either.
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
    let stretches = |list: &[Stretch], from: f64, to: f64| {
        for (row, x0, x1) in list {
            let y = (view.y_of(*row as usize) + inset + from).round();
            context.fill_rect(f64::from(*x0), y, f64::from(x1 - x0), (to - from).round());
        }
    };
    for ((row, x0, x1), colour) in &scene.served {
        let y = (view.y_of(*row as usize) + inset + 3.0 * ratio).round();
        let (wide, high) = (f64::from(x1 - x0), bar_height - 6.0 * ratio);
        // Set off from the client's bar by a line of the ground.
        context.set_fill_style_str(&palette.paper);
        context.fill_rect(f64::from(*x0), y - hair(ratio), wide, high + 2.0 * hair(ratio));
        context.set_fill_style_str(palette.span(*colour));
        context.fill_rect(f64::from(*x0), y, wide, high);
    }
    // A gap is hollow, with a dash in it.
    context.set_fill_style_str(&palette.paper);
    stretches(&scene.gaps, ratio, bar_height - ratio);
    context.set_fill_style_str(&palette.quiet);
    for (row, x0, x1) in &scene.gaps {
        let y = (view.y_of(*row as usize) + view.places.row_height / 2.0).floor();
        let mut x = f64::from(*x0) + 2.0 * ratio;
        while x < f64::from(*x1) - 2.0 * ratio {
            context.fill_rect(x, y, (3.0 * ratio).min(f64::from(*x1) - x), ratio.round());
            x += 6.0 * ratio;
        }
    }
    context.set_fill_style_str(&palette.warn);
    stretches(&scene.overruns, bar_height + ratio, bar_height + 3.0 * ratio);
    context.set_fill_style_str(palette.span(FAILED));
    stretches(&scene.failures, bar_height - 4.0 * ratio, bar_height);
    context.set_fill_style_str(&palette.ink);
    for (row, x) in &scene.events {
        let y = (view.y_of(*row as usize) + inset - 2.0 * ratio).round();
        context.fill_rect(f64::from(*x), y, hair(ratio), bar_height + 4.0 * ratio);
    }
    labels(context, palette, scene, view, ratio);
}

fn labels(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    scene: &Waterfall,
    view: &Viewport,
    ratio: f64,
) {
    context.set_font(&palette.label_font(ratio));
    context.set_text_baseline("middle");
    for label in &scene.labels {
        let x = f64::from(label.x);
        let middle = view.y_of(label.row as usize) + view.places.row_height / 2.0;
        if label.place == LabelPosition::Upon {
            let width = label.text.chars().count() as f64 * view.char_width;
            let (air, half) = (3.0 * ratio, 7.0 * ratio);
            let y = (middle - half).round();
            context.set_fill_style_str(&palette.paper);
            context.set_global_alpha(0.85);
            rounded(context, (x - air, y, x + width + air, y + 2.0 * half), air, air);
            context.set_global_alpha(1.0);
            context.set_fill_style_str(&palette.ink);
        } else {
            context.set_fill_style_str(&palette.quiet);
        }
        // Text that cannot be drawn is a text less, not a reason to stop.
        let _ = context.fill_text(&label.text, x, (middle + 0.5 * ratio).round());
    }
}

/// The thinnest line that is sharp.
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
    // Radii are never negative, the only thing that these refuse.
    let _ = context.arc_to(x1, y0, x1, y1, right);
    let _ = context.arc_to(x1, y1, x0, y1, right);
    let _ = context.arc_to(x0, y1, x0, y0, left);
    let _ = context.arc_to(x0, y0, x1, y0, left);
    context.close_path();
    context.fill();
}

/// What follows the pointer: a line with its time, or the stretch that a drag has marked.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointing {
    /// Where the pointer is.
    pub x: f64,
    /// What to write there.
    pub label: String,
    /// Where the drag began.
    pub from: Option<f64>,
}

/// Lets a row step back: `(width, top, height)` of its place.
pub fn veil(context: &CanvasRenderingContext2d, palette: &Palette, (width, y, height): (f64, f64, f64)) {
    context.set_fill_style_str(&palette.paper);
    context.set_global_alpha(VEIL);
    context.fill_rect(0.0, y.round(), width, height.round());
    context.set_global_alpha(1.0);
}

/// The layer above the bars; `ruler` is the ruler's height, at the top of the layer.
pub fn pointing(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    pointing: &Pointing,
    (width, height, ruler): (f64, f64, f64),
    ratio: f64,
) {
    let x = pointing.x.round();
    context.set_fill_style_str(&palette.accent);
    if let Some(from) = pointing.from {
        let (left, right) = (from.min(x).max(0.0), from.max(x).min(width));
        context.set_global_alpha(0.14);
        context.fill_rect(left, 0.0, right - left, height);
        context.set_global_alpha(1.0);
        context.fill_rect(from.round(), 0.0, hair(ratio), height);
    }
    context.fill_rect(x, 0.0, hair(ratio), height);
    context.set_font(&format!("{}px {}", 11.0 * ratio, palette.mono));
    context.set_text_baseline("middle");
    let text = context.measure_text(&pointing.label).map_or(0.0, |text| text.width());
    let air = 4.0 * ratio;
    let wide = text + 2.0 * air;
    // To the left of the line where there is no room to its right.
    let left = if x + air + wide <= width { x + air } else { (x - air - wide).max(0.0) };
    let top = (ruler / 2.0 - 8.0 * ratio).round();
    rounded(context, (left, top, left + wide, top + 16.0 * ratio), 3.0 * ratio, 3.0 * ratio);
    context.set_fill_style_str(&palette.on_accent);
    let _ = context.fill_text(&pointing.label, left + air, top + 8.5 * ratio);
}
