//! For which children a parent waits, and when: the times of each span, clipped to those of its parent.

use super::roots::PathRoot;
use super::{LeftOut, LeftOutReason};
use crate::model::{Flags, NO_SPAN, Outline, SpanIx, SpanKind, SpanSet};

/// The times of all spans as far as something waits for them, nanoseconds from the trace's start.
pub(super) struct Windows {
    /// Start, not before the parent's where the parent waits for the span.
    pub(super) start: Vec<u64>,
    /// End, not after the parent's where the parent waits for the span, nor after the time at which the path leaves
    /// the span's root. Not before `start`.
    pub(super) end: Vec<u64>,
    /// The spans for which a parent waits.
    awaited: SpanSet,
    /// The spans for which their parents do not wait, ascending.
    pub(super) left_out: Vec<LeftOut>,
}

impl Windows {
    /// One pass over all spans. `path` is the roots on the path, latest first.
    pub(super) fn of(outline: &Outline, path: &[PathRoot]) -> Self {
        let mut windows = Windows {
            start: outline.start.clone(),
            end: outline.end.clone(),
            awaited: SpanSet::none(outline.len()),
            left_out: Vec::new(),
        };
        for root in path {
            windows.end[root.span as usize] = root.until;
        }
        // Spans that end where the path leaves their root.
        let mut cut = SpanSet::none(outline.len());
        for (span, parent) in outline.parent.iter().enumerate() {
            let index = span as SpanIx;
            if *parent == NO_SPAN {
                if windows.end[span] < outline.end[span] {
                    cut.insert(index);
                }
                continue;
            }
            let is_cut = cut.contains(*parent);
            let parent = *parent as usize;
            let (from, to) = (windows.start[parent], windows.end[parent]);
            match reason(outline, span, from, to) {
                Some(reason) => {
                    let is_of_root = is_cut && reason == LeftOutReason::StartsAfterParentEnds;
                    let reason = if is_of_root { LeftOutReason::ConcurrentRoot } else { reason };
                    windows.left_out.push(LeftOut { span: index, reason });
                }
                None => {
                    windows.awaited.insert(index);
                    windows.start[span] = outline.start[span].clamp(from, to);
                    windows.end[span] = outline.end[span].clamp(from, to);
                    if is_cut && outline.end[span] > to {
                        cut.insert(index);
                    }
                }
            }
        }
        windows
    }

    /// Whether the span's parent waits for it.
    pub(super) fn is_awaited(&self, span: SpanIx) -> bool {
        self.awaited.contains(span)
    }

    /// Start and end of a span.
    pub(super) fn get(&self, span: SpanIx) -> (u64, u64) {
        (self.start[span as usize], self.end[span as usize])
    }
}

/// Why a parent whose times are `from` to `to` does not wait for its child, if so.
fn reason(outline: &Outline, child: usize, from: u64, to: u64) -> Option<LeftOutReason> {
    let (start, end) = (outline.start[child], outline.end[child]);
    let takes_time = start < end;
    let parent = outline.parent[child] as usize;
    if outline.kind[child] == SpanKind::Consumer && outline.kind[parent] == SpanKind::Producer {
        Some(LeftOutReason::Asynchronous)
    } else if outline.flags[child].has(Flags::FOLLOWS_FROM) {
        Some(LeftOutReason::FollowsFrom)
    } else if start > to || (start == to && takes_time) {
        Some(LeftOutReason::StartsAfterParentEnds)
    } else if end < from || (end == from && takes_time) {
        Some(LeftOutReason::EndsBeforeParentStarts)
    } else {
        None
    }
}
