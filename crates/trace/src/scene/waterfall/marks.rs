//! Marks on bars: events, gaps, and where a span is outside its parent's time.

use super::{Extent, RowInterval, TimeScale, WaterfallViewport, place};
use crate::analysis::child_coverage::ChildCoverage;
use crate::analysis::gaps::gaps;
use crate::model::{Outline, SpanIx};
use rustc_hash::FxHashMap;

/// Caches the gaps of spans. Valid for one outline.
#[derive(Debug, Default)]
pub(super) struct GapCache(FxHashMap<SpanIx, Vec<(u64, u64)>>);

/// Maximum number of cached spans before the cache is cleared.
const MOST: usize = 1 << 14;

impl GapCache {
    /// The gaps of `span`, given its child coverage.
    pub fn of(&mut self, outline: &Outline, span: SpanIx, waits: &ChildCoverage) -> &[(u64, u64)] {
        if self.0.len() > MOST {
            self.0.clear();
        }
        self.0.entry(span).or_insert_with(|| gaps(outline, span, waits))
    }
}

/// Event ticks of a span, at most one per pixel.
pub(super) fn ticks(
    outline: &Outline,
    view: &WaterfallViewport,
    span: SpanIx,
    row: u32,
    into: &mut Vec<(u32, f32)>,
) {
    let scale = &view.scale;
    let mut last = -1.0;
    for &time in outline.events_of(span) {
        if time < scale.start || time > scale.end {
            continue;
        }
        let x = scale.x_of(time).round().min(scale.width.floor() - 1.0);
        if x != last {
            into.push((row, x as f32));
            last = x;
        }
    }
}

/// The times near `x`, of those of a span's events and log lines: those within `together` pixels of the nearest one, if that
/// is within `reach`. Returns the first and the last one; times outside the visible time have no tick.
pub fn times_near(
    times: impl Iterator<Item = u64> + Clone,
    scale: &TimeScale,
    x: f64,
    reach: f64,
    together: f64,
) -> Option<(u64, u64)> {
    let shown = || times.clone().filter(|time| (scale.start..=scale.end).contains(time));
    let mut nearest = None;
    for time in shown() {
        let (at, off) = (scale.x_of(time), (scale.x_of(time) - x).abs());
        if off <= reach && nearest.is_none_or(|(_, least)| off < least) {
            nearest = Some((at, off));
        }
    }
    let (at, _) = nearest?;
    let mut near = shown().filter(|time| (scale.x_of(*time) - at).abs() <= together);
    let first = near.next()?;
    Some(near.fold((first, first), |(from, to), time| (from.min(time), to.max(time))))
}

/// The visible part of a time range in a row.
pub(super) fn stretch(view: &WaterfallViewport, times: (u64, u64), row: u32) -> Option<RowInterval> {
    match place(view, times, times.1) {
        Extent::Within(x0, x1) => Some((row, x0 as f32, x1 as f32)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn near_a_place_are_the_events_around_the_nearest(
            outline in outlines(12), x in -20.0f64..220.0, cut in (0u64..50, 1u64..200), reach in 0.0f64..15.0,
            together in 0.0f64..10.0,
        ) {
            let scale = TimeScale::new(cut.0, cut.0 + cut.1, 200.0);
            for span in 0..outline.len() as SpanIx {
                let shown = |time: &u64| (scale.start..=scale.end).contains(time);
                let times: Vec<u64> = outline.events_of(span).iter().copied().filter(shown).collect();
                let off = |time: u64| (scale.x_of(time) - x).abs();
                let nearest = times.iter().copied().min_by(|one, other| off(*one).total_cmp(&off(*other)));
                let events = outline.events_of(span).iter().copied();
                let found = times_near(events, &scale, x, reach, together);
                match nearest.filter(|nearest| off(*nearest) <= reach) {
                    None => prop_assert_eq!(found, None),
                    Some(nearest) => {
                        let (from, to) = found.expect("some are near");
                        prop_assert!(times.contains(&from) && times.contains(&to));
                        let is_near = |time: u64| (scale.x_of(time) - scale.x_of(nearest)).abs() <= together;
                        // Of two that are as near on either side, either will do.
                        let alike = |time: &u64| off(*time) == off(nearest);
                        if times.iter().filter(|time| alike(time)).all(|time| *time == nearest) {
                            for time in times {
                                prop_assert_eq!(is_near(time), (from..=to).contains(&time));
                            }
                        }
                    }
                }
            }
        }
    }
}
