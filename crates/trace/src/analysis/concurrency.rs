//! How many spans are active over time, in all and per service.

use super::narrowed::SpanFilter;
use crate::model::{Outline, StrIx};
use crate::units::sort_by_number_descending;
use serde::{Deserialize, Serialize};

/// Services that have a line of their own, those with the most time.
const MAX_SERVICES: usize = 2;

/// Numbers of active spans in intervals of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concurrency {
    /// The time that the intervals divide, nanoseconds from the trace's start.
    pub range: (u64, u64),
    /// The largest number of spans active at once in each interval.
    pub all: Vec<u32>,
    /// The same for the services with the most time.
    pub services: Vec<(String, Vec<u32>)>,
    /// The number of services that have no line.
    pub other_services: usize,
}

/// The active spans of those that `filter` lets through in `intervals` of `range`. A span is active from its start until
/// before its end, so one without length never is.
#[inline(never)]
pub fn concurrency(
    outline: &Outline,
    filter: &SpanFilter,
    range: (u64, u64),
    intervals: usize,
) -> Concurrency {
    let narrowed = filter.narrow(outline);
    let outline = &*narrowed.outline;
    let mut time = vec![0u64; outline.strings.len()];
    let mut all = Activity::default();
    for span in 0..outline.len() {
        let (start, end) = (outline.start[span], outline.end[span]);
        let service = &mut time[outline.service[span] as usize];
        *service = service.saturating_add(end - start);
        all.add(start, end, range);
    }
    let mut services: Vec<StrIx> = (0..time.len() as StrIx).filter(|at| time[*at as usize] > 0).collect();
    sort_by_number_descending(&mut services, |service| time[*service as usize]);
    let other_services = services.len().saturating_sub(MAX_SERVICES);
    services.truncate(MAX_SERVICES);
    let mut activities: Vec<Activity> = services.iter().map(|_| Activity::default()).collect();
    for span in 0..outline.len() {
        if let Some(at) = services.iter().position(|service| *service == outline.service[span]) {
            activities[at].add(outline.start[span], outline.end[span], range);
        }
    }
    let named = services.iter().map(|service| outline.strings.get(*service).to_owned());
    let lines = activities.into_iter().map(|activity| activity.peaks(range, intervals));
    Concurrency {
        range,
        all: all.peaks(range, intervals),
        services: named.zip(lines).collect(),
        other_services,
    }
}

/// Starts and ends within a range.
#[derive(Default)]
struct Activity {
    starts: Vec<u64>,
    ends: Vec<u64>,
}

impl Activity {
    fn add(&mut self, start: u64, end: u64, range: (u64, u64)) {
        if start < end && end > range.0 && start < range.1 {
            self.starts.push(start.max(range.0));
            self.ends.push(end);
        }
    }

    /// The largest number of active spans in each interval.
    fn peaks(mut self, (from, to): (u64, u64), intervals: usize) -> Vec<u32> {
        self.starts.sort_unstable();
        self.ends.sort_unstable();
        let (mut start, mut end, mut active) = (0, 0, 0u32);
        let length = to.saturating_sub(from);
        let bound =
            |index: usize| from + (u128::from(length) * index as u128 / intervals.max(1) as u128) as u64;
        let mut peaks = Vec::with_capacity(intervals);
        for index in 0..intervals {
            let (first, last) = (bound(index), bound(index + 1));
            // What ends at the start of the interval is not active in it.
            let mut peak = 0;
            loop {
                let next_start = self.starts.get(start).copied().filter(|time| *time < last);
                let next_end = self.ends.get(end).copied().filter(|time| *time < last);
                match (next_start, next_end) {
                    (Some(time), next_end) if next_end.is_none_or(|end| end > time) => {
                        active += 1;
                        start += 1;
                        if time >= first {
                            peak = peak.max(active);
                        }
                    }
                    (_, Some(time)) => {
                        if time > first {
                            peak = peak.max(active);
                        }
                        active -= 1;
                        end += 1;
                    }
                    _ => break,
                }
            }
            peaks.push(if first < last { peak.max(active) } else { peak });
        }
        peaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use crate::testing::{COLUMN, trace};
    use proptest::prelude::*;

    #[test]
    fn active_spans_are_counted_in_all_and_per_service() {
        let trace = trace(
            "
            web: root     [======]
              db: one      [==]
              db: two        [=]
              db: three          []
            ",
        );
        let found = concurrency(trace.outline(), &SpanFilter::default(), (0, 8 * COLUMN), 8);
        assert_eq!(found.all, [1, 2, 2, 3, 2, 1, 1, 1]);
        assert_eq!(found.services[1], ("db".to_owned(), vec![0, 1, 1, 2, 1, 0, 0, 1]));
        assert_eq!(found.services[0].1, [1, 1, 1, 1, 1, 1, 1, 0]);
        assert_eq!(found.other_services, 0);
    }

    #[test]
    fn without_spans_or_length_nothing_is_active() {
        let found = concurrency(&Outline::default(), &SpanFilter::default(), (0, 1), 3);
        assert_eq!((found.all, found.services.len()), (vec![0; 3], 0));
        let found = concurrency(trace("a: one |").outline(), &SpanFilter::default(), (0, 1), 1);
        assert_eq!(found.all, [0]);
    }

    proptest! {
        #[test]
        fn peaks_are_the_largest_numbers_at_any_nanosecond(
            outline in outlines(40), from in 0u64..100, long in 1u64..400, intervals in 1usize..20
        ) {
            let to = from + long;
            let found = concurrency(&outline, &SpanFilter::default(), (from, to), intervals);
            for (index, peak) in found.all.iter().enumerate() {
                let bound = |index: usize| from + long * index as u64 / intervals as u64;
                let active = |time: u64| {
                    (0..outline.len()).filter(|s| outline.start[*s] <= time && time < outline.end[*s]).count() as u32
                };
                let expected = (bound(index)..bound(index + 1)).map(active).max().unwrap_or(0);
                prop_assert_eq!(*peak, expected, "interval {}", index);
            }
        }
    }
}
