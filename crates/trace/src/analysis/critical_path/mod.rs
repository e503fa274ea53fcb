//! The critical path of a trace: the chain of spans, back from the end of the last root, whose end the trace waited for.
//!
//! The rule is that of Jaeger's and CRISP's (Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice
//! Architectures", USENIX ATC 2022). The walk starts at the end of a root. Within a span it goes to the child that
//! ended last at or before the current time; the time since that child's end belongs to the span itself. From the
//! child's start it goes on in the parent. A child that still ran at that time did not cause what came then, so the
//! walk skips it. Of several children that ended at one time it takes the one that started first.
//!
//! A parent waits for a child only within both their times: a child that outlives its parent, or starts before it, is
//! clipped to it. For some children a parent does not wait at all; [`LeftOutReason`] lists why.
//!
//! With several roots (orphans are roots too) the trace is taken as waiting for all of them. The walk starts with the
//! root that ended last; where its start is reached it goes on with a root that was running then, up to that time, and
//! of several with the one that started first. Where no root was running the path has a gap up to the next end of one.
//! So [`CriticalPath::total`] is
//! - the trace's duration, for a trace with one root that spans it;
//! - the time in which any root was running, otherwise. The remainder of the trace's duration lies before the first
//!   root's start, between roots, or after the last root's end (where only asynchronous spans ran).

mod by_span;
mod outside;
mod roots;
mod slack;
mod table;
mod walk;
mod windows;

pub use by_span::PathBySpan;
pub use outside::OutsidePath;
pub use slack::slack;
pub use table::{PathGrouping, PathRow, PathRowOf, PathTable, WHOLE};

use crate::model::{Outline, SpanIx, SpanSet};
use serde::{Deserialize, Serialize};
use windows::Windows;

/// An interval of the critical path in one span itself, not in its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathSegment {
    /// The span.
    pub span: SpanIx,
    /// Start, nanoseconds from the trace's start.
    pub start: u64,
    /// End, nanoseconds from the trace's start; after `start`.
    pub end: u64,
}

/// Why nothing on the critical path can wait for a span and those below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LeftOutReason {
    /// It is the consumer of a message whose producer is its parent.
    Asynchronous,
    /// It follows from its parent (`FOLLOWS_FROM`), which does not depend on its result.
    FollowsFrom,
    /// It starts after its parent has ended, or after an ancestor for which the trace waits has.
    StartsAfterParentEnds,
    /// It ends before its parent starts, or before an ancestor does: the clocks seem to differ.
    EndsBeforeParentStarts,
    /// It is a root, or below one, at a time when the path is in another root that ends later.
    ConcurrentRoot,
}

impl LeftOutReason {
    /// All reasons.
    pub const ALL: [LeftOutReason; 5] = [
        LeftOutReason::Asynchronous,
        LeftOutReason::FollowsFrom,
        LeftOutReason::StartsAfterParentEnds,
        LeftOutReason::EndsBeforeParentStarts,
        LeftOutReason::ConcurrentRoot,
    ];

    /// The reason as text.
    pub fn words(self) -> &'static str {
        match self {
            LeftOutReason::Asynchronous => "asynchronous: the consumer of its parent's message",
            LeftOutReason::FollowsFrom => "asynchronous: its parent does not wait for it (FOLLOWS_FROM)",
            LeftOutReason::StartsAfterParentEnds => "asynchronous: starts after its parent has ended",
            LeftOutReason::EndsBeforeParentStarts => {
                "ends before its parent starts; the clocks seem to differ"
            }
            LeftOutReason::ConcurrentRoot => "another root runs at this time and ends later",
        }
    }
}

/// A span that the critical path leaves out, with all below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The topmost span that is left out for this reason.
    pub span: SpanIx,
    /// Why.
    pub reason: LeftOutReason,
}

/// The critical path of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalPath {
    /// The segments, ascending and disjoint. Spans of zero duration have none.
    pub segments: Vec<PathSegment>,
    /// The spans for which nothing waits, ascending, without their descendants.
    pub left_out: Vec<LeftOut>,
}

impl CriticalPath {
    /// The critical path of a trace. Near-linear in the number of spans for any shape.
    pub fn of(outline: &Outline) -> Self {
        let roots = roots::on_path(outline);
        let mut windows = Windows::of(outline, &roots);
        let mut segments = Vec::new();
        let mut walk = walk::Walk::default();
        for root in &roots {
            walk.root(outline, &windows, root.span, &mut segments);
        }
        segments.reverse();
        let mut left_out = std::mem::take(&mut windows.left_out);
        left_out.extend(roots::left_out(outline, &roots));
        left_out.sort_unstable_by_key(|one| one.span);
        Self { segments, left_out }
    }

    /// The critical time of each of `spans` spans in nanoseconds: the length of its segments. The sum is
    /// [`CriticalPath::total`].
    pub fn time_by_span(&self, spans: usize) -> Vec<u64> {
        let mut time = vec![0; spans];
        for segment in &self.segments {
            if let Some(time) = time.get_mut(segment.span as usize) {
                *time += segment.end - segment.start;
            }
        }
        time
    }

    /// The length of the path without its gaps, nanoseconds.
    pub fn total(&self) -> u64 {
        self.segments.iter().map(|segment| segment.end - segment.start).sum()
    }

    /// The spans with a segment, of a trace with so many spans.
    pub fn spans(&self, spans: usize) -> SpanSet {
        let mut set = SpanSet::none(spans);
        self.segments.iter().for_each(|segment| set.insert(segment.span));
        set
    }
}

#[cfg(test)]
mod tests;
