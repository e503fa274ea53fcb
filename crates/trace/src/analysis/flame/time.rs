//! Frames in the order of time: each span below its parent, in the first lane in which it and its descendants overlap no
//! sibling.

use super::FlameFrames;
use crate::model::{NO_SPAN, Outline, SpanIx};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One frame per span. Subtrees are rectangles of time and lanes. Below a parent they are arranged in tracks, earliest
/// first, each in the first track that is free; a track is as high as its highest rectangle.
pub(super) fn frames(outline: &Outline) -> FlameFrames {
    let lane = lanes(outline);
    let mut lanes = vec![0u32; lane.iter().max().map_or(1, |lane| *lane as usize + 2)];
    lane.iter().for_each(|lane| lanes[*lane as usize + 1] += 1);
    for index in 1..lanes.len() {
        lanes[index] += lanes[index - 1];
    }
    let mut next = lanes.clone();
    let mut span = vec![0; outline.len()];
    for (index, lane) in lane.iter().enumerate() {
        let place = &mut next[*lane as usize];
        span[*place as usize] = index as SpanIx;
        *place += 1;
    }
    for lane in lanes.windows(2) {
        let spans = &mut span[lane[0] as usize..lane[1] as usize];
        let start = |span: &SpanIx| outline.start[*span as usize];
        if !spans.is_sorted_by_key(start) {
            spans.sort_unstable_by_key(|span| (start(span), *span));
        }
    }
    let mut frame_of = vec![0; outline.len()];
    for (frame, span) in span.iter().enumerate() {
        frame_of[*span as usize] = frame as u32;
    }
    FlameFrames { lanes, span, frame_of, ..FlameFrames::default() }
}

/// The lane of each span.
fn lanes(outline: &Outline) -> Vec<u32> {
    let count = outline.len();
    let mut tracks = Tracks::default();
    // The rectangle of each subtree: start, end, lanes. Even a span without length takes up some time.
    let mut start = outline.start.clone();
    let mut end: Vec<u64> =
        outline.end.iter().zip(&start).map(|(end, start)| (*end).max(start.saturating_add(1))).collect();
    let mut height = vec![1u32; count];
    // Lanes below the parent's, then lanes of the graph.
    let mut lane = vec![0u32; count];
    for span in (0..count).rev() {
        if outline.subtree_end[span] as usize > span + 1 {
            let below = tracks.arrange(outline.children(span as SpanIx), &start, &end, &height, &mut lane, 1);
            height[span] += below;
            for child in outline.children(span as SpanIx) {
                start[span] = start[span].min(start[child as usize]);
                end[span] = end[span].max(end[child as usize]);
            }
        }
    }
    let mut root = 0;
    let roots = std::iter::from_fn(|| {
        let span = (root < count).then_some(root as SpanIx)?;
        root = outline.subtree_end[root] as usize;
        Some(span)
    });
    tracks.arrange(roots, &start, &end, &height, &mut lane, 0);
    for span in 0..count {
        if outline.parent[span] != NO_SPAN {
            lane[span] += lane[outline.parent[span] as usize];
        }
    }
    lane
}

/// Buffers for arranging siblings.
#[derive(Default)]
struct Tracks {
    siblings: Vec<SpanIx>,
    track: Vec<u32>,
    height: Vec<u32>,
    /// Tracks in use with the time at which they become free, and free tracks.
    busy: BinaryHeap<Reverse<(u64, u32)>>,
    free: BinaryHeap<Reverse<u32>>,
}

impl Tracks {
    /// Sets the first lane of each sibling, counted from `first`. Returns how many lanes they take.
    fn arrange(
        &mut self,
        siblings: impl Iterator<Item = SpanIx>,
        start: &[u64],
        end: &[u64],
        height: &[u32],
        lane: &mut [u32],
        first: u32,
    ) -> u32 {
        self.siblings.clear();
        self.siblings.extend(siblings);
        let start_of = |span: &SpanIx| start[*span as usize];
        if !self.siblings.is_sorted_by_key(start_of) {
            self.siblings.sort_unstable_by_key(|span| (start_of(span), *span));
        }
        self.track.clear();
        self.height.clear();
        self.busy.clear();
        self.free.clear();
        for span in &self.siblings {
            let at = *span as usize;
            while let Some(Reverse((until, track))) = self.busy.peek().copied() {
                if until > start[at] {
                    break;
                }
                self.busy.pop();
                self.free.push(Reverse(track));
            }
            let track = self.free.pop().map_or(self.height.len() as u32, |Reverse(track)| track);
            match self.height.get_mut(track as usize) {
                Some(highest) => *highest = (*highest).max(height[at]),
                None => self.height.push(height[at]),
            }
            self.busy.push(Reverse((end[at], track)));
            self.track.push(track);
        }
        // From heights to first lanes.
        let mut sum = first;
        for height in &mut self.height {
            sum += std::mem::replace(height, sum);
        }
        for (span, track) in self.siblings.iter().zip(&self.track) {
            lane[*span as usize] = self.height[*track as usize];
        }
        sum - first
    }
}
