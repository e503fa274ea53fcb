//! Spans that were never ended: sent without an end, or without any length around children that took time.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::model::{Flags, SpanIx, SpanKind};
use crate::units::count;

/// The rule's name.
pub const NAME: &str = "unended-span";

/// Spans that end before their start of which the record is read, to see whether an end was sent.
const READ: usize = 1_000;
/// How long a child has to take for its parent without length to be odd: clocks may have a resolution of a few milliseconds.
const CHILD: u64 = 10_000_000;

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let early =
        (0..outline.len() as SpanIx).filter(|span| outline.flags[*span as usize].has(Flags::ENDS_EARLY));
    let without_end: Vec<SpanIx> =
        early.take(READ).filter(|span| context.trace.record_as_sent(*span).end_unix == 0).collect();
    let mut empty: Vec<SpanIx> = Vec::new();
    for child in 0..outline.len() as SpanIx {
        let Some(parent) = outline.parent_of(child) else { continue };
        let (at, up) = (child as usize, parent as usize);
        let waits = outline.kind[at] != SpanKind::Consumer && outline.kind[up] != SpanKind::Producer;
        if outline.duration_of(parent) == 0
            && outline.duration_of(child) >= CHILD
            && outline.service[at] == outline.service[up]
            && waits
            && !outline.flags[up].has(Flags::ENDS_EARLY)
            && empty.last() != Some(&parent)
        {
            empty.push(parent);
        }
    }
    let mut found = Vec::new();
    if let Some(first) = without_end.first() {
        let spans = named(context, *first, without_end.len());
        let mut finding =
            Finding::new(NAME, format!("{spans} never ended"), Evidence::of(without_end.iter().copied()));
        finding.severity = Severity::Warning;
        finding.explanation = match without_end.len() {
            1 => {
                "It was sent without an end, and is shown without length: it may still be running, or its process was stopped."
            }
            _ => {
                "They were sent without an end, and are shown without length: they may still be running, or their process was \
                 stopped."
            }
        }
        .to_owned();
        found.push(finding);
    }
    if let Some(first) = empty.first() {
        let spans = named(context, *first, empty.len());
        let headline = format!("{spans} ended at once, though work inside took longer");
        let mut finding = Finding::new(NAME, headline, Evidence::of(empty.iter().copied()));
        finding.confidence = Confidence::Medium;
        finding.explanation = match empty.len() {
            1 => {
                "It has no length, and children of the same service that took time: the time of what it does is not in it. \
                 Where it only starts that work, it should link to it instead."
            }
            _ => {
                "They have no length, and children of the same service that took time: the time of what they do is not in \
                 them. Where a span only starts that work, it should link to it instead."
            }
        }
        .to_owned();
        found.push(finding);
    }
    for finding in &mut found {
        finding.advice = "End the span where its work ends, also when an error or an early return leaves it (defer, finally, \
                          using, a guard), and flush the exporter before the process stops."
            .to_owned();
    }
    found
}

fn named(context: &Context, first: SpanIx, spans: usize) -> String {
    match spans {
        1 => format!("The span {}", context.name(first)),
        many => format!("{} spans ({} first)", count(many as u64), context.name(first)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::advisor::rules::tests::found_by;

    #[test]
    fn a_span_without_length_around_work_ended_at_once() {
        let found = found_by(
            NAME,
            "
            shop: order (server)     [==================]
              shop: load              |
                shop: query (client)  [===============]
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].headline, "The span shop: load ended at once, though work inside took longer");
        assert_eq!(found[0].evidence.spans, [1]);
    }

    #[test]
    fn short_children_messages_and_other_services_are_no_sign() {
        let short = "
            shop: order (server)     [==================]
              shop: load              |
                shop: query (client)  [=======]
        ";
        assert_eq!(found_by(NAME, short), []);
        let message = "
            shop: order (server)     [==================]
              shop: send (producer)   |
                shop: take (consumer)   [===============]
              shop: start             |
                mail: run               [===============]
        ";
        assert_eq!(found_by(NAME, message), []);
    }

    #[test]
    fn a_span_that_was_sent_without_an_end_never_ended() {
        let found = found_by(
            NAME,
            "
            shop: order (server)     [==================]
              shop: load              [===]                 end=none
              shop: tick                |
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].headline, "The span shop: load never ended");
        assert!(found[0].explanation.starts_with("It was sent without an end"), "{}", found[0].explanation);
        assert_eq!((found[0].evidence.spans.clone(), found[0].severity), (vec![1], Severity::Warning));
    }
}
