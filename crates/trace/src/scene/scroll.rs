//! Virtual scrolling beyond the browser's maximum element height.

/// Maximum height of content, CSS pixels. Browsers limit an element's height (Firefox to about 17.9 million, others
/// lose precision before that); half of that leaves room for zoomed pages.
pub const TALLEST: f64 = 8_000_000.0;

/// Maps the list's own offset (`top`) to the browser's (`scroll`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScrollMap {
    /// Height of all rows, CSS pixels.
    pub content: f64,
    /// Height of the viewport, CSS pixels.
    pub view: f64,
}

impl ScrollMap {
    /// Height of the scrolled element.
    pub fn height(&self) -> f64 {
        self.content.min(TALLEST)
    }

    /// Whether scrolling is scaled, so that wheel events must be handled separately.
    pub fn is_scaled(&self) -> bool {
        self.content > TALLEST
    }

    /// Maximum offset of the list.
    pub fn last(&self) -> f64 {
        (self.content - self.view).max(0.0)
    }

    /// Converts the browser's offset to the list's.
    pub fn top_of(&self, scroll: f64) -> f64 {
        self.clamped(scroll * self.ratio())
    }

    /// Converts the list's offset to the browser's.
    pub fn scroll_of(&self, top: f64) -> f64 {
        self.clamped(top) / self.ratio()
    }

    /// Clamps `top` to the list.
    pub fn clamped(&self, top: f64) -> f64 {
        top.clamp(0.0, self.last())
    }

    /// The offset closest to `top` at which `from..to` is visible with `margin` around it, if there is room.
    pub fn showing(&self, top: f64, from: f64, to: f64, margin: f64) -> f64 {
        let margin = margin.min((self.view - (to - from)).max(0.0) / 2.0);
        let top = top.min(from - margin).max(to + margin - self.view);
        self.clamped(top)
    }

    fn ratio(&self) -> f64 {
        let room = (self.height() - self.view).max(0.0);
        if self.is_scaled() && room > 0.0 { self.last() / room } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_can_be_reached(rows in 1u32..2_000_000, view in 100.0..2000.0f64, share in 0.0..=1.0f64) {
            let map = ScrollMap { content: f64::from(rows) * 24.0, view };
            prop_assert!(map.height() <= TALLEST);
            prop_assert_eq!(map.top_of(0.0), 0.0);
            let end = (map.height() - view).max(0.0);
            prop_assert!((map.top_of(end) - map.last()).abs() < 0.01);
            let top = map.last() * share;
            prop_assert!((map.top_of(map.scroll_of(top)) - top).abs() < 0.01);
            prop_assert!(map.scroll_of(top) <= end + 0.01);
        }

        #[test]
        fn what_is_asked_for_is_shown(row in 0u32..1000, top in 0.0..20_000.0f64, view in 100.0..800.0f64) {
            let map = ScrollMap { content: 24_000.0, view };
            let (from, to) = (f64::from(row) * 24.0, f64::from(row + 1) * 24.0);
            let shown = map.showing(map.clamped(top), from, to, 48.0);
            prop_assert!(shown <= from && to <= shown + view + 0.001);
            if from >= map.clamped(top) + 48.0 && to + 48.0 <= map.clamped(top) + view {
                prop_assert_eq!(shown, map.clamped(top), "nothing moves without need");
            }
        }
    }

    #[test]
    fn small_lists_are_not_scaled() {
        let map = ScrollMap { content: 1000.0, view: 400.0 };
        assert!(!map.is_scaled());
        assert_eq!((map.top_of(123.0), map.scroll_of(123.0), map.top_of(9999.0)), (123.0, 123.0, 600.0));
        let all = ScrollMap { content: 100.0, view: 400.0 };
        assert_eq!((all.last(), all.top_of(50.0)), (0.0, 0.0));
    }
}
