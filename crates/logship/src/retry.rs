//! When a request is sent again, and after how long.

use std::time::{Duration, SystemTime};

/// The longest wait that an intake may ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// What an intake made of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It took the request, except for so many records, and why.
    Accepted { rejected: usize, why: Option<String> },
    /// The same request would be refused again.
    Refused(String),
    /// It may be taken later.
    Later { after: Option<Duration>, why: String },
    /// Something must be made first (a log group and its stream).
    Missing(String),
}

/// The meaning of a status of any HTTP intake: 2xx accepted; 408, 429 and 5xx retry; all others refused.
pub(crate) fn by_status(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let why = || {
        let body: String = body.chars().take(300).collect();
        format!("HTTP {status} {}", body.trim()).trim_end().to_owned()
    };
    match status {
        // Loki answers 260 while ingestion is blocked: sending again does not help.
        260 => Outcome::Refused(why()),
        200..=299 => Outcome::Accepted { rejected: 0, why: None },
        408 | 429 | 500..=599 => {
            Outcome::Later { after: retry_after.and_then(|text| delay(text, SystemTime::now())), why: why() }
        }
        _ => Outcome::Refused(why()),
    }
}

/// `Retry-After`: seconds or a date of HTTP.
fn delay(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER));
    }
    let time = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let now = jiff::Timestamp::try_from(now).ok()?;
    let wait = time.duration_since(now);
    Some(Duration::try_from(wait).unwrap_or_default().min(LONGEST_RETRY_AFTER))
}

/// Exponential waits with jitter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) most: Duration,
}

impl Backoff {
    /// The wait before repetition `number` (from 0): a random time between half and the whole of `first * 2^number`.
    pub(crate) fn wait(&self, number: u32) -> Duration {
        let whole = self.first.saturating_mul(1 << number.min(20)).min(self.most);
        whole.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn only_what_may_pass_is_sent_again() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(by_status(status, None, ""), Outcome::Later { after: None, .. }), "{status}");
        }
        for status in [260, 301, 400, 401, 403, 404, 413, 422] {
            assert!(matches!(by_status(status, Some("1"), ""), Outcome::Refused(_)), "{status}");
        }
        for status in [200, 202, 204] {
            assert!(matches!(by_status(status, None, ""), Outcome::Accepted { .. }), "{status}");
        }
        assert_eq!(by_status(403, None, " wrong key\n"), Outcome::Refused("HTTP 403 wrong key".to_owned()));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(delay("7", now), Some(Duration::from_secs(7)));
        assert_eq!(delay("Sun, 06 Nov 1994 08:49:47 GMT", now), Some(Duration::from_secs(10)));
        assert_eq!(delay("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(delay("soon", now), None);
        assert_eq!(delay("999999999", now), Some(LONGEST_RETRY_AFTER));
    }

    #[test]
    fn waits_double_up_to_the_most_and_vary() {
        let backoff = Backoff { first: Duration::from_millis(100), most: Duration::from_secs(1) };
        for (number, whole) in [(0, 100), (1, 200), (2, 400), (3, 800), (4, 1000), (31, 1000)] {
            let waits: Vec<u128> = (0..50).map(|_| backoff.wait(number).as_millis()).collect();
            assert!(waits.iter().all(|wait| (whole / 2 - 1..=whole).contains(wait)), "{number}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]));
        }
    }
}
