//! Lookups in a cache that missed, and what was called instead of the answer that the cache did not have.
//!
//! A span tells that it missed by an attribute (`cache.hit=false`, `x-cache: MISS`, …), or by what follows: a read of a cache,
//! calls of something else, and a write to the cache, all of one parent.

use crate::analysis::advisor::{CallType, Confidence, Context, Evidence, Finding};
use crate::analysis::what_if::Change;
use crate::model::{AttributeOwner, SpanIx, TraceRows};
use crate::units::{count, duration, sort_by_number_descending};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

/// The rule's name.
pub const NAME: &str = "cache-misses";

/// Attributes that say whether a cache had something.
const KEYS: [&str; 12] = [
    "cache.hit",
    "cache_hit",
    "cache.is_hit",
    "cache.miss",
    "cache.result",
    "cache.status",
    "cache.outcome",
    "fusioncache.operation.hit",
    "x-cache",
    "http.response.header.x-cache",
    "http.response.header.cf-cache-status",
    "http.response.header.x-cache-status",
];

/// What one span's lookup did.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lookup {
    None,
    Hit,
    Miss,
}

/// Misses of one operation.
#[derive(Default)]
struct Misses {
    lookups: Vec<SpanIx>,
    instead: Vec<SpanIx>,
    critical: u64,
    is_told: bool,
}

/// The findings of this rule.
pub fn find(context: &Context, _found: &[Finding]) -> Vec<Finding> {
    let outline = context.outline;
    let mut told = vec![Lookup::None; outline.len()];
    for part in context.trace.parts().iter().filter(|part| !part.rows.is_empty()) {
        read(part, &mut told);
    }
    let mut groups: IndexMap<u64, Misses, FxBuildHasher> = IndexMap::default();
    for span in 0..outline.len() as SpanIx {
        let lookup = told[span as usize];
        let is_read = context.calls.call[span as usize] == CallType::Cache && !is_write(context, span);
        if lookup == Lookup::Hit || (lookup == Lookup::None && !is_read) {
            continue;
        }
        let (instead, is_filled) = called_instead(context, span, &told);
        let is_miss = lookup == Lookup::Miss || (is_filled && !instead.is_empty());
        if is_miss && !instead.is_empty() {
            let group = groups.entry(context.calls.shape[span as usize]).or_default();
            group.critical += instead.iter().map(|span| context.critical_below(*span)).sum::<u64>();
            group.lookups.push(span);
            group.instead.extend(instead);
            group.is_told |= lookup == Lookup::Miss;
        }
    }
    let mut groups: Vec<Misses> =
        groups.into_values().filter(|group| context.is_worth(group.critical)).collect();
    sort_by_number_descending(&mut groups, |group| group.critical);
    groups.truncate(context.thresholds.findings_per_rule as usize);
    groups.iter().filter_map(|group| finding(context, group)).collect()
}

fn read(part: &TraceRows<'_>, told: &mut [Lookup]) {
    let strings = part.columns.strings();
    let keys: Vec<_> =
        KEYS.iter().filter_map(|key| Some((strings.find(key)?, *key == "cache.miss"))).collect();
    if keys.is_empty() {
        return;
    }
    let cells = part.columns.cells(AttributeOwner::Span);
    for (row, span) in &part.rows {
        for at in part.columns.row(*row).attributes {
            let Some((_, says_miss)) = keys.iter().find(|(key, _)| *key == cells.key(at)) else { continue };
            let text = part.columns.text(cells.value(at)).to_ascii_lowercase();
            let is_hit = match text.as_str() {
                "true" | "1" | "yes" => !says_miss,
                "false" | "0" | "no" => *says_miss,
                text if text.contains("miss") || text == "expired" => false,
                text if text.contains("hit") => true,
                _ => continue,
            };
            told[*span as usize] = if is_hit { Lookup::Hit } else { Lookup::Miss };
        }
    }
}

/// Whether a call writes, as its attributes or the first word of its name say.
fn is_write(context: &Context, span: SpanIx) -> bool {
    let name = context.outline.name_of(span);
    let is_verb = |word: &str| {
        ["set", "setex", "setnx", "mset", "hset", "put", "add", "store", "write"]
            .iter()
            .any(|verb| word.eq_ignore_ascii_case(verb))
    };
    context.calls.writes[span as usize] || name.split(|char: char| !char.is_alphanumeric()).any(is_verb)
}

/// The calls made instead: what is below the lookup itself, or the next siblings up to one that uses a cache too; and whether
/// that one writes.
fn called_instead(context: &Context, span: SpanIx, told: &[Lookup]) -> (Vec<SpanIx>, bool) {
    let outline = context.outline;
    let uses_cache = |other: SpanIx| {
        context.calls.call[other as usize] == CallType::Cache || told[other as usize] != Lookup::None
    };
    let mut instead: Vec<SpanIx> = outline.children(span).filter(|child| !uses_cache(*child)).collect();
    if context.calls.call[span as usize] != CallType::Cache && !instead.is_empty() {
        return (instead, false);
    }
    // A server that answers a cache's client is no call of its own.
    instead.clear();
    let Some(parent) = outline.parent_of(span) else { return (instead, false) };
    let mut next = outline.subtree_end[span as usize];
    while next < outline.subtree_end[parent as usize] {
        if uses_cache(next) {
            return (instead, is_write(context, next));
        }
        if outline.start[next as usize] >= outline.end[span as usize] {
            instead.push(next);
        }
        next = outline.subtree_end[next as usize];
    }
    (instead, false)
}

fn finding(context: &Context, misses: &Misses) -> Option<Finding> {
    let saves = context.saves(&[Change::Gone { spans: misses.instead.clone() }]);
    if !context.is_worth(saves) {
        return None;
    }
    let (first, instead) = (*misses.lookups.first()?, *misses.instead.first()?);
    let lookups = match misses.lookups.len() {
        1 => format!("{} missed the cache", context.name(first)),
        many => format!("{} {} lookups missed the cache", count(many as u64), context.name(first)),
    };
    let headline = format!("{lookups}; with a hit {}", context.instead(saves));
    let proof = misses.lookups.iter().chain(&misses.instead).copied();
    let mut finding = Finding::new(NAME, headline, Evidence::of(proof));
    finding.explanation = format!(
        "After a miss, {} is called instead: {} on the critical path.{}",
        context.name(instead),
        duration(misses.critical),
        if misses.is_told { "" } else { " That it was a miss follows from the write to the cache after it." },
    );
    finding.advice = "Find out why the value was not in the cache: never stored, stored for too short a time, evicted, or \
                      stored under another key. Fill the cache before it is asked."
        .to_owned();
    finding.saves = Some(saves);
    finding.severity = context.severity(saves);
    finding.confidence = if misses.is_told { Confidence::Medium } else { Confidence::Low };
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::advisor::rules::tests::found_by;

    #[test]
    fn a_miss_costs_what_is_called_instead() {
        let found = found_by(
            NAME,
            "
            shop: product (server)     [===================================]
              shop: lookup (client)     [=]                                   cache.hit=false
              shop: select (client)       [==========================]       db.system=postgresql
            ",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].headline,
            "shop: lookup missed the cache; with a hit it would take 9 ms instead of 36 ms"
        );
        assert_eq!((found[0].evidence.spans.clone(), found[0].confidence), (vec![1, 2], Confidence::Medium));
    }

    #[test]
    fn a_read_that_is_followed_by_a_write_was_a_miss() {
        let drawing = |last: &str| {
            format!(
                "
                shop: product (server)     [===================================]
                  shop: GET (client)        [=]                                   db.system=redis
                  shop: select (client)       [=========================]        db.system=postgresql
                  shop: {last} (client)                                      [=] db.system=redis
                "
            )
        };
        let found = found_by(NAME, &drawing("SET"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].confidence, Confidence::Low);
        assert_eq!(found_by(NAME, &drawing("GET")), [], "two reads are no miss");
    }

    #[test]
    fn hits_and_short_calls_are_not_reported() {
        let hit = "
            shop: product (server)     [===================================]
              shop: lookup (client)     [=]                                   cache.hit=true
              shop: select (client)       [==========================]       db.system=postgresql
        ";
        assert_eq!(found_by(NAME, hit), []);
        let short = "
            shop: product (server)     [===========================================================]
              shop: lookup (client)     [=]                                   x-cache=MISS
              shop: select (client)       |                                   db.system=postgresql
        ";
        assert_eq!(found_by(NAME, short), [], "nothing is saved");
    }
}
