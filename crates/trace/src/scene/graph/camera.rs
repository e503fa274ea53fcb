//! Which part of the map is seen, and how large.

use crate::analysis::layout::Point;

/// Nearest and furthest that one can look.
const SCALES: std::ops::RangeInclusive<f64> = 0.02..=4.0;
/// A small map is not blown up beyond this.
const LARGEST_FIT: f64 = 1.25;

/// From the drawing's coordinates to the screen's: `screen = drawing × scale + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Screen pixels in a pixel of the drawing.
    pub scale: f64,
    /// Where the drawing's left edge is on the screen.
    pub x: f64,
    /// Where its top edge is.
    pub y: f64,
}

impl Default for Camera {
    fn default() -> Self {
        Camera { scale: 1.0, x: 0.0, y: 0.0 }
    }
}

impl Camera {
    /// All of a drawing in the middle of a view, with a margin around it.
    pub fn fit(drawing: (f64, f64), view: (f64, f64), margin: f64) -> Self {
        let share = |drawing: f64, view: f64| (view - 2.0 * margin).max(1.0) / drawing.max(1.0);
        let scale =
            share(drawing.0, view.0).min(share(drawing.1, view.1)).clamp(*SCALES.start(), LARGEST_FIT);
        Camera { scale, x: (view.0 - drawing.0 * scale) / 2.0, y: (view.1 - drawing.1 * scale) / 2.0 }
    }

    /// All of a drawing, or where that would be smaller than `least`, its part around a point of it at that scale: the point
    /// in the middle, moved so far that no room is wasted beyond the drawing's edges.
    pub fn legible(drawing: (f64, f64), view: (f64, f64), margin: f64, around: Point, least: f64) -> Self {
        let fitted = Camera::fit(drawing, view, margin);
        if fitted.scale >= least {
            return fitted;
        }
        let place = |drawing: f64, view: f64, at: f64| {
            let size = drawing * least;
            match size + 2.0 * margin <= view {
                true => (view - size) / 2.0,
                false => (view / 2.0 - at * least).clamp(view - margin - size, margin),
            }
        };
        Camera { scale: least, x: place(drawing.0, view.0, around.x), y: place(drawing.1, view.1, around.y) }
    }

    /// Nearer (above 1) or further, with what is at a point of the screen staying there.
    pub fn zoom(self, at: Point, factor: f64) -> Self {
        let factor = if factor.is_finite() { factor } else { 1.0 };
        let scale = (self.scale * factor).clamp(*SCALES.start(), *SCALES.end());
        let grown = scale / self.scale;
        Camera { scale, x: at.x - (at.x - self.x) * grown, y: at.y - (at.y - self.y) * grown }
    }

    /// Moved by screen pixels.
    pub fn pan(self, by: Point) -> Self {
        Camera { x: self.x + by.x, y: self.y + by.y, ..self }
    }

    /// Moved as little as it takes to have a point of the drawing inside the view, `margin` from its edges.
    pub fn reveal(self, point: Point, view: (f64, f64), margin: f64) -> Self {
        let at = self.to_screen(point);
        let shift =
            |at: f64, size: f64| at.clamp(margin.min(size / 2.0), (size - margin).max(size / 2.0)) - at;
        self.pan(Point { x: shift(at.x, view.0), y: shift(at.y, view.1) })
    }

    /// Where a point of the drawing is on the screen.
    pub fn to_screen(self, point: Point) -> Point {
        Point { x: point.x * self.scale + self.x, y: point.y * self.scale + self.y }
    }

    /// Which point of the drawing is at a point of the screen.
    pub fn to_drawing(self, point: Point) -> Point {
        Point { x: (point.x - self.x) / self.scale, y: (point.y - self.y) / self.scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_map_fits_in_the_middle_and_a_small_one_stays_small() {
        let camera = Camera::fit((2_000.0, 400.0), (1_000.0, 800.0), 20.0);
        assert_eq!((camera.scale, camera.x, camera.y), (0.48, 20.0, 304.0));
        assert_eq!(Camera::fit((10.0, 10.0), (1_000.0, 800.0), 20.0).scale, LARGEST_FIT);
        assert!(Camera::fit((0.0, 0.0), (0.0, 0.0), 20.0).x.is_finite());
    }

    #[test]
    fn a_large_map_is_legible_around_a_point() {
        let legible = |drawing, x, y| Camera::legible(drawing, (1_000.0, 800.0), 20.0, Point { x, y }, 0.5);
        assert_eq!(
            legible((1_200.0, 400.0), 0.0, 0.0),
            Camera::fit((1_200.0, 400.0), (1_000.0, 800.0), 20.0)
        );
        let wide = legible((10_000.0, 400.0), 60.0, 200.0);
        assert_eq!(
            (wide.scale, wide.x, wide.y),
            (0.5, 20.0, 300.0),
            "a point at the left edge, the height in the middle"
        );
        let inner = legible((10_000.0, 4_000.0), 5_000.0, 2_000.0);
        assert_eq!(inner.to_screen(Point { x: 5_000.0, y: 2_000.0 }), Point { x: 500.0, y: 400.0 });
        assert_eq!(legible((10_000.0, 4_000.0), 10_000.0, 0.0).x, 1_000.0 - 20.0 - 5_000.0);
    }

    #[test]
    fn what_is_seen_does_not_move_and_what_is_not_comes_into_view() {
        let camera = Camera::default();
        assert_eq!(camera.reveal(Point { x: 500.0, y: 300.0 }, (1_000.0, 800.0), 50.0), camera);
        let moved = camera.reveal(Point { x: 5_000.0, y: -30.0 }, (1_000.0, 800.0), 50.0);
        assert_eq!(moved.to_screen(Point { x: 5_000.0, y: -30.0 }), Point { x: 950.0, y: 50.0 });
    }

    proptest! {
        #[test]
        fn zooming_keeps_the_point_under_the_pointer(x in -1e4..1e4f64, y in -1e4..1e4f64, factor in 0.001..1e3f64) {
            let camera = Camera { scale: 0.7, x: 31.0, y: -8.0 };
            let at = Point { x, y };
            let (before, zoomed) = (camera.to_drawing(at), camera.zoom(at, factor));
            let after = zoomed.to_drawing(at);
            prop_assert!((before.x - after.x).abs() < 1e-5 && (before.y - after.y).abs() < 1e-5);
            prop_assert!(SCALES.contains(&zoomed.scale));
        }
    }
}
