//! Seeded random numbers: SplitMix64 (Steele, Lea and Flood, 2014).

use spandrel_trace::units::{SpanId, TraceId};

/// A source of numbers; the same seed gives the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to below 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A span ID, which is not 0.
    pub(crate) fn span_id(&mut self) -> SpanId {
        SpanId(self.bits().max(1))
    }

    /// A trace ID, which is not 0.
    pub(crate) fn trace_id(&mut self) -> TraceId {
        TraceId((u128::from(self.bits()) << 64 | u128::from(self.bits())).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_all_numbers_and_fractions_stay_below_1() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            (0..1_000).map(|_| random.fraction()).collect::<Vec<f64>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).iter().all(|number| (0.0..1.0).contains(number)));
        let mean = draw(7).iter().sum::<f64>() / 1_000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }
}
