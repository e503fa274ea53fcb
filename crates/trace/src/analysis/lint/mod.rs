//! How well the services of a trace are instrumented: what makes their spans hard to group, to find or to compare, with a
//! score.
//!
//! The score of a service is the mean of its checks, weighted by impact: of every check the share of spans that pass, from
//! 0 to 100. The weights are those of the Instrumentation Score Specification
//! (<https://github.com/instrumentation-score/spec>): 40 for critical, 30 for important, 20 for normal and 10 for low
//! impact. Checks without applicable spans do not count.

mod attributes;
mod check;
mod conventions;
mod names;
mod outline;
#[cfg(test)]
mod tests;

pub use check::{Impact, LintCheck};
pub use conventions::replacement;
pub use names::varying_part;

use crate::model::{SpanIx, Trace};
use crate::units::sort_by_number_descending;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

/// Maximum number of spans that an issue lists.
pub const LINT_EXAMPLES: usize = 100;
/// Maximum number of names or attributes that an issue lists.
pub const LINT_SUBJECTS: usize = 8;

/// Instrumentation quality of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lint {
    /// Services, worst score first.
    pub services: Vec<ServiceLint>,
    /// Number of spans whose attributes are not searchable yet.
    pub unsearched: u32,
}

/// Instrumentation quality of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLint {
    /// Its name; empty for spans without one.
    pub service: String,
    /// Its spans.
    pub spans: u32,
    /// From 0 to 100, rounded down; 100 means no issues.
    pub score: u8,
    /// Issues, in the order of [`LintCheck::ALL`].
    pub issues: Vec<LintIssue>,
}

/// An issue that a check found in a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LintIssue {
    /// The check.
    pub check: LintCheck,
    /// Number of spans that fail the check.
    pub failed: u32,
    /// Number of checked spans.
    pub checked: u32,
    /// The first [`LINT_EXAMPLES`] spans that fail the check.
    pub spans: Vec<SpanIx>,
    /// The names or attributes concerned, most spans first: [`LINT_SUBJECTS`] at most. Empty for checks of spans as such.
    pub subjects: Vec<LintSubject>,
    /// Number of further ones.
    pub more_subjects: u32,
}

/// A name or attribute with an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LintSubject {
    /// The name or key.
    pub text: String,
    /// Its replacement; empty if there is none.
    pub replacement: String,
    /// Number of spans.
    pub spans: u32,
}

/// Counts of a check in one service.
#[derive(Clone, Debug, Default)]
struct Tally {
    checked: u32,
    failed: u32,
    spans: Vec<SpanIx>,
    subjects: IndexMap<String, (String, u32), FxBuildHasher>,
}

impl Tally {
    fn pass(&mut self) {
        self.checked += 1;
    }

    fn fail(&mut self, span: SpanIx) {
        self.checked += 1;
        self.failed += 1;
        if self.spans.len() < LINT_EXAMPLES {
            self.spans.push(span);
        }
    }

    fn about(&mut self, subject: &str, replacement: &str, spans: u32) {
        match self.subjects.get_mut(subject) {
            Some((_, known)) => *known += spans,
            None => drop(self.subjects.insert(subject.to_owned(), (replacement.to_owned(), spans))),
        }
    }

    fn issue(self, check: LintCheck) -> Option<LintIssue> {
        let mut subjects: Vec<LintSubject> = self
            .subjects
            .into_iter()
            .map(|(text, (replacement, spans))| LintSubject { text, replacement, spans })
            .collect();
        sort_by_number_descending(&mut subjects, |subject| subject.spans.into());
        let more_subjects = subjects.len().saturating_sub(LINT_SUBJECTS) as u32;
        subjects.truncate(LINT_SUBJECTS);
        let Tally { checked, failed, spans, .. } = self;
        (failed > 0).then_some(LintIssue { check, failed, checked, spans, subjects, more_subjects })
    }
}

/// Counts of one service, by check.
#[derive(Clone, Debug, Default)]
struct ServiceTally {
    spans: u32,
    tallies: [Tally; LintCheck::ALL.len()],
}

impl ServiceTally {
    fn tally(&mut self, check: LintCheck) -> &mut Tally {
        &mut self.tallies[check as usize]
    }

    fn score(&self) -> u8 {
        let (mut reached, mut possible) = (0.0, 0.0);
        for (tally, check) in self.tallies.iter().zip(LintCheck::ALL).filter(|(tally, _)| tally.checked > 0) {
            let weight = f64::from(check.impact().weight());
            reached += weight * f64::from(tally.checked - tally.failed) / f64::from(tally.checked);
            possible += weight;
        }
        if possible > 0.0 { (100.0 * reached / possible).floor() as u8 } else { 100 }
    }
}

/// Checks a trace. Linear in spans and attributes.
pub fn lint(trace: &Trace) -> Lint {
    let outline = trace.outline();
    let mut services: Vec<ServiceTally> = vec![ServiceTally::default(); outline.strings.len()];
    outline::check(outline, &mut services);
    attributes::check(trace, &mut services);
    let mut found: Vec<ServiceLint> = Vec::new();
    for (name, service) in services.into_iter().enumerate().filter(|(_, service)| service.spans > 0) {
        let score = service.score();
        let tallies = service.tallies.into_iter().zip(LintCheck::ALL);
        found.push(ServiceLint {
            service: outline.strings.get(name as u32).to_owned(),
            spans: service.spans,
            score,
            issues: tallies.filter_map(|(tally, check)| tally.issue(*check)).collect(),
        });
    }
    found.sort_by(|a, b| (a.score, &a.service).cmp(&(b.score, &b.service)));
    Lint { services: found, unsearched: trace.unindexed_spans() as u32 }
}
