//! What rules find in drawn traces.

use crate::analysis::advisor::{Finding, Thresholds, findings};
use crate::testing::trace;

const MILLI: u64 = 1_000_000;

/// The findings of a rule in a drawing, with the default thresholds.
pub(super) fn found_by(rule: &str, drawing: &str) -> Vec<Finding> {
    let mut trace = trace(drawing);
    trace.index_some(usize::MAX);
    let mut found = findings(&trace, &Thresholds::default());
    found.retain(|finding| finding.rule == rule);
    found
}

/// Thresholds that fit drawings, whose columns are milliseconds: what takes 100 ms by default takes 10.
pub fn thresholds() -> Thresholds {
    Thresholds {
        slow: 20 * MILLI,
        slow_query: 10 * MILLI,
        shortest_timeout: 10 * MILLI,
        warn_saving: 5 * MILLI,
        ..Thresholds::default()
    }
}

/// All findings about a drawing, in order.
pub fn all(drawing: &str) -> Vec<Finding> {
    let mut trace = trace(drawing);
    trace.index_some(usize::MAX);
    findings(&trace, &thresholds())
}

/// Those of one rule.
pub fn of_rule(rule: &str, drawing: &str) -> Vec<Finding> {
    let mut found = all(drawing);
    found.retain(|finding| finding.rule == rule);
    found
}

/// The headlines of one rule.
pub fn headlines(rule: &str, drawing: &str) -> Vec<String> {
    of_rule(rule, drawing).into_iter().map(|finding| finding.headline).collect()
}
