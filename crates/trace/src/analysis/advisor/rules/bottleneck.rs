//! The operation whose own work takes most of the critical path: the most general finding, for what no other rule explains.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::model::{SpanIx, StrIx};
use crate::units::{count, duration, sort_by_number_descending};
use rustc_hash::{FxHashMap, FxHashSet};

/// The rule's name.
pub const NAME: &str = "bottleneck";

/// The findings of this rule: operations by their share of the critical path, without what other findings prove.
pub fn find(context: &Context, found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    // A single span is all of its trace, which says nothing.
    if outline.len() < 2 {
        return Vec::new();
    }
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
        .filter(|(_, time)| context.is_worth(time / 2))
        .filter(|(_, time)| context.share(*time) >= context.thresholds.bottleneck_share)
        .collect();
    large.sort_unstable_by_key(|(operation, time)| (std::cmp::Reverse(*time), *operation));
    large.truncate(context.thresholds.findings_per_rule as usize);
    large.into_iter().filter_map(|(operation, time)| finding(context, operation, time)).collect()
}

fn finding(context: &Context, operation: (StrIx, StrIx), time: u64) -> Option<Finding> {
    let outline = context.outline;
    let is_it = |span: &usize| {
        (outline.service[*span], outline.name[*span]) == operation && context.critical[*span] > 0
    };
    let mut spans: Vec<SpanIx> = (0..outline.len()).filter(is_it).map(|span| span as SpanIx).collect();
    sort_by_number_descending(&mut spans, |span| context.critical[*span as usize]);
    let first = *spans.first()?;
    let times = match spans.len() {
        1 => "one span".to_owned(),
        many => format!("{} spans", count(many as u64)),
    };
    let headline = format!(
        "{} of {} is self time of {} ({} in {times})",
        context.percent(time),
        context.subject(),
        context.name(first),
        duration(time),
    );
    let mut finding = Finding::new(NAME, headline, Evidence::of(spans));
    let saves = time / 2;
    let beside = runs_beside(context, first);
    finding.explanation = match beside {
        Some(other) => format!(
            "It runs at the same time as {} for most of its duration, so it may only watch or wait for that.",
            context.name(other)
        ),
        None => format!(
            "This is time on the critical path in which no other span was waited for. Twice as fast, {}.",
            context.instead(saves)
        ),
    };
    finding.advice =
        "Profile this operation, or add spans inside it to see what it does in that time.".to_owned();
    finding.saves = Some(saves);
    finding.confidence = Confidence::Low;
    let thresholds = context.thresholds;
    let is_slow = beside.is_none()
        && context.share(time) >= thresholds.bottleneck_warn_share
        && time >= thresholds.slow;
    finding.severity = if is_slow { Severity::Warning } else { Severity::Note };
    Some(finding)
}

/// A sibling of a span without children, or of one of its ancestors, that has children and runs during most of the span: of two
/// spans beside each other the trace does not show which one waits for the other.
fn runs_beside(context: &Context, span: SpanIx) -> Option<SpanIx> {
    let outline = context.outline;
    if outline.has_children(span) {
        return None;
    }
    let (start, end) = (outline.start[span as usize], outline.end[span as usize]);
    let covers = |other: SpanIx| {
        let common =
            outline.end[other as usize].min(end).saturating_sub(outline.start[other as usize].max(start));
        outline.has_children(other) && common * 2 > end - start
    };
    let mut below = span;
    while let Some(parent) = outline.parent_of(below) {
        // Calls of one shape beside each other are a fan-out: each of them works.
        let shape = |span: SpanIx| context.calls.shape[span as usize];
        let found = outline.children(parent).find(|child| shape(*child) != shape(below) && covers(*child));
        if found.is_some() {
            return found;
        }
        below = parent;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::of_rule;
    use super::*;

    #[test]
    fn the_operation_with_most_own_time_is_the_bottleneck() {
        let found = of_rule(
            NAME,
            "
            shop: order (server)        [========================================]
              shop: reserve (client)     [=====================================]
                stock: reserve (server)   [===================================]
                  stock: lock              [==]
              shop: mail (client)        [===]
            ",
        );
        let headlines: Vec<&str> = found.iter().map(|one| one.headline.as_str()).collect();
        assert_eq!(headlines, ["80 % of this request is self time of stock: reserve (33 ms in one span)"]);
        assert_eq!((found[0].severity, found[0].evidence.spans.as_slice()), (Severity::Warning, &[2][..]));
    }

    #[test]
    fn time_off_the_critical_path_is_no_bottleneck() {
        let found = of_rule(
            NAME,
            "
            shop: order (server)      [===================================]
              shop: log                [====================]
              shop: a (client)         [======]
              shop: b (client)                [========]
              shop: c (client)                         [========]
              shop: d (client)                                   [=======]
            ",
        );
        assert!(found.iter().all(|one| !one.headline.contains("log")), "{found:?}");
    }

    #[test]
    fn a_quarter_is_a_note_and_less_is_none() {
        let drawing = |own: usize| {
            format!(
                "
                shop: order (server)    [===================]
                  shop: a (client)      [{}]
                  shop: b (client)      {}[{}]
                ",
                "=".repeat(own - 1),
                " ".repeat(own),
                "=".repeat(19 - own),
            )
        };
        let found = of_rule(NAME, &drawing(5));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].headline.starts_with("25 %") && found[1].severity == Severity::Note, "{found:?}");
        assert_eq!(of_rule(NAME, &drawing(4)).len(), 1);
    }

    #[test]
    fn what_runs_beside_other_work_may_only_watch_it() {
        let found = of_rule(
            NAME,
            "
            build: all                [================================================]
              build: solve             [=============================================]
                build: step             [===========]
                build: step                          [==============================]
              build: status            [===============================================]
            ",
        );
        assert_eq!((found[0].severity, found[0].evidence.spans.as_slice()), (Severity::Note, &[4][..]));
        assert!(found[0].explanation.contains("same time as build: solve"), "{}", found[0].explanation);
    }
}
