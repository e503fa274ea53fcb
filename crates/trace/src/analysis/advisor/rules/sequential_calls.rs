//! Calls of one operation that a span makes one after the other, and that could run in parallel.
//!
//! Only calls of one shape are taken: calls of different operations mostly need each other's results, which a trace does not
//! show. Work inside a process is none: running it in parallel needs more than waiting for all of it at once.

use super::{identical_calls, repeated_queries};
use crate::analysis::advisor::{
    CallType, Confidence, Context, Evidence, Finding, Repeated, repeated_children,
};
use crate::analysis::what_if::Change;
use crate::model::{SpanIx, SpanKind};
use crate::units::{count, duration, sort_by_number_descending};
use rustc_hash::FxHashSet;

/// The rule's name.
pub const NAME: &str = "sequential-calls";

/// The findings of this rule.
pub fn find(context: &Context, found: &[Finding]) -> Vec<Finding> {
    // What other rules explain better is left to them: queries that one query could replace, requests made again.
    let explained: FxHashSet<SpanIx> = found
        .iter()
        .filter(|one| [repeated_queries::NAME, identical_calls::NAME].contains(&one.rule.as_str()))
        .flat_map(|one| one.evidence.spans.iter().copied())
        .collect();
    let mut groups = repeated_children(context, context.thresholds.sequential_calls);
    groups.retain(|group| {
        is_loop_of_calls(context, group) && !group.spans.iter().any(|span| explained.contains(span))
    });
    sort_by_number_descending(&mut groups, |group| estimate(context, group));
    groups.truncate(context.thresholds.findings_per_rule as usize);
    groups.iter().filter_map(|group| finding(context, group)).collect()
}

fn estimate(context: &Context, group: &Repeated) -> u64 {
    let (sum, longest) = group.critical(context);
    sum - longest
}

fn is_loop_of_calls(context: &Context, group: &Repeated) -> bool {
    let waits = group.spans.iter().filter(|span| is_waiting(context, **span)).count();
    // Retries and repeated requests are other rules' matter.
    let excluded = group.failed(context) * 2 > group.spans.len() || group.are_mostly_identical(context);
    !excluded && waits * 2 >= group.spans.len() && group.are_sequential(context)
}

fn finding(context: &Context, group: &Repeated) -> Option<Finding> {
    let (sum, longest) = group.critical(context);
    let saves = context.saving(&[Change::Parallel { spans: group.spans.clone() }], sum - longest);
    if !context.is_worth(saves) {
        return None;
    }
    let first = *group.spans.first()?;
    let headline = format!(
        "{} of {} is {} sequential {} calls; in parallel {}",
        context.percent(sum),
        context.whole(),
        count(group.spans.len() as u64),
        context.outline.name_of(first),
        context.instead(saves),
    );
    let mut finding = Finding::new(NAME, headline, Evidence::of(group.spans.iter().copied()));
    finding.explanation = format!(
        "{} waits for each call before it starts the next: {} in all, while the longest call takes {}.",
        context.name(group.parent),
        duration(sum),
        duration(longest),
    );
    finding.advice = "Start the calls together and wait for all of them, or fetch everything in one call. Calls that need \
                      the result of the call before have to stay in sequence."
        .to_owned();
    finding.saves = Some(saves);
    finding.severity = context.severity(saves);
    finding.confidence = Confidence::Medium;
    Some(finding)
}

/// Whether a span is a call, or spends most of its time on the critical path in calls below it.
fn is_waiting(context: &Context, span: SpanIx) -> bool {
    if context.calls.call[span as usize] != CallType::None {
        return true;
    }
    let whole = context.critical_below(span);
    let own = context.critical[span as usize];
    let mut called = 0;
    let mut next = span + 1;
    // The first call on each way down counts with all that is below it.
    while next < context.outline.subtree_end[span as usize] {
        let is_call = context.calls.call[next as usize] != CallType::None
            || matches!(context.outline.kind[next as usize], SpanKind::Server | SpanKind::Consumer);
        if is_call {
            called += context.critical_below(next);
            next = context.outline.subtree_end[next as usize];
        } else {
            next += 1;
        }
    }
    own < whole && called * 2 >= whole
}

#[cfg(test)]
mod tests {
    use super::super::tests::{headlines, of_rule};
    use super::*;
    use crate::analysis::advisor::Severity;

    #[test]
    fn calls_in_sequence_are_found_with_what_parallel_calls_would_save() {
        let found = of_rule(
            NAME,
            "
            shop: order (server)      [===========================================================]
              shop: price (client)     [===========] param.item=1
              shop: price (client)                  [===========] param.item=2
              shop: price (client)                              [===========] param.item=3
              shop: price (client)                                          [===========] param.item=4
            ",
        );
        let headlines: Vec<&str> = found.iter().map(|one| one.headline.as_str()).collect();
        assert_eq!(
            headlines,
            [
                "80 % of this request is 4 sequential price calls; in parallel it would take 24 ms instead of 60 ms"
            ]
        );
        assert_eq!((found[0].saves, found[0].severity), (Some(36_000_000), Severity::Problem));
        assert_eq!((found[0].evidence.spans.as_slice(), found[0].evidence.count), (&[1, 2, 3, 4][..], 4));
    }

    #[test]
    fn calls_may_lie_within_spans_of_their_own() {
        let found = headlines(
            NAME,
            "
            shop: order (server)      [===========================================]
              shop: item               [===========]
                shop: GET (client)      [=========]
                  price: GET (server)    [=======]  http.target=/1
              shop: item                            [===========]
                shop: GET (client)                   [=========]
                  price: GET (server)                 [=======]  http.target=/2
              shop: item                                        [===========]
                shop: GET (client)                               [=========]
                  price: GET (server)                             [=======]  http.target=/3
            ",
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("3 sequential item calls"), "{found:?}");
    }

    #[test]
    fn what_overlaps_or_calls_nothing_is_no_sequence() {
        let overlapping = "
            shop: order (server)      [===========================]
              shop: price (client)     [==================] param.item=1
              shop: price (client)         [==================] param.item=2
              shop: price (client)            [===================] param.item=3
            ";
        assert!(headlines(NAME, overlapping).is_empty());
        let computing = "
            shop: order (server)      [===========================]
              shop: sort               [=======]
              shop: sort                        [=======]
              shop: sort                                [========]
            ";
        assert!(headlines(NAME, computing).is_empty());
    }

    #[test]
    fn two_calls_are_too_few_and_short_ones_too_short() {
        let two = "
            shop: order (server)      [===========================]
              shop: price (client)     [=========] param.item=1
              shop: price (client)                [=========] param.item=2
            ";
        assert!(headlines(NAME, two).is_empty());
        let short = format!(
            "
            shop: order (server)      [{}]
              shop: price (client)     [] param.item=1
              shop: price (client)       [] param.item=2
              shop: price (client)         [] param.item=3
            ",
            "=".repeat(200)
        );
        assert!(headlines(NAME, &short).is_empty(), "2 ms of 200 ms are below the threshold");
    }
}
