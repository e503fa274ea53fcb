//! A circuit breaker for each downstream service: it stops calling what fails, and tries one call after a while.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Failures in a row that open a breaker.
const FAILURES: u32 = 5;
/// How long an open breaker refuses calls before it lets one through.
const OPEN: Duration = Duration::from_secs(2);

/// What a breaker does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BreakerState {
    /// Lets all calls through.
    Closed,
    /// Refuses all calls.
    Open,
    /// Lets one call through, to see whether the service is back.
    HalfOpen,
}

impl BreakerState {
    /// Its name on spans, in `/health` and in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half-open",
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Breaker {
    failures: u32,
    opened: Option<Instant>,
    is_probing: bool,
}

impl Breaker {
    fn state(&self, now: Instant) -> BreakerState {
        match self.opened {
            None => BreakerState::Closed,
            Some(opened) if now.duration_since(opened) < OPEN || self.is_probing => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// The state in which a call is made; a call in [`BreakerState::Open`] must not be made.
    fn enter(&mut self, now: Instant) -> BreakerState {
        let state = self.state(now);
        self.is_probing |= state == BreakerState::HalfOpen;
        state
    }

    fn record(&mut self, has_failed: bool, now: Instant) {
        self.is_probing = false;
        if !has_failed {
            *self = Breaker::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.opened = Some(now);
        }
    }
}

/// The breakers of one service, by the name of the service that it calls.
#[derive(Debug, Default)]
pub(crate) struct Breakers(Mutex<BTreeMap<&'static str, Breaker>>);

impl Breakers {
    fn all(&self) -> MutexGuard<'_, BTreeMap<&'static str, Breaker>> {
        match self.0.lock() {
            Ok(all) => all,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// Before a call: in which state it is made. With [`BreakerState::Open`] it must not be made.
    pub(crate) fn enter(&self, to: &'static str) -> BreakerState {
        self.all().entry(to).or_default().enter(Instant::now())
    }

    /// After a call.
    pub(crate) fn record(&self, to: &'static str, has_failed: bool) {
        self.all().entry(to).or_default().record(has_failed, Instant::now());
    }

    /// Names and states of all that were called so far.
    pub(crate) fn states(&self) -> Vec<(&'static str, BreakerState)> {
        let now = Instant::now();
        self.all().iter().map(|(name, breaker)| (*name, breaker.state(now))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_open_it_and_a_probe_that_succeeds_closes_it() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        for _ in 0..FAILURES {
            assert_eq!(breaker.enter(start), BreakerState::Closed);
            breaker.record(true, start);
        }
        assert_eq!(breaker.enter(start), BreakerState::Open);
        let later = start + OPEN;
        assert_eq!(breaker.enter(later), BreakerState::HalfOpen);
        assert_eq!(breaker.enter(later), BreakerState::Open, "one probe at a time");
        breaker.record(false, later);
        assert_eq!(breaker.enter(later), BreakerState::Closed);
    }

    #[test]
    fn a_probe_that_fails_opens_it_again() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        (0..FAILURES).for_each(|_| breaker.record(true, start));
        let later = start + OPEN;
        assert_eq!(breaker.enter(later), BreakerState::HalfOpen);
        breaker.record(true, later);
        assert_eq!(breaker.enter(later + OPEN / 2), BreakerState::Open);
        assert_eq!(breaker.enter(later + OPEN), BreakerState::HalfOpen);
    }

    #[test]
    fn a_success_between_failures_keeps_it_closed() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        for _ in 0..20 {
            breaker.record(true, start);
            breaker.record(false, start);
        }
        assert_eq!(breaker.state(start), BreakerState::Closed);
    }
}
