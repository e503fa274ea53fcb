//! The operation whose own work takes most of the critical path: the most general finding, for what no other rule explains.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::analysis::rpc::server_of;
use crate::model::{SpanIx, SpanKind, StrIx};
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
            let own = own_at_most(context, span as SpanIx).min(*time);
            *times.entry((outline.service[span], outline.name[span])).or_default() += own;
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
        context.whole(),
        context.name(first),
        duration(time),
    );
    let mut finding = Finding::new(NAME, headline, Evidence::of(spans));
    let saves = Some(context.saving_of_half(operation, time)).filter(|saves| context.is_worth(*saves));
    let twice = saves.map_or(String::new(), |saves| format!(" Twice as fast, {}.", context.instead(saves)));
    let beside = runs_beside(context, first);
    let is_call = outline.kind[first as usize] == SpanKind::Client && !outline.has_children(first);
    finding.explanation = match (beside, is_call) {
        (Some(other), _) => format!(
            "It runs at the same time as {} for most of its duration, so it may only watch or wait for that.{}",
            context.name(other),
            busiest_below(context, other)
        ),
        (None, true) => format!(
            "It is a call, and the trace has no span of the called service: it does not show what takes the time \
             there.{twice}"
        ),
        (None, false) => {
            format!("This is time on the critical path in which no other span was waited for.{twice}")
        }
    };
    finding.advice = match (beside, is_call) {
        (Some(_), _) => "Look at what runs beside it first.",
        (None, true) => {
            "Look at the called service, or instrument it. Where it cannot be changed: ask it for less, call it less often, or \
             do other work meanwhile."
        }
        (None, false) => "Profile this operation, or add spans inside it to see what it does in that time.",
    }
    .to_owned();
    finding.saves = saves;
    finding.confidence = Confidence::Low;
    let thresholds = context.thresholds;
    let is_slow = beside.is_none()
        && context.share(time) >= thresholds.bottleneck_warn_share
        && time >= thresholds.slow;
    finding.severity = if is_slow { Severity::Warning } else { Severity::Note };
    Some(finding)
}

/// The time that can be a span's own, nanoseconds: of a call whose server runs outside of it, because their clocks differ, what
/// it is longer than the server.
fn own_at_most(context: &Context, span: SpanIx) -> u64 {
    let outline = context.outline;
    let Some(server) = server_of(outline, span) else { return u64::MAX };
    let (at, below) = (span as usize, server as usize);
    let is_outside = outline.start[below] < outline.start[at] || outline.end[below] > outline.end[at];
    match is_outside && outline.service[at] != outline.service[below] {
        true => outline.duration_of(span).saturating_sub(outline.duration_of(server)),
        false => u64::MAX,
    }
}

/// Characters of a name that may be a whole command.
const NAMED: usize = 60;

fn cut(name: &str) -> String {
    match name.char_indices().nth(NAMED) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// The operation with the most self time in a subtree, as a sentence; empty if that is the subtree's own root.
fn busiest_below(context: &Context, top: SpanIx) -> String {
    let outline = context.outline;
    let mut times: FxHashMap<(StrIx, StrIx), (u64, SpanIx, u64)> = FxHashMap::default();
    for span in top..outline.subtree_end[top as usize] {
        let at = span as usize;
        let (time, _, spans) = times.entry((outline.service[at], outline.name[at])).or_insert((0, span, 0));
        *time = time.saturating_add(context.self_time[at]);
        *spans += 1;
    }
    let busiest = times.into_values().max_by_key(|(time, span, _)| (*time, std::cmp::Reverse(*span)));
    match busiest.filter(|(time, span, _)| *time > 0 && *span != top) {
        Some((time, span, 1)) => {
            format!(
                " Of the spans below that, {} has the most self time: {}.",
                cut(&context.name(span)),
                duration(time)
            )
        }
        Some((time, span, spans)) => format!(
            " Of the spans below that, {} has the most self time: {} in {} spans.",
            cut(&context.name(span)),
            duration(time),
            count(spans)
        ),
        None => String::new(),
    }
}

/// A sibling of a span that has no children that take time, or of one of its ancestors, that has children and runs during most
/// of the span: of two spans beside each other the trace does not show which one waits for the other.
fn runs_beside(context: &Context, span: SpanIx) -> Option<SpanIx> {
    let outline = context.outline;
    if context.self_time[span as usize] < outline.duration_of(span) / 10 * 9 {
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
        assert_eq!(
            found[0].explanation,
            "It runs at the same time as build: solve for most of its duration, so it may only watch or wait for that. Of the \
             spans below that, build: step has the most self time: 43 ms in 2 spans."
        );
    }

    #[test]
    fn a_call_whose_other_side_runs_beside_it_may_wait_for_that() {
        let found = of_rule(
            NAME,
            "
            agent: run                [================================================]
              agent: send (client)     [=============================================]
                agent: set route        [=]
              tool: answer (server)    [============================================]
                tool: ask model         [==========================================]
            ",
        );
        assert_eq!(found[0].severity, Severity::Note);
        assert!(found[0].explanation.contains("same time as tool: answer"), "{}", found[0].explanation);
        assert!(found[0].explanation.contains("tool: ask model has the most"), "{}", found[0].explanation);
    }

    #[test]
    fn a_call_without_spans_of_the_called_service_is_looked_at_there() {
        let found = of_rule(
            NAME,
            "
            shop: order (server)        [========================================]
              llm: chat (client)         [=====================================]
            ",
        );
        assert!(found[0].explanation.contains("no span of the called service"), "{}", found[0].explanation);
        assert!(found[0].advice.starts_with("Look at the called service"), "{}", found[0].advice);
    }

    #[test]
    fn half_of_what_outlives_its_parent_saves_less_than_half_of_what_is_waited_for() {
        let found = of_rule(
            NAME,
            "
            shop: order            [===================]
              bank: authorize      [=============================]
            ",
        );
        assert_eq!(
            found[0].headline,
            "100 % of the root span is self time of bank: authorize (20 ms in one span)"
        );
        assert_eq!(found[0].saves, Some(5_000_000));
        assert!(
            found[0].explanation.ends_with("Twice as fast, it would take 15 ms instead of 20 ms."),
            "{}",
            found[0].explanation
        );
        let longer = of_rule(
            NAME,
            "
            shop: order            [===================]
              bank: authorize      [========================================]
            ",
        );
        assert_eq!(longer[0].saves, None, "at half of its time it still takes longer than the root");
        assert!(!longer[0].explanation.contains("Twice"), "{}", longer[0].explanation);
    }

    #[test]
    fn a_server_whose_clock_is_behind_leaves_its_call_no_time_of_its_own() {
        let found = of_rule(
            NAME,
            "
            shop: order (server)                        [===========================]
              shop: call (client)                        [========================]
                stock: get (server)      [======================]
            ",
        );
        assert!(found.iter().all(|one| !one.headline.contains("shop: call")), "{found:?}");
    }
}
