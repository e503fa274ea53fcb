//! Spans that run while the critical path is in no span.

use super::{CriticalPath, LeftOutReason, roots};
use crate::model::{Outline, SpanIx};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// A span that ran before, between or after the roots, where the path is in no span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsidePath {
    /// The span; its parent did not run at these times.
    pub span: SpanIx,
    /// Its service.
    pub service: String,
    /// Its operation.
    pub operation: String,
    /// How long it ran at these times, nanoseconds.
    pub time: u64,
    /// Why nothing waits for it; `None` where its parent waits for it, up to the parent's own end.
    pub reason: Option<LeftOutReason>,
}

impl OutsidePath {
    /// Spans that are listed at most.
    pub const MOST: usize = 5;

    /// Why the path does not count these times, in a few words.
    pub fn words(&self) -> &'static str {
        match self.reason {
            Some(reason) => reason.words(),
            None => {
                "runs outside of its parent's time, and is counted within the parent's start and end only"
            }
        }
    }
}

/// Disjoint intervals in ascending order, with prefix sums.
struct Intervals {
    list: Vec<(u64, u64)>,
    before: Vec<u64>,
}

impl Intervals {
    /// The times of a trace at which none of its roots runs.
    fn without_root(outline: &Outline) -> Self {
        let (mut list, mut reached) = (Vec::new(), 0);
        // Roots are in the order of their starts.
        for root in roots::all(outline) {
            let (start, end) = (outline.start[root as usize], outline.end[root as usize]);
            if start > reached {
                list.push((reached, start));
            }
            reached = reached.max(end);
        }
        if reached < outline.duration {
            list.push((reached, outline.duration));
        }
        let sums = list.iter().scan(0, |sum, (start, end)| {
            let before = *sum;
            *sum += end - start;
            Some(before)
        });
        let before = sums.collect();
        Intervals { list, before }
    }

    /// The length of the intervals before a time.
    fn until(&self, time: u64) -> u64 {
        let after = self.list.partition_point(|(start, _)| *start < time);
        let Some(last) = after.checked_sub(1) else { return 0 };
        self.before[last] + (time.min(self.list[last].1) - self.list[last].0)
    }
}

/// The spans that ran while the path was in no span, longest there first, and how many they are. Of a subtree those whose
/// parents did not run there. Near-linear time.
pub(super) fn outside_path(outline: &Outline, path: &CriticalPath) -> (Vec<OutsidePath>, u32) {
    let intervals = Intervals::without_root(outline);
    let time_of = |span: SpanIx| {
        let at = span as usize;
        intervals.until(outline.end[at]).saturating_sub(intervals.until(outline.start[at]))
    };
    let is_topmost = |span: SpanIx| outline.parent_of(span).is_none_or(|parent| time_of(parent) == 0);
    let times = (0..outline.len() as SpanIx).map(|span| (span, time_of(span)));
    let mut found: Vec<(SpanIx, u64)> = times.filter(|(span, time)| *time > 0 && is_topmost(*span)).collect();
    found.sort_unstable_by_key(|(span, time)| (Reverse(*time), *span));
    let number = found.len() as u32;
    let listed = found.into_iter().take(OutsidePath::MOST).map(|(span, time)| {
        let left_out = path.left_out.binary_search_by_key(&span, |left_out| left_out.span).ok();
        OutsidePath {
            span,
            service: outline.service_of(span).to_owned(),
            operation: outline.name_of(span).to_owned(),
            time,
            reason: left_out.map(|at| path.left_out[at].reason),
        }
    });
    (listed.collect(), number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use crate::testing::{COLUMN, trace};
    use proptest::prelude::*;

    #[test]
    fn asynchronous_and_outliving_spans_are_named_with_their_reasons() {
        let trace = trace(
            "
            gate: GET /      [=========]
              mail: send            [======]
                smtp: put             [====]
              after: late                    [==]
            ",
        );
        let outline = trace.outline();
        let (found, number) = outside_path(outline, &CriticalPath::of(outline));
        let shown: Vec<(SpanIx, u64, Option<LeftOutReason>)> =
            found.iter().map(|one| (one.span, one.time / COLUMN, one.reason)).collect();
        let late = (0..4).find(|span| outline.name_of(*span) == "late").expect("drawn");
        assert_eq!(number, 2, "what is below another is not named: {shown:?}");
        assert!(shown.contains(&(late, 3, Some(LeftOutReason::StartsAfterParentEnds))), "{shown:?}");
        assert!(shown.iter().any(|(span, _, reason)| *span == 1 && reason.is_none()), "{shown:?}");
    }

    proptest! {
        #[test]
        fn times_without_a_root_are_those_without_the_path(outline in outlines(40)) {
            let path = CriticalPath::of(&outline);
            let intervals = Intervals::without_root(&outline);
            let all: u64 = intervals.list.iter().map(|(start, end)| end - start).sum();
            prop_assert_eq!(all, outline.duration - path.total());
            prop_assert_eq!(intervals.until(outline.duration), all);
            let (found, number) = outside_path(&outline, &path);
            prop_assert!(found.len() <= number as usize);
            // At some times without a root nothing runs at all.
            prop_assert!(all > 0 || number == 0);
            for one in found {
                prop_assert!(one.time > 0 && one.time <= all);
            }
        }
    }
}
