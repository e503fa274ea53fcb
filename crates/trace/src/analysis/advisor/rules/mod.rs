//! The rules, one a file.

mod bottleneck;
mod sequential_calls;

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
        name: bottleneck::NAME,
        finds: "Operation that takes most of the critical path",
        find: bottleneck::find,
    },
];
