//! Queries of a database that take long by themselves.

use crate::analysis::advisor::{CallType, Confidence, Context, Evidence, Finding, Severity, statement};
use crate::model::SpanIx;
use crate::units::{count, duration};
use rustc_hash::{FxHashMap, FxHashSet};

/// The rule's name.
pub const NAME: &str = "slow-query";

/// Statements that a sentence quotes are cut after this many characters.
const QUOTED: usize = 160;

/// The findings of this rule: those of one shape are one finding.
pub fn find(context: &Context, found: &[Finding]) -> Vec<Finding> {
    let explained: FxHashSet<SpanIx> =
        found.iter().flat_map(|one| one.evidence.spans.iter().copied()).collect();
    let mut shapes: FxHashMap<u64, Vec<SpanIx>> = FxHashMap::default();
    for (span, call) in context.calls.call.iter().enumerate() {
        let is_slow = context.outline.duration_of(span as SpanIx) >= context.thresholds.slow_query;
        if *call == CallType::Database && is_slow && !explained.contains(&(span as SpanIx)) {
            shapes.entry(context.calls.shape[span]).or_default().push(span as SpanIx);
        }
    }
    let critical = |spans: &[SpanIx]| spans.iter().map(|span| context.critical_below(*span)).sum::<u64>();
    let mut shapes: Vec<(u64, Vec<SpanIx>)> =
        shapes.into_values().map(|spans| (critical(&spans), spans)).collect();
    // Those that save most first; what nothing waits for is in the order of its first span.
    shapes.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    shapes.truncate(context.thresholds.findings_per_rule as usize);
    shapes.into_iter().filter_map(|(_, spans)| finding(context, spans)).collect()
}

fn finding(context: &Context, mut spans: Vec<SpanIx>) -> Option<Finding> {
    let outline = context.outline;
    spans.sort_unstable_by_key(|span| (std::cmp::Reverse(outline.duration_of(*span)), *span));
    let slowest = *spans.first()?;
    let text = statement(context.trace, slowest);
    let critical: u64 = spans.iter().map(|span| context.critical_below(*span)).sum();
    let name = context.name(slowest);
    let took = match spans.len() {
        1 => format!("The query {name} took {}", duration(outline.duration_of(slowest))),
        many => format!(
            "{} slow queries {name} took up to {}",
            count(many as u64),
            duration(outline.duration_of(slowest))
        ),
    };
    let is_one = spans.len() == 1;
    let headline = match critical {
        0 => format!("{took}, but nothing waited for {}", if is_one { "it" } else { "them" }),
        _ => format!("{took} ({} of {})", context.percent(critical), context.whole()),
    };
    let mut finding = Finding::new(NAME, headline, Evidence::of(spans));
    let first = slowest as usize;
    let saves = context.saving_of_half((outline.service[first], outline.name[first]), critical);
    if let Some(text) = text {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let end = text.char_indices().nth(QUOTED).map_or(text.len(), |(end, _)| end);
        finding.explanation = format!("“{}{}”.", &text[..end], if end < text.len() { "…" } else { "" });
    }
    if context.is_worth(saves) {
        finding.saves = Some(saves);
        finding.severity = context.severity(saves).min(Severity::Warning);
        let twice = format!("Twice as fast, {}.", context.instead(saves));
        finding.explanation = format!("{} {twice}", finding.explanation).trim_start().to_owned();
    }
    finding.confidence = Confidence::Low;
    finding.advice =
        "Look at its query plan: an index, fewer rows or columns, or a wait for a lock or a connection."
            .to_owned();
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::tests::of_rule;
    use super::*;

    #[test]
    fn a_slow_query_is_named_with_its_statement() {
        let found = of_rule(
            NAME,
            "
            shop: order (server)      [========================================]
              shop: SELECT (client)    [==============================] db.statement=SELECT/*/FROM/t
            ",
        );
        assert_eq!(found[0].headline, "The query shop: SELECT took 31 ms (76 % of this request)");
        assert_eq!(
            found[0].explanation,
            "“SELECT/*/FROM/t”. Twice as fast, it would take 25.5 ms instead of 41 ms."
        );
        assert_eq!((found[0].severity, found[0].saves), (Severity::Warning, Some(15_500_000)));
    }

    #[test]
    fn a_query_at_the_threshold_is_slow_and_one_below_it_is_not() {
        let drawing = |bar: &str| {
            format!("shop: order (server) [============]\n  shop: q (client)   {bar} db.statement=S\n")
        };
        assert_eq!(of_rule(NAME, &drawing("[=========]")).len(), 1);
        assert!(of_rule(NAME, &drawing("[========]")).is_empty());
    }

    #[test]
    fn of_several_queries_that_nothing_waits_for_the_sentence_speaks_of_all() {
        let found = of_rule(
            NAME,
            "
            shop: order (server)      [========================================]
              shop: audit (client)      [===========] db.statement=SELECT/1
              shop: audit (client)                   [===========] db.statement=SELECT/1
              shop: price (client)     [=====================================]
            ",
        );
        assert_eq!(
            found[0].headline,
            "2 slow queries shop: audit took up to 12 ms, but nothing waited for them"
        );
    }

    #[test]
    fn a_slow_query_that_nothing_waits_for_is_a_note() {
        let found = of_rule(
            NAME,
            "
            shop: order (server)      [========================================]
              shop: audit (client)      [===========] db.statement=SELECT/1
              shop: price (client)     [=====================================]
            ",
        );
        assert_eq!(found[0].headline, "The query shop: audit took 12 ms, but nothing waited for it");
        assert_eq!((found[0].severity, found[0].saves), (Severity::Note, None));
    }
}
