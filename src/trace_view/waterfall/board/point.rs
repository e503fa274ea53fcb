//! What follows the pointer over bars and ruler: the line at its time, the dragged range, and the label.

use super::super::paint::{self, PointerMark};
use super::Board;
use crate::state::clock;
use crate::ui::canvas::pixel_ratio;
use crate::ui::sizes::RULER;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::shared_guides;
use spandrel_trace::scene::{TimeScale, ruler};
use spandrel_trace::units::{duration, duration_exact};

/// Pointer position over the bars and the start of its drag, CSS pixels from the bars' left edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drag {
    /// Position.
    pub x: f64,
    /// Start of the drag, if any.
    pub from: Option<f64>,
}

impl Board {
    /// The time at `x` from the bars' left edge.
    pub fn time_at(&self, x: f64) -> u64 {
        let (start, end) = self.session.viewport.range.get_untracked();
        let (_, width) = self.columns();
        TimeScale::new(start, end, width).time_at(x.clamp(0.0, width))
    }

    /// Follows the pointer; `None` when it is not over the bars.
    pub fn point(&self, pointing: Option<Drag>) {
        if self.inner.borrow().pointing != pointing {
            self.inner.borrow_mut().pointing = pointing;
            self.pointer_frame.request();
        }
    }

    /// Follows the pointer from row to row: `y` is its distance from the top of the visible part, `None` when it is over no
    /// row.
    pub fn hover(&self, y: Option<f64>) {
        let row = |y: Option<f64>| y.and_then(|y| self.index_at(y));
        let before = self.inner.borrow().hovered;
        if before != y {
            let moved = row(before) != row(y);
            self.inner.borrow_mut().hovered = y;
            if moved {
                self.pointer_frame.request();
            }
        }
    }

    /// Highlights the indentation guides of the ancestors of the row under the pointer, else of the selected row.
    fn highlight_guides(&self) {
        let hovered = self.inner.borrow().hovered.and_then(|y| self.index_at(y));
        let of = hovered.or_else(|| self.selected_row());
        let rows = self.session.folding.rows.get_untracked();
        let mut inner = self.inner.borrow_mut();
        let lit = of.and_then(|of| shared_guides(&rows, inner.seen.clone(), of));
        inner.pool.light(&lit.unwrap_or_default());
    }

    pub(super) fn paint_pointer(&self) {
        self.highlight_guides();
        self.mark_tick();
        let ratio = pixel_ratio();
        let (_, width) = self.columns();
        let mut inner = self.inner.borrow_mut();
        let pointed = inner.pointing.is_some();
        // An overlay that was never drawn on costs the browser nothing.
        if !std::mem::replace(&mut inner.pointed, pointed) && !pointed {
            return;
        }
        let height = inner.height + RULER;
        let overlay = &self.surfaces.2;
        overlay.clear(width, height);
        let Some(pointer) = inner.pointing else { return };
        let scale = {
            let (start, end) = self.session.viewport.range.get_untracked();
            TimeScale::new(start, end, width)
        };
        let x = pointer.x.clamp(0.0, width);
        let time = scale.time_at(x);
        let label = match pointer.from {
            Some(from) => duration(scale.time_at(from.clamp(0.0, width)).abs_diff(time)),
            None if self.session.clock.absolute.get_untracked() => {
                let unix = self.session.outline().start_unix.saturating_add(time);
                clock::moment(unix, self.session.clock.zone.get_untracked()).label_for_step(step_of(&scale))
            }
            None => time_label(time, &scale),
        };
        let pointing = PointerMark { x: x * ratio, label, from: pointer.from.map(|from| from * ratio) };
        let size = (width * ratio, height * ratio, RULER * ratio);
        paint::pointing(overlay.context(), &inner.style, &pointing, size, ratio);
    }
}

/// A time with as many digits as differ from pixel to pixel.
fn time_label(time: u64, scale: &TimeScale) -> String {
    match step_of(scale) {
        1 => duration_exact(time),
        step => ruler::label(time / step * step, step),
    }
}

/// The largest power of ten not above the duration of a pixel, nanoseconds.
fn step_of(scale: &TimeScale) -> u64 {
    10u64.saturating_pow(scale.per_pixel().log10().floor().max(0.0) as u32)
}
