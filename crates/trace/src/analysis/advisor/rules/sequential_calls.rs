//! Calls of one operation that a span makes one after the other, and that could run in parallel.
//!
//! Only calls of one shape are taken: calls of different operations mostly need each other's results, which a trace does not
//! show. Work inside a process is none: running it in parallel needs more than waiting for all of it at once.

use crate::analysis::advisor::{
    CallType, Confidence, Context, Evidence, Finding, Repeated, repeated_children,
};
use crate::model::{SpanIx, SpanKind};
use crate::units::{count, duration};

/// The rule's name.
pub const NAME: &str = "sequential-calls";

/// Finds them.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let groups = repeated_children(context, context.thresholds.sequential_calls);
    let findings = groups.into_iter().filter_map(|group| finding(context, &group)).collect();
    context.most_saving(findings)
}

fn finding(context: &Context, group: &Repeated) -> Option<Finding> {
    let waits = group.spans.iter().filter(|span| is_waiting(context, **span)).count();
    // Retries and repeated requests are other rules' matter.
    let excluded = group.failed(context) * 2 > group.spans.len() || group.are_mostly_identical(context);
    if excluded || waits * 2 < group.spans.len() || !group.are_sequential(context) {
        return None;
    }
    let (sum, longest) = group.critical(context);
    let saves = sum - longest;
    let first = *group.spans.first()?;
    let headline = format!(
        "{} of {} is {} sequential {} calls; in parallel {}",
        context.percent(sum),
        context.subject(),
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
    use super::*;
    use crate::analysis::advisor::{Severity, Thresholds, findings};
    use crate::testing::trace;

    fn found(drawing: &str) -> Vec<Finding> {
        let mut trace = trace(drawing);
        trace.index_some(usize::MAX);
        let mut found = findings(&trace, &Thresholds::default());
        found.retain(|finding| finding.rule == NAME);
        found
    }

    #[test]
    fn calls_in_sequence_are_found_with_what_parallel_calls_would_save() {
        let found = found(
            "
            shop: order (server)      [===========================================================]
              shop: price (client)     [===========] id=a1 param.item=1
              shop: price (client)                  [===========] id=a2 param.item=2
              shop: price (client)                              [===========] id=a3 param.item=3
              shop: price (client)                                          [===========] id=a4 param.item=4
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].headline,
            "80 % of this request is 4 sequential price calls; in parallel it would take 24 ms instead of 60 ms"
        );
        assert_eq!((found[0].saves, found[0].severity), (Some(36_000_000), Severity::Problem));
        assert_eq!((found[0].evidence.spans.clone(), found[0].evidence.count), (vec![1, 2, 3, 4], 4));
    }
}
