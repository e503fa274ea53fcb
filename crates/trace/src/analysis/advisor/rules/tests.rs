//! What one rule finds in a drawn trace.

use crate::analysis::advisor::{Finding, Thresholds, findings};
use crate::testing::trace;

/// The findings of a rule in a drawing, with the default thresholds.
pub(super) fn found_by(rule: &str, drawing: &str) -> Vec<Finding> {
    let mut trace = trace(drawing);
    trace.index_some(usize::MAX);
    let mut found = findings(&trace, &Thresholds::default());
    found.retain(|finding| finding.rule == rule);
    found
}
