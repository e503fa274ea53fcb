//! What the times of a trace would be if some of its spans were faster, gone, cached or parallel.
//!
//! The trace is simulated with the dependencies that its times show:
//!
//! * A child starts as long as before after the event that it waited for: the start of its parent, or the last end
//!   among the earlier siblings that had ended when it started. All of those are waited for, so a sibling that was not
//!   the last one becomes the last one when the others get faster.
//! * A parent ends as long as before after the last end of the children that it waited for. Of a child that outlives its
//!   parent, the part within the parent is waited for.
//! * Parents do not wait for asynchronous children ([`is_asynchronous`]). A child that starts after its parent's end keeps
//!   its offset to that end, any other one its offset to its parent's start.
//! * A root keeps its start.
//!
//! So what a span does itself, before, between and after its children, is kept, unless the span itself becomes faster.
//! Where the clocks of services differ, offsets are kept as the source has them.
//!
//! ```text
//! a: root   [==================]              a: root   [=============]
//!   b: one   [========]           b: 2×         b: one   [===]
//!   c: two     [======]           ───►          c: two     [======]
//!   d: last             [=====]                 d: last           [=====]
//! ```
//!
//! Iterative; time is linear in spans, and `n log n` in the number of children of one parent.

mod plan;
mod scenario;
#[cfg(test)]
mod tests;
mod times;

pub use scenario::{
    Scenario, ScenarioChange, ScenarioOperation, ScenarioPath, ScenarioResult, ScenarioSpans, compare,
};

use crate::model::{Flags, Outline, SpanIx, SpanKind};
use serde::{Deserialize, Serialize};

/// Maximum duration of a cached call in nanoseconds: 1 ms, about that of a cache in the same network. Faster calls
/// keep their duration.
pub const CACHE_HIT: u64 = 1_000_000;

/// A hypothetical change. Indices that are out of range have no effect.
///
/// If several changes affect one span, [`Change::Gone`] takes precedence over [`Change::Cached`], and that over
/// [`Change::Faster`]; of several factors the largest counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// The spans, and everything in them that they wait for, take `1 / factor` of their time.
    Faster {
        /// Which spans.
        spans: Vec<SpanIx>,
        /// How many times faster: 2 halves the duration, 0.5 doubles it. Factors that are not finite or not above 0 have
        /// no effect.
        factor: f64,
    },
    /// The spans and all their descendants take no time. What their parent does between its children is kept.
    Gone {
        /// Which spans.
        spans: Vec<SpanIx>,
    },
    /// The spans take [`CACHE_HIT`] at most, and their descendants are gone.
    Cached {
        /// Which spans.
        spans: Vec<SpanIx>,
    },
    /// The spans no longer wait for each other: each starts as long after the start of the one before as it started after
    /// its end. Spans of different parents are parallel to those of their own parent.
    Parallel {
        /// Which siblings.
        spans: Vec<SpanIx>,
    },
}

impl Change {
    /// The affected spans.
    pub fn spans(&self) -> &[SpanIx] {
        match self {
            Change::Faster { spans, .. }
            | Change::Gone { spans }
            | Change::Cached { spans }
            | Change::Parallel { spans } => spans,
        }
    }
}

/// The times of a trace after changes, in nanoseconds from the original start of the trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// End of the trace.
    pub duration: u64,
    /// Start of each span.
    pub start: Vec<u64>,
    /// End of each span, not before its start. Removed spans have zero duration.
    pub end: Vec<u64>,
}

impl Simulated {
    /// The trace with these times, without events. Spans keep their indices, even if siblings no longer start in that
    /// order.
    pub fn outline(self, of: &Outline) -> Outline {
        Outline {
            start: self.start,
            end: self.end,
            duration: self.duration,
            event_start: vec![0; of.len() + 1],
            event_time: Vec::new(),
            ..of.clone()
        }
    }
}

/// Simulates a trace with changes. Without changes, the times are unchanged.
pub fn simulate(outline: &Outline, changes: &[Change]) -> Simulated {
    let plan = plan::Plan::new(outline, changes);
    times::times(outline, &plan)
}

/// Whether the parent of a span does not wait for it: a consumer below a producer, a span that follows from its parent, or
/// one that starts when its parent has ended. False for roots. The critical path leaves out the same spans.
pub fn is_asynchronous(outline: &Outline, span: SpanIx) -> bool {
    let Some(parent) = outline.parent_of(span) else { return false };
    let (at, above) = (span as usize, parent as usize);
    starts_after(outline, span, parent)
        || outline.flags[at].has(Flags::FOLLOWS_FROM)
        || (outline.kind[at] == SpanKind::Consumer && outline.kind[above] == SpanKind::Producer)
}

/// Whether a span starts when its parent has ended. One without length may start at that end and be waited for.
fn starts_after(outline: &Outline, span: SpanIx, parent: SpanIx) -> bool {
    let (start, end) = (outline.start[span as usize], outline.end[parent as usize]);
    start > end || (start == end && outline.duration_of(span) > 0)
}
