//! Spans that wait for one lock: many of one operation run at the same time, and end one after the other at even distances,
//! each longer than the one before by the time for which one of them holds the lock.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding};
use crate::analysis::what_if::Change;
use crate::model::SpanIx;
use crate::units::{count, duration};
use rustc_hash::FxHashMap;

/// The rule's name.
pub const NAME: &str = "lock-convoy";

/// How far a distance may be from the median one: two fifths of it.
const EVEN: (u64, u64) = (2, 5);

/// Spans that end in lockstep.
struct Convoy {
    /// In order of their ends.
    spans: Vec<SpanIx>,
    /// The median distance of their ends, nanoseconds.
    hold: u64,
}

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let mut groups: FxHashMap<u64, Vec<SpanIx>> = FxHashMap::default();
    for span in (0..outline.len() as SpanIx).filter(|span| outline.duration_of(*span) > 0) {
        let group = groups.entry(context.calls.shape[span as usize]).or_default();
        // A span that calls itself waits for what is in it, not for a lock.
        if group.last().is_none_or(|last| span >= outline.subtree_end[*last as usize]) {
            group.push(span);
        }
    }
    let mut convoys: Vec<Convoy> = Vec::new();
    for spans in groups.into_values().filter(|spans| spans.len() >= context.thresholds.convoy_spans as usize)
    {
        let time: u64 = spans.iter().map(|span| context.critical_below(*span)).fold(0, u64::saturating_add);
        if context.is_worth(time) {
            convoys.extend(bursts(context, spans).filter_map(|burst| convoy(context, burst)));
        }
    }
    // A saving is simulated, for those that take longest.
    convoys
        .sort_by_key(|convoy| (std::cmp::Reverse(convoy.hold * convoy.spans.len() as u64), convoy.spans[0]));
    convoys.truncate(context.thresholds.findings_per_rule as usize);
    convoys.iter().filter_map(|convoy| finding(context, convoy)).collect()
}

/// Splits spans where none is running.
fn bursts(context: &Context, mut spans: Vec<SpanIx>) -> impl Iterator<Item = Vec<SpanIx>> {
    let outline = context.outline;
    spans.sort_unstable_by_key(|span| (outline.start[*span as usize], *span));
    let mut bursts: Vec<Vec<SpanIx>> = Vec::new();
    let mut until = 0;
    for span in spans {
        match bursts.last_mut().filter(|_| outline.start[span as usize] < until) {
            Some(burst) => burst.push(span),
            None => bursts.push(vec![span]),
        }
        until = until.max(outline.end[span as usize]);
    }
    bursts.into_iter()
}

fn convoy(context: &Context, mut spans: Vec<SpanIx>) -> Option<Convoy> {
    let outline = context.outline;
    if spans.len() < context.thresholds.convoy_spans as usize {
        return None;
    }
    spans.sort_unstable_by_key(|span| (outline.end[*span as usize], *span));
    let pairs = || spans.windows(2).map(|pair| (pair[0] as usize, pair[1] as usize));
    let mut distances: Vec<u64> = pairs().map(|(one, next)| outline.end[next] - outline.end[one]).collect();
    let first = outline.duration_of(spans[0]);
    let waits = pairs().filter(|(one, next)| outline.start[*next] < outline.end[*one]).count();
    let sorted = {
        distances.sort_unstable();
        &distances
    };
    let hold = sorted[sorted.len() / 2];
    let is_even = |time: &u64| time.abs_diff(hold) * EVEN.1 <= hold * EVEN.0;
    let even = sorted.iter().filter(|time| is_even(time)).count();
    let longest = spans.iter().map(|span| outline.duration_of(*span)).max().unwrap_or_default();
    // The first did not wait; the last waited for most of the others.
    let grows = first <= hold * 2 && first * 2 >= hold && longest >= hold * (spans.len() as u64) / 2;
    let most = |of: usize| of * 5 >= sorted.len() * 4;
    (hold > 0 && grows && most(even) && most(waits)).then_some(Convoy { spans, hold })
}

fn finding(context: &Context, convoy: &Convoy) -> Option<Finding> {
    let outline = context.outline;
    let alone = |span: &SpanIx| {
        let factor = outline.duration_of(*span) as f64 / convoy.hold as f64;
        Change::Faster { spans: vec![*span], factor: factor.max(1.0) }
    };
    let changes: Vec<Change> = convoy.spans.iter().map(alone).collect();
    let saves = context.saves(&changes);
    if !context.is_worth(saves) {
        return None;
    }
    let last = *convoy.spans.last()?;
    let headline = format!(
        "{} {} spans wait for each other and end {} apart, as behind one lock; without it {}",
        count(convoy.spans.len() as u64),
        context.name(last),
        duration(convoy.hold),
        context.instead(saves),
    );
    let mut finding = Finding::new(NAME, headline, Evidence::of(convoy.spans.iter().rev().copied()));
    finding.explanation = format!(
        "They run at the same time, and each ends about {} after the one before: the first takes {}, the last {}.",
        duration(convoy.hold),
        duration(outline.duration_of(convoy.spans[0])),
        duration(outline.duration_of(last)),
    );
    finding.advice =
        "Look for what only one of them can do at a time: a lock, a row that all of them update, one \
                      connection or one thread. Hold it for less time, or split it."
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
    fn spans_that_end_at_even_distances_wait_for_a_lock() {
        let found = found_by(
            NAME,
            "
            shop: order (server)    [==========================]
              stock: reserve         [===]
              stock: reserve         [=======]
              stock: reserve         [===========]
              stock: reserve          [==============]
              stock: reserve         [===================]
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].headline,
            "5 stock: reserve spans wait for each other and end 4 ms apart, as behind one lock; without it it would take \
             12 ms instead of 27 ms"
        );
        assert_eq!(found[0].evidence.spans[0], 4, "the one that waits longest comes first");
    }

    #[test]
    fn spans_that_take_different_times_do_not() {
        let independent = "
            shop: order (server)    [==========================]
              stock: reserve         [=============]
              stock: reserve         [==============]
              stock: reserve         [==============]
              stock: reserve          [=============]
              stock: reserve         [===================]
        ";
        assert_eq!(found_by(NAME, independent), []);
        let sequence = "
            shop: order (server)    [==========================]
              stock: reserve         [===]
              stock: reserve             [===]
              stock: reserve                 [===]
              stock: reserve                     [===]
              stock: reserve                         [===]
        ";
        assert_eq!(found_by(NAME, sequence), []);
    }

    #[test]
    fn spans_within_each_other_do_not() {
        let nested = "
            shop: order (server)    [==========================]
              stock: reserve         [======================]
                stock: reserve       [==================]
                  stock: reserve     [==============]
                    stock: reserve   [==========]
                      stock: reserve [======]
                        stock: reserve [==]
        ";
        assert_eq!(found_by(NAME, nested), []);
    }

    #[test]
    fn four_are_too_few() {
        let four = "
            shop: order (server)    [==========================]
              stock: reserve         [===]
              stock: reserve         [=======]
              stock: reserve         [===========]
              stock: reserve          [==============]
        ";
        assert_eq!(found_by(NAME, four), []);
    }
}
