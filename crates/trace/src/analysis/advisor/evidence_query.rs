//! The find query that matches a finding's evidence, so that a finding is shown, highlighted and linked like a search.

use super::finding::Evidence;
use crate::analysis::query::{Field, equals};
use crate::model::{Outline, SpanIx};
use rustc_hash::FxHashSet;

/// Operations that a query names at most.
const OPERATIONS: usize = 3;
/// Span ids that a query names at most.
const IDS: usize = 40;

/// A query for the find field: by service and operation where that matches the evidence and nothing else, or where there are
/// too many spans to name; else by span id.
pub fn evidence_query(outline: &Outline, evidence: &Evidence) -> String {
    let known: Vec<SpanIx> =
        evidence.spans.iter().copied().filter(|span| (*span as usize) < outline.len()).collect();
    if known.is_empty() {
        return String::new();
    }
    let operation = |span: SpanIx| (outline.service[span as usize], outline.name[span as usize]);
    let mut operations = Vec::new();
    for span in &known {
        if !operations.contains(&operation(*span)) && operations.len() <= OPERATIONS {
            operations.push(operation(*span));
        }
    }
    let wanted: FxHashSet<_> = operations.iter().copied().collect();
    let matching = (0..outline.len() as SpanIx).filter(|span| wanted.contains(&operation(*span))).count();
    let is_exact = matching == evidence.count as usize && operations.len() <= OPERATIONS;
    if !is_exact && evidence.count as usize <= IDS || operations.len() > OPERATIONS {
        let ids: Vec<String> =
            known.iter().take(IDS).map(|span| outline.id[*span as usize].to_string()).collect();
        return match ids.as_slice() {
            [one] => format!("id = \"{one}\""),
            several => format!("id in (\"{}\")", several.join("\", \"")),
        };
    }
    let named = |(service, name): &(_, _)| {
        let service = equals(&Field::parse("service"), outline.strings.get(*service), true);
        let name = equals(&Field::parse("operation"), outline.strings.get(*name), true);
        format!("{service} and {name}")
    };
    match operations.as_slice() {
        [one] => named(one),
        several => several.iter().map(|one| format!("({})", named(one))).collect::<Vec<_>>().join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::query::{find, read};
    use crate::testing::trace;

    #[test]
    fn a_query_finds_the_evidence_and_nothing_else() {
        let mut trace = trace(
            "
            shop: order (server)      [===================]
              shop: get price (client) [===]
              shop: get price (client)     [===]
              shop: 17                         [===]
              shop: 17                            [===]
            ",
        );
        trace.index_some(usize::MAX);
        for (spans, query) in [
            (vec![1, 2], "service = shop and operation = \"get price\""),
            (vec![0], "service = shop and operation = order"),
            (vec![2], "id = \"0000000000000003\""),
            (vec![2, 3], "id in (\"0000000000000003\", \"0000000000000004\")"),
            (
                vec![1, 2, 3, 4],
                "(service = shop and operation = \"get price\") or (service = shop and operation = \"17\")",
            ),
        ] {
            let written = evidence_query(trace.outline(), &Evidence::of(spans.iter().copied()));
            assert_eq!(written, query);
            let found: Vec<u32> = find(&trace, &read(&written).unwrap()).iter().collect();
            assert_eq!(found, spans, "{query}");
        }
        assert_eq!(evidence_query(trace.outline(), &Evidence::of([99])), "");
    }
}
