//! Calls to one service of which some have its spans and some have not: the spans were sampled out by the service itself, or
//! lost on their way.

use super::destination::destinations;
use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::model::SpanIx;
use crate::units::{count, sort_by_number_descending};

/// The rule's name.
pub const NAME: &str = "sampling";

/// Spans of a service that are searched for signs of sampling.
const READ: usize = 200;
/// Attributes by which a span tells that it was sampled by itself.
const KEYS: [&str; 5] =
    ["sampler.type", "sampler.param", "sampling.probability", "sampling.priority", "SampleRate"];

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let least = context.thresholds.sampled_calls;
    let mut found = Vec::new();
    for ((caller, destination), calls) in destinations(context).calls {
        let missing = calls.unanswered.len() as u32;
        let all = calls.answered + missing;
        // One in twenty may have been answered by something in between, such as a cache.
        if calls.answered == 0 || all < least || missing * 20 < all {
            continue;
        }
        let caller = outline.strings.get(caller);
        let headline = format!(
            "{} of {} calls from {caller} to {destination} have no spans of the service that they call",
            count(u64::from(missing)),
            count(u64::from(all)),
        );
        let mut finding = Finding::new(NAME, headline, Evidence::of(calls.unanswered.iter().copied()));
        let sampler = sampler(context, &destination);
        finding.explanation = match &sampler {
            Some(sampler) => format!(
                "The other calls have. Spans of {destination} say {sampler} though they are not the root: it decides by \
                 itself what is sampled."
            ),
            None => {
                "The other calls have, so the service is instrumented and the context arrives.".to_owned()
            }
        };
        finding.severity = Severity::Warning;
        finding.confidence = if sampler.is_some() { Confidence::High } else { Confidence::Medium };
        finding.advice = format!(
            "Let {destination} follow the decision of its caller (a parent-based sampler), and look for dropped spans in \
             its exporter and in collectors on the way. Counts and times below these calls are too low."
        );
        found.push(finding);
    }
    sort_by_number_descending(&mut found, |finding| finding.evidence.count.into());
    found.truncate(context.thresholds.findings_per_rule as usize);
    found
}

/// What spans of a service that are not roots say about a sampler.
fn sampler(context: &Context, service: &str) -> Option<String> {
    let outline = context.outline;
    let below = |span: &SpanIx| {
        outline.parent_of(*span).is_some() && outline.service_of(*span).eq_ignore_ascii_case(service)
    };
    let mut found = None;
    for span in (0..outline.len() as SpanIx).filter(below).take(READ) {
        context.trace.attributes(span, &mut |key, value| {
            if found.is_none() && KEYS.contains(&key) {
                found = Some(format!("{key}={}", value.text()));
            }
        });
        if found.is_some() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::advisor::rules::tests::found_by;

    /// Calls to `stock`, of which some have a span of it.
    fn drawn(answered: usize, unanswered: usize, more: &str) -> String {
        let mut drawing = String::from("shop: order (server) [=========================================]\n");
        for call in 0..answered + unanswered {
            let indent = " ".repeat(call * 2);
            drawing += &format!("  shop: get (client)    {indent}[] server.address=stock.internal:80\n");
            if call < answered {
                drawing += &format!("    stock: get (server) {indent}[] {more}\n");
            }
        }
        drawing
    }

    #[test]
    fn some_calls_with_and_some_without_a_span_were_sampled() {
        let found = found_by(NAME, &drawn(3, 4, ""));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].headline,
            "4 of 7 calls from shop to stock have no spans of the service that they call"
        );
        assert_eq!((found[0].evidence.count, found[0].confidence), (4, Confidence::Medium));
        let told = found_by(NAME, &drawn(3, 4, "sampler.type=probabilistic"));
        assert_eq!(told[0].confidence, Confidence::High);
        assert!(told[0].explanation.contains("sampler.type=probabilistic"), "{}", told[0].explanation);
    }

    #[test]
    fn all_or_none_is_no_sampling() {
        assert_eq!(found_by(NAME, &drawn(7, 0, "")), []);
        assert_eq!(found_by(NAME, &drawn(0, 7, "")), []);
    }

    #[test]
    fn four_calls_tell_too_little() {
        assert_eq!(found_by(NAME, &drawn(2, 2, "")), []);
        assert_eq!(found_by(NAME, &drawn(3, 2, "")).len(), 1);
    }
}
