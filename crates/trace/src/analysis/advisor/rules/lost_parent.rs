//! Spans whose parent is not in the trace, and services that a trace lost on the way.
//!
//! A missing parent is of the service that calls the span elsewhere in the trace, or of the span's own where it works inside
//! one ([`crate::analysis::missing`]). A service that a client names as its destination, and that has no span below any call
//! to it though it has spans elsewhere in the trace, was called without the trace's context.

use super::destination::{Destinations, destinations};
use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity};
use crate::analysis::missing::{MissingParent, missing};
use crate::model::{Flags, SpanIx};
use crate::units::count;
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// The rule's name.
pub const NAME: &str = "lost-parent";

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let mut found = missing_parents(context);
    found.extend(dropped(context, &destinations(context)));
    found.truncate(context.thresholds.findings_per_rule as usize);
    found
}

/// One finding for all missing parents that were probably of the same services.
fn missing_parents(context: &Context) -> Vec<Finding> {
    let outline = context.outline;
    if !outline.flags.iter().any(|flags| flags.has(Flags::ORPHAN)) {
        return Vec::new();
    }
    let missing = missing(context.trace);
    let mut groups: IndexMap<Vec<String>, Vec<MissingParent>, FxBuildHasher> = IndexMap::default();
    for parent in missing.parents {
        groups.entry(parent.likely.clone()).or_default().push(parent);
    }
    groups.into_iter().map(|(likely, parents)| of_missing(&likely, &parents)).collect()
}

fn of_missing(likely: &[String], parents: &[MissingParent]) -> Finding {
    let children: u32 = parents.iter().map(|parent| parent.children).sum();
    let mut services: Vec<&str> = Vec::new();
    for service in parents.iter().flat_map(|parent| &parent.services) {
        if !services.contains(&service.as_str()) {
            services.push(service);
        }
    }
    let of = services.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    let whose = match likely {
        [] => String::new(),
        [one] => format!(", probably of {one}"),
        many => format!(", probably of {}", many.join(" or ")),
    };
    let spans = match children {
        1 => format!("A span of {of} names a parent"),
        many => format!("{} spans of {of} name parents", count(u64::from(many))),
    };
    let mut evidence = Evidence::of(parents.iter().map(|parent| parent.first));
    evidence.count = children;
    let mut finding = Finding::new(NAME, format!("{spans} that the trace does not contain{whose}"), evidence);
    finding.explanation = match likely {
        [] => {
            let made = if parents.len() == 1 { "span" } else { "spans" };
            let called = if services.len() == 1 { services[0] } else { "these services" };
            format!(
                "Nothing in the trace tells which service made the missing {made}: no other span calls {called}."
            )
        }
        [one] if services == [one.as_str()] => {
            format!(
                "What works inside a service has its parent in the same one: {one} made spans that were not stored."
            )
        }
        callers => format!("Elsewhere in the trace, {} calls {of}.", callers.join(" or ")),
    };
    finding.severity = Severity::Warning;
    finding.confidence = if likely.len() == 1 { Confidence::Medium } else { Confidence::Low };
    finding.advice = "Check whether that service exports its spans (dropped batches, a queue that was full, a crash before the \
                      flush), whether it samples by itself, and whether its spans are still on their way."
        .to_owned();
    finding
}

/// Services that are called without the context of the trace.
fn dropped(context: &Context, destinations: &Destinations) -> Vec<Finding> {
    let outline = context.outline;
    let mut first_of: FxHashMap<String, SpanIx> = FxHashMap::default();
    let mut seen = vec![false; outline.strings.len()];
    for span in 0..outline.len() as SpanIx {
        if !std::mem::replace(&mut seen[outline.service[span as usize] as usize], true) {
            first_of.entry(outline.service_of(span).to_ascii_lowercase()).or_insert(span);
        }
    }
    let mut found = Vec::new();
    for ((caller, destination), calls) in &destinations.calls {
        let known = first_of.get(destination.as_str()).copied();
        let known = known.filter(|span| calls.answered == 0 && outline.service[*span as usize] != *caller);
        let Some(known) = known else { continue };
        let (caller, callee) = (outline.strings.get(*caller), outline.service_of(known));
        let number = calls.unanswered.len() as u64;
        let headline = match number {
            1 => format!(
                "A call from {caller} to {callee} has no span of {callee}: the trace context was lost on the way"
            ),
            many => format!(
                "{} calls from {caller} to {callee} have no span of {callee}: the trace context was lost on the way",
                count(many)
            ),
        };
        let mut finding = Finding::new(NAME, headline, Evidence::of(calls.unanswered.iter().copied()));
        finding.explanation = format!(
            "{callee} has spans elsewhere in this trace, so it is instrumented. Either the client of {caller} sends no \
             traceparent header, or something between drops it, or {callee} does not read it there."
        );
        finding.severity = Severity::Warning;
        finding.confidence = Confidence::Medium;
        finding.advice = format!(
            "Check the propagator of the client that {caller} uses for these calls, and whether proxies pass the header on. \
             The spans of {callee} are probably in traces of their own."
        );
        found.push(finding);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::advisor::rules::tests::found_by;

    #[test]
    fn a_missing_parent_is_of_the_service_that_calls_elsewhere() {
        let found = found_by(
            NAME,
            "
            gateway: GET / (server)        [================]
              gateway: call (client)         [====]
                order: create (server)        [==]
            order: create (server)                [==]          parent=e1
            order: create (server)                   [==]       parent=e2
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].headline,
            "2 spans of order name parents that the trace does not contain, probably of gateway"
        );
        assert_eq!((found[0].evidence.count, found[0].severity), (2, Severity::Warning));
        assert_eq!(found[0].explanation, "Elsewhere in the trace, gateway calls order.");
    }

    #[test]
    fn an_unknown_caller_is_not_named() {
        let found = found_by(NAME, "a: one (server) [==]\nmail: send (server) [==] parent=e3");
        assert_eq!(found[0].headline, "A span of mail names a parent that the trace does not contain");
        assert_eq!(found[0].confidence, Confidence::Low);
        assert_eq!(
            found[0].explanation,
            "Nothing in the trace tells which service made the missing span: no other span calls mail."
        );
    }

    #[test]
    fn a_known_service_without_a_span_below_its_calls_lost_the_context() {
        let drawing = |address: &str| {
            format!(
                "
                shop: order (server)      [=====================]
                  shop: GET (client)       [====]                 server.address={address}
                  shop: GET (client)            [====]            server.address={address}
                  shop: POST (client)                [=====]      server.address=cart
                    cart: add (server)                [===]
                      price: get (server)              [=]
                "
            )
        };
        let found = found_by(NAME, &drawing("price"));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].headline,
            "2 calls from shop to price have no span of price: the trace context was lost on the way"
        );
        assert_eq!(found[0].evidence.spans, [1, 2]);
        assert_eq!(found_by(NAME, &drawing("example.org")), [], "a destination that is not in the trace");
        assert_eq!(found_by(NAME, &drawing("cart")), [], "some calls have a span");
    }

    #[test]
    fn a_whole_trace_lost_nothing() {
        assert_eq!(found_by(NAME, "a: one (client) [====]\n  b: two (server) [==]"), []);
    }
}
