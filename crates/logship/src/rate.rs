//! A limit on what is sent per second, so that an intake need not refuse it.

use std::time::Duration;
use tokio::time::Instant;

/// The most that is sent per second; a token bucket that is full at first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Bytes of request bodies per second before compression.
    pub bytes_per_second: f64,
    /// Bytes that may be sent at once after a pause.
    pub burst_bytes: f64,
    /// Requests per second.
    pub requests_per_second: f64,
}

impl RateLimit {
    /// No limit.
    pub const NONE: RateLimit = RateLimit {
        bytes_per_second: f64::INFINITY,
        burst_bytes: f64::INFINITY,
        requests_per_second: f64::INFINITY,
    };
}

/// The state of a limit.
pub(crate) struct Bucket {
    limit: RateLimit,
    bytes: f64,
    requests: f64,
    seen: Instant,
}

impl Bucket {
    pub(crate) fn new(limit: RateLimit, now: Instant) -> Self {
        Bucket { limit, bytes: limit.burst_bytes, requests: limit.requests_per_second.max(1.0), seen: now }
    }

    /// Takes one request of so many bytes out and answers how long it has to wait. A request larger than the burst
    /// goes when the bucket is full, and is paid for afterwards.
    pub(crate) fn take(&mut self, bytes: usize, now: Instant) -> Duration {
        let past = now.saturating_duration_since(self.seen).as_secs_f64();
        self.seen = now;
        self.bytes = refill(self.bytes, self.limit.bytes_per_second * past, self.limit.burst_bytes);
        let most = self.limit.requests_per_second.max(1.0);
        self.requests = refill(self.requests, self.limit.requests_per_second * past, most);
        let need = (bytes as f64).min(self.limit.burst_bytes);
        let wait = lack(need, self.bytes, self.limit.bytes_per_second).max(lack(
            1.0,
            self.requests,
            self.limit.requests_per_second,
        ));
        self.bytes -= bytes as f64;
        self.requests -= 1.0;
        Duration::try_from_secs_f64(wait).unwrap_or(Duration::from_secs(60)).min(Duration::from_secs(60))
    }
}

fn refill(have: f64, more: f64, most: f64) -> f64 {
    // Infinity times no time is not a number.
    if most.is_infinite() { most } else { (have + more).min(most) }
}

fn lack(need: f64, have: f64, per_second: f64) -> f64 {
    if need <= have { 0.0 } else { (need - have) / per_second }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_then_the_rate_holds() {
        let start = Instant::now();
        let limit = RateLimit { bytes_per_second: 1000.0, burst_bytes: 3000.0, requests_per_second: 1e9 };
        let mut bucket = Bucket::new(limit, start);
        let mut now = start;
        let mut sent = 0;
        while now < start + Duration::from_secs(10) {
            now += bucket.take(500, now);
            sent += 500;
        }
        assert!((12_500..=13_500).contains(&sent), "{sent}: 3000 at once and 1000 a second for ten seconds");
    }

    #[test]
    fn requests_are_limited_too_and_no_limit_never_waits() {
        let start = Instant::now();
        let limit = RateLimit { requests_per_second: 2.0, ..RateLimit::NONE };
        let mut bucket = Bucket::new(limit, start);
        let waits: Vec<Duration> = (0..4).map(|_| bucket.take(1, start)).collect();
        assert_eq!(waits[..2], [Duration::ZERO; 2]);
        assert_eq!(waits[3], Duration::from_secs(1));
        let mut free = Bucket::new(RateLimit::NONE, start);
        assert!((0..100).all(|_| free.take(1 << 30, start).is_zero()));
    }
}
