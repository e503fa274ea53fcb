//! Draws the boxes of a graph.

use super::{GraphStyle, rounded, text};
use spandrel_trace::scene::graph::{NODE_HEIGHT, Node};
use web_sys::CanvasRenderingContext2d;

/// Below this scale the texts of boxes are too small to read: names alone are drawn, larger.
const WORDS_FROM: f64 = 0.45;
/// Below this scale no name fits in a box.
const NAMES_FROM: f64 = 0.3;
/// Size of names that stand alone, CSS pixels.
const NAME_SIZE: f64 = 10.0;

/// Draws a box with its texts; `scale` is CSS pixels per unit. The outline has a colour and a width; a box that matches is
/// highlighted.
pub(super) fn draw_node(
    context: &CanvasRenderingContext2d,
    node: &Node,
    scale: f64,
    (stroke, width, is_match): (&str, f64, bool),
    slot: &str,
    look: &GraphStyle,
) {
    let (left, top) = (node.center.x - node.width / 2.0, node.center.y - NODE_HEIGHT / 2.0);
    outline(context, node);
    context.set_fill_style_str(&look.paper);
    context.fill();
    if is_match {
        // As the waterfall marks rows.
        let alpha = context.global_alpha();
        context.set_global_alpha(alpha * 0.55);
        context.set_fill_style_str(&look.find);
        context.fill();
        context.set_global_alpha(alpha);
    }
    context.set_stroke_style_str(stroke);
    context.set_line_width(width.max(width / scale));
    context.stroke();
    context.set_fill_style_str(slot);
    if scale < WORDS_FROM {
        rounded(context, left + 4.0, top + 4.0, 10.0, NODE_HEIGHT - 8.0, 3.0);
        context.fill();
        if scale >= NAMES_FROM {
            let size = (NAME_SIZE / scale).min(NODE_HEIGHT * 0.65);
            context.set_text_align("left");
            context.set_font(&format!("600 {size}px {}", look.font));
            context.set_fill_style_str(&look.ink);
            let name = shorten(context, shown_name(node), node.width - 24.0);
            text(context, &name, left + 18.0, node.center.y + 1.0);
        }
        return;
    }
    rounded(context, left + 12.0, top + 11.0, 10.0, 10.0, 2.0);
    context.fill();
    let room = node.width - 40.0;
    context.set_text_align("left");
    context.set_font(&format!("600 12px {}", look.font));
    context.set_fill_style_str(&look.ink);
    text(context, &shorten(context, shown_name(node), room), left + 30.0, top + 16.5);
    context.set_font(&format!("11px {}", look.font));
    let failing = node.error_share.unwrap_or(0.0) > 0.0;
    context.set_fill_style_str(if failing { &look.error } else { &look.dim });
    text(context, &shorten(context, &node.note, room), left + 30.0, top + 32.0);
    if let Some(share) = node.error_share.filter(|share| *share > 0.0) {
        let full = node.width - 20.0;
        context.set_fill_style_str(&look.sunk);
        rounded(context, left + 10.0, top + NODE_HEIGHT - 4.0, full, 2.5, 1.2);
        context.fill();
        context.set_fill_style_str(&look.error);
        rounded(context, left + 10.0, top + NODE_HEIGHT - 4.0, (full * share).max(4.0), 2.5, 1.2);
        context.fill();
    }
}

fn shown_name(node: &Node) -> &str {
    if node.name.is_empty() { "(no name)" } else { &node.name }
}

/// Begins the path of a box's outline.
pub(super) fn outline(context: &CanvasRenderingContext2d, node: &Node) {
    let (left, top) = (node.center.x - node.width / 2.0, node.center.y - NODE_HEIGHT / 2.0);
    rounded(context, left, top, node.width, NODE_HEIGHT, 8.0);
}

/// Width of a text in the font that is set.
pub(super) fn measure(context: &CanvasRenderingContext2d, text: &str) -> f64 {
    context.measure_text(text).map_or(0.0, |metrics| metrics.width())
}

/// Cut in the middle, where names of services differ least, until it fits.
fn shorten(context: &CanvasRenderingContext2d, text: &str, room: f64) -> String {
    if measure(context, text) <= room {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| {
        let head: String = letters[..kept.div_ceil(2)].iter().collect();
        let tail: String = letters[letters.len() - kept / 2..].iter().collect();
        format!("{head}…{tail}")
    };
    let (mut fits, mut breaks) = (0, letters.len());
    while fits + 1 < breaks {
        let middle = (fits + breaks) / 2;
        if measure(context, &cut(middle)) <= room { fits = middle } else { breaks = middle }
    }
    cut(fits)
}
