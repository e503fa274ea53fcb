//! From where on something is worth a finding.

use serde::{Deserialize, Serialize};

const MILLI: u64 = 1_000_000;

/// Thresholds of the rules. Times are nanoseconds, shares are of the trace's duration (0 to 1). Every field has a default, so
/// that a file needs to name only those that it changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// A saving below this share is not reported. Default 0.02.
    pub least_share: f64,
    /// Nor is one below this time. Default 1 ms.
    pub least_saving: u64,
    /// A saving of at least this share is a warning, if it is also [`Thresholds::warn_saving`]. Default 0.1.
    pub warn_share: f64,
    /// A saving of at least this time is a warning, if it is also [`Thresholds::warn_share`]. Default 20 ms.
    pub warn_saving: u64,
    /// A warning that saves at least this share is a problem. Default 0.5.
    pub problem_share: f64,
    /// The share of self time on the critical path from which on an operation is a bottleneck. Default 0.25.
    pub bottleneck_share: f64,
    /// A bottleneck is a warning from this share on, if it also takes [`Thresholds::slow`]. Default 0.5.
    pub bottleneck_warn_share: f64,
    /// The time from which on one operation's own work is slow. Default 200 ms.
    pub slow: u64,
    /// How many calls of one operation in sequence are worth running in parallel. Default 3.
    pub sequential_calls: u32,
    /// How many queries of one shape below one span are N+1 (Sentry: 5). Default 5.
    pub repeated_queries: u32,
    /// How many identical calls are too many. Default 3.
    pub identical_calls: u32,
    /// How many attempts are a retry storm, the first included. Default 3.
    pub retry_attempts: u32,
    /// The shortest timeout that is recognised. Default 50 ms.
    pub shortest_timeout: u64,
    /// How far above a round number a call that was cut may end, as a share of that number. Default 0.02.
    pub timeout_tolerance: f64,
    /// The time from which on a query is slow. Default 100 ms.
    pub slow_query: u64,
    /// The share of the trace from which on gaps without instrumentation are reported. Default 0.1.
    pub gap_share: f64,
    /// How many calls of one operation are worth looking for a limit of how many run at once. Default 6.
    pub pool_calls: u32,
    /// How many spans that end one after the other are a lock convoy. Default 5.
    pub convoy_spans: u32,
    /// How many calls of one operation at the same time are a wide fan-out. Default 32.
    pub fan_out: u32,
    /// What contradicts equal clocks by less than this is no skew. Default 1 ms, the resolution of many clocks.
    pub clock_skew: u64,
    /// The share of the trace from which on network and queue time between two services is reported. Default 0.1.
    pub network_share: f64,
    /// How long a message may wait for its consumer before that is a warning. Default 1 s.
    pub message_wait: u64,
    /// How many calls to one destination tell that some of their servers' spans are missing. Default 5.
    pub sampled_calls: u32,
    /// Findings of one rule that are reported at most, those that save most first. Default 5.
    pub findings_per_rule: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            least_share: 0.02,
            least_saving: MILLI,
            warn_share: 0.1,
            warn_saving: 20 * MILLI,
            problem_share: 0.5,
            bottleneck_share: 0.25,
            bottleneck_warn_share: 0.5,
            slow: 200 * MILLI,
            sequential_calls: 3,
            repeated_queries: 5,
            identical_calls: 3,
            retry_attempts: 3,
            shortest_timeout: 50 * MILLI,
            timeout_tolerance: 0.02,
            slow_query: 100 * MILLI,
            gap_share: 0.1,
            pool_calls: 6,
            convoy_spans: 5,
            fan_out: 32,
            clock_skew: MILLI,
            network_share: 0.1,
            message_wait: 1_000 * MILLI,
            sampled_calls: 5,
            findings_per_rule: 5,
        }
    }
}
