//! Times that cannot be drawn as they were sent, and clocks that disagree. Skew is measured, never applied.

use super::NONE;

/// Start and end of a span, nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timed {
    /// Start; 0 is "not said".
    pub start: u64,
    /// End.
    pub end: u64,
}

/// An end below this (eleven days) of a span without a start can only be a duration.
const SURELY_A_DURATION: u64 = 1_000_000_000_000_000;

/// Gives every span without a start its parent's, and where there is none to inherit the earliest of the
/// trace. `top_down` lists parents before their children. Returns the spans that were given one.
pub fn give_starts(times: &mut [Timed], parent: &[u32], top_down: &[u32]) -> Vec<u32> {
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
        let Timed { end, .. } = times[at];
        let end = if end < SURELY_A_DURATION { start.saturating_add(end) } else { end };
        times[at] = Timed { start, end };
        given.push(span);
    }
    given
}

/// By how many nanoseconds a child's clock is behind its parent's, if it starts before it: what moves it to
/// the parent's start when it is longer than the parent, else to the middle of it (latencies taken as equal
/// both ways, as Jaeger does).
pub fn skew(parent: Timed, child: Timed) -> Option<u64> {
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
        let mut times = [Timed { start: 50, end: 90 }, Timed::default(), Timed { start: 0, end: 7 }];
        let given = give_starts(&mut times, &[NONE, 0, 1], &[0, 1, 2]);
        assert_eq!(given, [1, 2]);
        assert_eq!(times[1], Timed { start: 50, end: 50 });
        assert_eq!(times[2], Timed { start: 50, end: 57 });
    }

    #[test]
    fn an_absolute_end_stays_where_it_is() {
        let mut times = [
            Timed { start: 0, end: 1_700_000_000_000_000_500 },
            Timed { start: 1_700_000_000_000_000_000, end: 0 },
        ];
        give_starts(&mut times, &[NONE, NONE], &[0, 1]);
        assert_eq!(times[0], Timed { start: 1_700_000_000_000_000_000, end: 1_700_000_000_000_000_500 });
    }

    #[test]
    fn skew_moves_a_short_child_into_the_middle_and_a_long_one_to_the_start() {
        let parent = Timed { start: 1_000, end: 2_000 };
        assert_eq!(skew(parent, Timed { start: 500, end: 700 }), Some(500 + 400));
        assert_eq!(skew(parent, Timed { start: 500, end: 5_000 }), Some(500));
        assert_eq!(skew(parent, Timed { start: 1_500, end: 9_000 }), None);
    }
}
