//! Replaces missing start times, and measures clock skew, which is not corrected here.

use super::NONE;

/// Start and end of a span, nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpanTimes {
    /// Start; 0 if not set.
    pub start: u64,
    /// End.
    pub end: u64,
}

/// If a span has no start, an end below this (eleven days) must be a duration.
const SURELY_A_DURATION: u64 = 1_000_000_000_000_000;

/// Sets missing start times to the parent's, or for roots to the earliest of the trace. `top_down` lists parents
/// before their children. Returns the changed spans.
pub fn give_starts(times: &mut [SpanTimes], parent: &[u32], top_down: &[u32]) -> Vec<u32> {
    let earliest = times.iter().map(|time| time.start).filter(|start| *start > 0).min().unwrap_or(0);
    let mut given = Vec::new();
    for &span in top_down {
        let at = span as usize;
        if times[at].start != 0 {
            continue;
        }
        let start = match parent[at] {
            NONE => earliest,
            parent => times[parent as usize].start,
        };
        let SpanTimes { end, .. } = times[at];
        let end = if end < SURELY_A_DURATION { start.saturating_add(end) } else { end };
        times[at] = SpanTimes { start, end };
        given.push(span);
    }
    given
}

/// Clock skew of a child that starts before its parent, in nanoseconds: the shift that moves it to the parent's start
/// if it is longer than the parent, else to the middle of the parent (symmetric latency, as Jaeger assumes).
pub fn skew(parent: SpanTimes, child: SpanTimes) -> Option<u64> {
    if child.start >= parent.start {
        return None;
    }
    let room = parent.end.saturating_sub(parent.start);
    let length = child.end.saturating_sub(child.start);
    Some(parent.start - child.start + room.saturating_sub(length) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_without_start_takes_its_parents_down_the_whole_chain() {
        let mut times =
            [SpanTimes { start: 50, end: 90 }, SpanTimes::default(), SpanTimes { start: 0, end: 7 }];
        let given = give_starts(&mut times, &[NONE, 0, 1], &[0, 1, 2]);
        assert_eq!(given, [1, 2]);
        assert_eq!(times[1], SpanTimes { start: 50, end: 50 });
        assert_eq!(times[2], SpanTimes { start: 50, end: 57 });
    }

    #[test]
    fn an_absolute_end_stays_where_it_is() {
        let mut times = [
            SpanTimes { start: 0, end: 1_700_000_000_000_000_500 },
            SpanTimes { start: 1_700_000_000_000_000_000, end: 0 },
        ];
        give_starts(&mut times, &[NONE, NONE], &[0, 1]);
        assert_eq!(times[0], SpanTimes { start: 1_700_000_000_000_000_000, end: 1_700_000_000_000_000_500 });
    }

    #[test]
    fn skew_moves_a_short_child_into_the_middle_and_a_long_one_to_the_start() {
        let parent = SpanTimes { start: 1_000, end: 2_000 };
        assert_eq!(skew(parent, SpanTimes { start: 500, end: 700 }), Some(500 + 400));
        assert_eq!(skew(parent, SpanTimes { start: 500, end: 5_000 }), Some(500));
        assert_eq!(skew(parent, SpanTimes { start: 1_500, end: 9_000 }), None);
    }
}
