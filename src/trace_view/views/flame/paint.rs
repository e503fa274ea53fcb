//! Draws a computed flame graph. All coordinates are device pixels; nothing is decided here.

use super::super::super::waterfall::paint::Palette;
use crate::ui::canvas::custom_property;
use spandrel_trace::analysis::flame::FlameFrames;
use spandrel_trace::scene::colouring::FAILED;
use spandrel_trace::scene::flame::{FlameBar, FlameScene, FlameViewport};
use web_sys::CanvasRenderingContext2d;

/// Opacity of a frame's colour: while nothing is searched for, of a match, and of what does not match.
const PLAIN: f64 = 0.55;
const MATCH: f64 = 1.0;
const OTHER: f64 = 0.28;
const DIMMED: f64 = 0.1;

/// Colours and fonts of the theme, read once per theme.
pub struct FlamePalette {
    /// What the waterfall is drawn with, for ruler and grid too.
    pub rows: Palette,
    ink: String,
    quiet: String,
    on_span: String,
    accent: String,
}

impl FlamePalette {
    /// Reads the theme that is applied now.
    pub fn read() -> Self {
        FlamePalette {
            rows: Palette::read(),
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
}

/// Draws the bars, then outlines around the current frame and the one under the pointer.
pub fn bars(
    context: &CanvasRenderingContext2d,
    palette: &FlamePalette,
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
    let mut colour = None;
    for bar in &scene.bars {
        let (slot, failed) = (marks.look)(bar.frame);
        if colour != Some(slot) {
            colour = Some(slot);
            context.set_fill_style_str(palette.rows.span(slot));
        }
        context.set_global_alpha(match (marks.search, bar.is_match) {
            (None, _) => PLAIN,
            (_, true) => MATCH,
            (Some(false), false) => OTHER,
            (Some(true), false) => DIMMED,
        });
        context.fill_rect(bar.x0, top(bar), wide(bar), height);
        if failed {
            colour = None;
            context.set_global_alpha(1.0);
            context.set_fill_style_str(palette.rows.span(FAILED));
            let line = (3.0 * ratio).round();
            context.fill_rect(bar.x0, top(bar) + height - line, wide(bar), line);
        }
    }
    context.set_global_alpha(1.0);
    context.set_font(&palette.rows.label_font(ratio));
    context.set_text_baseline("middle");
    for bar in scene.bars.iter().filter(|bar| !bar.label.is_empty()) {
        context.set_fill_style_str(match (marks.search, bar.is_match) {
            (None, _) => &palette.ink,
            (_, true) => &palette.on_span,
            (_, false) => &palette.quiet,
        });
        let (x, y) = (bar.x0 + 4.0 * ratio, top(bar) + (height / 2.0 + 0.5 * ratio).round());
        // A label that cannot be drawn is left out.
        let _ = context.fill_text_with_max_width(&bar.label, x, y, (wide(bar) - 6.0 * ratio).max(1.0));
    }
    if marks.middle > 0 {
        let y = (f64::from(marks.middle) * view.lane - view.top - gap).round();
        context.set_fill_style_str(&palette.ink);
        context.fill_rect(0.0, y, view.scale.width, gap);
    }
    for (frame, colour, line) in
        [(marks.hovered, &palette.ink, gap), (marks.current, &palette.accent, 2.0 * gap)]
    {
        let Some(frame) = frame else { continue };
        let Some(bar) = scene.bars.iter().find(|bar| (bar.frame..bar.end).contains(&(frame as u32))) else {
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

/// Draws the names of groups of lanes, each in the empty lane that its group starts with.
pub fn groups(
    context: &CanvasRenderingContext2d,
    palette: &FlamePalette,
    frames: &FlameFrames,
    view: &FlameViewport,
    ratio: f64,
) {
    let seen = view.lanes(frames.lanes());
    let first = frames.groups.partition_point(|(_, lane)| (*lane as usize) < seen.start);
    context.set_font(&format!("600 {}", palette.rows.label_font(ratio)));
    context.set_text_baseline("middle");
    context.set_fill_style_str(&palette.ink);
    for (name, lane) in frames.groups[first..].iter().take_while(|(_, lane)| (*lane as usize) < seen.end) {
        let y = (view.y_of(*lane) + view.lane / 2.0 + ratio).round();
        // A label that cannot be drawn is left out.
        let _ = context.fill_text(name, 6.0 * ratio, y);
    }
}
