//! Spans merged by call path: services and operations from the root.

use super::order::Weighted;
use super::{FlameFrames, FrameUnit};
use crate::analysis::child_coverage::self_times;
use crate::model::{Flags, NO_SPAN, Outline, SpanIx, StrIx};
use rustc_hash::FxHashMap;

/// "No parent path".
pub(super) const NO_PATH: u32 = u32::MAX;

/// Merged call paths as columns; a path comes before those that continue it.
#[derive(Debug, Default)]
pub(super) struct Paths {
    pub tree: Weighted,
    /// Service and operation.
    pub operation: Vec<(StrIx, StrIx)>,
    pub own: Vec<u64>,
    pub spans: Vec<u32>,
    pub errors: Vec<u32>,
    /// The longest span.
    pub longest: Vec<SpanIx>,
    known: FxHashMap<(u32, StrIx, StrIx), u32>,
}

impl Paths {
    /// The path that continues `parent` with this operation.
    pub fn child(&mut self, parent: u32, operation: (StrIx, StrIx), span: SpanIx) -> u32 {
        let next = self.own.len() as u32;
        let path = *self.known.entry((parent, operation.0, operation.1)).or_insert(next);
        if path == next {
            self.tree.parent.push(parent);
            self.operation.push(operation);
            self.own.push(0);
            self.spans.push(0);
            self.errors.push(0);
            self.longest.push(span);
        }
        path
    }

    /// Adds what `other` counts at `from` to the path `to`.
    pub fn merge(&mut self, to: u32, other: &Paths, from: u32, outline: &Outline) {
        let (to, from) = (to as usize, from as usize);
        self.own[to] = self.own[to].saturating_add(other.own[from]);
        self.spans[to] += other.spans[from];
        self.errors[to] += other.errors[from];
        if outline.duration_of(other.longest[from]) > outline.duration_of(self.longest[to]) {
            self.longest[to] = other.longest[from];
        }
    }

    /// Frees what only adding paths needs, which is as much as the paths. None can be added after it.
    pub fn seal(&mut self) {
        self.known = FxHashMap::default();
    }

    /// Computes totals from self times. No path can be added after it.
    pub fn sum(&mut self) {
        self.seal();
        self.tree.total = self.own.clone();
        for path in (0..self.own.len()).rev() {
            let (parent, total) = (self.tree.parent[path], self.tree.total[path]);
            if let Some(above) = self.tree.total.get_mut(parent as usize) {
                *above = above.saturating_add(total);
            }
        }
    }

    /// The paths of a trace, the path of each span, and what totals measure.
    pub fn of(outline: &Outline) -> (Self, Vec<u32>, FrameUnit) {
        let own = self_times(outline);
        let unit = if own.iter().all(|own| *own == 0) { FrameUnit::Spans } else { FrameUnit::Time };
        let mut paths = Paths::default();
        let mut path_of: Vec<u32> = Vec::with_capacity(outline.len());
        for (span, own) in own.into_iter().enumerate() {
            let parent = match outline.parent[span] {
                NO_SPAN => NO_PATH,
                parent => path_of[parent as usize],
            };
            let path = paths.child(parent, (outline.service[span], outline.name[span]), span as SpanIx);
            let at = path as usize;
            paths.own[at] = paths.own[at].saturating_add(if unit == FrameUnit::Spans { 1 } else { own });
            paths.spans[at] += 1;
            paths.errors[at] += u32::from(outline.flags[span].has(Flags::OWN_ERROR));
            if outline.duration_of(span as SpanIx) > outline.duration_of(paths.longest[at]) {
                paths.longest[at] = span as SpanIx;
            }
            path_of.push(path);
        }
        paths.sum();
        (paths, path_of, unit)
    }
}

/// One frame per call path.
pub(super) fn frames(outline: &Outline) -> FlameFrames {
    let (paths, path_of, unit) = Paths::of(outline);
    let mut frames = FlameFrames { lanes: vec![0], unit, ..FlameFrames::default() };
    let frame_of_path = append(&mut frames, paths, false);
    frames.frame_of = path_of.into_iter().map(|path| frame_of_path[path as usize]).collect();
    frames.total = frames.end.iter().copied().max().unwrap_or(0);
    frames
}

/// Adds a lane of frames for each level of a tree, the deepest level first if `reversed`. Returns the frame of each path.
pub(super) fn append(frames: &mut FlameFrames, paths: Paths, reversed: bool) -> Vec<u32> {
    let placed = paths.tree.place();
    let count = paths.own.len();
    let mut frame_of = vec![0; count];
    frames.reserve(count);
    let levels: Vec<(u32, u32)> = placed.levels.windows(2).map(|level| (level[0], level[1])).collect();
    let mut level = |(start, end): (u32, u32)| {
        for index in start as usize..end as usize {
            let path = placed.node[index] as usize;
            frame_of[path] = frames.span.len() as u32;
            frames.span.push(paths.longest[path]);
            frames.start.push(placed.start[index]);
            frames.end.push(placed.start[index].saturating_add(paths.tree.total[path]));
            frames.own.push(paths.own[path]);
            frames.spans.push(paths.spans[path]);
            frames.errors.push(paths.errors[path]);
        }
        frames.lanes.push(frames.span.len() as u32);
    };
    if reversed {
        levels.into_iter().rev().for_each(&mut level);
    } else {
        levels.into_iter().for_each(&mut level);
    }
    frame_of
}
