//! Linear mapping between time and pixels, in `f64`, which is precise to a nanosecond in a trace of a day.

/// A time range mapped to a width. Times are nanoseconds from the trace's start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeScale {
    /// First nanosecond shown.
    pub start: u64,
    /// One past the last nanosecond shown; always after `start`.
    pub end: u64,
    /// Width in pixels (CSS or device pixels, as the caller chooses); above 0.
    pub width: f64,
}

impl TimeScale {
    /// A scale over `start..end`; an empty range is widened to one nanosecond, an empty width to one pixel.
    pub fn new(start: u64, end: u64, width: f64) -> Self {
        let width = if width >= 1.0 { width } else { 1.0 };
        // Leaves room for one nanosecond at the maximum time.
        let start = start.min(u64::MAX - 1);
        TimeScale { start, end: end.max(start + 1), width }
    }

    /// Length of the range, nanoseconds.
    pub fn span(&self) -> u64 {
        self.end - self.start
    }

    /// Nanoseconds per pixel.
    pub fn per_pixel(&self) -> f64 {
        self.span() as f64 / self.width
    }

    /// Position of `time`; outside `0..width` if it is not visible.
    pub fn x_of(&self, time: u64) -> f64 {
        // Subtracts integers, because late times lose precision as floats.
        let offset = match time.checked_sub(self.start) {
            Some(after) => after as f64,
            None => -((self.start - time) as f64),
        };
        offset / self.span() as f64 * self.width
    }

    /// Time at `x` in nanoseconds after `start`, with fraction.
    pub fn offset_at(&self, x: f64) -> f64 {
        x / self.width * self.span() as f64
    }

    /// Time at `x`, rounded to nanoseconds; not before the trace's start.
    pub fn time_at(&self, x: f64) -> u64 {
        let offset = self.offset_at(x).round();
        if offset < 0.0 {
            self.start.saturating_sub(-offset as u64)
        } else {
            self.start.saturating_add(offset as u64)
        }
    }

    /// The range scaled by `factor` around the time at `x`, within `0..limit` and at least `least` nanoseconds long.
    pub fn zoomed(&self, x: f64, factor: f64, limit: u64, least: u64) -> (u64, u64) {
        let limit = limit.max(1);
        let share = (x / self.width).clamp(0.0, 1.0);
        let wanted = self.span() as f64 * factor;
        let span = (wanted.round() as u64).clamp(least.clamp(1, limit), limit);
        let before = (span as f64 * share).round() as u64;
        placed(self.time_at(x).saturating_sub(before), span, limit)
    }

    /// The range moved by `pixels` (positive: later), within `0..limit`.
    pub fn panned(&self, pixels: f64, limit: u64) -> (u64, u64) {
        let limit = limit.max(1);
        let span = self.span().min(limit);
        placed(self.time_at(pixels).min(limit), span, limit)
    }
}

fn placed(start: u64, span: u64, limit: u64) -> (u64, u64) {
    let start = start.min(limit - span);
    (start, start + span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: u64 = 86_400_000_000_000;

    proptest! {
        #[test]
        fn time_to_pixels_and_back(start in 0..30 * DAY, span in 1..DAY, share in 0.0..1.0f64, width in 1.0..8000.0f64) {
            let scale = TimeScale::new(start, start + span, width);
            let time = start + (span as f64 * share) as u64;
            let x = scale.x_of(time);
            prop_assert!((0.0..=width).contains(&x));
            prop_assert_eq!(scale.time_at(x), time);
        }

        #[test]
        fn later_is_further_right(start in 0..DAY, span in 1..DAY, a in 0..2 * DAY, b in 0..2 * DAY) {
            let scale = TimeScale::new(start, start + span, 1000.0);
            prop_assert!(a > b || scale.x_of(a) <= scale.x_of(b));
        }

        #[test]
        fn zoom_keeps_the_time_below_the_cursor(
            limit in 1_000_000..DAY, from in 0.0..0.9f64, long in 0.01..0.1f64, x in 0.0..1000.0f64, factor in 0.2..5.0f64
        ) {
            let start = (limit as f64 * from) as u64;
            let end = start + (limit as f64 * long) as u64;
            let scale = TimeScale::new(start, end, 1000.0);
            let held = scale.time_at(x);
            let (start, end) = scale.zoomed(x, factor, limit, 10);
            prop_assert!(start < end && end <= limit);
            let after = TimeScale::new(start, end, 1000.0);
            // Unless the edge of the trace was hit.
            if start > 0 && end < limit {
                prop_assert!((after.x_of(held) - x).abs() <= 1.0 + 2.0 / after.per_pixel());
            }
        }

        #[test]
        fn panning_keeps_the_length(start in 0..1_000u64, span in 1..1_000u64, by in -3000.0..3000.0f64) {
            let scale = TimeScale::new(start, start + span, 1000.0);
            let (from, to) = scale.panned(by, 2_000);
            prop_assert_eq!(to - from, span);
            prop_assert!(to <= 2_000);
        }
    }

    #[test]
    fn a_trace_of_no_length_has_a_scale() {
        let scale = TimeScale::new(0, 0, 0.0);
        assert_eq!(scale.x_of(0), 0.0);
        assert_eq!(scale.time_at(0.0), 0);
        assert_eq!(scale.zoomed(0.0, 0.5, 0, 10), (0, 1));
        assert_eq!(TimeScale::new(u64::MAX, u64::MAX, 10.0).span(), 1);
    }
}
