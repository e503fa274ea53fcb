//! The rules, one a file.

mod bottleneck;
mod cache_misses;
mod clock_skew;
mod destination;
mod error_root;
mod gap;
mod identical_calls;
mod lock_convoy;
mod lost_parent;
mod network_time;
mod pool_exhaustion;
mod repeated_queries;
mod retries;
mod sampling;
mod sequential_calls;
mod slow_query;
#[cfg(test)]
mod tests;
mod timeouts;
mod unended_span;
mod wide_fan_out;

use super::{Context, Finding};

/// A rule.
pub struct Rule {
    /// Its name, in lower case with hyphens.
    pub name: &'static str,
    /// What it finds, for people.
    pub finds: &'static str,
    /// Looks for it. The second argument is what the rules above it in the table found: what explains a span better.
    pub find: fn(&Context, &[Finding]) -> Vec<Finding>,
}

/// All rules, special ones before general ones.
pub const RULES: &[Rule] = &[
    Rule {
        name: timeouts::NAME,
        finds: "Call cut by a timeout, and whose timeout it was",
        find: timeouts::find,
    },
    Rule {
        name: retries::NAME,
        finds: "Failed calls that are repeated, with their backoff",
        find: retries::find,
    },
    Rule {
        name: identical_calls::NAME,
        finds: "One request made again and again",
        find: identical_calls::find,
    },
    Rule {
        name: repeated_queries::NAME,
        finds: "N+1: queries of one shape in a loop",
        find: repeated_queries::find,
    },
    Rule {
        name: sequential_calls::NAME,
        finds: "Calls in sequence that could be parallel",
        find: sequential_calls::find,
    },
    Rule {
        name: pool_exhaustion::NAME,
        finds: "Calls that wait for a free place in a pool",
        find: pool_exhaustion::find,
    },
    Rule { name: lock_convoy::NAME, finds: "Spans that wait for one lock", find: lock_convoy::find },
    Rule {
        name: cache_misses::NAME,
        finds: "Cache misses, and what was called instead",
        find: cache_misses::find,
    },
    Rule {
        name: network_time::NAME,
        finds: "Network and queue time between client and server",
        find: network_time::find,
    },
    Rule {
        name: wide_fan_out::NAME,
        finds: "More calls at the same time than help",
        find: wide_fan_out::find,
    },
    Rule {
        name: lost_parent::NAME,
        finds: "Missing parents and lost trace context",
        find: lost_parent::find,
    },
    Rule { name: sampling::NAME, finds: "Sampling that cut the trace", find: sampling::find },
    Rule { name: unended_span::NAME, finds: "Spans that never ended", find: unended_span::find },
    Rule { name: clock_skew::NAME, finds: "Clocks that differ", find: clock_skew::find },
    Rule {
        name: error_root::NAME,
        finds: "Where a failure started, and how it spread",
        find: error_root::find,
    },
    Rule { name: slow_query::NAME, finds: "Slow database query", find: slow_query::find },
    Rule { name: gap::NAME, finds: "Gap without instrumentation", find: gap::find },
    Rule {
        name: bottleneck::NAME,
        finds: "Operation that takes most of the critical path",
        find: bottleneck::find,
    },
];
