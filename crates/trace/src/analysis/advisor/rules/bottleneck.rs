//! The operation whose own work takes most of the critical path: the most general finding, for what no other rule explains.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::model::{SpanIx, StrIx};
use crate::units::{count, duration};
use rustc_hash::{FxHashMap, FxHashSet};

/// The rule's name.
pub const NAME: &str = "bottleneck";

/// Finds them: operations by their share of the critical path, without what other findings prove.
pub fn find(context: &Context, found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let explained: FxHashSet<SpanIx> = found
        .iter()
        .filter(|one| one.saves.is_some())
        .flat_map(|one| one.evidence.spans.iter().copied())
        .collect();
    let mut times: FxHashMap<(StrIx, StrIx), u64> = FxHashMap::default();
    for (span, time) in context.critical.iter().enumerate().filter(|(_, time)| **time > 0) {
        if !explained.contains(&(span as SpanIx)) {
            *times.entry((outline.service[span], outline.name[span])).or_default() += time;
        }
    }
    let mut large: Vec<((StrIx, StrIx), u64)> = times
        .into_iter()
        .filter(|(_, time)| context.share(*time) >= context.thresholds.bottleneck_share)
        .collect();
    large.sort_by_key(|(operation, time)| (std::cmp::Reverse(*time), *operation));
    large.truncate(context.thresholds.findings_per_rule as usize);
    large.into_iter().filter_map(|(operation, time)| finding(context, operation, time)).collect()
}

fn finding(context: &Context, operation: (StrIx, StrIx), time: u64) -> Option<Finding> {
    let outline = context.outline;
    let is_it = |span: &usize| {
        (outline.service[*span], outline.name[*span]) == operation && context.critical[*span] > 0
    };
    let mut spans: Vec<SpanIx> = (0..outline.len()).filter(is_it).map(|span| span as SpanIx).collect();
    spans.sort_by_key(|span| std::cmp::Reverse(context.critical[*span as usize]));
    let first = *spans.first()?;
    let times = match spans.len() {
        1 => "one span".to_owned(),
        many => format!("{} spans", count(many as u64)),
    };
    let headline = format!(
        "{} of {} is the own time of {} ({} in {times})",
        context.percent(time),
        context.subject(),
        context.name(first),
        duration(time),
    );
    let mut finding = Finding::new(NAME, headline, Evidence::of(spans));
    let saves = time / 2;
    finding.explanation = format!(
        "This is time on the critical path in which no other span was waited for. Twice as fast, {}.",
        context.instead(saves)
    );
    finding.advice =
        "Profile this operation, or add spans inside it to see what it does in that time.".to_owned();
    finding.saves = Some(saves);
    finding.confidence = Confidence::Low;
    let thresholds = context.thresholds;
    let is_slow = context.share(time) >= thresholds.bottleneck_warn_share && time >= thresholds.slow;
    finding.severity = if is_slow { Severity::Warning } else { Severity::Note };
    Some(finding)
}
