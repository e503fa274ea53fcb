//! Own time of every span at once: its duration less the time in which a direct child was at work.

use crate::model::{NO_SPAN, Outline};

/// Self time by span, nanoseconds: what `waiting::Waits` says of one span, for all in one pass.
pub fn self_times(outline: &Outline) -> Vec<u64> {
    let mut own: Vec<u64> = outline.begin.iter().zip(&outline.end).map(|(begin, end)| end - begin).collect();
    // Until where children of each span have covered it. Siblings come in the order of their begin, so what is
    // not yet covered lies behind.
    let mut covered = outline.begin.clone();
    for (span, &parent) in outline.parent.iter().enumerate().filter(|(_, parent)| **parent != NO_SPAN) {
        let above = parent as usize;
        let from = outline.begin[span].max(covered[above]);
        let to = outline.end[span].min(outline.end[above]);
        if from < to {
            own[above] -= to - from;
            covered[above] = to;
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::waiting::Waits;
    use crate::model::SpanIx;
    use crate::testing::forest::outlines;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_what_each_span_says_of_itself(outline in outlines(40)) {
            let own = self_times(&outline);
            for span in 0..outline.len() as SpanIx {
                let expected = outline.duration_of(span) - Waits::of(&outline, span).total();
                prop_assert_eq!(own[span as usize], expected);
            }
        }
    }
}
