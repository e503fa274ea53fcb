//! What the canvas of a flame graph shows, and which lanes have to be drawn for the next frame: while one scrolls, most of
//! the picture only moves.

use spandrel_trace::analysis::flame::FlameFrames;
use spandrel_trace::scene::flame::FlameViewport;

/// What the canvas shows.
#[derive(Clone, Copy)]
pub struct FlamePicture {
    /// The part of the graph.
    pub view: FlameViewport,
    /// Width and height, CSS pixels, and device pixels per CSS pixel.
    pub size: (f64, f64, f64),
    /// Frames that have an outline.
    pub outlined: [Option<usize>; 2],
}

/// What is drawn for a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FlameChanges {
    /// By how many pixels what is drawn already moves down; `None` if all is drawn anew.
    pub shift: Option<f64>,
    /// The lanes that are drawn, ascending.
    pub lanes: Vec<usize>,
    /// Top and height of the areas that are cleared for these, and below the last lane.
    pub strips: Vec<(f64, f64)>,
}

impl FlamePicture {
    /// What has to be drawn where `before` is on the canvas.
    pub fn changes(&self, before: Option<FlamePicture>, frames: &FlameFrames) -> FlameChanges {
        let (view, lanes) = (self.view, frames.lanes());
        let before = before.filter(|before| before.size == self.size);
        let kept = before.map_or(0..0, |before| view.kept(&before.view, lanes));
        let Some(before) = before.filter(|_| !kept.is_empty()) else {
            let all = view.lanes(lanes).collect();
            return FlameChanges { shift: None, lanes: all, strips: vec![(0.0, view.height)] };
        };
        // Lanes in which an outline was drawn or is to be.
        let pairs = self.outlined.into_iter().zip(before.outlined);
        let changed: Vec<usize> = pairs
            .filter(|(now, before)| now != before)
            .flat_map(|(now, before)| [now, before])
            .flatten()
            .map(|frame| frames.lane_of(frame))
            .collect();
        let is_drawn = |lane: &usize| !kept.contains(lane) || changed.contains(lane);
        let drawn: Vec<usize> = view.lanes(lanes).filter(is_drawn).collect();
        let end = view.y_of(lanes as u32).round();
        let below = (end < view.height).then_some((end, view.height - end));
        let strips = drawn.iter().map(|lane| view.strip(*lane as u32)).chain(below).collect();
        FlameChanges { shift: Some(before.view.top - view.top), lanes: drawn, strips }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::analysis::flame::{FrameOrder, flame_frames};
    use spandrel_trace::analysis::narrowed::SpanFilter;
    use spandrel_trace::model::Outline;
    use spandrel_trace::scene::TimeScale;
    use spandrel_trace::units::SpanId;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A chain of ten spans: ten lanes of one frame each.
    fn chain() -> FlameFrames {
        let n = 10u32;
        let outline = Outline {
            id: (1..=u64::from(n)).map(SpanId).collect(),
            parent: (0..n).map(|span| span.checked_sub(1).unwrap_or(u32::MAX)).collect(),
            subtree_end: vec![n; n as usize],
            depth: (0..n).collect(),
            start: vec![0; n as usize],
            end: vec![100; n as usize],
            name: vec![0; n as usize],
            service: vec![0; n as usize],
            duration: 100,
            ..Outline::default()
        };
        flame_frames(&outline, FrameOrder::Time, &SpanFilter::default())
    }

    fn drawn(top: f64, hovered: Option<usize>) -> FlamePicture {
        let scale = TimeScale::new(0, 100, 50.0);
        let view = FlameViewport { scale, top, height: 100.0, lane: 20.0, letter: 6.0 };
        FlamePicture { view, size: (50.0, 100.0, 1.0), outlined: [hovered, None] }
    }

    #[test]
    fn a_scroll_draws_the_lanes_that_came_into_view() {
        let frames = chain();
        let changes = drawn(30.0, None).changes(Some(drawn(0.0, None)), &frames);
        assert_eq!((changes.shift, changes.lanes), (Some(-30.0), vec![5, 6]));
        assert_eq!(changes.strips, [(70.0, 20.0), (90.0, 20.0)]);
        let end = drawn(120.0, None).changes(Some(drawn(100.0, None)), &frames);
        assert_eq!(end.strips, [(80.0, 20.0)], "nothing but the room below the last lane");
        let below = drawn(140.0, None).changes(Some(drawn(120.0, None)), &frames);
        assert_eq!((below.lanes.len(), below.strips), (0, vec![(60.0, 40.0)]), "below the last lane");
    }

    #[test]
    fn an_outline_that_moves_draws_its_two_lanes() {
        let frames = chain();
        let changes = drawn(0.0, Some(3)).changes(Some(drawn(0.0, Some(1))), &frames);
        assert_eq!((changes.shift, changes.lanes), (Some(0.0), vec![1, 3]));
        let same = drawn(0.0, Some(3)).changes(Some(drawn(0.0, Some(3))), &frames);
        assert_eq!(same.lanes, Vec::<usize>::new());
    }

    #[test]
    fn another_size_or_zoom_draws_all() {
        let frames = chain();
        let wider = FlamePicture { size: (60.0, 100.0, 1.0), ..drawn(0.0, None) };
        assert_eq!(wider.changes(Some(drawn(0.0, None)), &frames).shift, None);
        let first = drawn(0.0, None).changes(None, &frames);
        assert_eq!((first.shift, first.lanes.len()), (None, 5));
    }
}
