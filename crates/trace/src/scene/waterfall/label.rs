//! Duration labels: to the right of a bar, else to the left, else on it; never outside the area.

use super::{Extent, WaterfallViewport};
use crate::analysis::rows::Group;
use crate::model::{Outline, SpanIx};
use crate::units::duration;

/// Position of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelPosition {
    /// On the background beside the bar.
    Beside,
    /// On the bar, with its own background.
    Upon,
    /// At the edge of the area, for a bar that is not visible.
    Edge,
}

/// A duration label.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Row index.
    pub row: u32,
    /// Left edge of the text, device pixels.
    pub x: f32,
    /// The text.
    pub text: String,
    /// Position.
    pub place: LabelPosition,
}

/// Distance between bar and label, in widths of a digit.
const GAP: f64 = 0.8;

/// Allowance for characters that are wider than digits, in widths of a digit.
const WIDER: f64 = 0.8;

impl Label {
    /// Adds a background if something is drawn from `x0` to `x1`.
    pub(super) fn avoid(&mut self, view: &WaterfallViewport, x0: f64, x1: f64) {
        let left = f64::from(self.x);
        let right = left + width(view, &self.text);
        if self.place == LabelPosition::Beside && x0 < right && x1 > left {
            self.place = LabelPosition::Upon;
        }
    }
}

/// Maximum width of a text. Letters such as "m" are wider than digits; a unit has at most one of them.
fn width(view: &WaterfallViewport, text: &str) -> f64 {
    (text.chars().count() as f64 + WIDER) * view.char_width
}

/// The label of a span at `extent`.
pub(super) fn of_span(
    outline: &Outline,
    view: &WaterfallViewport,
    span: SpanIx,
    row: u32,
    extent: Extent,
) -> Label {
    label(view, row, extent, duration(outline.duration_of(span)), None)
}

/// The label of a group at `extent`: its duration, and if it fits median, minimum and maximum of the members.
pub(super) fn of_group(view: &WaterfallViewport, group: &Group, row: u32, extent: Extent) -> Label {
    let whole = duration(group.end - group.start);
    let each = format!(
        "{whole} · p50 {}, {} to {}{}",
        duration(group.middle),
        duration(group.least),
        duration(group.most),
        if group.at_once > 1 { format!(" · {} at once", group.at_once) } else { String::new() },
    );
    label(view, row, extent, whole, Some(each))
}

/// The label `length`, or `more` if that fits beside the bar.
fn label(view: &WaterfallViewport, row: u32, extent: Extent, length: String, more: Option<String>) -> Label {
    let width = |text: &str| width(view, text);
    let gap = GAP * view.char_width;
    let (x, text, place) = match extent {
        Extent::Before => (gap, format!("◂ {length}"), LabelPosition::Edge),
        Extent::After => {
            let text = format!("{length} ▸");
            (view.scale.width - gap - width(&text), text, LabelPosition::Edge)
        }
        Extent::Within(x0, x1) => {
            let fits =
                |text: &String| x1 + gap + width(text) <= view.scale.width || x0 - gap - width(text) >= 0.0;
            let text = more.filter(fits).unwrap_or(length);
            let wide = width(&text);
            if x1 + gap + wide <= view.scale.width {
                (x1 + gap, text, LabelPosition::Beside)
            } else if x0 - gap - wide >= 0.0 {
                (x0 - gap - wide, text, LabelPosition::Beside)
            } else {
                (x1 - 2.0 * gap - wide, text, LabelPosition::Upon)
            }
        }
    };
    Label { row, x: x.max(0.0) as f32, text, place }
}
