//! A trace run again from its start, with one span taking longer.

use crate::ticks::Node;
use spandrel_trace::model::SpanIx;

/// When `node` ends if it starts at `start` and the span `longer.0` takes `longer.1` more.
///
/// A child starts, and the node ends, once every child has ended that had ended by then before, and as much later as it
/// was later than the last of them; without any, as long after the node's start as before.
pub fn end_of(node: &Node, start: u64, longer: (SpanIx, u64)) -> u64 {
    let mut children: Vec<&Node> = node.children.iter().collect();
    children.sort_by_key(|child| (child.start, child.end, child.span));
    // Ends as they were and as they are, of whatever takes time.
    let mut ended: Vec<(u64, u64)> = Vec::new();
    let moment = |ended: &[(u64, u64)], was: u64| {
        let before = || ended.iter().filter(|(end, _)| *end <= was);
        match (before().map(|end| end.0).max(), before().map(|end| end.1).max()) {
            (Some(last), Some(now)) => now + (was - last),
            _ => start + (was - node.start),
        }
    };
    for child in children {
        let end = end_of(child, moment(&ended, child.start), longer);
        if child.start < child.end || holds(child, longer.0) {
            ended.push((child.end, end));
        }
    }
    let more = if node.span == Some(longer.0) { longer.1 } else { 0 };
    moment(&ended, node.end) + more
}

/// Whether a span is the node or below it.
pub fn holds(node: &Node, span: SpanIx) -> bool {
    node.span == Some(span) || node.children.iter().any(|child| holds(child, span))
}
