//! Calls that failed and were made again: a storm where it is often, with the waiting time between attempts (backoff).
//!
//! An attempt is a child of the same parent with the same shape as the failed one before it, that starts after that one's end
//! and requests the same, as far as both say what they request.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity, failure_text};
use crate::analysis::rpc::server_of;
use crate::model::{Flags, SpanIx};
use crate::units::{count, duration};
use rustc_hash::FxHashMap;

/// The rule's name.
pub const NAME: &str = "retries";

/// Attempts at one call: all but the last have failed.
struct Chain(Vec<SpanIx>);

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let mut parents: Vec<SpanIx> = (0..outline.len() as SpanIx)
        .filter(|span| outline.flags[*span as usize].has(Flags::OWN_ERROR))
        .filter_map(|span| outline.parent_of(span))
        // The failed call may be a client's whose server alone says that it failed.
        .flat_map(|parent| [Some(parent), outline.parent_of(parent)])
        .flatten()
        .collect();
    parents.sort_unstable();
    parents.dedup();
    let found = parents.into_iter().flat_map(|parent| of_parent(context, parent)).collect();
    context.most_saving(found)
}

fn of_parent(context: &Context, parent: SpanIx) -> Vec<Finding> {
    let outline = context.outline;
    let mut chains: FxHashMap<u64, Vec<Chain>> = FxHashMap::default();
    let mut total: FxHashMap<u64, u64> = FxHashMap::default();
    for child in outline.children(parent) {
        let shape = context.calls.shape[child as usize];
        *total.entry(shape).or_default() += 1;
        let of_shape = chains.entry(shape).or_default();
        match of_shape.last_mut() {
            Some(chain) if chain.goes_on_with(context, child) => chain.0.push(child),
            _ => of_shape.push(Chain(vec![child])),
        }
    }
    let mut found: Vec<Finding> = chains
        .into_iter()
        .filter_map(|(shape, mut chains)| {
            chains.retain(|chain| chain.0.len() > 1);
            finding(context, parent, &chains, total[&shape])
        })
        .collect();
    found.sort_by(|one, other| one.evidence.spans.cmp(&other.evidence.spans));
    found
}

fn finding(context: &Context, parent: SpanIx, chains: &[Chain], calls: u64) -> Option<Finding> {
    let failed: Vec<SpanIx> = chains.iter().flat_map(|chain| chain.repeated()).collect();
    let longest = chains.iter().max_by_key(|chain| chain.0.len())?;
    let least = context.thresholds.retry_attempts as usize;
    if longest.0.len() < least && failed.len() < least {
        return None;
    }
    let outline = context.outline;
    let waits: Vec<u64> = longest
        .0
        .windows(2)
        .map(|pair| outline.start[pair[1] as usize] - outline.end[pair[0] as usize])
        .collect();
    // Between attempts the parent waits by itself: that is its own time on the critical path.
    let waited: u64 = chains.iter().map(|chain| chain.waited(context)).sum();
    let lost = failed.iter().map(|span| context.critical_below(*span)).sum::<u64>()
        + waited.min(context.critical[parent as usize]);
    let name = outline.name_of(longest.0[0]);
    let gave_up = longest.0.last().is_some_and(|last| has_failed(context, *last));
    let of = format!("{} ({} of {})", duration(lost), context.percent(lost), context.whole());
    let headline = match chains {
        [one] if gave_up => {
            format!("{name} was tried {} times and failed each time: {of} lost", count(one.0.len() as u64))
        }
        [one] => format!(
            "{name} succeeded only at attempt {}: {of} lost in failed attempts",
            count(one.0.len() as u64)
        ),
        _ => format!(
            "{} of {} {name} calls failed and were repeated: {of} lost",
            count(failed.len() as u64),
            count(calls)
        ),
    };
    let mut spans: Vec<SpanIx> = chains.iter().flat_map(|chain| chain.0.iter().copied()).collect();
    spans.sort_unstable();
    let same = chains
        .iter()
        .all(|chain| chain.0.windows(2).all(|pair| context.calls.are_same_request(pair[0], pair[1])));
    let mut finding = Finding::new(NAME, headline, Evidence::of(spans));
    let reason = failed.first().and_then(|span| failure_of(context, *span));
    finding.explanation = format!(
        "{} repeats failed calls {}.{}",
        context.name(parent),
        backoff(context, &longest.0, &waits),
        reason.map_or(String::new(), |reason| format!(" The first failed with: {reason}."))
    );
    finding.advice = "Find out why the calls fail. Limit the number of attempts, and wait longer before each (exponential \
                      backoff with jitter), so that retries do not keep an overloaded service down."
        .to_owned();
    finding.saves = Some(lost).filter(|lost| *lost > 0);
    finding.confidence = if same { Confidence::High } else { Confidence::Medium };
    let storm = longest.0.len() >= least;
    finding.severity = context.severity(lost).max(if storm { Severity::Warning } else { Severity::Note });
    Some(finding)
}

/// How it waits between attempts.
fn backoff(context: &Context, attempts: &[SpanIx], waits: &[u64]) -> String {
    let mean = attempts.iter().map(|span| context.outline.duration_of(*span)).sum::<u64>()
        / attempts.len().max(1) as u64;
    let (least, most) = (waits.iter().min().copied().unwrap_or(0), waits.iter().max().copied().unwrap_or(0));
    let listed: Vec<String> = waits.iter().take(5).map(|wait| duration(*wait)).collect();
    let more = if waits.len() > 5 { ", …" } else { "" };
    // A wait that is doubled each time comes out a little longer than that.
    let grows = waits.len() > 1 && waits.windows(2).all(|pair| pair[1] * 10 >= pair[0] * 14);
    match waits {
        _ if most <= (mean / 20).max(2_000_000) => "at once, without waiting".to_owned(),
        _ if grows => format!("with a growing wait: {}{more}", listed.join(", ")),
        [one] => format!("after {}", duration(*one)),
        _ if most - least <= most / 5 => format!("with a constant wait of about {}", duration(least)),
        _ => format!("after {}{more}", listed.join(", ")),
    }
}

/// What a failed call says about its failure, or else its server does.
fn failure_of(context: &Context, span: SpanIx) -> Option<String> {
    let said = |span: SpanIx| failure_text(context.trace, span);
    let text = said(span).or_else(|| server_of(context.outline, span).and_then(said))?;
    Some(text.trim_end_matches('.').to_owned())
}

/// Whether a call has failed, as it says itself or its server does.
fn has_failed(context: &Context, span: SpanIx) -> bool {
    let failed = |span: SpanIx| context.outline.flags[span as usize].has(Flags::OWN_ERROR);
    failed(span) || server_of(context.outline, span).is_some_and(failed)
}

impl Chain {
    fn goes_on_with(&self, context: &Context, next: SpanIx) -> bool {
        let Some(last) = self.0.last().copied() else { return false };
        let calls = &context.calls;
        let told = calls.request[last as usize] != 0 && calls.request[next as usize] != 0;
        has_failed(context, last)
            && context.outline.start[next as usize] >= context.outline.end[last as usize]
            && (!told || calls.are_same_request(last, next))
    }

    /// The attempts that were repeated.
    fn repeated(&self) -> impl Iterator<Item = SpanIx> + '_ {
        self.0.iter().copied().take(self.0.len().saturating_sub(1))
    }

    /// Time between attempts.
    fn waited(&self, context: &Context) -> u64 {
        let outline = context.outline;
        let waits =
            self.0.windows(2).map(|pair| outline.start[pair[1] as usize] - outline.end[pair[0] as usize]);
        waits.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::of_rule;
    use super::*;

    fn said(drawing: &str) -> Vec<(String, String, Severity)> {
        of_rule(NAME, drawing).into_iter().map(|one| (one.headline, one.explanation, one.severity)).collect()
    }

    #[test]
    fn a_storm_is_found_with_its_growing_backoff() {
        let found = said(
            "
            shop: order (server)      [==========================================================]
              shop: charge (client) !  [====]
              shop: charge (client) !         [====]
              shop: charge (client) !                  [====]
              shop: charge (client)                                  [==============]
            ",
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].0,
            "charge succeeded only at attempt 4: 30 ms (51 % of this request) lost in failed attempts"
        );
        assert_eq!(found[0].1, "shop: order repeats failed calls with a growing wait: 2 ms, 4 ms, 9 ms.");
        assert!(found[0].2 >= Severity::Warning);
    }

    #[test]
    fn attempts_without_waiting_that_all_fail_are_told() {
        let found = said(
            "
            shop: order (server) !    [================================]
              shop: charge (client) !  [=========] exception.message=redis-timeout.
              shop: charge (client) !             [=========]
              shop: charge (client) !                        [======]
            ",
        );
        assert_eq!(
            found[0].0,
            "charge was tried 3 times and failed each time: 22 ms (67 % of this request) lost"
        );
        assert_eq!(
            found[0].1,
            "shop: order repeats failed calls at once, without waiting. The first failed with: redis-timeout."
        );
    }

    #[test]
    fn several_calls_that_fail_once_each_are_one_finding() {
        let found = said(
            "
            driver: find (server)    [==========================================]
              redis: get (client) !   [=====] param.id=1
              redis: get (client)            [===] param.id=1
              redis: get (client) !               [=====] param.id=2
              redis: get (client)                        [===] param.id=2
              redis: get (client) !                           [=====] param.id=3
              redis: get (client)                                    [===] param.id=3
            ",
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0.starts_with("3 of 6 get calls failed and were repeated: "), "{found:?}");
    }

    #[test]
    fn one_retry_is_no_storm_and_failures_of_different_requests_are_no_retries() {
        let one = "
            shop: order (server)      [======================]
              shop: charge (client) !  [=========]
              shop: charge (client)               [=========]
            ";
        assert!(said(one).is_empty());
        let different = "
            shop: order (server)      [================================]
              shop: charge (client) !  [=========] param.id=1
              shop: charge (client) !             [=========] param.id=2
              shop: charge (client) !                        [======] param.id=3
            ";
        assert!(said(different).is_empty());
    }
}
