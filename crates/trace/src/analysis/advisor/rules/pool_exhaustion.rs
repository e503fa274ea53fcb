//! Calls that wait for a free place: of many calls of one operation only so many run at once, and each further one starts
//! as another ends. That is a pool (connections, workers, threads) or a semaphore that is too small for them.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Repeated, repeated_children};
use crate::analysis::what_if::Change;
use crate::units::{count, duration, sort_by_number_descending};

/// The rule's name.
pub const NAME: &str = "pool-exhaustion";

/// A start this long after an end follows it, if that is not more than a twentieth of a call.
const FOLLOWS: u64 = 200_000;
/// How many calls have to wait for a place.
const WAITING: usize = 3;

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let mut groups: Vec<(Repeated, usize)> = repeated_children(context, context.thresholds.pool_calls)
        .into_iter()
        .filter_map(|group| limit(context, &group).map(|limit| (group, limit)))
        .collect();
    // A saving is simulated, for the groups that take most of the critical path.
    sort_by_number_descending(&mut groups, |(group, _)| group.critical(context).0);
    groups.truncate(context.thresholds.findings_per_rule as usize);
    groups.into_iter().filter_map(|(group, limit)| finding(context, &group, limit)).collect()
}

/// How many of them run at once, if each further one starts as another ends. At least 2: one at a time is a sequence.
fn limit(context: &Context, group: &Repeated) -> Option<usize> {
    let outline = context.outline;
    let mut ends: Vec<u64> = group.spans.iter().map(|span| outline.end[*span as usize]).collect();
    ends.sort_unstable();
    let first_end = *ends.first()?;
    let limit = group.spans.iter().filter(|span| outline.start[**span as usize] < first_end).count();
    let waiting = group.spans.len() - limit;
    if limit < 2 || waiting < WAITING {
        return None;
    }
    let mut times: Vec<u64> = group.spans.iter().map(|span| outline.duration_of(*span)).collect();
    times.sort_unstable();
    let soon = FOLLOWS.max(times[times.len() / 2] / 20);
    let (mut ended, mut follow) = (0, 0);
    for (started, span) in group.spans.iter().enumerate().skip(limit) {
        let start = outline.start[*span as usize];
        while ends.get(ended).is_some_and(|end| *end <= start) {
            ended += 1;
        }
        let is_soon = ended > 0 && start - ends[ended - 1] <= soon;
        // With this one, as many run as may.
        follow += usize::from(is_soon && started - ended + 1 == limit);
    }
    (follow * 5 >= waiting * 4).then_some(limit)
}

fn finding(context: &Context, group: &Repeated, limit: usize) -> Option<Finding> {
    let saves = context.saves(&[Change::Parallel { spans: group.spans.clone() }]);
    if !context.is_worth(saves) {
        return None;
    }
    let first = *group.spans.first()?;
    let headline = format!(
        "Only {limit} of {} {} calls run at once, the others wait for a free place; all at once {}",
        count(group.spans.len() as u64),
        context.outline.name_of(first),
        context.instead(saves),
    );
    let mut finding = Finding::new(NAME, headline, Evidence::of(group.spans.iter().copied()));
    let last = group.spans.iter().map(|span| context.outline.start[*span as usize]).max().unwrap_or_default();
    finding.explanation = format!(
        "In {} each call after the first {limit} starts as another one ends. The last one waits {}.",
        context.name(group.parent),
        duration(last.saturating_sub(context.outline.start[first as usize])),
    );
    finding.advice = "Enlarge the pool (connections, workers, threads) or the limit that holds the calls back, if what they \
                      call can take it; or make each call shorter."
        .to_owned();
    finding.saves = Some(saves);
    finding.severity = context.severity(saves);
    finding.confidence = Confidence::Medium;
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::advisor::rules::tests::found_by;

    #[test]
    fn calls_that_start_as_others_end_wait_for_a_pool() {
        let found = found_by(
            NAME,
            "
            shop: order (server)  [===============================]
              shop: route (client) [========]
              shop: route (client) [=========]
              shop: route (client)          [========]
              shop: route (client)           [=========]
              shop: route (client)                   [========]
              shop: route (client)                     [=========]
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].headline,
            "Only 2 of 6 route calls run at once, the others wait for a free place; all at once it would take 12 ms \
             instead of 32 ms"
        );
        assert_eq!(found[0].evidence.count, 6);
    }

    #[test]
    fn calls_that_all_run_at_once_or_one_at_a_time_do_not() {
        let at_once = "
            shop: order (server)  [====================]
              shop: route (client) [========]
              shop: route (client) [=========]
              shop: route (client)  [========]
              shop: route (client)  [=========]
              shop: route (client)   [========]
              shop: route (client)   [=========]
        ";
        assert_eq!(found_by(NAME, at_once), []);
        let sequence = "
            shop: order (server)  [========================]
              shop: route (client) [==]
              shop: route (client)    [==]
              shop: route (client)       [==]
              shop: route (client)          [==]
              shop: route (client)             [==]
              shop: route (client)                [==]
        ";
        assert_eq!(found_by(NAME, sequence), []);
    }

    #[test]
    fn two_that_wait_are_too_few() {
        let few = "
            shop: order (server)  [========================]
              shop: route (client) [========]
              shop: route (client) [=========]
              shop: route (client) [==========]
              shop: route (client) [===========]
              shop: route (client)          [========]
              shop: route (client)           [=========]
        ";
        assert_eq!(found_by(NAME, few), []);
    }
}
