//! More calls at the same time than help: the parent waits for the longest one, and fewer at a time would have ended as soon.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::model::SpanIx;
use crate::units::{count, duration};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The rule's name.
pub const NAME: &str = "wide-fan-out";

/// Up to so many calls the useful width is tried out; for more it is estimated.
const TRIED: usize = 10_000;
/// From this many times the threshold on it is a warning: what is called may not take it.
const WARN: usize = 8;

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let least = context.thresholds.fan_out.max(2);
    let mut children = vec![0u32; outline.len()];
    for parent in &outline.parent {
        if let Some(count) = children.get_mut(*parent as usize) {
            *count += 1;
        }
    }
    let mut found: Vec<(usize, Finding)> = Vec::new();
    let mut groups: FxHashMap<u64, Vec<SpanIx>> = FxHashMap::default();
    for parent in (0..outline.len() as SpanIx).filter(|parent| children[*parent as usize] >= least) {
        for child in outline.children(parent).filter(|child| outline.duration_of(*child) > 0) {
            groups.entry(context.calls.shape[child as usize]).or_default().push(child);
        }
        let large = groups.drain().map(|(_, spans)| spans).filter(|spans| spans.len() >= least as usize);
        found.extend(large.filter_map(|spans| finding(context, parent, &spans)));
    }
    found.sort_by_key(|(width, finding)| (Reverse(*width), finding.evidence.spans.first().copied()));
    found.truncate(context.thresholds.findings_per_rule as usize);
    found.into_iter().map(|(_, finding)| finding).collect()
}

/// How many run at the same time at most.
fn width(context: &Context, spans: &[SpanIx]) -> usize {
    let mut ends: Vec<u64> = spans.iter().map(|span| context.outline.end[*span as usize]).collect();
    ends.sort_unstable();
    let (mut ended, mut width) = (0, 0);
    for (started, span) in spans.iter().enumerate() {
        while ends[ended] <= context.outline.start[*span as usize] {
            ended += 1;
        }
        width = width.max(started + 1 - ended);
    }
    width
}

/// When they end if at most `width` of them run at once, each as soon as it did and a place is free.
fn ends_with(context: &Context, spans: &[SpanIx], width: usize) -> u64 {
    let mut running: BinaryHeap<Reverse<u64>> = BinaryHeap::with_capacity(width + 1);
    let mut last = 0;
    for span in spans {
        let mut start = context.outline.start[*span as usize];
        if running.len() >= width
            && let Some(Reverse(free)) = running.pop()
        {
            start = start.max(free);
        }
        let end = start + context.outline.duration_of(*span);
        last = last.max(end);
        running.push(Reverse(end));
    }
    last
}

/// How many at a time would have ended as soon.
fn useful(context: &Context, spans: &[SpanIx], width: usize) -> Option<usize> {
    let outline = context.outline;
    let start = spans.iter().map(|span| outline.start[*span as usize]).min()?;
    let end = spans.iter().map(|span| outline.end[*span as usize]).max()?;
    if spans.len() > TRIED {
        // With so many places the last call starts early enough, in whatever order they come.
        let longest = spans.iter().map(|span| outline.duration_of(*span)).max()?;
        let sum: u64 = spans.iter().map(|span| outline.duration_of(*span)).fold(0, u64::saturating_add);
        let room = (end - start).checked_sub(longest).filter(|room| *room > 0)?;
        return Some((sum.div_ceil(room)) as usize);
    }
    // One in fifty later counts as the same.
    let limit = end.saturating_add((end - start) / 50);
    let (mut low, mut high) = (1, width);
    while low < high {
        let middle = (low + high) / 2;
        if ends_with(context, spans, middle) <= limit {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

fn finding(context: &Context, parent: SpanIx, spans: &[SpanIx]) -> Option<(usize, Finding)> {
    let outline = context.outline;
    let least = context.thresholds.fan_out as usize;
    let width = width(context, spans);
    if width < least {
        return None;
    }
    let useful = useful(context, spans, width)?;
    if useful * 2 > width {
        return None;
    }
    let longest = *spans.iter().max_by_key(|span| (outline.duration_of(**span), Reverse(**span)))?;
    let at_a_time = match useful {
        1 => "one".to_owned(),
        more => count(more as u64),
    };
    let headline = format!(
        "{} {} calls run at the same time, though {at_a_time} at a time would have ended as soon",
        count(width as u64),
        outline.name_of(longest),
    );
    let others = spans.iter().copied().filter(|span| *span != longest);
    let mut finding = Finding::new(NAME, headline, Evidence::of(std::iter::once(longest).chain(others)));
    finding.explanation = format!(
        "{} waits for the longest of {} calls, which takes {}. The others are done long before, and only add load.",
        context.name(parent),
        count(spans.len() as u64),
        duration(outline.duration_of(longest)),
    );
    finding.advice = "Limit how many calls run at once, or fetch everything in one call.".to_owned();
    finding.confidence = Confidence::Medium;
    if width >= least * WARN {
        finding.severity = Severity::Warning;
    }
    Some((width, finding))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::advisor::rules::tests::found_by;

    /// A span that makes one long call and so many short ones at the same time.
    fn fan(calls: usize, length: usize) -> String {
        let bar = |length: usize| format!("[{}]", "=".repeat(length - 1));
        let mut drawing = format!("shop: order (server) {}\n", bar(70));
        drawing += &format!("  shop: price (client) {}\n", bar(64));
        (0..calls).for_each(|_| drawing += &format!("  shop: price (client) {}\n", bar(length)));
        drawing
    }

    #[test]
    fn many_short_calls_beside_a_long_one_are_wider_than_useful() {
        let found = found_by(NAME, &fan(39, 4));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].headline,
            "40 price calls run at the same time, though 4 at a time would have ended as soon"
        );
        assert_eq!((found[0].evidence.count, found[0].evidence.spans[0]), (40, 1), "the longest comes first");
        assert_eq!((found[0].saves, found[0].severity), (None, Severity::Note));
    }

    #[test]
    fn calls_that_all_take_as_long_need_the_width() {
        assert_eq!(found_by(NAME, &fan(39, 62)), []);
    }

    #[test]
    fn thirty_one_are_not_wide_and_many_are_a_warning() {
        assert_eq!(found_by(NAME, &fan(30, 4)), []);
        assert_eq!(found_by(NAME, &fan(31, 4)).len(), 1);
        assert_eq!(found_by(NAME, &fan(255, 4))[0].severity, Severity::Warning);
    }
}
