//! Time on the critical path in which a span waits for nothing that is instrumented, between two of its children.

use super::retries;
use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::analysis::child_coverage::ChildCoverage;
use crate::analysis::gaps::gaps;
use crate::model::SpanIx;
use crate::units::duration;
use rustc_hash::FxHashSet;

/// The rule's name.
pub const NAME: &str = "gap";

/// The findings of this rule: gaps of one span are one finding. The wait before a call is repeated is no gap.
pub fn find(context: &Context, found: &[Finding]) -> Vec<Finding> {
    let repeated = found.iter().filter(|finding| finding.rule == retries::NAME);
    let attempts: Vec<SpanIx> = repeated.flat_map(|finding| finding.evidence.spans.iter().copied()).collect();
    let found = (0..context.outline.len() as SpanIx)
        .filter(|span| context.outline.has_children(*span))
        .filter(|span| context.share(context.critical[*span as usize]) >= context.thresholds.gap_share)
        .filter_map(|span| finding(context, span, &attempts))
        .collect();
    context.most_saving(found)
}

fn finding(context: &Context, span: SpanIx, attempts: &[SpanIx]) -> Option<Finding> {
    let outline = context.outline;
    let own = context.critical[span as usize];
    let mut all = gaps(outline, span, &ChildCoverage::of(outline, span));
    let attempts = attempts.iter().filter(|attempt| outline.parent_of(**attempt) == Some(span));
    let (starts, ends): (FxHashSet<u64>, FxHashSet<u64>) =
        attempts.map(|attempt| (outline.start[*attempt as usize], outline.end[*attempt as usize])).unzip();
    all.retain(|(start, end)| !ends.contains(start) || !starts.contains(end));
    let time = all.iter().map(|(start, end)| end - start).sum::<u64>().min(own);
    let (start, end) = all.iter().copied().max_by_key(|(start, end)| end - start)?;
    // Where most of its own time lies elsewhere, the gap is not what takes the time.
    if context.share(time) < context.thresholds.gap_share
        || time * 2 < own
        || time < context.thresholds.least_saving
    {
        return None;
    }
    let before = outline
        .children(span)
        .filter(|child| outline.end[*child as usize] <= start)
        .max_by_key(|child| outline.end[*child as usize]);
    let after = outline.children(span).find(|child| outline.start[*child as usize] >= end);
    let place = match (before, after) {
        (Some(before), Some(after)) => {
            format!(" between {} and {}", outline.name_of(before), outline.name_of(after))
        }
        _ => String::new(),
    };
    let headline = match all.len() {
        1 => format!(
            "{} of {} is a gap of {} in {}{place}",
            context.percent(time),
            context.whole(),
            duration(end - start),
            context.name(span),
        ),
        many => format!(
            "{} of {} is {many} gaps in {}, the longest of {}{place}",
            context.percent(time),
            context.whole(),
            context.name(span),
            duration(end - start),
        ),
    };
    let evidence = Evidence::of([Some(span), before, after].into_iter().flatten());
    let mut finding = Finding::new(NAME, headline, evidence);
    let saves = time / 2;
    finding.explanation = format!(
        "The span waits for no child in that time, and nothing says what it does. Half as long, {}.",
        context.instead(saves)
    );
    finding.advice = "Add spans or events there: a library without instrumentation, computing, garbage collection or a wait \
                      for a lock, thread or connection are usual."
        .to_owned();
    finding.saves = Some(saves);
    finding.confidence = Confidence::Low;
    let thresholds = context.thresholds;
    let is_slow = context.share(time) >= thresholds.bottleneck_warn_share && time >= thresholds.slow;
    finding.severity = if is_slow { Severity::Warning } else { Severity::Note };
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{headlines, of_rule};
    use super::*;

    #[test]
    fn a_long_gap_between_two_children_is_named_with_both() {
        let found = of_rule(
            NAME,
            "
            shop: order (server)      [=========================================]
              shop: read (client)      [===]
              shop: write (client)                               [============]
            ",
        );
        assert_eq!(
            found[0].headline,
            "52 % of this request is a gap of 22 ms in shop: order between read and write"
        );
        assert_eq!(
            (found[0].evidence.spans.as_slice(), found[0].severity),
            (&[0, 1, 2][..], Severity::Warning)
        );
    }

    #[test]
    fn time_before_the_first_and_after_the_last_child_is_no_gap() {
        let found = headlines(
            NAME,
            "
            shop: order (server)      [=========================================]
              shop: read (client)                     [===]
            ",
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn the_wait_before_a_call_is_repeated_is_no_gap() {
        let drawing = "
            shop: order (server)       [=============================================]
              shop: pay (client) !      [==]
              shop: pay (client) !           [==]
              shop: pay (client)                                  [=================]
            ";
        assert_eq!(headlines(retries::NAME, drawing).len(), 1);
        assert!(headlines(NAME, drawing).is_empty());
        assert_eq!(headlines(NAME, &drawing.replace('!', " ")).len(), 1);
    }

    #[test]
    fn a_gap_below_a_tenth_is_none() {
        let drawing = |width: usize| {
            format!(
                "shop: order (server)  [{}]\n  shop: a (client)    [===]\n  shop: b (client)    {}[{}]\n",
                "=".repeat(98),
                " ".repeat(4 + width),
                "=".repeat(93 - width),
            )
        };
        assert!(headlines(NAME, &drawing(8)).is_empty());
    }
}
