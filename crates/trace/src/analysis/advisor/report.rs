//! Findings as JSON, as Markdown and as plain text.

use super::finding::Finding;
use crate::model::{Outline, SpanIx};
use crate::units::duration;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Spans that Markdown and text name of each finding's evidence.
const NAMED: usize = 10;

/// What findings are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReportFormat {
    /// One JSON object: `trace_id`, `root`, `duration_ns`, and `findings` with span ids as evidence.
    Json,
    /// Markdown, to paste into an issue.
    Markdown,
    /// Lines for a terminal.
    Text,
}

/// The findings about a trace as a text that ends with a line break.
pub fn report(outline: &Outline, findings: &[Finding], format: ReportFormat) -> String {
    match format {
        ReportFormat::Json => json(outline, findings),
        ReportFormat::Markdown => markdown(outline, findings),
        ReportFormat::Text => text(outline, findings),
    }
}

fn trace_id(outline: &Outline) -> String {
    match outline.foreign_trace_id.is_empty() {
        true => outline.trace_id.to_string(),
        false => outline.foreign_trace_id.clone(),
    }
}

/// Service and operation of the first root.
fn root(outline: &Outline) -> String {
    match outline.is_empty() {
        true => String::new(),
        false => format!("{}: {}", outline.service_of(0), outline.name_of(0)),
    }
}

fn json(outline: &Outline, findings: &[Finding]) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        trace_id: String,
        root: String,
        duration_ns: u64,
        spans: usize,
        findings: Vec<Item<'a>>,
    }
    #[derive(Serialize)]
    struct Item<'a> {
        rule: &'a str,
        severity: &'static str,
        headline: &'a str,
        explanation: &'a str,
        advice: &'a str,
        saves_ns: Option<u64>,
        confidence: &'static str,
        evidence_count: u32,
        evidence: Vec<Proof<'a>>,
    }
    #[derive(Serialize)]
    struct Proof<'a> {
        span_id: String,
        service: &'a str,
        operation: &'a str,
        start_ns: u64,
        duration_ns: u64,
    }
    let proof = |span: &SpanIx| Proof {
        span_id: outline.id[*span as usize].to_string(),
        service: outline.service_of(*span),
        operation: outline.name_of(*span),
        start_ns: outline.start[*span as usize],
        duration_ns: outline.duration_of(*span),
    };
    let known = |span: &&SpanIx| (**span as usize) < outline.len();
    let findings = findings.iter().map(|finding| Item {
        rule: &finding.rule,
        severity: finding.severity.name(),
        headline: &finding.headline,
        explanation: &finding.explanation,
        advice: &finding.advice,
        saves_ns: finding.saves,
        confidence: finding.confidence.name(),
        evidence_count: finding.evidence.count,
        evidence: finding.evidence.spans.iter().filter(known).map(proof).collect(),
    });
    let report = Report {
        trace_id: trace_id(outline),
        root: root(outline),
        duration_ns: outline.duration,
        spans: outline.len(),
        findings: findings.collect(),
    };
    // Plain structures of texts and numbers: writing them cannot fail.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

/// What saving, confidence and severity come to: `saves 36 ms, medium confidence`.
pub fn figures(finding: &Finding) -> String {
    let confidence = format!("{} confidence", finding.confidence.name());
    match finding.saves {
        Some(saves) => format!("saves up to {}, {confidence}", duration(saves)),
        None => confidence,
    }
}

/// Spans of the evidence in a line each, and how many more there are.
fn proof_lines(outline: &Outline, finding: &Finding) -> Vec<String> {
    let known = |span: &&SpanIx| (**span as usize) < outline.len();
    let line = |span: &SpanIx| {
        format!(
            "{}: {} [{}] {} at {}",
            outline.service_of(*span),
            outline.name_of(*span),
            outline.id[*span as usize],
            duration(outline.duration_of(*span)),
            duration(outline.start[*span as usize]),
        )
    };
    let mut lines: Vec<String> = finding.evidence.spans.iter().filter(known).take(NAMED).map(line).collect();
    let more = (finding.evidence.count as usize).saturating_sub(lines.len());
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn markdown(outline: &Outline, findings: &[Finding]) -> String {
    let mut out = format!(
        "# Findings in trace {}\n\n{} · {} · {} spans\n",
        trace_id(outline),
        escaped(&root(outline)),
        duration(outline.duration),
        outline.len()
    );
    if findings.is_empty() {
        out.push_str("\nNo findings.\n");
    }
    for (number, finding) in findings.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n## {}. {}\n\n", number + 1, escaped(&finding.headline));
        let _ = writeln!(out, "*{}* · `{}` · {}\n", finding.severity.name(), finding.rule, figures(finding));
        for text in [&finding.explanation, &finding.advice].into_iter().filter(|text| !text.is_empty()) {
            let _ = writeln!(out, "{}\n", escaped(text));
        }
        for line in proof_lines(outline, finding) {
            let _ = writeln!(out, "- {}", escaped(&line));
        }
    }
    out
}

fn text(outline: &Outline, findings: &[Finding]) -> String {
    let mut out = format!(
        "trace {}  {}  {}  {} spans\n",
        trace_id(outline),
        printable(&root(outline)),
        duration(outline.duration),
        outline.len()
    );
    if findings.is_empty() {
        out.push_str("  no findings\n");
    }
    for (number, finding) in findings.iter().enumerate() {
        let _ =
            writeln!(out, "\n{}. {}: {}", number + 1, finding.severity.name(), printable(&finding.headline));
        let _ = writeln!(out, "   {} ({})", figures(finding), finding.rule);
        for text in [&finding.explanation, &finding.advice].into_iter().filter(|text| !text.is_empty()) {
            let _ = writeln!(out, "   {}", printable(text));
        }
        for line in proof_lines(outline, finding) {
            let _ = writeln!(out, "   - {}", printable(&line));
        }
    }
    out
}

/// Names in a trace are any text: what would be Markdown or HTML is escaped, and lines stay lines.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in printable(text).chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '|' => {
                out.push('\\');
                out.push(letter);
            }
            other => out.push(other),
        }
    }
    out
}

/// Without control characters, which a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
