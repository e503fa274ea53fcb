//! Events under the pointer, and the mark at those that are looked at.

use super::super::super::ticked::Ticked;
use super::{Board, ROW, set_style};
use leptos::prelude::*;
use spandrel_trace::scene::TimeScale;
use spandrel_trace::scene::waterfall::events_near;

/// How near a pointer has to come to a tick, and a finger, CSS pixels.
const NEAR: f64 = 4.0;
const NEAR_FINGER: f64 = 14.0;
/// Ticks that are no further from the nearest are told of together, CSS pixels.
const TOGETHER: f64 = 2.0;
/// What the mark covers besides the tick, to each side, CSS pixels.
const AROUND: f64 = 1.0;

impl Board {
    /// The events whose tick is at `x` from the bars' left edge and `y` from the upper edge of what is seen.
    pub fn ticked_at(&self, x: f64, y: f64, finger: bool) -> Option<Ticked> {
        let row = self.row_at(y).filter(|row| !row.is_group())?;
        let reach = if finger { NEAR_FINGER } else { NEAR };
        let (from, to) = events_near(&self.session.outline(), &self.scale(), row.span, x, reach, TOGETHER)?;
        Some(Ticked { span: row.span, from, to })
    }

    /// What is looked at has changed, by pointer or by key.
    pub fn tick_changed(&self) {
        let is_ticked = self.session.ticked.with_untracked(Option::is_some);
        // Classes are constants and valid.
        let _ = self.elements.scroller.class_list().toggle_with_force("waterfall-ticked", is_ticked);
        if let Some(frame) = self.pointer_frame.get() {
            frame.request();
        }
    }

    /// Puts the mark where the events that are looked at are; what is out of sight is not looked at any more.
    pub(super) fn mark_tick(&self) {
        let ticked = self.session.ticked.get_untracked();
        let place = ticked.and_then(|ticked| self.place_of(ticked));
        if ticked.is_some() && place.is_none() {
            self.session.ticked.set(None);
        }
        let mark = &self.elements.tick;
        set_style(mark, "display", if place.is_some() { "block" } else { "none" });
        if let Some((left, top, width)) = place {
            set_style(mark, "left", &format!("{left}px"));
            set_style(mark, "top", &format!("{top}px"));
            set_style(mark, "width", &format!("{width}px"));
        }
    }

    /// Left edge, upper edge and width of the mark.
    fn place_of(&self, ticked: Ticked) -> Option<(f64, f64, f64)> {
        let index = self.session.rows.with_untracked(|rows| rows.index_of(ticked.span))?;
        let scale = self.scale();
        let inner = self.inner.borrow();
        let is_shown = inner.seen.contains(&index) && (scale.start..=scale.end).contains(&ticked.from);
        let top = inner.drawers.places().top_of(index) - inner.top;
        if !is_shown || top <= -ROW {
            return None;
        }
        // As the tick itself: the last moment is within the last pixel.
        let x = |time: u64| scale.x_of(time.min(scale.end)).round().min(scale.width.floor() - 1.0);
        let (from, to) = (x(ticked.from), x(ticked.to));
        Some((inner.names + from - AROUND, top, to - from + 1.0 + 2.0 * AROUND))
    }

    /// Time over the width of the bars, CSS pixels.
    fn scale(&self) -> TimeScale {
        let (begin, end) = self.session.range.get_untracked();
        TimeScale::new(begin, end, self.columns().1)
    }
}
