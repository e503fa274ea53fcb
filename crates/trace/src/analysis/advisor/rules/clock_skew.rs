//! Services whose clocks differ, as far as their calls tell; see [`crate::analysis::skew`]. Nothing is moved.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::analysis::skew::{ClockOffset, clocks};
use crate::units::{count, duration, sort_by_number_descending};

/// The rule's name.
pub const NAME: &str = "clock-skew";

/// A clock that is off by this share of the trace is a warning: the order of its spans cannot be read.
const WARN: f64 = 0.1;

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let mut offsets = clocks(context.outline, context.thresholds.clock_skew).offsets;
    sort_by_number_descending(&mut offsets, |one| one.offset.unsigned_abs());
    offsets.truncate(context.thresholds.findings_per_rule as usize);
    offsets.iter().map(|one| finding(context, one)).collect()
}

fn finding(context: &Context, one: &ClockOffset) -> Finding {
    let offset = one.offset.unsigned_abs();
    let side = if one.offset > 0 { "ahead of" } else { "behind" };
    let headline = format!(
        "The clock of {} is about {} {side} that of {}",
        one.service,
        duration(offset),
        one.reference
    );
    // Least and most, as distances in the direction of the offset.
    let (near, far) = if one.offset > 0 { (one.least, one.most) } else { (one.most, one.least) };
    let distance =
        |bound: i64| duration(if (bound > 0) == (one.offset > 0) { bound.unsigned_abs() } else { 0 });
    let range = match (near, far) {
        // Bounds that differ by less than what is printed are one figure.
        (Some(near), Some(far)) if distance(near) == distance(far) => distance(near),
        (Some(near), Some(far)) => format!("between {} and {}", distance(near), distance(far)),
        (Some(near), None) => format!("at least {}", distance(near)),
        _ => format!("about {}", duration(offset)),
    };
    let calls = match one.calls {
        1 => "One call between them allows".to_owned(),
        many => format!("{} calls between them allow", count(u64::from(many))),
    };
    let parent = context.outline.parent_of(one.span);
    let proof = std::iter::once(one.span).chain(parent);
    let mut finding = Finding::new(NAME, headline, Evidence::of(proof));
    finding.explanation = format!(
        "{calls} an offset of {range}. Times are shown as sent: compare times of these two services with care. Durations \
         within a service are right."
    );
    finding.advice = format!(
        "Synchronise the clock of the host of {} (NTP). \"Show corrected times\" moves its spans by the estimate.",
        one.service
    );
    finding.confidence = if far.is_some() { Confidence::Medium } else { Confidence::Low };
    if context.share(offset) >= WARN {
        finding.severity = Severity::Warning;
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::advisor::Thresholds;
    use crate::analysis::advisor::rules::tests::found_by;
    use crate::testing::trace;

    #[test]
    fn a_clock_that_is_behind_is_told_with_its_bounds() {
        let found = found_by(
            NAME,
            "
            shop: call (client)          [==========]
              stock: get (server)   [====]
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].headline, "The clock of stock is about 8 ms behind that of shop");
        assert!(
            found[0]
                .explanation
                .starts_with("One call between them allows an offset of between 5 ms and 11 ms.")
        );
        assert_eq!((found[0].severity, found[0].saves), (Severity::Warning, None));
    }

    #[test]
    fn a_clock_that_is_ahead_too() {
        let found = found_by(
            NAME,
            "
            shop: call (client)          [==========]
              stock: get (server)                [=====]
            ",
        );
        assert_eq!(found[0].headline, "The clock of stock is about 5.5 ms ahead of that of shop");
    }

    #[test]
    fn bounds_that_print_alike_are_said_once() {
        let mut drawn = trace(
            "
            shop: call (client)          [==========]
              stock: get (server)   [=========]
            ",
        );
        drawn.index_some(usize::MAX);
        let thresholds = Thresholds::default();
        let context = Context::of(&drawn, &thresholds);
        let offset = ClockOffset {
            service: "stock".to_owned(),
            reference: "shop".to_owned(),
            offset: -105_000_100,
            least: Some(-105_000_200),
            most: Some(-105_000_000),
            calls: 1,
            span: 1,
        };
        let said = finding(&context, &offset).explanation;
        assert!(said.starts_with("One call between them allows an offset of 105 ms. Times"), "{said}");
    }

    #[test]
    fn a_millisecond_is_within_the_resolution_of_clocks() {
        let one = "
            shop: call (client)          [==========]
              stock: get (server)       [====]
        ";
        assert_eq!(found_by(NAME, one), []);
        let two = "
            shop: call (client)          [==========]
              stock: get (server)      [====]
        ";
        assert_eq!(found_by(NAME, two).len(), 1);
    }
}
