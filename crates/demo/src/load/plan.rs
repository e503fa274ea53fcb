//! When requests are made: an open loop, whose schedule does not depend on how fast answers come.

use std::time::Duration;

use super::mix::Mode;

/// The most requests of one run.
const MAX_REQUESTS: u64 = 1_000_000;

/// Receives how many requests are done, or how many traces are complete.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The base URL of the gateway, without a slash at its end.
    pub gateway: String,
    /// What is requested.
    pub mode: Mode,
    /// How many requests are made, at most 1,000,000.
    pub requests: u64,
    /// Requests per second, above 0 and at most 5,000.
    pub rate: f64,
    /// The time in which the rate grows from 0 to its full value.
    pub ramp_up: Duration,
    /// How many different users the requests are of.
    pub users: u64,
    /// The seed of what is requested.
    pub seed: u64,
}

impl Plan {
    /// How many requests fit into a time.
    #[must_use]
    pub fn requests_within(rate: f64, ramp_up: Duration, time: Duration) -> u64 {
        let (time, ramp_up) = (time.as_secs_f64(), ramp_up.as_secs_f64());
        let requests = if time <= ramp_up {
            rate * time * time / (2.0 * ramp_up.max(f64::MIN_POSITIVE))
        } else {
            rate * (time - ramp_up / 2.0)
        };
        (requests as u64).min(MAX_REQUESTS)
    }

    /// When a request is to start, after the start of the run.
    #[must_use]
    pub fn start_of(&self, number: u64) -> Duration {
        let (number, ramp_up) = (number as f64, self.ramp_up.as_secs_f64());
        let seconds = if number <= self.rate * ramp_up / 2.0 {
            (2.0 * ramp_up * number / self.rate).sqrt()
        } else {
            number / self.rate + ramp_up / 2.0
        };
        Duration::from_secs_f64(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(ramp_up: u64) -> Plan {
        Plan {
            gateway: String::new(),
            mode: Mode::Stress,
            requests: 1_000,
            rate: 100.0,
            ramp_up: Duration::from_secs(ramp_up),
            users: 1,
            seed: 1,
        }
    }

    #[test]
    fn without_ramp_up_requests_are_evenly_apart() {
        assert_eq!(plan(0).start_of(0), Duration::ZERO);
        assert_eq!(plan(0).start_of(250), Duration::from_millis(2500));
        assert_eq!(Plan::requests_within(100.0, Duration::ZERO, Duration::from_secs(3)), 300);
    }

    #[test]
    fn within_the_ramp_up_half_as_many_requests_start() {
        let plan = plan(2);
        assert_eq!(plan.start_of(100), Duration::from_secs(2));
        assert_eq!(plan.start_of(200), Duration::from_secs(3));
        let starts: Vec<Duration> = (0..300).map(|number| plan.start_of(number)).collect();
        assert!(starts.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(Plan::requests_within(100.0, Duration::from_secs(2), Duration::from_secs(3)), 200);
    }
}
