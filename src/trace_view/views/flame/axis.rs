//! The visible part of a flame graph: in the order of time that of all views, of merged frames its own.

use super::super::super::session::Session;
use leptos::prelude::*;
use spandrel_trace::scene::TimeScale;

/// Width that zoom and pan are computed for; any other gives the same range.
const UNIT: f64 = 1_000.0;
/// The least visible part of merged frames.
const LEAST: u64 = 4;

/// Zooms and pans. A `Copy` handle.
#[derive(Clone, Copy)]
pub struct Axis {
    session: Session,
    /// Length of the axis of merged frames; `None` in the order of time.
    pub total: Option<u64>,
}

impl Axis {
    /// The axis of the graph that has `total`.
    pub fn new(session: Session, total: Option<u64>) -> Self {
        Axis { session, total: total.map(|total| total.max(1)) }
    }

    /// The visible part, untracked.
    pub fn range(self) -> (u64, u64) {
        let Some(total) = self.total else { return self.session.viewport.range.get_untracked() };
        let zoom = self.session.flame.with_untracked(|flame| flame.zoom);
        zoom.filter(|(_, end)| *end <= total).unwrap_or((0, total))
    }

    /// Shows `start..end`.
    pub fn zoom_to(self, start: u64, end: u64) {
        let Some(total) = self.total else { return self.session.viewport.zoom_to(start, end) };
        let start = start.min(total.saturating_sub(LEAST));
        let end = end.clamp(start + LEAST.min(total), total.max(start + 1));
        let zoom = Some((start, end)).filter(|zoom| *zoom != (0, total));
        if self.session.flame.with_untracked(|flame| flame.zoom != zoom) {
            self.session.flame.update(|flame| flame.zoom = zoom);
        }
    }

    /// Shows all of it.
    pub fn fit(self) {
        match self.total {
            None => self.session.viewport.fit(),
            Some(total) => self.zoom_to(0, total),
        }
    }

    /// Multiplies the length of the visible part by `factor`, with the point at `share` of it fixed.
    pub fn zoom_by(self, factor: f64, share: f64) {
        let Some(total) = self.total else { return self.session.viewport.zoom_by(factor, share) };
        let (start, end) = self.scale().zoomed(share * UNIT, factor, total, LEAST);
        self.zoom_to(start, end);
    }

    /// Moves the visible part by `share` of its length.
    pub fn pan_by(self, share: f64) {
        let Some(total) = self.total else { return self.session.viewport.pan_by(share) };
        let (start, end) = self.scale().panned(share * UNIT, total);
        self.zoom_to(start, end);
    }

    fn scale(self) -> TimeScale {
        let (start, end) = self.range();
        TimeScale::new(start, end, UNIT)
    }
}
