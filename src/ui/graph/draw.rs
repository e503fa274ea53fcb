//! Draws a graph of boxes and curves on a canvas.

mod node;

use spandrel_trace::scene::graph::{Camera, Edge, FAILING, GraphElement, GraphScene, NODE_HEIGHT, Point};
use std::f64::consts::TAU;
use web_sys::CanvasRenderingContext2d;

use super::super::canvas::{custom_properties, pixel_ratio};
use super::super::find_mark::FindMark;
use node::{draw_node, measure, outline};

/// Below this scale labels of edges are left out.
const LABELS_FROM: f64 = 0.6;
/// Below this scale arrows would be dots.
const ARROWS_FROM: f64 = 0.15;
/// Opacity of what does not belong to the selection.
const FAINT: f64 = 0.22;

/// Colours and fonts, read when the theme changes.
#[derive(Clone, Debug, Default)]
pub struct GraphStyle {
    paper: String,
    wash: String,
    sunk: String,
    line: String,
    ink: String,
    dim: String,
    accent: String,
    critical: String,
    error: String,
    error_wash: String,
    find: String,
    font: String,
    slots: Vec<String>,
}

impl GraphStyle {
    /// Reads them from the stylesheet.
    pub fn read() -> Self {
        const NAMES: [&str; 12] = [
            "--paper",
            "--wash",
            "--sunk",
            "--line-strong",
            "--ink",
            "--ink-3",
            "--accent",
            "--critical",
            "--error",
            "--error-wash",
            "--find",
            "--font-text",
        ];
        let slots: Vec<String> =
            (1..=spandrel_trace::scene::palette::SLOTS).map(|slot| format!("--span-{slot}")).collect();
        let slots = custom_properties(&slots.iter().map(String::as_str).collect::<Vec<_>>());
        let mut values = custom_properties(&NAMES).into_iter();
        let mut next = || values.next().unwrap_or_default();
        GraphStyle {
            paper: next(),
            wash: next(),
            sunk: next(),
            line: next(),
            ink: next(),
            dim: next(),
            accent: next(),
            critical: next(),
            error: next(),
            error_wash: next(),
            find: next(),
            font: next(),
            slots,
        }
    }
}

/// The highlighted boxes and lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GraphHighlight {
    /// The selection, highlighted with its neighbours.
    pub selected: Option<GraphElement>,
    /// Under the pointer.
    pub hovered: Option<GraphElement>,
}

/// Draws the part of a scene that the camera shows on `size` CSS pixels. `slots` and `marks` have each node's colour
/// slot and what the find says of it.
pub fn draw(
    context: &CanvasRenderingContext2d,
    size: (f64, f64),
    scene: &GraphScene,
    (slots, marks): (&[u8], &[FindMark]),
    camera: Camera,
    picked: GraphHighlight,
    look: &GraphStyle,
) {
    let ratio = pixel_ratio();
    let scale = ratio * camera.scale;
    // Fails only if the context is lost, which shows nothing.
    let _ = context.set_transform(scale, 0.0, 0.0, scale, ratio * camera.x, ratio * camera.y);
    context.set_line_join("round");
    context.set_line_cap("round");
    context.set_text_baseline("middle");
    let (from, to) = (camera.to_drawing(Point::default()), camera.to_drawing(Point { x: size.0, y: size.1 }));
    let near = Near { scene, selected: picked.selected };
    let in_view = |bounds: (f64, f64, f64, f64)| {
        bounds.2 >= from.x - 8.0
            && bounds.0 <= to.x + 8.0
            && bounds.3 >= from.y - 8.0
            && bounds.1 <= to.y + 8.0
    };
    // Highlighted items are drawn above the others.
    for front in [false, true] {
        for (index, edge) in scene.edges.iter().enumerate() {
            let index = index as u32;
            let hovered = picked.hovered == Some(GraphElement::Edge(index));
            let is_near = near.edge(index);
            let lifted = hovered || (picked.selected.is_some() && is_near);
            if lifted == front && scene.shows(index, picked.selected) && in_view(edge.curve.bounds) {
                context.set_global_alpha(if is_near || hovered { 1.0 } else { FAINT });
                draw_edge(context, edge, camera.scale, lifted, look);
            }
        }
    }
    for (index, node) in scene.nodes.iter().enumerate() {
        let (half, tall) = (node.width / 2.0, NODE_HEIGHT / 2.0);
        if !in_view((node.center.x - half, node.center.y - tall, node.center.x + half, node.center.y + tall))
        {
            continue;
        }
        let index = index as u32;
        let hovered = picked.hovered == Some(GraphElement::Node(index));
        let mark = marks.get(index as usize).copied().unwrap_or_default();
        let faint = !hovered && (!near.node(index) || mark == FindMark::Dimmed);
        if faint {
            // No line shines through a faint box.
            context.set_global_alpha(1.0);
            outline(context, node);
            context.set_fill_style_str(&look.wash);
            context.fill();
        }
        context.set_global_alpha(if faint { FAINT } else { 1.0 });
        let stroke = match (
            picked.selected == Some(GraphElement::Node(index)),
            node.error_share.unwrap_or(0.0) >= FAILING,
        ) {
            (true, _) => (&look.accent, 2.0),
            (false, true) => (&look.error, if hovered { 2.0 } else { 1.0 }),
            (false, false) => (&look.line, if hovered { 2.0 } else { 1.0 }),
        };
        let slot = slots.get(index as usize).and_then(|slot| look.slots.get(*slot as usize));
        let is_match = mark == FindMark::Match;
        draw_node(
            context,
            node,
            camera.scale,
            (stroke.0, stroke.1, is_match),
            slot.unwrap_or(&look.dim),
            look,
        );
    }
    if camera.scale >= LABELS_FROM {
        for (index, edge) in scene.edges.iter().enumerate() {
            if near.edge(index as u32) || picked.hovered == Some(GraphElement::Edge(index as u32)) {
                context.set_global_alpha(1.0);
                draw_label(context, edge, look);
            }
        }
    }
    context.set_global_alpha(1.0);
}

/// What belongs to the selection.
struct Near<'a> {
    scene: &'a GraphScene,
    selected: Option<GraphElement>,
}

impl Near<'_> {
    fn edge(&self, edge: u32) -> bool {
        match self.selected {
            None => true,
            Some(GraphElement::Edge(selected)) => selected == edge,
            Some(GraphElement::Node(node)) => self.scene.touches(edge, node),
        }
    }

    fn node(&self, node: u32) -> bool {
        match self.selected {
            None => true,
            Some(GraphElement::Edge(edge)) => self.scene.touches(edge, node),
            Some(GraphElement::Node(selected)) => {
                selected == node
                    || self.scene.edges.iter().any(|edge| {
                        (edge.caller, edge.callee) == (selected, node)
                            || (edge.caller, edge.callee) == (node, selected)
                    })
            }
        }
    }
}

fn draw_edge(context: &CanvasRenderingContext2d, edge: &Edge, scale: f64, lifted: bool, look: &GraphStyle) {
    let (Some(first), Some(last)) = (edge.curve.bends.first(), edge.curve.bends.last()) else { return };
    let failing = edge.link.error_share().unwrap_or(0.0) >= FAILING;
    let color = match (failing, lifted, edge.critical) {
        (true, ..) => &look.error,
        (false, true, _) => &look.accent,
        (false, false, true) => &look.critical,
        (false, false, false) => &look.line,
    };
    // Seen from far a line keeps half a pixel; the arrow is drawn beyond the line's end.
    let width = if edge.critical { edge.width.max(2.0) } else { edge.width }.max(0.5 / scale);
    let arrow = (width + 5.0).min(11.0);
    let [_, _, handle, end] = *last;
    let (dx, dy) = (end.x - handle.x, end.y - handle.y);
    let length = dx.hypot(dy).max(1e-6);
    let (ux, uy) = (dx / length, dy / length);
    context.begin_path();
    context.move_to(first[0].x, first[0].y);
    for (index, [_, one, two, to]) in edge.curve.bends.iter().enumerate() {
        let is_last = index + 1 == edge.curve.bends.len();
        let back = if is_last { arrow - 1.0 } else { 0.0 };
        context.bezier_curve_to(one.x, one.y, two.x, two.y, to.x - ux * back, to.y - uy * back);
    }
    context.set_stroke_style_str(color);
    context.set_line_width(width);
    context.stroke();
    if scale < ARROWS_FROM {
        return;
    }
    let side = arrow * 0.55;
    context.begin_path();
    context.move_to(end.x, end.y);
    context.line_to(end.x - ux * arrow - uy * side, end.y - uy * arrow + ux * side);
    context.line_to(end.x - ux * arrow + uy * side, end.y - uy * arrow - ux * side);
    context.close_path();
    context.set_fill_style_str(color);
    context.fill();
}

fn draw_label(context: &CanvasRenderingContext2d, edge: &Edge, look: &GraphStyle) {
    let Some(at) = edge.label_at else { return };
    let failing = edge.link.error_share().unwrap_or(0.0) > 0.0;
    context.set_font(&format!("11px {}", look.font));
    context.set_text_align("center");
    let width = measure(context, &edge.label) + 10.0;
    rounded(context, at.x - width / 2.0, at.y - 8.0, width, 16.0, 8.0);
    context.set_fill_style_str(if failing { &look.error_wash } else { &look.wash });
    context.fill();
    context.set_fill_style_str(if failing { &look.error } else { &look.dim });
    text(context, &edge.label, at.x, at.y + 0.5);
}

fn rounded(context: &CanvasRenderingContext2d, x: f64, y: f64, width: f64, height: f64, radius: f64) {
    let (right, bottom) = (x + width, y + height);
    let radius = radius.min(width / 2.0).min(height / 2.0);
    context.begin_path();
    for (x, y, from) in [
        (right - radius, y + radius, 0.75),
        (right - radius, bottom - radius, 0.0),
        (x + radius, bottom - radius, 0.25),
        (x + radius, y + radius, 0.5),
    ] {
        // Only a negative radius is refused; this one is half a side at most.
        let _ = context.arc(x, y, radius.max(0.0), from * TAU, (from + 0.25) * TAU);
    }
    context.close_path();
}

fn text(context: &CanvasRenderingContext2d, text: &str, x: f64, y: f64) {
    // Fails only if the context is lost.
    let _ = context.fill_text(text, x, y);
}
