//! The visible time range: zoom, pan, undo.

use super::zoom_history::ZoomHistory;
use crate::state::clock;
use leptos::prelude::*;
use spandrel_trace::model::Outline;
use spandrel_trace::scene::TimeScale;
use std::sync::Arc;

/// The shortest range that can be zoomed to, nanoseconds.
const MIN_RANGE: u64 = 10;

/// Width that zoom and pan are computed for; any other gives the same range.
const UNIT: f64 = 1_000.0;

/// Initial width of the names, CSS pixels.
const NAMES: f64 = 380.0;

/// The visible time range, and the sizes of what shows it.
#[derive(Clone, Copy)]
pub struct Viewport {
    outline: RwSignal<Arc<Outline>>,
    history: StoredValue<ZoomHistory>,
    /// First and last nanosecond shown, from the trace's start.
    pub range: RwSignal<(u64, u64)>,
    /// Width of the waterfall, CSS pixels, as last measured; 0 before.
    pub width: RwSignal<f64>,
    /// Width of the names, CSS pixels.
    pub names: RwSignal<f64>,
    /// The first row that is wholly visible, and how many rows fit, as last painted.
    pub screen: StoredValue<(usize, usize)>,
}

impl Viewport {
    /// Shows all of the trace.
    pub(super) fn new(outline: RwSignal<Arc<Outline>>) -> Self {
        Viewport {
            outline,
            history: StoredValue::default(),
            range: RwSignal::new(outline.with_untracked(|outline| full_range(outline))),
            width: RwSignal::new(0.0),
            names: RwSignal::new(NAMES),
            screen: StoredValue::new((0, 1)),
        }
    }

    /// The range of the whole trace, untracked.
    pub fn full(self) -> (u64, u64) {
        self.outline.with_untracked(|outline| full_range(outline))
    }

    /// The range of the whole trace, tracked.
    pub fn full_live(self) -> (u64, u64) {
        self.outline.with(|outline| full_range(outline))
    }

    /// Whether the whole trace is visible; tracked.
    pub fn is_fitted(self) -> bool {
        self.range.get() == self.full_live()
    }

    /// Shows `start..end` (in either order), clamped to the trace and to `MIN_RANGE`.
    pub fn zoom_to(self, start: u64, end: u64) {
        let (_, last) = self.full();
        let least = MIN_RANGE.min(last);
        let (start, end) = (start.min(end).min(last), start.max(end).min(last));
        let missing = least.saturating_sub(end - start);
        let start = start.saturating_sub(missing / 2).min(last - least);
        let range = (start, end.max(start + least));
        let before = self.range.get_untracked();
        if before != range {
            self.history.update_value(|history| history.record(before, clock::now()));
            self.range.set(range);
        }
    }

    /// Undoes the last zoom or pan.
    pub fn undo(self) {
        let current = self.range.get_untracked();
        let before = self.history.try_update_value(|history| history.undo(current));
        if let Some(range) = before.flatten() {
            self.range.set(range);
        }
    }

    /// Redoes the zoom or pan that was undone last.
    pub fn redo(self) {
        let current = self.range.get_untracked();
        let undone = self.history.try_update_value(|history| history.redo(current));
        if let Some(range) = undone.flatten() {
            self.range.set(range);
        }
    }

    /// Multiplies the length of the range by `factor` (below 1 zooms in), with the point at `share` of it fixed.
    pub fn zoom_by(self, factor: f64, share: f64) {
        let (start, end) = self.scale().zoomed(share * UNIT, factor, self.full().1, MIN_RANGE);
        self.zoom_to(start, end);
    }

    /// Moves the range by `share` of its length; positive is later.
    pub fn pan_by(self, share: f64) {
        let (start, end) = self.scale().panned(share * UNIT, self.full().1);
        self.zoom_to(start, end);
    }

    fn scale(self) -> TimeScale {
        let (start, end) = self.range.get_untracked();
        TimeScale::new(start, end, UNIT)
    }

    /// Shows the whole trace.
    pub fn fit(self) {
        let (start, end) = self.full();
        self.zoom_to(start, end);
    }
}

/// The range of a whole trace; never empty.
pub(super) fn full_range(outline: &Outline) -> (u64, u64) {
    (0, outline.duration.max(1))
}
