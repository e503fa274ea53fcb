//! How long pretended work takes: seeded, quick, with the long tail that real work has.

use std::sync::Mutex;
use std::time::Duration;

/// One in this many waits is an outlier.
const OUTLIER_EVERY: u32 = 40;

/// A seeded source of latencies and choices, shared by the requests of one service.
pub(crate) struct Pace {
    random: Mutex<fastrand::Rng>,
}

impl Pace {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Mutex::new(fastrand::Rng::with_seed(seed)) }
    }

    /// Waits about `typical` milliseconds: from 0.6 to 1.6 times as long, now and then four times.
    pub(crate) async fn work(&self, typical: f64) {
        tokio::time::sleep(self.span_of(typical)).await;
    }

    fn span_of(&self, typical: f64) -> Duration {
        self.with(|random| {
            let stretch = 0.6 + random.f64();
            let tail = if random.u32(..OUTLIER_EVERY) == 0 { 4.0 } else { 1.0 };
            Duration::from_secs_f64(typical * stretch * tail / 1000.0)
        })
    }

    /// Lets `choose` draw from the source.
    pub(crate) fn with<T>(&self, choose: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        // A poisoned source is as random as before.
        let mut random = match self.random.lock() {
            Ok(random) => random,
            Err(poisoned) => poisoned.into_inner(),
        };
        choose(&mut random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let draw = |seed| {
            let pace = Pace::new(seed);
            (0..50).map(|_| pace.span_of(10.0)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn waits_stay_within_their_bounds() {
        let pace = Pace::new(1);
        for _ in 0..1000 {
            let wait = pace.span_of(10.0).as_secs_f64() * 1000.0;
            assert!((6.0..=64.0).contains(&wait), "{wait} ms");
        }
    }
}
