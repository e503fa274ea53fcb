//! How long a span took among its like: the spans of the trace with the same service, operation and kind.

use super::metrics::percentile;
use crate::model::{Outline, SpanIx};

/// Bars of the histogram.
pub const BARS: usize = 24;

/// With fewer than this a percentile says more than is known; a rank does not.
const ENOUGH: usize = 20;

/// A duration's place among others, itself included. Durations are in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How many were compared.
    pub count: usize,
    /// How many took longer than this one.
    pub longer: usize,
    /// How many took less time than this one.
    pub shorter: usize,
    /// Shortest.
    pub min: u64,
    /// Half took no longer than this.
    pub p50: u64,
    /// 95 % took no longer than this.
    pub p95: u64,
    /// Longest.
    pub max: u64,
    /// How many fall into each bar. Bars are equally wide on a logarithmic scale from `min` to `max`.
    pub bars: Vec<u32>,
    /// The bar of this one.
    pub bar: usize,
}

impl Standing {
    /// Where `span` stands in its trace: one pass over the outline.
    pub fn of(outline: &Outline, span: SpanIx) -> Self {
        let of = |at: usize| (outline.service[at], outline.name[at], outline.kind[at]);
        let like = of(span as usize);
        let durations = (0..outline.len())
            .filter(|other| of(*other) == like)
            .map(|other| outline.duration_of(other as SpanIx))
            .collect();
        Standing::among(durations, outline.duration_of(span))
    }

    /// Where `this` stands among `durations`, of which it is one.
    pub fn among(mut durations: Vec<u64>, this: u64) -> Self {
        let mut standing = Standing { count: durations.len(), bars: vec![0; BARS], ..Standing::default() };
        standing.min = durations.iter().copied().min().unwrap_or(this);
        standing.max = durations.iter().copied().max().unwrap_or(this);
        for duration in &durations {
            standing.longer += usize::from(*duration > this);
            standing.shorter += usize::from(*duration < this);
            let bar = standing.bar_of(*duration);
            standing.bars[bar] += 1;
        }
        standing.bar = standing.bar_of(this);
        standing.p50 = percentile(&mut durations, 0.5).unwrap_or(this);
        standing.p95 = percentile(&mut durations, 0.95).unwrap_or(this);
        standing
    }

    /// The percentile of this one (nearest rank; of equals the last), or `None` of too few to speak of one.
    pub fn percentile(&self) -> Option<u32> {
        let rank = self.count.checked_sub(self.longer)?;
        (self.count >= ENOUGH).then(|| (100 * rank).div_ceil(self.count) as u32)
    }

    /// The least and the greatest duration that falls into a bar, for its description.
    pub fn bounds(&self, bar: usize) -> (u64, u64) {
        let ratio = self.max.max(1) as f64 / self.low();
        let edge = |bar: usize| (self.low() * ratio.powf(bar as f64 / BARS as f64)).round() as u64;
        let start = if bar == 0 { self.min } else { edge(bar) };
        (start, if bar + 1 >= BARS { self.max } else { edge(bar + 1) })
    }

    /// Where on the scale a duration is, 0 to 1.
    pub fn place(&self, duration: u64) -> f64 {
        let (low, high) = (self.low().ln(), (self.max.max(1) as f64).ln());
        if high <= low {
            return 0.5;
        }
        (((duration.max(1) as f64).ln() - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// The lower end of the scale: zero has no logarithm.
    fn low(&self) -> f64 {
        self.min.max(1) as f64
    }

    fn bar_of(&self, duration: u64) -> usize {
        ((self.place(duration) * BARS as f64) as usize).min(BARS - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{COLUMN, trace};
    use proptest::prelude::*;

    #[test]
    fn only_the_same_operation_of_the_same_service_counts() {
        let trace = trace(
            "
            shop: order     [===================]
              stock: get     [=]
              stock: get       [===]
              stock: put          [=======]
              bank: get                [======]
            ",
        );
        let standing = Standing::of(trace.outline(), 1);
        assert_eq!((standing.count, standing.shorter, standing.longer), (2, 0, 1));
        assert_eq!((standing.min, standing.p50, standing.max), (2 * COLUMN, 2 * COLUMN, 4 * COLUMN));
        assert_eq!(standing.percentile(), None);
    }

    #[test]
    fn a_percentile_is_a_nearest_rank_and_needs_twenty() {
        let all: Vec<u64> = (1..=41).collect();
        assert_eq!(Standing::among(all.clone(), 38).percentile(), Some(93));
        assert_eq!(Standing::among(all.clone(), 41).percentile(), Some(100));
        assert_eq!(Standing::among(all.clone(), 1).percentile(), Some(3));
        assert_eq!(Standing::among(all[..20].to_vec(), 1).percentile(), Some(5));
        assert_eq!(Standing::among(all[..19].to_vec(), 19).percentile(), None);
        assert_eq!(Standing::among(vec![7; 30], 7).percentile(), Some(100));
    }

    #[test]
    fn spans_without_length_have_a_bar_too() {
        let standing = Standing::among(vec![0, 0, 1_000], 0);
        assert_eq!((standing.bar, standing.bars[0], standing.bars[BARS - 1]), (0, 2, 1));
        assert_eq!(standing.bounds(0).0, 0);
        assert_eq!(Standing::among(vec![0], 0).bars.iter().sum::<u32>(), 1);
    }

    proptest! {
        #[test]
        fn every_duration_is_in_the_bar_that_says_so(durations in proptest::collection::vec(0u64..1 << 50, 1..60)) {
            let standing = Standing::among(durations.clone(), durations[0]);
            prop_assert_eq!(standing.bars.iter().sum::<u32>() as usize, durations.len());
            prop_assert_eq!(standing.count, standing.longer + standing.shorter
                + durations.iter().filter(|other| **other == durations[0]).count());
            let (start, end) = standing.bounds(standing.bar);
            // Edges are rounded to what a double can tell apart.
            let off = 1 + durations[0] / (1 << 44);
            prop_assert!(start <= durations[0] + off && durations[0] <= end + off, "{start} {} {end}", durations[0]);
            prop_assert!(standing.min <= standing.p50 && standing.p50 <= standing.p95 && standing.p95 <= standing.max);
        }
    }
}
