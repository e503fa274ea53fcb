//! Frames of a flame graph: spans in the order of time, spans merged by call path, or callers and callees of one
//! operation. Frames lie in lanes; within a lane they are sorted by start and do not overlap, so that what is visible is
//! found by binary search, however many frames there are.
//!
//! In the order of time an axis is time. Merged frames are as wide as their *total*: the self time of their spans and of
//! everything below those. Self time is the time of a span that none of its children covers, so totals add up exactly,
//! and calls that run concurrently count each. If all self times are zero, spans are counted instead.

mod neighbours;
mod order;
mod packed;
mod paths;
mod sandwich;
mod time;

use super::narrowed::{NarrowedOutline, SpanFilter};
use crate::model::{Flags, Outline, SpanIx};
use crate::units::ColumnMut;
pub use neighbours::FrameDirection;
pub use packed::{PackedBy, packed_frames};
pub use sandwich::MAX_CALLERS;
use serde::{Deserialize, Serialize};

/// "No frame" in [`FlameFrames::frame_of`].
const NO_FRAME: u32 = u32::MAX;

/// How spans become frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrameOrder {
    /// One frame per span, at its time. Overlapping siblings, with their descendants, are in lanes of their own.
    #[default]
    Time,
    /// One frame per call path (services and operations from the root), the largest total first.
    LeftHeavy,
    /// The call paths that lead to the operation of `span` above it, those that start there below it.
    Sandwich {
        /// A span of that operation.
        span: SpanIx,
    },
}

/// What widths of merged frames measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrameUnit {
    /// Nanoseconds.
    #[default]
    Time,
    /// Spans, because no span has a self time.
    Spans,
}

/// Frames as columns, sorted by lane and start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlameFrames {
    /// Index of the first frame of each lane, and the number of frames at the end.
    #[serde(with = "crate::units::number_bytes")]
    lanes: Vec<u32>,
    /// The span of each frame; of merged frames the longest span.
    #[serde(with = "crate::units::number_bytes")]
    span: Vec<u32>,
    /// Start, end and self time of merged frames; empty in the order of time.
    #[serde(with = "crate::units::number_bytes")]
    start: Vec<u64>,
    #[serde(with = "crate::units::number_bytes")]
    end: Vec<u64>,
    #[serde(with = "crate::units::number_bytes")]
    own: Vec<u64>,
    /// Number of spans of merged frames, and how many of them have errors; empty in the order of time.
    #[serde(with = "crate::units::number_bytes")]
    spans: Vec<u32>,
    #[serde(with = "crate::units::number_bytes")]
    errors: Vec<u32>,
    /// The frame of each span of the trace.
    #[serde(with = "crate::units::number_bytes")]
    frame_of: Vec<u32>,
    /// End of the axis of merged frames.
    total: u64,
    /// What the axis of merged frames measures.
    pub unit: FrameUnit,
    /// Groups of lanes: a name, and the first lane, which is empty. No groups unless spans are packed by service, host or thread.
    pub groups: Vec<(String, u32)>,
    /// The lane of the operation whose callers are in the lanes above it; 0 unless they are shown.
    pub middle: u32,
    /// Whether callers further away than [`MAX_CALLERS`] were left out.
    pub is_cut: bool,
}

/// The frames of the spans that `filter` lets through. Near-linear in the number of spans.
#[inline(never)]
pub fn flame_frames(outline: &Outline, order: FrameOrder, filter: &SpanFilter) -> FlameFrames {
    let narrowed = filter.narrow(outline);
    let mut frames = match order {
        FrameOrder::Time => time::frames(&narrowed.outline),
        FrameOrder::LeftHeavy => paths::frames(&narrowed.outline),
        FrameOrder::Sandwich { span } => {
            let operation = outline.service.get(span as usize).zip(outline.name.get(span as usize));
            operation.map_or_else(FlameFrames::default, |(service, name)| {
                sandwich::frames(&narrowed.outline, (*service, *name))
            })
        }
    };
    frames.restore(&narrowed, outline.len());
    frames
}

impl FlameFrames {
    /// Replaces indices of a narrowed trace by those of the whole one, which has `spans`.
    fn restore(&mut self, narrowed: &NarrowedOutline, spans: usize) {
        if narrowed.outline.len() == spans {
            return;
        }
        self.span.iter_mut().for_each(|span| *span = narrowed.original(*span));
        let mut frame_of = vec![NO_FRAME; spans];
        for (index, frame) in self.frame_of.iter().enumerate() {
            frame_of[narrowed.original(index as SpanIx) as usize] = *frame;
        }
        self.frame_of = frame_of;
    }

    /// Reserves memory for exactly so many more merged frames.
    fn reserve(&mut self, frames: usize) {
        let FlameFrames { span, start, end, own, spans, errors, .. } = self;
        [start, end, own].into_iter().for_each(|column| column.reserve_exact(frames));
        [span, spans, errors].into_iter().for_each(|column| column.reserve_exact(frames));
    }

    /// All columns, to transfer them.
    pub fn columns(&mut self) -> Vec<ColumnMut<'_>> {
        vec![
            ColumnMut::U32(&mut self.lanes),
            ColumnMut::U32(&mut self.span),
            ColumnMut::U64(&mut self.start),
            ColumnMut::U64(&mut self.end),
            ColumnMut::U64(&mut self.own),
            ColumnMut::U32(&mut self.spans),
            ColumnMut::U32(&mut self.errors),
            ColumnMut::U32(&mut self.frame_of),
        ]
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.span.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.span.is_empty()
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.lanes.len().saturating_sub(1)
    }

    /// The frames of a lane, by start; none for a lane that does not exist.
    pub fn lane(&self, lane: usize) -> std::ops::Range<usize> {
        match (self.lanes.get(lane), self.lanes.get(lane + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// The lane of a frame.
    pub fn lane_of(&self, frame: usize) -> usize {
        self.lanes.partition_point(|start| *start as usize <= frame).saturating_sub(1)
    }

    /// Whether frames are merged from several spans.
    pub fn is_merged(&self) -> bool {
        !self.start.is_empty()
    }

    /// The span of a frame; of merged spans the longest.
    pub fn span(&self, frame: usize) -> SpanIx {
        self.span[frame]
    }

    /// The frame of a span.
    pub fn frame_of(&self, span: SpanIx) -> Option<usize> {
        self.frame_of.get(span as usize).filter(|frame| **frame != NO_FRAME).map(|frame| *frame as usize)
    }

    /// Where a frame starts on the axis.
    pub fn start(&self, outline: &Outline, frame: usize) -> u64 {
        self.start.get(frame).copied().unwrap_or_else(|| outline.start[self.span[frame] as usize])
    }

    /// Where a frame ends on the axis; never before its start. In a trace without any duration frames are as long as the
    /// axis, one nanosecond.
    pub fn end(&self, outline: &Outline, frame: usize) -> u64 {
        let of_span = || outline.end[self.span[frame] as usize].max(u64::from(outline.duration == 0));
        self.end.get(frame).copied().unwrap_or_else(of_span)
    }

    /// Self time of a merged frame.
    pub fn own(&self, frame: usize) -> Option<u64> {
        self.own.get(frame).copied()
    }

    /// Number of spans of a frame, and how many of them have errors of their own.
    pub fn counts(&self, outline: &Outline, frame: usize) -> (u32, u32) {
        let failed = || u32::from(outline.flags[self.span[frame] as usize].has(Flags::OWN_ERROR));
        match self.spans.get(frame).zip(self.errors.get(frame)) {
            Some((spans, errors)) => (*spans, *errors),
            None => (1, failed()),
        }
    }

    /// Length of the axis: the trace's duration, or the sum of all self times.
    pub fn total(&self, outline: &Outline) -> u64 {
        if self.is_merged() { self.total } else { outline.duration }.max(1)
    }
}

/// The first frame of a range for which `holds` is false; it holds for all before and for none after.
pub fn partition(frames: std::ops::Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (frames.start, frames.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests;
