//! How long to wait before a request is sent again: twice as long each time, shortened at random, so that many senders do not
//! come at the same time.

use crate::config::forward::Retry;
use std::time::Duration;

/// The time to wait after so many failures in a row (from 1). What the target asks for is never shortened.
pub fn wait(retry: &Retry, failures: u32, asked: Option<Duration>) -> Duration {
    let doubled = retry.first.0.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1)));
    let most = doubled.min(retry.most.0);
    most.mul_f64(0.5 + fastrand::f64() / 2.0).max(asked.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::forward::Time;

    #[test]
    fn waits_double_up_to_the_most_and_never_undercut_what_is_asked_for() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(1));
        let retry = Retry { first: Time(first), most: Time(most) };
        for (failures, longest) in
            [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (64, 1000), (u32::MAX, 1000)]
        {
            let longest = Duration::from_millis(longest);
            for _ in 0..50 {
                let wait = wait(&retry, failures, None);
                assert!(wait >= longest / 2 && wait <= longest, "{failures}: {wait:?}");
            }
        }
        assert_eq!(wait(&retry, 1, Some(Duration::from_secs(7))), Duration::from_secs(7));
    }
}
