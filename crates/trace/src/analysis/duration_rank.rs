//! Compares a span's duration with its peers: the spans of the trace with the same service, operation and kind.

use super::metrics::percentile;
use crate::model::{Outline, SpanIx};

/// Number of bars of the histogram.
pub const BARS: usize = 24;

/// Minimum number of peers for a percentile.
const ENOUGH: usize = 20;

/// A duration in the distribution of its peers, itself included. Durations are in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DurationRank {
    /// Number of peers.
    pub count: usize,
    /// Number of longer ones.
    pub longer: usize,
    /// Number of shorter ones.
    pub shorter: usize,
    /// Shortest.
    pub min: u64,
    /// Median.
    pub p50: u64,
    /// 95th percentile.
    pub p95: u64,
    /// Longest.
    pub max: u64,
    /// Number of durations in each bar. Bars are equally wide on a logarithmic scale from `min` to `max`.
    pub bars: Vec<u32>,
    /// The bar of this duration.
    pub bar: usize,
}

impl DurationRank {
    /// Compares `span` with its peers in one pass over the outline.
    pub fn of(outline: &Outline, span: SpanIx) -> Self {
        let of = |at: usize| (outline.service[at], outline.name[at], outline.kind[at]);
        let like = of(span as usize);
        let durations = (0..outline.len())
            .filter(|other| of(*other) == like)
            .map(|other| outline.duration_of(other as SpanIx))
            .collect();
        DurationRank::among(durations, outline.duration_of(span))
    }

    /// Compares `this` with `durations`, which include it.
    pub fn among(mut durations: Vec<u64>, this: u64) -> Self {
        let mut standing =
            DurationRank { count: durations.len(), bars: vec![0; BARS], ..DurationRank::default() };
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

    /// The percentile of this duration (nearest rank; of ties the last), or `None` if there are too few peers.
    pub fn percentile(&self) -> Option<u32> {
        let rank = self.count.checked_sub(self.longer)?;
        (self.count >= ENOUGH).then(|| (100 * rank).div_ceil(self.count) as u32)
    }

    /// Minimum and maximum duration in a bar, for its description.
    pub fn bounds(&self, bar: usize) -> (u64, u64) {
        let ratio = self.max.max(1) as f64 / self.low();
        let edge = |bar: usize| (self.low() * ratio.powf(bar as f64 / BARS as f64)).round() as u64;
        let start = if bar == 0 { self.min } else { edge(bar) };
        (start, if bar + 1 >= BARS { self.max } else { edge(bar + 1) })
    }

    /// Position on the scale, 0 to 1.
    pub fn place(&self, duration: u64) -> f64 {
        let (low, high) = (self.low().ln(), (self.max.max(1) as f64).ln());
        if high <= low {
            return 0.5;
        }
        (((duration.max(1) as f64).ln() - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// The lower end of the scale, at least 1, because of the logarithm.
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
        let standing = DurationRank::of(trace.outline(), 1);
        assert_eq!((standing.count, standing.shorter, standing.longer), (2, 0, 1));
        assert_eq!((standing.min, standing.p50, standing.max), (2 * COLUMN, 2 * COLUMN, 4 * COLUMN));
        assert_eq!(standing.percentile(), None);
    }

    #[test]
    fn a_percentile_is_a_nearest_rank_and_needs_twenty() {
        let all: Vec<u64> = (1..=41).collect();
        assert_eq!(DurationRank::among(all.clone(), 38).percentile(), Some(93));
        assert_eq!(DurationRank::among(all.clone(), 41).percentile(), Some(100));
        assert_eq!(DurationRank::among(all.clone(), 1).percentile(), Some(3));
        assert_eq!(DurationRank::among(all[..20].to_vec(), 1).percentile(), Some(5));
        assert_eq!(DurationRank::among(all[..19].to_vec(), 19).percentile(), None);
        assert_eq!(DurationRank::among(vec![7; 30], 7).percentile(), Some(100));
    }

    #[test]
    fn spans_without_length_have_a_bar_too() {
        let standing = DurationRank::among(vec![0, 0, 1_000], 0);
        assert_eq!((standing.bar, standing.bars[0], standing.bars[BARS - 1]), (0, 2, 1));
        assert_eq!(standing.bounds(0).0, 0);
        assert_eq!(DurationRank::among(vec![0], 0).bars.iter().sum::<u32>(), 1);
    }

    proptest! {
        #[test]
        fn every_duration_is_within_the_bounds_of_its_bar(durations in proptest::collection::vec(0u64..1 << 50, 1..60)) {
            let standing = DurationRank::among(durations.clone(), durations[0]);
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
