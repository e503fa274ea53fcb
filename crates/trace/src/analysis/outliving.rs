//! Spans that run outside their parent's time.

use crate::model::{Flags, Outline, SpanIx, SpanKind};

/// The times of `span` before its parent started and after it ended, nanoseconds from the trace's start. The receiver of a
/// message is meant to outlive its sender, so it has none.
pub fn outside_parent(outline: &Outline, span: SpanIx) -> [Option<(u64, u64)>; 2] {
    let at = span as usize;
    let Some(parent) = outline.parent_of(span).map(|parent| parent as usize) else { return [None; 2] };
    if outline.kind[at] == SpanKind::Consumer || outline.kind[parent] == SpanKind::Producer {
        return [None; 2];
    }
    let (start, end) = (outline.start[at], outline.end[at]);
    let before = (start, end.min(outline.start[parent]));
    let after = (start.max(outline.end[parent]), end);
    [before, after].map(|stretch| Some(stretch).filter(|(from, to)| from < to))
}

/// How much later than its parent a span ends, nanoseconds; `None` if it does not, or if that is expected: the
/// receiver of a message, and a span that follows from its parent.
pub fn outlives_parent(outline: &Outline, span: SpanIx) -> Option<u64> {
    // Most spans are within their parents: the flag spares reading the parent's times.
    let flags = *outline.flags.get(span as usize)?;
    if !flags.has(Flags::OUTSIDE_PARENT) || flags.has(Flags::FOLLOWS_FROM) {
        return None;
    }
    let [_, after] = outside_parent(outline, span);
    let (_, end) = after?;
    Some(end - outline.end[outline.parent_of(span)? as usize])
}

/// Number of spans that outlive their parents, and the first of them. One pass over the flags.
pub fn outliving(outline: &Outline) -> Option<(usize, SpanIx)> {
    let mut spans = (0..outline.len() as SpanIx).filter(|span| outlives_parent(outline, *span).is_some());
    let first = spans.next()?;
    Some((1 + spans.count(), first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{COLUMN, trace};

    #[test]
    fn a_child_that_ends_after_its_parent_outlives_it() {
        let trace = trace(
            "
            a: root        [========]
              b: within      [==]
              b: longer        [========]
              b: apart                   [==]
            ",
        );
        let outline = trace.outline();
        let by = |span| outlives_parent(outline, span).map(|time| time / COLUMN);
        assert_eq!((by(0), by(1)), (None, None));
        assert_eq!(by(2), Some(4));
        assert_eq!(by(3), Some(8), "also one that starts after its parent's end");
        assert_eq!(outliving(outline), Some((2, 2)));
    }

    #[test]
    fn the_receiver_of_a_message_is_meant_to_outlive_the_sender() {
        let trace = trace(
            "
            a: send (producer)      [==]
              b: receive (consumer)   [====]
            ",
        );
        assert_eq!(outlives_parent(trace.outline(), 1), None);
        assert_eq!(outliving(trace.outline()), None);
    }
}
