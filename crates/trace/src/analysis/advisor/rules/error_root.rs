//! Where a failure started, and how it spread to the spans above.
//!
//! A failure starts at a span that failed with no failed span below it, and spreads to its parent where that failed too. Of
//! several below one failed span, the one that ended last counts: those before it were survived, for example by a retry.

use crate::analysis::advisor::{Confidence, Context, Evidence, Finding, Severity, failure_text};
use crate::model::{Flags, SpanIx, StrIx};
use crate::units::{count, sort_by_number_descending};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashSet};

/// The rule's name.
pub const NAME: &str = "error-origin";

/// What failures say that were cancelled from outside, in lower case: Go's contexts, gRPC's status, .NET's and JavaScript's
/// exceptions, and proxies whose client left.
const CANCELLED: [&str; 6] = [
    "context canceled",
    "code = canceled",
    "operationcanceled",
    "aborterror",
    "operation was canceled",
    "request was cancelled",
];
/// Spans of a chain that a sentence names at most.
const NAMED: usize = 5;

/// A failed span whose parent has not failed, or is absent.
struct Spread {
    top: SpanIx,
    /// The origin that ended last.
    origin: SpanIx,
    origins: u32,
}

/// The findings of this rule: those that reached a root one by one, the others by the operation that failed.
pub fn find(context: &Context, found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let explained: FxHashSet<SpanIx> = found
        .iter()
        .filter(|one| one.severity > Severity::Note)
        .flat_map(|one| one.evidence.spans.iter().copied())
        .collect();
    let (failed, survived): (Vec<Spread>, Vec<Spread>) =
        spreads(context).into_iter().partition(|spread| outline.parent_of(spread.top).is_none());
    let most = context.thresholds.findings_per_rule as usize;
    let mut findings: Vec<Finding> =
        failed.iter().take(most).map(|spread| root_failed(context, spread, &explained)).collect();
    let mut groups: IndexMap<(StrIx, StrIx), Vec<SpanIx>, FxBuildHasher> = IndexMap::default();
    for spread in survived.iter().filter(|spread| !explained.contains(&spread.origin)) {
        let at = spread.origin as usize;
        groups.entry((outline.service[at], outline.name[at])).or_default().push(spread.origin);
    }
    let mut groups: Vec<Vec<SpanIx>> = groups.into_values().collect();
    sort_by_number_descending(&mut groups, |group| group.len() as u64);
    groups.truncate(most);
    findings.extend(groups.into_iter().filter_map(|group| survived_of(context, group)));
    findings
}

/// All failures, in the order of their topmost span.
fn spreads(context: &Context) -> Vec<Spread> {
    let outline = context.outline;
    let failed = |span: SpanIx| outline.flags[span as usize].has(Flags::OWN_ERROR);
    let mut top: Vec<SpanIx> = vec![0; outline.len()];
    let mut spreads: IndexMap<SpanIx, Spread, FxBuildHasher> = IndexMap::default();
    let mut has_failed_child = vec![false; outline.len()];
    for span in 0..outline.len() as SpanIx {
        if !failed(span) {
            continue;
        }
        let above = outline.parent_of(span).filter(|parent| failed(*parent));
        top[span as usize] = above.map_or(span, |parent| top[parent as usize]);
        if let Some(parent) = above {
            has_failed_child[parent as usize] = true;
        }
    }
    for span in (0..outline.len() as SpanIx).filter(|span| failed(*span) && !has_failed_child[*span as usize])
    {
        let top = top[span as usize];
        let spread = spreads.entry(top).or_insert(Spread { top, origin: span, origins: 0 });
        spread.origins += 1;
        if outline.end[span as usize] > outline.end[spread.origin as usize] {
            spread.origin = span;
        }
    }
    spreads.into_values().collect()
}

fn root_failed(context: &Context, spread: &Spread, explained: &FxHashSet<SpanIx>) -> Finding {
    let outline = context.outline;
    let mut chain = vec![spread.origin];
    while let Some(parent) =
        chain.last().filter(|last| **last != spread.top).and_then(|last| outline.parent_of(*last))
    {
        chain.push(parent);
    }
    let text = failure_text(context.trace, spread.origin);
    let said = text.as_ref().map_or(String::new(), |text| format!(": {text}"));
    let lower = text.as_ref().map_or(String::new(), |text| text.to_lowercase());
    let is_cancelled = CANCELLED.iter().any(|words| lower.contains(words));
    let subject = match context.outline.parent_of(spread.top) {
        None if spread.top == 0 => capital(context.subject()),
        _ => context.name(spread.top),
    };
    let alone = chain.len() == 1;
    let origin = context.name(spread.origin);
    let headline = match (alone, is_cancelled) {
        (true, true) => format!("{subject} was cancelled in {origin}{said}"),
        (true, false) => format!("{subject} failed in {origin} itself{said}"),
        (false, true) => format!("{subject} failed because {origin} was cancelled{said}"),
        (false, false) => format!("{subject} failed because {origin} failed{said}"),
    };
    let named: Vec<String> = match chain.len() {
        len if len <= NAMED => chain.iter().map(|span| context.name(*span)).collect(),
        len => {
            let first = chain.iter().take(NAMED - 1).map(|span| context.name(*span));
            first.chain([format!("{} more", len - NAMED), context.name(spread.top)]).collect()
        }
    };
    let others = match spread.origins {
        1 => String::new(),
        many => format!(" {} other failures below it came before.", count(u64::from(many) - 1)),
    };
    let is_explained = explained.contains(&spread.origin);
    let mut finding = Finding::new(NAME, headline, Evidence::of(chain.iter().copied()));
    let survived = failed_below(context, spread.origin);
    let cause = match (is_cancelled, survived) {
        (true, _) => "Its caller gave up before it was done.".to_owned(),
        (false, 0) => "No span below it failed, so the cause is in the operation itself.".to_owned(),
        (false, 1) => "One span below it failed, but the span above that did not.".to_owned(),
        (false, many) => {
            format!("{} spans below it failed, but the spans above those did not.", count(many as u64))
        }
    };
    finding.explanation = match alone {
        true => format!("{cause}{others}"),
        false if is_cancelled => format!("{cause} The failure spread: {}.{others}", named.join(" → ")),
        false => format!("The failure spread: {}.{others}", named.join(" → ")),
    };
    finding.advice = match is_cancelled {
        true => "Compare its duration with the timeouts of its callers, see whether a user left or a connection broke, and \
                 what took the time until then."
            .to_owned(),
        false => "Read the failed span's events and the logs of its service at that time.".to_owned(),
    };
    // What another rule explains is not named first by this one, nor a root that says nothing but that it failed, or that
    // its caller cancelled it.
    let says_little = alone && (text.is_none() || is_cancelled || lower.contains("cancel"));
    finding.severity = if is_explained || says_little { Severity::Warning } else { Severity::Problem };
    finding.confidence = if spread.origins == 1 { Confidence::High } else { Confidence::Medium };
    finding
}

/// How many spans below one failed.
fn failed_below(context: &Context, span: SpanIx) -> usize {
    let outline = context.outline;
    let below = span as usize + 1..outline.subtree_end[span as usize] as usize;
    outline.flags[below].iter().filter(|flags| flags.has(Flags::OWN_ERROR)).count()
}

fn survived_of(context: &Context, origins: Vec<SpanIx>) -> Option<Finding> {
    let first = *origins.first()?;
    let text = failure_text(context.trace, first);
    let said = text.map_or(String::new(), |text| format!(": {text}"));
    let headline = match origins.len() {
        1 => format!("{} failed, and the span above it did not{said}", context.name(first)),
        many => format!(
            "{} failed {} times, and the spans above did not{said}",
            context.name(first),
            count(many as u64)
        ),
    };
    let mut finding = Finding::new(NAME, headline, Evidence::of(origins));
    finding.advice = "Check that the caller handles this failure on purpose.".to_owned();
    Some(finding)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, of_rule};
    use super::*;

    #[test]
    fn a_failure_is_followed_from_its_origin_to_the_root() {
        let drawing = "
            gate: order (server) !       [=========================]
              order: create !             [======================]
                stock: reserve (client)    [===]
                pay: charge (client) !          [==============]  exception.message=card-declined
            ";
        let found = of_rule(NAME, drawing);
        assert_eq!(found[0].headline, "This request failed because pay: charge failed: card-declined");
        assert_eq!(found[0].explanation, "The failure spread: pay: charge → order: create → gate: order.");
        assert_eq!(found[0].evidence.spans, [3, 1, 0]);
        assert_eq!((found[0].severity, found[0].confidence), (Severity::Problem, Confidence::High));
        assert_eq!(all(drawing)[0].rule, NAME);
    }

    #[test]
    fn a_failure_that_was_handled_is_a_note() {
        let found = of_rule(
            NAME,
            "
            gate: order (server)         [=========================]
              cache: get (client) !       [===]
              cache: get (client) !           [===]
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].headline, "cache: get failed 2 times, and the spans above did not");
        assert_eq!(found[0].severity, Severity::Note);
    }

    #[test]
    fn of_several_failures_the_last_is_the_origin() {
        let found = of_rule(
            NAME,
            "
            gate: order (server) !       [=========================]
              pay: charge (client) !      [===] exception.message=first
              pay: refund (client) !           [=====] exception.message=second
            ",
        );
        assert_eq!(found[0].headline, "This request failed because pay: refund failed: second");
        assert_eq!(found[0].confidence, Confidence::Medium);
    }

    #[test]
    fn a_root_that_was_cancelled_does_not_count_as_the_cause() {
        let cancelled = of_rule(
            NAME,
            "
            gate: order (server) !       [=========================] exception.message=AbortError
              pay: charge (client)        [======]
            ",
        );
        assert_eq!(cancelled[0].headline, "This request was cancelled in gate: order: AbortError");
        assert!(cancelled[0].explanation.starts_with("Its caller gave up"), "{cancelled:?}");
        assert_eq!(cancelled[0].severity, Severity::Warning);
    }

    #[test]
    fn failures_below_a_span_that_did_not_fail_are_counted() {
        let found = of_rule(
            NAME,
            "
            gate: order (server) !       [=========================]
              pay: charge (client)        [===============]
                bank: book (client) !      [===]
                bank: book (client)             [=====]
            ",
        );
        let root = found.iter().find(|one| one.severity > Severity::Note).unwrap();
        assert_eq!(root.explanation, "One span below it failed, but the span above that did not.");
    }

    #[test]
    fn a_trace_without_errors_has_no_origin_and_a_root_alone_is_one() {
        assert!(of_rule(NAME, "a: b (server) [====]\n  a: c   [=]\n").is_empty());
        let found = of_rule(NAME, "a: b (server) ! [====]\n  a: c   [=]\n");
        assert_eq!(found[0].headline, "This request failed in a: b itself");
        assert_eq!(found[0].severity, Severity::Warning);
    }
}
