//! The critical path by brute force: back from the end in steps of one nanosecond, over a tree of nodes.

use spandrel_trace::analysis::critical_path::LeftOutReason;
use spandrel_trace::model::{Flags, Outline, SpanIx, SpanKind};
use std::ops::Range;

/// A span with the times for which something waits for it.
#[derive(Clone, Debug)]
pub struct Node {
    /// The span; `None` for the whole trace.
    pub span: Option<SpanIx>,
    pub start: u64,
    pub end: u64,
    /// Those that it waits for.
    pub children: Vec<Node>,
}

/// What the oracle finds.
pub struct Oracle {
    /// The span that each nanosecond of the trace belongs to.
    pub owner: Vec<Option<SpanIx>>,
    /// All roots, below the whole trace.
    pub whole: Node,
    /// What is left out, with all below it, which nothing waits for.
    pub apart: Vec<(Node, LeftOutReason)>,
    /// Roots that are not on the path.
    pub roots: Vec<SpanIx>,
}

impl Oracle {
    pub fn of(outline: &Outline) -> Self {
        let mut owner = vec![None; outline.duration as usize];
        let roots: Vec<SpanIx> =
            (0..outline.len() as SpanIx).filter(|span| outline.parent_of(*span).is_none()).collect();
        let times = |root: SpanIx| (outline.start[root as usize], outline.end[root as usize]);
        let mut cuts: Vec<(SpanIx, u64)> = Vec::new();
        let mut apart = Vec::new();
        let mut time = outline.duration;
        while time > 0 {
            let running = roots.iter().filter(|root| times(**root).0 < time && time <= times(**root).1);
            match running.min_by_key(|root| (times(**root).0, **root)) {
                None => time -= 1,
                Some(root) => {
                    cuts.push((*root, time));
                    time = times(*root).0;
                }
            }
        }
        let mut whole = Node { span: None, start: 0, end: outline.duration, children: Vec::new() };
        for root in &roots {
            let cut = cuts.iter().find(|cut| cut.0 == *root).map(|cut| cut.1);
            let node = {
                let (start, end) = times(*root);
                let until = cut.unwrap_or(end);
                node(outline, *root, start..until, until < end, &mut apart)
            };
            if cut.is_some() {
                walk(&node, &mut owner);
            }
            whole.children.push(node);
        }
        let is_off =
            |root: &&SpanIx| cuts.iter().all(|cut| cut.0 != **root) && times(**root).0 < times(**root).1;
        let roots = roots.iter().filter(is_off).copied().collect();
        Oracle { owner, whole, apart, roots }
    }
}

/// A span with those below it; what it does not wait for goes to `apart`. `is_cut` says that its end is that at which
/// the path leaves its root.
fn node(
    outline: &Outline,
    span: SpanIx,
    times: Range<u64>,
    is_cut: bool,
    apart: &mut Vec<(Node, LeftOutReason)>,
) -> Node {
    let Range { start, end } = times;
    let mut children = Vec::new();
    for child in (0..outline.len() as SpanIx).filter(|child| outline.parent_of(*child) == Some(span)) {
        let (from, to) = (outline.start[child as usize], outline.end[child as usize]);
        let is_message = outline.kind[span as usize] == SpanKind::Producer
            && outline.kind[child as usize] == SpanKind::Consumer;
        let common = from.max(start)..to.min(end);
        let reason = if is_message {
            Some(LeftOutReason::Asynchronous)
        } else if outline.flags[child as usize].has(Flags::FOLLOWS_FROM) {
            Some(LeftOutReason::FollowsFrom)
        } else if (from < to && (from >= end || to <= start)) || common.start > common.end {
            Some(match from >= end {
                true if is_cut => LeftOutReason::ConcurrentRoot,
                true => LeftOutReason::StartsAfterParentEnds,
                false => LeftOutReason::EndsBeforeParentStarts,
            })
        } else {
            None
        };
        match reason {
            None => {
                let is_cut = is_cut && to > end;
                children.push(node(outline, child, common.start..common.end, is_cut, apart));
            }
            Some(reason) => {
                let node = node(outline, child, from..to, false, apart);
                apart.push((node, reason));
            }
        }
    }
    Node { span: Some(span), start, end, children }
}

fn walk(node: &Node, owner: &mut [Option<SpanIx>]) {
    let mut time = node.end;
    while time > node.start {
        let ended = node.children.iter().filter(|child| child.end == time && child.start < time);
        match ended.min_by_key(|child| (child.start, child.span)) {
            Some(child) => {
                walk(child, owner);
                time = child.start;
            }
            None => {
                time -= 1;
                assert!(owner[time as usize].replace(node.span.unwrap()).is_none(), "a time has one owner");
            }
        }
    }
}
