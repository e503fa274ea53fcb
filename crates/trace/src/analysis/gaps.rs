//! Gaps: intervals of a span between two children or events, which may lack instrumentation.
//!
//! The threshold of Sentry's trace view is 100 ms between two children (`getsentry/sentry`, missing instrumentation).
//! To find gaps in short traces, a quarter of the span's duration is sufficient, too, from a millisecond on. Time
//! before the first child and after the last one is not a gap, because the span may work itself. Events end a gap.

use super::child_coverage::ChildCoverage;
use crate::model::{Outline, SpanIx};

/// Minimum length that is a gap in any span, nanoseconds.
const LONG: u64 = 100_000_000;

/// Minimum length of a gap, nanoseconds.
const SHORT: u64 = 1_000_000;

/// The gaps of `span`, given its child coverage: ascending, in nanoseconds from the trace's start.
pub fn gaps(outline: &Outline, span: SpanIx, waits: &ChildCoverage) -> Vec<(u64, u64)> {
    let least = (outline.duration_of(span) / 4).clamp(SHORT, LONG);
    let events = outline.events_of(span);
    let mut gaps = Vec::new();
    let mut last_end = None;
    for (start, end) in waits.intervals() {
        // Skips short intervals first; there may be 200,000.
        if let Some(from) = last_end.filter(|from| start - from >= least) {
            let mut from: u64 = from;
            let first = events.partition_point(|event| *event <= from);
            let between = events[first..].iter().copied().take_while(|event| *event < start);
            for to in between.chain([start]) {
                if to - from >= least {
                    gaps.push((from, to));
                }
                from = to;
            }
        }
        last_end = Some(end);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{COLUMN, trace};

    fn of_root(drawing: &str) -> Vec<(u64, u64)> {
        let trace = trace(drawing);
        let outline = trace.outline();
        let gaps = gaps(outline, 0, &ChildCoverage::of(outline, 0));
        gaps.into_iter().map(|(start, end)| (start / COLUMN, end / COLUMN)).collect()
    }

    #[test]
    fn a_gap_lies_between_children_and_is_long() {
        // Sixteen columns: four are a quarter. Neither the lead-in nor the tail counts, nor what is shorter.
        assert_eq!(
            of_root(
                "
                a: root    [==============]
                  a: one       [==]
                  a: two            [=]
                  a: three             [=]
                "
            ),
            []
        );
        assert_eq!(
            of_root(
                "
                a: root    [==============]
                  a: one    [=]
                  a: two          [=]
                  a: three           [=]
                "
            ),
            [(3, 7)]
        );
    }

    #[test]
    fn an_event_ends_a_gap() {
        let drawing = |root: &str| {
            format!(
                "
                a: root   [{root}]
                  a: one   [=]
                  a: two                  [=]
                "
            )
        };
        assert_eq!(of_root(&drawing("====================")), [(3, 16)]);
        assert_eq!(of_root(&drawing("=====*==============")), [(6, 16)]);
        assert_eq!(of_root(&drawing("====*====*====*=====")), [], "nowhere a quarter is silent");
    }
}
