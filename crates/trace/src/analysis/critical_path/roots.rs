//! Which roots the critical path goes through, and up to when.

use super::{LeftOut, LeftOutReason};
use crate::model::{Outline, SpanIx};

/// A root on the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PathRoot {
    /// The root.
    pub(super) span: SpanIx,
    /// When the path leaves it for a root that ends later, or its own end. After its start.
    pub(super) until: u64,
}

/// All roots, in order of start.
pub(super) fn all(outline: &Outline) -> impl Iterator<Item = SpanIx> + '_ {
    let mut next = 0;
    std::iter::from_fn(move || {
        let root = next;
        next = *outline.subtree_end.get(root as usize)?;
        Some(root)
    })
}

/// The roots on the path, latest first. Their times are disjoint, and cover what all roots cover.
pub(super) fn on_path(outline: &Outline) -> Vec<PathRoot> {
    let roots: Vec<SpanIx> = all(outline).filter(|root| outline.duration_of(*root) > 0).collect();
    // Until when any of the roots up to this one runs: ascending, so that it can be searched.
    let mut latest = 0;
    let ends: Vec<u64> = roots
        .iter()
        .map(|root| {
            latest = outline.end[*root as usize].max(latest);
            latest
        })
        .collect();
    let mut path = Vec::new();
    let mut time = latest;
    loop {
        let before = roots.partition_point(|root| outline.start[*root as usize] < time);
        let Some(end) = before.checked_sub(1).map(|last| ends[last]) else { break };
        time = time.min(end);
        // The first root that runs until then is, of those that do, the one that started first.
        let first = ends.partition_point(|end| *end < time);
        let root = roots[first];
        path.push(PathRoot { span: root, until: time });
        time = outline.start[root as usize];
    }
    path
}

/// The roots that are not on the path.
pub(super) fn left_out(outline: &Outline, path: &[PathRoot]) -> Vec<LeftOut> {
    let mut path = path.iter().rev().map(|root| root.span).peekable();
    let mut left_out = Vec::new();
    for root in all(outline).filter(|root| outline.duration_of(*root) > 0) {
        if path.peek() == Some(&root) {
            path.next();
        } else {
            left_out.push(LeftOut { span: root, reason: LeftOutReason::ConcurrentRoot });
        }
    }
    left_out
}
