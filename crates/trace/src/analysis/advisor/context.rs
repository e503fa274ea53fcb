//! What every rule is given: the trace, and what several rules need, computed once.

use super::calls::Calls;
use super::finding::{Finding, Severity};
use super::thresholds::Thresholds;
use crate::analysis::child_coverage::self_times;
use crate::analysis::critical_path::CriticalPath;
use crate::analysis::what_if::{Change, simulate};
use crate::model::{Outline, SpanIx, SpanKind, StrIx, Trace};
use crate::units::{duration, percent};
use std::cell::Cell;

/// Spans that are simulated for all rules together; beyond that, savings are estimated. A simulation of 1,000,000 spans takes
/// about a tenth of a second.
const SIMULATED: usize = 3_000_000;

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
    /// When the trace is done: the end of its root where it has one root, else of its last span; and how long that took,
    /// nanoseconds.
    done: (u64, u64),
    /// Sums of `critical` before each span; one longer than the other columns.
    critical_before: Vec<u64>,
    /// Spans that may still be simulated.
    simulations: Cell<usize>,
}

impl<'a> Context<'a> {
    /// The facts of a trace.
    pub fn of(trace: &'a Trace, thresholds: &'a Thresholds) -> Self {
        let outline: &Outline = trace.outline();
        let critical = CriticalPath::of(outline).time_by_span(outline.len());
        let mut critical_before = Vec::with_capacity(critical.len() + 1);
        critical_before.push(0);
        critical_before.extend(critical.iter().scan(0u64, |sum, own| {
            *sum = sum.saturating_add(*own);
            Some(*sum)
        }));
        Context {
            done: match outline.subtree_end.first() {
                Some(end) if *end as usize == outline.len() => {
                    (outline.end[0], outline.end[0] - outline.start[0])
                }
                _ => (outline.duration, outline.duration),
            },
            trace,
            outline,
            thresholds,
            self_time: self_times(outline),
            critical,
            calls: Calls::of(trace),
            critical_before,
            simulations: Cell::new(SIMULATED),
        }
    }

    /// Time on the critical path of a span and everything below it, nanoseconds.
    pub fn critical_below(&self, span: SpanIx) -> u64 {
        let end = self.outline.subtree_end[span as usize] as usize;
        self.critical_before[end] - self.critical_before[span as usize]
    }

    fn has_one_root(&self) -> bool {
        self.outline.subtree_end.first().is_some_and(|end| *end as usize == self.outline.len())
    }

    /// How much sooner the trace would end after some changes, nanoseconds: simulated with the dependencies that its times
    /// show, or `estimate` where so much was simulated already that it would take too long. Give the most promising first.
    pub fn saving(&self, changes: &[Change], estimate: u64) -> u64 {
        let left = self.simulations.get();
        if left < self.outline.len() {
            return estimate;
        }
        self.simulations.set(left - self.outline.len());
        let simulated = simulate(self.outline, changes);
        let done = if self.has_one_root() { simulated.end[0] } else { simulated.duration };
        self.done.0.saturating_sub(done)
    }

    /// A time as a share of the time that the trace took, from 0 to 1. With one root that is the root's duration: nobody waits
    /// for what runs on after it.
    pub fn share(&self, time: u64) -> f64 {
        match self.done.1 {
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

    /// What a share is of (see [`Context::share`]): as [`Context::subject`], and "the root span" where a trace goes on after
    /// that.
    pub fn whole(&self) -> &'static str {
        match self.subject() {
            "this trace" if self.done.1 < self.outline.duration => "the root span",
            subject => subject,
        }
    }

    /// "it would take 301 ms instead of 758 ms", after a saving.
    pub fn instead(&self, saves: u64) -> String {
        let whole = self.done.1;
        format!("it would take {} instead of {}", duration(whole.saturating_sub(saves)), duration(whole))
    }

    /// How much sooner the trace would end if the spans of an operation were twice as fast, nanoseconds, where they have `time`
    /// on the critical path: no more than half of that. Less where a span outlives its parent, or something else is waited for
    /// then.
    pub fn saving_of_half(&self, operation: (StrIx, StrIx), time: u64) -> u64 {
        let outline = self.outline;
        let is_it = |span: &usize| (outline.service[*span], outline.name[*span]) == operation;
        let spans = (0..outline.len()).filter(is_it).map(|span| span as SpanIx).collect();
        self.saving(&[Change::Faster { spans, factor: 2.0 }], time / 2).min(time / 2)
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
            (service, name) if changes_direction(service) || changes_direction(name) => {
                let parts = [service, name].into_iter().filter(|part| !part.is_empty());
                parts.map(|part| format!("\u{2068}{part}\u{2069}")).collect::<Vec<_>>().join(": ")
            }
            ("", "") => "a span without a name".to_owned(),
            ("", name) => name.to_owned(),
            (service, "") => service.to_owned(),
            (service, name) => format!("{service}: {name}"),
        }
    }

    /// The findings that save most, as many as a rule may report.
    pub fn most_saving(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        Finding::sort(&mut findings);
        findings.truncate(self.thresholds.findings_per_rule as usize);
        findings
    }
}

/// Whether a text has letters that are written from right to left, or signs that change the direction: in a sentence it stands
/// between U+2068 and U+2069, so that the rest of the sentence is not turned round with it.
fn changes_direction(text: &str) -> bool {
    text.chars().any(|letter| {
        matches!(
            letter,
            '\u{590}'..='\u{8ff}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{fb1d}'..='\u{fdff}'
                | '\u{fe70}'..='\u{feff}'
                | '\u{10800}'..='\u{10fff}'
                | '\u{1e800}'..='\u{1efff}'
        )
    })
}
