//! Visible bars of a flame graph, merged below a pixel, with labels; and hit testing. All coordinates are device
//! pixels.

use super::TimeScale;
use crate::analysis::flame::{FlameFrames, partition};
use crate::model::Outline;
use crate::units::display_name;
use std::ops::Range;

/// The part of the graph that is visible.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlameViewport {
    /// The visible part of the axis, and the width of the canvas.
    pub scale: TimeScale,
    /// Distance of the canvas from the top of the first lane.
    pub top: f64,
    /// Height of the canvas.
    pub height: f64,
    /// Height of a lane, with the gap below its bars.
    pub lane: f64,
    /// Width of a character.
    pub letter: f64,
}

/// A bar: a frame, or several frames that are narrower than a pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct FlameBar {
    /// The first frame.
    pub frame: u32,
    /// One past the last frame.
    pub end: u32,
    /// Left edge.
    pub x0: f64,
    /// Right edge, at least a pixel from the left.
    pub x1: f64,
    /// The lane.
    pub lane: u32,
    /// Whether any of the frames matches the search.
    pub is_match: bool,
    /// The name, truncated to the width; empty if it does not fit.
    pub label: String,
}

/// The visible bars, by lane and position.
#[derive(Clone, Debug, Default)]
pub struct FlameScene {
    /// The bars.
    pub bars: Vec<FlameBar>,
    /// The lanes that they are in.
    lanes: Range<usize>,
}

/// Minimum length of a label, and margin at each side, in characters.
const LEAST_LETTERS: f64 = 3.0;
const MARGIN: f64 = 1.2;

impl FlameViewport {
    /// The lanes in view, of `lanes`.
    pub fn lanes(&self, lanes: usize) -> Range<usize> {
        let first = (self.top / self.lane).floor().max(0.0) as usize;
        let end = ((self.top + self.height) / self.lane).ceil().max(0.0) as usize;
        first.min(lanes)..end.min(lanes)
    }

    /// Of `lanes` lanes those that were entirely in view `before` and still are: drawn then, they have moved by the difference
    /// of the tops. None if anything but the top differs.
    pub fn kept(&self, before: &FlameViewport, lanes: usize) -> Range<usize> {
        if *self != (FlameViewport { top: self.top, ..*before }) {
            return 0..0;
        }
        let first = (before.top / self.lane).ceil().max(0.0) as usize;
        let end = ((before.top + before.height) / self.lane).floor().max(0.0) as usize;
        let now = self.lanes(lanes);
        first.max(now.start)..end.min(now.end)
    }

    /// Top and height of a lane in whole pixels, so that lanes neither overlap nor leave gaps.
    pub fn strip(&self, lane: u32) -> (f64, f64) {
        let (top, end) = (self.y_of(lane).round(), self.y_of(lane + 1).round());
        (top, end - top)
    }

    /// Top of a lane.
    pub fn y_of(&self, lane: u32) -> f64 {
        f64::from(lane) * self.lane - self.top
    }
}

impl FlameScene {
    /// The visible bars of `frames`. `matches` are the frames that match the search, ascending. Takes time linear in
    /// the number of pixels, not of frames.
    pub fn new(frames: &FlameFrames, outline: &Outline, view: &FlameViewport, matches: &[u32]) -> Self {
        let mut scene = FlameScene { bars: Vec::new(), lanes: view.lanes(frames.lanes()) };
        for lane in scene.lanes.clone() {
            scene.lay(frames, outline, view, matches, lane);
        }
        scene
    }

    /// The same with the bars of lanes that are in this scene already. Only the view's top may have changed since.
    pub fn scrolled(
        self,
        frames: &FlameFrames,
        outline: &Outline,
        view: &FlameViewport,
        matches: &[u32],
    ) -> Self {
        let (FlameScene { bars, lanes: before }, now) = (self, view.lanes(frames.lanes()));
        let mut scene = FlameScene { bars: Vec::new(), lanes: now.clone() };
        for lane in now.start..before.start.min(now.end) {
            scene.lay(frames, outline, view, matches, lane);
        }
        scene.bars.extend(bars.into_iter().filter(|bar| now.contains(&(bar.lane as usize))));
        for lane in before.end.max(now.start)..now.end {
            scene.lay(frames, outline, view, matches, lane);
        }
        scene
    }

    fn lay(
        &mut self,
        frames: &FlameFrames,
        outline: &Outline,
        view: &FlameViewport,
        matches: &[u32],
        lane: usize,
    ) {
        let range = frames.lane(lane);
        let x_of = |time: u64| view.scale.x_of(time);
        // Frames of zero length are at their start, so the first visible one may end where the view starts.
        let mut frame = partition(range.clone(), |frame| frames.end(outline, frame) < view.scale.start);
        let mut free = 0.0f64;
        while frame < range.end && frames.start(outline, frame) <= view.scale.end {
            let (x0, x1) = (x_of(frames.start(outline, frame)), x_of(frames.end(outline, frame)));
            let mut bar = (x0.max(0.0), x1.min(view.scale.width));
            let mut end = frame + 1;
            if x1 - x0 < 1.0 {
                // The frames that end in the same pixel, or in the next one if that is taken.
                let pixel = x0.floor().max(free);
                free = pixel + 1.0;
                bar = (pixel, free);
                end = partition(end..range.end, |other| x_of(frames.end(outline, other)) <= pixel + 1.0);
            }
            if bar.1 > bar.0 && bar.0 < view.scale.width {
                let among = matches.partition_point(|frame_of| (*frame_of as usize) < frame);
                let is_match = matches.get(among).is_some_and(|found| (*found as usize) < end);
                let label = if end == frame + 1 {
                    label(display_name(outline.name_of(frames.span(frame))), (bar.1 - bar.0) / view.letter)
                } else {
                    String::new()
                };
                self.bars.push(FlameBar {
                    frame: frame as u32,
                    end: end as u32,
                    x0: bar.0,
                    x1: bar.1,
                    lane: lane as u32,
                    is_match,
                    label,
                });
            }
            frame = end;
        }
    }

    /// The bar at a point, with a tolerance of `slack` pixels for narrow bars.
    pub fn hit(&self, view: &FlameViewport, x: f64, y: f64, slack: f64) -> Option<&FlameBar> {
        let lane = ((y + view.top) / view.lane).floor();
        if lane < 0.0 {
            return None;
        }
        let first = self.bars.partition_point(|bar| f64::from(bar.lane) < lane);
        let distance = |bar: &FlameBar| (bar.x0 - x).max(x - bar.x1).max(0.0);
        let of_lane = self.bars[first..].iter().take_while(|bar| f64::from(bar.lane) == lane);
        of_lane.filter(|bar| distance(bar) <= slack).min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

/// Truncates `name` to `letters` characters.
fn label(name: &str, letters: f64) -> String {
    let room = letters - MARGIN;
    if room < LEAST_LETTERS {
        return String::new();
    }
    let room = room as usize;
    match name.char_indices().nth(room) {
        None => name.to_owned(),
        Some(_) => {
            let mut cut: String = name.chars().take(room - 1).collect();
            cut.push('…');
            cut
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::flame::{FrameOrder, flame_frames};
    use crate::analysis::narrowed::SpanFilter;
    use crate::testing::forest::{forest, outlines};
    use crate::testing::{COLUMN, trace};
    use proptest::prelude::*;

    fn view(start: u64, end: u64, width: f64) -> FlameViewport {
        FlameViewport {
            scale: TimeScale::new(start, end, width),
            top: 0.0,
            height: 1e6,
            lane: 10.0,
            letter: 1.0,
        }
    }

    #[test]
    fn bars_are_clipped_to_the_view_and_labelled_as_far_as_there_is_room() {
        let trace = trace(
            "
            a: root     [=========]
              a: one     [==]
              a: somewhat longer [=]
            ",
        );
        let outline = trace.outline();
        let frames = flame_frames(outline, FrameOrder::Time, &SpanFilter::default());
        let scene = FlameScene::new(&frames, outline, &view(0, 11 * COLUMN, 110.0), &[2]);
        let found: Vec<_> = scene.bars.iter().map(|bar| (bar.label.as_str(), bar.x0, bar.x1)).collect();
        assert_eq!(found[0], ("root", 0.0, 100.0));
        assert_eq!(found[1], ("one", 10.0, 40.0));
        assert_eq!(scene.bars.iter().map(|bar| bar.is_match).collect::<Vec<_>>(), [false, false, true]);
        let scene = FlameScene::new(&frames, outline, &view(3 * COLUMN, 4 * COLUMN, 5.0), &[]);
        let found: Vec<_> = scene.bars.iter().map(|bar| (bar.label.as_str(), bar.x0, bar.x1)).collect();
        assert_eq!(found, [("ro…", 0.0, 5.0), ("one", 0.0, 5.0)]);
    }

    #[test]
    fn a_million_narrow_frames_are_as_many_bars_as_pixels() {
        let mut parents = vec![None];
        parents.resize(200_001, Some(0));
        let mut outline = forest(&parents);
        outline.start[0] = 0;
        let frames = flame_frames(&outline, FrameOrder::Time, &SpanFilter::default());
        assert_eq!(frames.lanes(), 2);
        let all = view(0, outline.duration, 1_000.0);
        let scene = FlameScene::new(&frames, &outline, &all, &[150_000]);
        assert!((900..=1_001).contains(&scene.bars.len()), "{}", scene.bars.len());
        assert_eq!(scene.bars.iter().filter(|bar| bar.is_match).count(), 1, "a match is not lost");
    }

    #[test]
    fn lanes_that_were_whole_in_view_need_not_be_drawn_again() {
        let view = |top: f64| FlameViewport { top, height: 45.0, ..view(0, 10, 97.0) };
        assert_eq!(view(0.0).kept(&view(0.0), 100), 0..4, "the fifth lane was cut");
        assert_eq!(view(25.0).kept(&view(0.0), 100), 2..4);
        assert_eq!(view(0.0).kept(&view(25.0), 100), 3..5, "the third lane was cut at its top");
        assert!(view(500.0).kept(&view(0.0), 100).is_empty());
        assert_eq!(view(0.0).kept(&view(0.0), 3), 0..3);
        let zoomed = FlameViewport { scale: TimeScale::new(0, 9, 97.0), ..view(0.0) };
        assert!(zoomed.kept(&view(0.0), 100).is_empty(), "bars are elsewhere");
    }

    proptest! {
        #[test]
        fn a_scrolled_scene_is_that_of_its_view(outline in outlines(60), from in 0u32..12, to in 0u32..12) {
            let frames = flame_frames(&outline, FrameOrder::Time, &SpanFilter::default());
            let view = |top: u32| FlameViewport {
                top: f64::from(top) * 7.0,
                height: 33.0,
                ..view(0, outline.duration, 97.0)
            };
            let scrolled = FlameScene::new(&frames, &outline, &view(from), &[3]).scrolled(&frames, &outline, &view(to), &[3]);
            prop_assert_eq!(scrolled.bars, FlameScene::new(&frames, &outline, &view(to), &[3]).bars);
        }

        #[test]
        fn every_frame_in_view_is_in_a_bar_and_can_be_hit(outline in outlines(60), start in 0u64..300, long in 1u64..900) {
            let frames = flame_frames(&outline, FrameOrder::Time, &SpanFilter::default());
            let view = view(start, start + long, 97.0);
            let scene = FlameScene::new(&frames, &outline, &view, &[]);
            for frame in 0..frames.len() {
                let (from, to) = (frames.start(&outline, frame), frames.end(&outline, frame));
                if to > start && from < start + long {
                    let bar = scene.bars.iter().find(|bar| (bar.frame..bar.end).contains(&(frame as u32)));
                    prop_assert!(bar.is_some());
                }
            }
            for bar in &scene.bars {
                prop_assert!(bar.x0 >= 0.0 && bar.x1 - bar.x0 > 0.0);
                let middle = (bar.x0 + bar.x1) / 2.0;
                let hit = scene.hit(&view, middle, view.y_of(bar.lane) + 5.0, 2.0);
                prop_assert!(hit.is_some_and(|hit| hit.lane == bar.lane));
            }
        }
    }
}
