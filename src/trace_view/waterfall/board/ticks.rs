//! Events and log lines under the pointer, and the mark at the event cursor.

use super::super::super::session::EventCursor;
use super::{Board, set_style};
use crate::ui::sizes::ROW;
use leptos::prelude::*;
use spandrel_trace::scene::TimeScale;
use spandrel_trace::scene::waterfall::times_near;

/// Distance at which a tick is hit by a pointer, and by a finger, CSS pixels.
const NEAR: f64 = 4.0;
const NEAR_FINGER: f64 = 14.0;
/// Ticks within this distance of the nearest are shown together, CSS pixels.
const TOGETHER: f64 = 2.0;
/// Width of the mark on each side of the tick, CSS pixels.
const AROUND: f64 = 1.0;

impl Board {
    /// The events and log lines whose tick is at `x` from the bars' left edge and `y` from the top of the visible part.
    pub fn events_at(&self, x: f64, y: f64, finger: bool) -> Option<EventCursor> {
        let row = self.row_at(y).filter(|row| !row.is_group())?;
        let reach = if finger { NEAR_FINGER } else { NEAR };
        let times = self.session.tick_times(row.span);
        let (from, to) = times_near(times.iter().copied(), &self.scale(), x, reach, TOGETHER)?;
        Some(EventCursor { span: row.span, from, to })
    }

    /// Reacts to a change of the event cursor.
    pub fn cursor_changed(&self) {
        let is_ticked = self.session.events.with_untracked(Option::is_some);
        // Classes are constants and valid.
        let _ = self.elements.scroller.class_list().toggle_with_force("waterfall-ticked", is_ticked);
        self.pointer_frame.request();
    }

    /// Moves the mark to the event cursor; resets a cursor that is not visible.
    pub(super) fn mark_tick(&self) {
        let ticked = self.session.events.get_untracked();
        let place = ticked.and_then(|ticked| self.place_of(ticked));
        if ticked.is_some() && place.is_none() {
            self.session.events.set(None);
        }
        let mark = &self.elements.tick;
        set_style(mark, "display", if place.is_some() { "block" } else { "none" });
        if let Some((left, top, width)) = place {
            set_style(mark, "left", &format!("{left}px"));
            set_style(mark, "top", &format!("{top}px"));
            set_style(mark, "width", &format!("{width}px"));
        }
    }

    /// Left edge, top and width of the mark, CSS pixels.
    fn place_of(&self, ticked: EventCursor) -> Option<(f64, f64, f64)> {
        let index = self.session.folding.rows.with_untracked(|rows| rows.index_of(ticked.span))?;
        let scale = self.scale();
        let inner = self.inner.borrow();
        let is_shown = inner.seen.contains(&index) && (scale.start..=scale.end).contains(&ticked.from);
        let top = inner.drawers.places().top_of(index) - inner.top;
        if !is_shown || top <= -ROW {
            return None;
        }
        // Like the tick itself: the end of the range lies within the last pixel.
        let x = |time: u64| scale.x_of(time.min(scale.end)).round().min(scale.width.floor() - 1.0);
        let (from, to) = (x(ticked.from), x(ticked.to));
        Some((inner.names + from - AROUND, top, to - from + 1.0 + 2.0 * AROUND))
    }

    /// The visible range over the width of the bars, CSS pixels.
    fn scale(&self) -> TimeScale {
        let (start, end) = self.session.viewport.range.get_untracked();
        TimeScale::new(start, end, self.columns().1)
    }
}
