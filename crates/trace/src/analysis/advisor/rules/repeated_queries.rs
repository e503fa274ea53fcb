//! N+1: queries of one shape that a span makes one after the other, where one query could fetch all rows.
//!
//! Sentry's rule needs five queries in a row below one span and misses those with others between them. Here all children of
//! one span with one shape count, whatever lies between; groups that alternate (a loop with several statements) are one
//! finding. A query may lie within a span of the same service, such as that of an object mapper.

use crate::analysis::advisor::{
    CallType, Confidence, Context, Evidence, Finding, Repeated, repeated_children, statement,
};
use crate::analysis::what_if::Change;
use crate::model::{SpanIx, SpanKind};
use crate::units::{count, duration, sort_by_number_descending};

/// The rule's name.
pub const NAME: &str = "repeated-queries";

/// Statements that a sentence quotes are cut after this many characters.
const QUOTED: usize = 100;

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let mut groups = repeated_children(context, context.thresholds.repeated_queries);
    groups.retain(|group| {
        let queries = group.spans.iter().filter(|span| query_in(context, **span).is_some()).count();
        queries * 10 >= group.spans.len() * 9 && !group.are_mostly_identical(context)
    });
    let mut loops: Vec<Vec<Repeated>> = Vec::new();
    for group in groups {
        // Groups of one parent come one after the other, in the order of their first span.
        let alternates = |other: &&mut Vec<Repeated>| other.iter().any(|one| alternate(context, one, &group));
        match loops.iter_mut().rev().take_while(|other| other[0].parent == group.parent).find(alternates) {
            Some(other) => other.push(group),
            None => loops.push(vec![group]),
        }
    }
    loops.retain(|groups| merged(context, groups).are_sequential(context));
    let estimate = |groups: &Vec<Repeated>| -> u64 {
        groups.iter().map(|group| group.critical(context)).map(|(sum, most)| sum - most).sum()
    };
    sort_by_number_descending(&mut loops, estimate);
    loops.truncate(context.thresholds.findings_per_rule as usize);
    let found = loops.iter().filter_map(|groups| finding(context, groups, estimate(groups)));
    found.collect()
}

fn finding(context: &Context, groups: &[Repeated], estimate: u64) -> Option<Finding> {
    let all = merged(context, groups);
    let gone = groups.iter().flat_map(|group| {
        let longest = group.spans.iter().copied().max_by_key(|span| context.critical_below(*span));
        group.spans.iter().copied().filter(move |span| Some(*span) != longest)
    });
    let saves = context.saving(&[Change::Gone { spans: gone.collect() }], estimate);
    if !context.is_worth(saves) {
        return None;
    }
    let first = query_in(context, *all.spans.first()?)?;
    let (sum, _) = all.critical(context);
    let what = match groups.len() {
        1 => format!("{} queries of one shape", count(all.spans.len() as u64)),
        several => format!("{several} statements in a loop, {} queries", count(all.spans.len() as u64)),
    };
    let headline = format!(
        "{} of {} is {what} from {}; with one query{} {}",
        context.percent(sum),
        context.whole(),
        context.name(all.parent),
        if groups.len() == 1 { "" } else { " for each" },
        context.instead(saves),
    );
    let mut finding = Finding::new(NAME, headline, Evidence::of(all.spans.iter().copied()));
    let quotes: Vec<String> = groups
        .iter()
        .filter_map(|group| statement(context.trace, query_in(context, group.spans[0])?))
        .map(|text| format!("“{}”", cut(&text)))
        .collect();
    let quoted = match quotes.is_empty() {
        true => format!("{} is", context.name(first)),
        false => format!("{} {}", quotes.join(" and "), if quotes.len() == 1 { "is" } else { "are" }),
    };
    finding.explanation = format!(
        "{quoted} sent again for every row, one query after the other: {} in all. This is known as N+1.",
        duration(sum)
    );
    finding.advice =
        "Fetch all rows with one query: a join, WHERE … IN (…), or the object mapper's eager loading."
            .to_owned();
    finding.saves = Some(saves);
    finding.severity = context.severity(saves);
    finding.confidence = if quotes.is_empty() { Confidence::Medium } else { Confidence::High };
    Some(finding)
}

/// The query that a span is, or that it waits for within its service for most of its time on the critical path.
fn query_in(context: &Context, span: SpanIx) -> Option<SpanIx> {
    let is_query = |span: SpanIx| context.calls.call[span as usize] == CallType::Database;
    if is_query(span) {
        return Some(span);
    }
    let outline = context.outline;
    let is_inside = matches!(outline.kind[span as usize], SpanKind::Internal | SpanKind::Unspecified);
    if context.calls.call[span as usize] != CallType::None || !is_inside {
        return None;
    }
    let whole = context.critical_below(span);
    let below = (span + 1..outline.subtree_end[span as usize]).take(16);
    let found = below
        .filter(|below| is_query(*below))
        .max_by_key(|below| (context.critical_below(*below), std::cmp::Reverse(*below)))?;
    (context.critical_below(found) * 2 >= whole).then_some(found)
}

/// Whether two groups run at the same time, each starting before the other ends.
fn alternate(context: &Context, one: &Repeated, other: &Repeated) -> bool {
    let start = |group: &Repeated| group.spans.first().map(|span| context.outline.start[*span as usize]);
    let end = |group: &Repeated| group.spans.last().map(|span| context.outline.end[*span as usize]);
    start(one) < end(other) && start(other) < end(one)
}

fn merged(context: &Context, groups: &[Repeated]) -> Repeated {
    let mut spans: Vec<SpanIx> = groups.iter().flat_map(|group| group.spans.iter().copied()).collect();
    // Indexes of siblings are in order of start.
    spans.sort_unstable();
    Repeated { parent: groups.first().map_or(context.outline.len() as SpanIx, |group| group.parent), spans }
}

fn cut(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all, headlines, of_rule};
    use super::*;

    /// A span with `count` rounds of these queries, one after the other.
    fn drawn_loop(count: usize, rounds: &[&str]) -> String {
        let mut text = String::new();
        let mut column = 1;
        for round in 0..count {
            for query in rounds {
                text += &format!(
                    "  shop: query (client)  {}[==] db.statement={}\n",
                    " ".repeat(column),
                    query.replace('#', &round.to_string())
                );
                column += 3;
            }
        }
        format!("shop: list (server)     [{}]\n{text}", "=".repeat(column + 1))
    }

    #[test]
    fn queries_of_one_shape_in_a_loop_are_found_once() {
        let found = of_rule(NAME, &drawn_loop(8, &["SELECT/item/#"]));
        let headlines: Vec<&str> = found.iter().map(|one| one.headline.as_str()).collect();
        assert_eq!(
            headlines,
            [
                "89 % of this request is 8 queries of one shape from shop: list; with one query it would take 6 ms \
              instead of 27 ms"
            ]
        );
        assert!(
            found[0].explanation.starts_with("“SELECT/item/0” is sent again"),
            "{}",
            found[0].explanation
        );
        assert_eq!(found[0].confidence, Confidence::High);
        let first = &all(&drawn_loop(8, &["SELECT/item/#"]))[0];
        assert_eq!(first.rule, NAME, "nothing else explains it better");
    }

    #[test]
    fn several_statements_in_a_loop_are_one_finding() {
        let found = headlines(NAME, &drawn_loop(6, &["SELECT/item/#", "SELECT/price/#/of/shop"]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("2 statements in a loop, 12 queries"), "{found:?}");
    }

    #[test]
    fn queries_with_other_work_between_them_are_found() {
        let mut drawing = drawn_loop(6, &["SELECT/item/#", "OTHER"]);
        drawing = drawing
            .replace("shop: query (client)  ", "shop: work (client)   ")
            .replace(" db.statement=OTHER", "");
        drawing = drawing
            .lines()
            .map(|line| {
                if line.contains("SELECT") {
                    line.replace("shop: work (client)   ", "shop: query (client)  ")
                } else {
                    line.to_owned()
                }
            })
            .collect::<Vec<_>>()
            .join("\n");
        let found = headlines(NAME, &drawing);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("6 queries of one shape"), "{found:?}");
    }

    #[test]
    fn four_queries_are_none_and_five_are() {
        assert!(headlines(NAME, &drawn_loop(4, &["SELECT/item/#"])).is_empty());
        assert_eq!(headlines(NAME, &drawn_loop(5, &["SELECT/item/#"])).len(), 1);
    }

    #[test]
    fn different_statements_are_no_loop() {
        let statements = ["SELECT/a", "SELECT/b", "SELECT/c", "SELECT/d", "SELECT/e", "SELECT/f"];
        assert!(headlines(NAME, &drawn_loop(1, &statements)).is_empty());
    }
}
