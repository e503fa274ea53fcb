//! Self times in bands with round bounds, downwards from the maximum: 30 ms and more, 10 to 30 ms, and so on.

use super::child_coverage::SelfTimes;
use crate::model::Outline;

/// Maximum number of bands.
pub const BANDS: usize = 6;

/// The band of each span's self time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelfBands {
    /// Start of each band but the lowest, ascending, nanoseconds: 1 or 3 times a power of ten.
    pub bounds: Vec<u64>,
    /// The band of each span, 0 for the lowest.
    pub of: Vec<u8>,
}

impl SelfBands {
    /// Computes all bands at once.
    pub fn of(outline: &Outline) -> Self {
        let mut banding = IncrementalBands::default();
        while !banding.step(outline, usize::MAX) {}
        banding.bands()
    }

    /// The bands of other times: critical time, slack.
    pub fn of_times(times: &[u64]) -> Self {
        let bounds = bounds(times.iter().copied().max().unwrap_or(0));
        let of = times.iter().map(|time| band(&bounds, *time)).collect();
        SelfBands { bounds, of }
    }
}

/// Computes bands incrementally, so that the caller can yield between steps: a trace may have a million spans.
#[derive(Debug, Default)]
pub struct IncrementalBands {
    times: SelfTimes,
    bands: Option<SelfBands>,
}

impl IncrementalBands {
    /// Processes the next `most` spans of one outline. Returns whether all are done.
    pub fn step(&mut self, outline: &Outline, most: usize) -> bool {
        let Some(bands) = &mut self.bands else {
            if self.times.step(outline, most) {
                let greatest = self.times.own.iter().copied().max().unwrap_or(0);
                let of = Vec::with_capacity(outline.len());
                self.bands = Some(SelfBands { bounds: bounds(greatest), of });
            }
            return false;
        };
        let SelfBands { bounds, of } = bands;
        let next = self.times.own.iter().skip(of.len()).take(most);
        of.extend(next.map(|time| band(bounds, *time)));
        of.len() >= outline.len()
    }

    /// The bands, after all steps.
    pub fn bands(self) -> SelfBands {
        self.bands.unwrap_or_default()
    }
}

/// The band of a time.
fn band(bounds: &[u64], time: u64) -> u8 {
    bounds.iter().filter(|bound| **bound <= time).count() as u8
}

/// The bounds up to the maximum.
fn bounds(greatest: u64) -> Vec<u64> {
    let decades = (0..20).filter_map(|power| 10u64.checked_pow(power));
    let mut bounds: Vec<u64> = decades.flat_map(|one| [Some(one), one.checked_mul(3)]).flatten().collect();
    bounds.retain(|bound| *bound <= greatest);
    bounds.split_off(bounds.len().saturating_sub(BANDS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::child_coverage::self_times;
    use crate::testing::forest::outlines;
    use proptest::prelude::*;

    #[test]
    fn bounds_are_round_and_end_where_the_greatest_is() {
        assert_eq!(bounds(45_000_000), [300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000]);
        assert_eq!(bounds(10_000_000)[4], 10_000_000, "what is reached counts");
        assert_eq!(bounds(5), [1, 3]);
        assert_eq!(bounds(0), [0; 0]);
        assert_eq!(bounds(u64::MAX).len(), BANDS - 1);
    }

    proptest! {
        #[test]
        fn each_span_is_in_the_band_of_its_self_time(outline in outlines(50), slice in 1usize..20) {
            let mut banding = IncrementalBands::default();
            let mut steps = 0;
            while !banding.step(&outline, slice) {
                steps += 1;
                prop_assert!(steps < 200);
            }
            let bands = banding.bands();
            prop_assert_eq!(&bands, &SelfBands::of(&outline));
            prop_assert_eq!(&bands, &SelfBands::of_times(&self_times(&outline)));
            for (span, time) in self_times(&outline).into_iter().enumerate() {
                let band = usize::from(bands.of[span]);
                prop_assert!(band == 0 || bands.bounds[band - 1] <= time);
                prop_assert!(bands.bounds.get(band).is_none_or(|bound| time < *bound));
            }
            let highest = bands.of.iter().copied().max();
            prop_assert_eq!(highest.map(usize::from), Some(bands.bounds.len()), "the highest band is not empty");
        }
    }

    #[test]
    fn nothing_has_no_bands() {
        assert_eq!(SelfBands::of(&Outline::default()), SelfBands::default());
    }
}
