//! What every rule is given: the trace, and what several rules need, computed once.

use super::calls::Calls;
use super::finding::{Finding, Severity};
use super::thresholds::Thresholds;
use crate::analysis::waiting::self_times;
use crate::analysis::what_if::{Change, simulate};
use crate::model::{Outline, SpanIx, SpanKind, Trace};
use crate::units::{duration, percent};

/// A trace with facts about its spans. Columns are by span.
pub struct Context<'a> {
    /// The trace, for the attributes of a few spans; rules that look at all of them use [`Context::calls`], or
    /// [`Trace::parts`] as [`Calls`] does.
    pub trace: &'a Trace,
    /// Its outline.
    pub outline: &'a Outline,
    /// From where on something is reported.
    pub thresholds: &'a Thresholds,
    /// Self time, nanoseconds.
    pub self_time: Vec<u64>,
    /// Time on the critical path that is the span's own, nanoseconds.
    pub critical: Vec<u64>,
    /// What spans say about the calls that they are.
    pub calls: Calls,
    /// Sums of `critical` before each span; one longer than the other columns.
    critical_before: Vec<u64>,
}

impl<'a> Context<'a> {
    /// The facts of a trace.
    pub fn of(trace: &'a Trace, thresholds: &'a Thresholds) -> Self {
        let outline: &Outline = trace.outline();
        let critical = critical_times(outline);
        let mut critical_before = Vec::with_capacity(critical.len() + 1);
        critical_before.push(0);
        critical_before.extend(critical.iter().scan(0u64, |sum, own| {
            *sum = sum.saturating_add(*own);
            Some(*sum)
        }));
        Context {
            trace,
            outline,
            thresholds,
            self_time: self_times(outline),
            critical,
            calls: Calls::of(trace),
            critical_before,
        }
    }

    /// Time on the critical path of a span and everything below it, nanoseconds.
    pub fn critical_below(&self, span: SpanIx) -> u64 {
        let end = self.outline.subtree_end[span as usize] as usize;
        self.critical_before[end] - self.critical_before[span as usize]
    }

    /// A time as a share of the trace's duration, from 0 to 1.
    pub fn share(&self, time: u64) -> f64 {
        match self.outline.duration {
            0 => 0.0,
            whole => (time as f64 / whole as f64).min(1.0),
        }
    }

    /// A time as per cent of the trace: `62 %`.
    pub fn percent(&self, time: u64) -> String {
        percent(self.share(time))
    }

    /// Whether a saving is worth a finding.
    pub fn is_worth(&self, saves: u64) -> bool {
        saves >= self.thresholds.least_saving && self.share(saves) >= self.thresholds.least_share
    }

    /// How much a saving matters.
    pub fn severity(&self, saves: u64) -> Severity {
        let (share, thresholds) = (self.share(saves), self.thresholds);
        match saves {
            _ if saves < thresholds.warn_saving || share < thresholds.warn_share => Severity::Note,
            _ if share < thresholds.problem_share => Severity::Warning,
            _ => Severity::Problem,
        }
    }

    /// What a trace is called: "this request" where its first root answers one, else "this trace".
    pub fn subject(&self) -> &'static str {
        match self.outline.kind.first() {
            Some(SpanKind::Server) => "this request",
            _ => "this trace",
        }
    }

    /// "it would take 301 ms instead of 758 ms", after a saving.
    pub fn instead(&self, saves: u64) -> String {
        let whole = self.outline.duration;
        format!("it would take {} instead of {}", duration(whole.saturating_sub(saves)), duration(whole))
    }

    /// How much sooner the trace would end after some changes, nanoseconds; see [`simulate`]. Takes time linear in the
    /// trace's spans.
    pub fn saves(&self, changes: &[Change]) -> u64 {
        self.outline.duration.saturating_sub(simulate(self.outline, changes).duration)
    }

    /// A span as it is named in sentences: `inventory: reserve`, and the service alone or the operation alone where it lacks
    /// the other.
    pub fn name(&self, span: SpanIx) -> String {
        match (self.outline.service_of(span), self.outline.name_of(span)) {
            ("", "") => "a span without a name".to_owned(),
            ("", name) => name.to_owned(),
            (service, "") => service.to_owned(),
            (service, name) => format!("{service}: {name}"),
        }
    }

    /// The findings that save most, as many as a rule may report.
    pub fn most_saving(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.rank()));
        findings.truncate(self.thresholds.findings_per_rule as usize);
        findings
    }
}

/// Time of every span on the critical path: from the end of each root back through the child that ended last, clipped to
/// its parent.
fn critical_times(outline: &Outline) -> Vec<u64> {
    let mut times = vec![0; outline.len()];
    let mut todo: Vec<(SpanIx, u64, u64)> = Vec::new();
    let mut root = 0;
    while (root as usize) < outline.len() {
        todo.push((root, outline.start[root as usize], outline.end[root as usize]));
        root = outline.subtree_end[root as usize];
    }
    let mut children: Vec<SpanIx> = Vec::new();
    while let Some((span, from, to)) = todo.pop() {
        children.clear();
        children.extend(outline.children(span));
        children.sort_by_key(|child| std::cmp::Reverse(outline.end[*child as usize].min(to)));
        let mut cursor = to;
        for child in &children {
            let start = outline.start[*child as usize].max(from);
            let end = outline.end[*child as usize].min(to);
            if start < end && end <= cursor {
                times[span as usize] += cursor - end;
                todo.push((*child, start, end));
                cursor = start;
            }
        }
        times[span as usize] += cursor - from;
    }
    times
}
