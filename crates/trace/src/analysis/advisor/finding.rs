//! What a rule reports: one sentence with its proof, what a fix would save, and what to do.

use crate::model::SpanIx;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Spans that a finding lists at most; the rest are counted.
pub const EVIDENCE: usize = 200;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; a trace without faults may have it.
    Note,
    /// Time is lost above the thresholds, or the trace is not complete.
    Warning,
    /// The request failed, or most of its time is lost.
    Problem,
}

impl Severity {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Problem => "problem",
        }
    }
}

/// How sure a finding is that its fix applies and saves what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It depends on what the trace does not show; the saving is an example (such as "twice as fast").
    Low,
    /// The pattern is clear, but spans may depend on each other in ways that the trace does not show.
    Medium,
    /// The trace proves it.
    High,
}

impl Confidence {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }

    /// The share of a saving that counts when findings are ordered, in per cent.
    pub fn weight(self) -> u64 {
        match self {
            Confidence::Low => 25,
            Confidence::Medium => 75,
            Confidence::High => 100,
        }
    }
}

/// The spans that prove a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The first [`EVIDENCE`] of them, the most telling one first.
    pub spans: Vec<SpanIx>,
    /// How many there are in all.
    pub count: u32,
}

impl Evidence {
    /// Of these spans, in their order.
    pub fn of(spans: impl IntoIterator<Item = SpanIx>) -> Self {
        let mut evidence = Evidence::default();
        for span in spans {
            evidence.count += 1;
            if evidence.spans.len() < EVIDENCE {
                evidence.spans.push(span);
            }
        }
        evidence
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of its rule: see [`super::RULES`].
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// The finding in one sentence with its figures, without a full stop.
    pub headline: String,
    /// More about it in whole sentences; empty where the headline says it all.
    pub explanation: String,
    /// The spans that prove it.
    pub evidence: Evidence,
    /// How much sooner the trace would end, nanoseconds; `None` where a fix saves no time, or nobody can say how much.
    pub saves: Option<u64>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What to do.
    pub advice: String,
}

impl Finding {
    /// A note of `rule` that says `headline` and is proved by `evidence`: no saving, high confidence, no advice. The other
    /// fields are public, to be set as they apply.
    pub fn new(rule: &str, headline: String, evidence: Evidence) -> Self {
        Finding {
            rule: rule.to_owned(),
            severity: Severity::Note,
            headline,
            explanation: String::new(),
            evidence,
            saves: None,
            confidence: Confidence::High,
            advice: String::new(),
        }
    }

    /// The place in the order of findings, highest first: a request that failed, then what is above a note by its saving
    /// weighted with its confidence, then notes likewise.
    pub fn rank(&self) -> (bool, bool, u64, Severity) {
        let saved = self.saves.unwrap_or(0).saturating_mul(self.confidence.weight()) / 100;
        let failed = self.severity == Severity::Problem && self.saves.is_none();
        (failed, self.severity > Severity::Note, saved, self.severity)
    }

    /// Sorts findings by [`Finding::rank`], highest first; equal ones stay in their order.
    pub(super) fn sort(findings: &mut [Finding]) {
        findings.sort_by_key(|finding| Reverse(finding.rank()));
    }
}
