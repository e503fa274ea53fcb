//! The frame that an arrow key leads to.

use super::{FlameFrames, partition};
use crate::model::Outline;

/// A direction in a flame graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameDirection {
    /// To the caller; of an operation with several to the one with the most time.
    Up,
    /// To the first callee.
    Down,
    /// To the frame before in the same lane.
    Left,
    /// To the frame after in the same lane.
    Right,
}

impl FlameFrames {
    /// The neighbour of a frame in a direction, if it has one.
    pub fn neighbour(&self, outline: &Outline, frame: usize, towards: FrameDirection) -> Option<usize> {
        let lane = self.lane_of(frame);
        match towards {
            FrameDirection::Left => frame.checked_sub(1).filter(|frame| self.lane(lane).contains(frame)),
            FrameDirection::Right => Some(frame + 1).filter(|frame| self.lane(lane).contains(frame)),
            FrameDirection::Up if self.is_merged() => self.facing(outline, frame, lane.checked_sub(1)?),
            FrameDirection::Down if self.is_merged() => self.facing(outline, frame, lane + 1),
            FrameDirection::Up => {
                let mut span = outline.parent_of(self.span(frame))?;
                loop {
                    match self.frame_of(span) {
                        // Ancestors that are filtered out have no frame.
                        None => span = outline.parent_of(span)?,
                        found => return found,
                    }
                }
            }
            FrameDirection::Down => {
                let span = self.span(frame);
                (span + 1..outline.subtree_end[span as usize]).find_map(|below| self.frame_of(below))
            }
        }
    }

    /// The first frame of a lane that overlaps another lane's frame.
    fn facing(&self, outline: &Outline, frame: usize, lane: usize) -> Option<usize> {
        let (start, end) = (self.start(outline, frame), self.end(outline, frame));
        let frames = self.lane(lane);
        let first = partition(frames.clone(), |other| self.end(outline, other) <= start);
        Some(first).filter(|other| frames.contains(other) && self.start(outline, *other) < end)
    }
}
