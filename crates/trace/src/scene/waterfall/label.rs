//! The duration beside a bar: to its right, else to its left, else upon it, and never outside the area.

use super::{Extent, Viewport};
use crate::model::{Outline, SpanIx};
use crate::units::duration;

/// Where a label stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
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
    pub place: Place,
}

/// Between a bar and its label, in widths of a digit.
const GAP: f64 = 0.8;

/// How much wider than as many digits a label may be, in widths of a digit.
const WIDER: f64 = 0.8;

/// The label of a span that lies at `extent`.
pub(super) fn label(outline: &Outline, view: &Viewport, span: SpanIx, row: u32, extent: Extent) -> Label {
    let length = duration(outline.duration_of(span));
    // Letters such as "m" are wider than the digit that is measured; no unit has more than one of them.
    let width = |text: &str| (text.chars().count() as f64 + WIDER) * view.char_width;
    let gap = GAP * view.char_width;
    let (x, text, place) = match extent {
        Extent::Before => (gap, format!("◂ {length}"), Place::Edge),
        Extent::After => {
            let text = format!("{length} ▸");
            (view.scale.width - gap - width(&text), text, Place::Edge)
        }
        Extent::Within(x0, x1) => {
            let wide = width(&length);
            if x1 + gap + wide <= view.scale.width {
                (x1 + gap, length, Place::Beside)
            } else if x0 - gap - wide >= 0.0 {
                (x0 - gap - wide, length, Place::Beside)
            } else {
                (x1 - 2.0 * gap - wide, length, Place::Upon)
            }
        }
    };
    Label { row, x: x.max(0.0) as f32, text, place }
}
