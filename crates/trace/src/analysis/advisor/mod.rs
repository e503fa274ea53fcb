//! Why a trace was slow or failed: rules that each look for one pattern, and report it with its proof, what a fix would save
//! on the critical path, and what to do.
//!
//! To add a rule: a file in `rules` with a function from [`Context`] to findings, and a line in [`RULES`]. Rules go over
//! columns in near-linear time and without recursion: a trace may have 1,000,000 spans, or 200,000 of one parent.

mod calls;
mod context;
mod evidence_query;
mod failure_text;
mod finding;
mod report;
mod request_shape;
mod rules;
mod siblings;
mod thresholds;

pub use calls::{CallType, Calls, statement};
pub use context::Context;
pub use evidence_query::evidence_query;
pub use failure_text::{event_failure_text, failure_text};
pub use finding::{Confidence, EVIDENCE, Evidence, Finding, Severity};
pub use report::{ReportFormat, figures, report};
pub use rules::{RULES, Rule};
pub use siblings::{Repeated, repeated_children};
pub use thresholds::Thresholds;

use crate::model::Trace;

/// All findings about a trace, those that save most first (see [`Finding::rank`]). Attributes that are still kept as bytes
/// are not looked at: call [`Trace::index_some`] before.
pub fn findings(trace: &Trace, thresholds: &Thresholds) -> Vec<Finding> {
    if trace.outline().is_empty() {
        return Vec::new();
    }
    let context = Context::of(trace, thresholds);
    let mut found: Vec<Finding> = Vec::new();
    for rule in RULES {
        let more = (rule.find)(&context, &found);
        found.extend(more);
    }
    Finding::sort(&mut found);
    found
}
