//! The rules, one a file.

mod bottleneck;
mod cache_misses;
mod clock_skew;
mod destination;
mod lock_convoy;
mod lost_parent;
mod network_time;
mod pool_exhaustion;
mod sampling;
mod sequential_calls;
#[cfg(test)]
mod tests;
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
        name: bottleneck::NAME,
        finds: "Operation that takes most of the critical path",
        find: bottleneck::find,
    },
];
