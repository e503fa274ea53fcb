//! Draws a computed flame graph. All coordinates are device pixels; nothing is decided here.

use super::super::super::canvas_style::CanvasStyle;
use crate::ui::canvas::custom_property;
use spandrel_trace::analysis::flame::FlameFrames;
use spandrel_trace::scene::colouring::FAILED;
use spandrel_trace::scene::flame::{FlameBar, FlameScene, FlameViewport};
use std::borrow::Cow;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// Opacities of a frame's colour: while nothing is searched for, of a match, and of what does not match or is dimmed.
const OPACITIES: [f64; 4] = [0.55, 1.0, 0.28, 0.1];
/// Indices of these.
const PLAIN: usize = 0;
const MATCH: usize = 1;
const OTHER: usize = 2;
const DIMMED: usize = 3;

/// Colours and fonts of the theme, read once per theme.
pub struct FlameStyle {
    /// What the waterfall is drawn with, for ruler and grid too.
    pub rows: CanvasStyle,
    ink: String,
    quiet: String,
    on_span: String,
    accent: String,
}

impl FlameStyle {
    /// Reads the theme that is applied now.
    pub fn read() -> Self {
        FlameStyle {
            rows: CanvasStyle::read(),
            ink: custom_property("--ink"),
            quiet: custom_property("--ink-3"),
            on_span: custom_property("--on-span"),
            accent: custom_property("--accent"),
        }
    }
}

/// What is marked besides the colours.
pub struct FlameMarks<'a> {
    /// Colour index of a frame, and whether one of its spans has an error.
    pub look: &'a dyn Fn(u32) -> (u8, bool),
    /// Whether something is searched for, and whether what does not match is dimmed.
    pub search: Option<bool>,
    /// The current frame.
    pub current: Option<usize>,
    /// The frame under the pointer.
    pub hovered: Option<usize>,
    /// The lane above which callers are.
    pub middle: u32,
    /// The lanes that are drawn, ascending.
    pub lanes: &'a [usize],
}

/// An area of one colour.
struct FlameFill {
    /// Opacity, as an index into [`OPACITIES`], and colour index.
    look: (usize, u8),
    x0: f64,
    x1: f64,
    y: f64,
}

/// Adds an area to those drawn before, or to the last one if that ends where this one starts: bars that are a pixel wide are
/// many, and most are like the one before.
fn add(fills: &mut Vec<FlameFill>, fill: FlameFill) {
    match fills.last_mut() {
        Some(last) if last.look == fill.look && last.y == fill.y && last.x1 == fill.x0 => last.x1 = fill.x1,
        _ => fills.push(fill),
    }
}

/// Moves what is drawn on a canvas down by so many pixels, and clears the areas of these tops and heights.
pub fn shift(
    context: &CanvasRenderingContext2d,
    canvas: &HtmlCanvasElement,
    down: f64,
    strips: &[(f64, f64)],
) {
    if down != 0.0 {
        // These fail only for a canvas without a size, which is not drawn.
        let _ = context.set_global_composite_operation("copy");
        let _ = context.draw_image_with_html_canvas_element(canvas, 0.0, down);
        let _ = context.set_global_composite_operation("source-over");
    }
    for (top, height) in strips {
        context.clear_rect(0.0, *top, f64::from(canvas.width()), *height);
    }
}

/// Draws the bars, then outlines around the current frame and the one under the pointer.
pub fn bars(
    context: &CanvasRenderingContext2d,
    style: &FlameStyle,
    scene: &FlameScene,
    view: &FlameViewport,
    marks: &FlameMarks,
    ratio: f64,
) {
    let gap = ratio.floor().max(1.0);
    let height = (view.lane - gap).max(1.0);
    let top = |bar: &FlameBar| view.y_of(bar.lane).round();
    // A line between frames of one lane, if they are wide enough for it.
    let wide = |bar: &FlameBar| {
        let width = bar.x1 - bar.x0;
        if width > 3.0 * gap { width - gap } else { width }
    };
    let is_drawn = |bar: &&FlameBar| marks.lanes.binary_search(&(bar.lane as usize)).is_ok();
    let drawn = || scene.bars.iter().filter(is_drawn);
    let (mut fills, mut failures) = (Vec::new(), Vec::new());
    for bar in drawn() {
        let (slot, is_failed) = (marks.look)(bar.frame);
        let opacity = match (marks.search, bar.is_match) {
            (None, _) => PLAIN,
            (_, true) => MATCH,
            (Some(false), false) => OTHER,
            (Some(true), false) => DIMMED,
        };
        let (x1, y) = (bar.x0 + wide(bar), top(bar));
        add(&mut fills, FlameFill { look: (opacity, slot), x0: bar.x0, x1, y });
        if is_failed {
            add(&mut failures, FlameFill { look: (MATCH, FAILED), x0: bar.x0, x1, y });
        }
    }
    // Setting a colour takes longer than drawing with it, and bars share no more than the pixel between them. In that pixel
    // the order of drawing shows, so it must not depend on which other lanes are drawn: the sort is stable.
    fills.sort_by_key(|fill| fill.look);
    let line = (3.0 * ratio).round();
    let mut set = None;
    for (fill, down, height) in fills
        .iter()
        .map(|fill| (fill, 0.0, height))
        .chain(failures.iter().map(|fill| (fill, height - line, line)))
    {
        if set != Some(fill.look) {
            set = Some(fill.look);
            context.set_global_alpha(OPACITIES[fill.look.0]);
            context.set_fill_style_str(style.rows.span(fill.look.1));
        }
        context.fill_rect(fill.x0, fill.y + down, fill.x1 - fill.x0, height);
    }
    context.set_global_alpha(1.0);
    context.set_font(&style.rows.label_font(ratio));
    context.set_text_baseline("middle");
    let width = |text: &str| context.measure_text(text).map_or(f64::INFINITY, |text| text.width());
    for bar in drawn().filter(|bar| !bar.label.is_empty()) {
        context.set_fill_style_str(match (marks.search, bar.is_match) {
            (None, _) => &style.ink,
            (_, true) => &style.on_span,
            (_, false) => &style.quiet,
        });
        let (x, y) = (bar.x0 + 4.0 * ratio, top(bar) + (height / 2.0 + 0.5 * ratio).round());
        // A label that cannot be drawn is left out.
        let _ = context.fill_text(&fitted(&bar.label, wide(bar) - 6.0 * ratio, width), x, y);
    }
    if marks.middle > 0 {
        let y = (f64::from(marks.middle) * view.lane - view.top - gap).round();
        context.set_fill_style_str(&style.ink);
        context.fill_rect(0.0, y, view.scale.width, gap);
    }
    for (frame, colour, line) in [(marks.hovered, &style.ink, gap), (marks.current, &style.accent, 2.0 * gap)]
    {
        let Some(frame) = frame else { continue };
        let Some(bar) = drawn().find(|bar| (bar.frame..bar.end).contains(&(frame as u32))) else {
            continue;
        };
        context.set_stroke_style_str(colour);
        context.set_line_width(line);
        let inset = line / 2.0;
        context.stroke_rect(
            bar.x0 + inset,
            top(bar) + inset,
            (wide(bar) - line).max(1.0),
            (height - line).max(1.0),
        );
    }
}

/// As much of a label as is at most `room` pixels wide; empty if that is less than a letter. It is not squeezed
/// (`maxWidth` of `fillText`): the browser keeps the glyphs of every width that a text was squeezed to, which after ten seconds
/// of scrolling and zooming were 8 MB.
fn fitted(label: &str, room: f64, width: impl Fn(&str) -> f64) -> Cow<'_, str> {
    let whole = width(label);
    if whole <= room {
        return Cow::Borrowed(label);
    }
    let name = label.trim_end_matches('…');
    let letters = name.chars().count();
    // As many as fit if all are of one width, or fewer.
    let most = ((letters as f64 * room / whole).max(0.0) as usize).min(letters);
    for count in (1..=most).rev() {
        let cut: String = name.chars().take(count).chain(['…']).collect();
        if width(&cut) <= room {
            return Cow::Owned(cut);
        }
    }
    Cow::Borrowed("")
}

/// Draws the names of groups that start in one of `lanes`, each in the empty lane that its group starts with.
pub fn groups(
    context: &CanvasRenderingContext2d,
    style: &FlameStyle,
    frames: &FlameFrames,
    view: &FlameViewport,
    lanes: &[usize],
    ratio: f64,
) {
    let seen = view.lanes(frames.lanes());
    let first = frames.groups.partition_point(|(_, lane)| (*lane as usize) < seen.start);
    context.set_font(&format!("600 {}", style.rows.label_font(ratio)));
    context.set_text_baseline("middle");
    context.set_fill_style_str(&style.ink);
    let seen = frames.groups[first..].iter().take_while(|(_, lane)| (*lane as usize) < seen.end);
    for (name, lane) in seen.filter(|(_, lane)| lanes.binary_search(&(*lane as usize)).is_ok()) {
        let y = (view.y_of(*lane) + view.lane / 2.0 + ratio).round();
        // A label that cannot be drawn is left out.
        let _ = context.fill_text(name, 6.0 * ratio, y);
    }
}

#[cfg(test)]
mod tests;
