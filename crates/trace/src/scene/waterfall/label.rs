//! The duration beside a bar: to its right, else to its left, else upon it, and never outside the area.

use super::{Extent, Viewport};
use crate::analysis::rows::Group;
use crate::model::{Outline, SpanIx};
use crate::units::duration;

/// Where a label stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelPosition {
    /// On the ground beside the bar.
    Beside,
    /// Upon the bar, so it needs a ground of its own.
    Upon,
    /// At the area's edge, for a bar that is out of sight on that side.
    Edge,
}

/// A duration to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Row index.
    pub row: u32,
    /// Left edge of the text, device pixels.
    pub x: f32,
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: LabelPosition,
}

/// Between a bar and its label, in widths of a digit.
const GAP: f64 = 0.8;

/// How much wider than as many digits a label may be, in widths of a digit.
const WIDER: f64 = 0.8;

impl Label {
    /// Takes a ground of its own where something is drawn from `x0` to `x1`.
    pub(super) fn make_way(&mut self, view: &Viewport, x0: f64, x1: f64) {
        let left = f64::from(self.x);
        let right = left + width(view, &self.text);
        if self.place == LabelPosition::Beside && x0 < right && x1 > left {
            self.place = LabelPosition::Upon;
        }
    }
}

/// How wide a text is at most. Letters such as "m" are wider than the digit that is measured; no unit has more than
/// one of them.
fn width(view: &Viewport, text: &str) -> f64 {
    (text.chars().count() as f64 + WIDER) * view.char_width
}

/// The label of a span that lies at `extent`.
pub(super) fn of_span(outline: &Outline, view: &Viewport, span: SpanIx, row: u32, extent: Extent) -> Label {
    label(view, row, extent, duration(outline.duration_of(span)), None)
}

/// The label of a group whose members lie within `extent`: how long they took, one by one, where there is room.
pub(super) fn of_group(view: &Viewport, group: &Group, row: u32, extent: Extent) -> Label {
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

/// `length`, or where there is room beside the bar `more`.
fn label(view: &Viewport, row: u32, extent: Extent, length: String, more: Option<String>) -> Label {
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
