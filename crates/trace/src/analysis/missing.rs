//! Missing spans: ids of parents that are not in the trace, their children, and their likely services.

use crate::model::{Flags, SpanIx, SpanKind, StrIx, Trace};
use crate::units::{SpanId, sort_by_number_descending};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::{Deserialize, Serialize};

/// Maximum number of missing parents that are listed.
const NAMED: usize = 20;
/// Maximum number of orphans to examine; each must be read for its parent id.
const READ: usize = 20_000;
/// Maximum number of likely services.
const GUESSED: usize = 3;

/// The missing spans of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingSpans {
    /// Missing parents, those with the most children first.
    pub parents: Vec<MissingParent>,
    /// Number of missing parents of the examined spans.
    pub count: u32,
    /// Number of spans whose parent is missing.
    pub orphans: u32,
    /// Number of them that were examined.
    pub read: u32,
    /// Number of examined spans whose parent is in another trace.
    pub elsewhere: u32,
}

/// A missing parent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingParent {
    /// Its id.
    pub id: SpanId,
    /// Its id as the source wrote it, when it is not hexadecimal; else empty.
    pub foreign_id: String,
    /// Number of its children.
    pub children: u32,
    /// The first child.
    pub first: SpanIx,
    /// The services of the children, in order of appearance.
    pub services: Vec<String>,
    /// The services that it may belong to.
    pub likely: Vec<String>,
}

#[derive(Default)]
struct Found {
    foreign_id: String,
    children: Vec<SpanIx>,
}

/// Finds the missing spans of a trace.
#[inline(never)]
pub fn missing(trace: &Trace) -> MissingSpans {
    let outline = trace.outline();
    let orphans: Vec<SpanIx> = (0..outline.len() as SpanIx)
        .filter(|span| outline.flags[*span as usize].has(Flags::ORPHAN))
        .collect();
    let mut missing = MissingSpans {
        orphans: orphans.len() as u32,
        read: orphans.len().min(READ) as u32,
        ..MissingSpans::default()
    };
    let mut found: IndexMap<u64, Found, FxBuildHasher> = IndexMap::default();
    for span in orphans.into_iter().take(READ) {
        let record = trace.record_as_sent(span);
        if record.parent_span_id.is_none() {
            missing.elsewhere += 1;
            continue;
        }
        let new = || Found { foreign_id: record.foreign_parent_id, children: Vec::new() };
        found.entry(record.parent_span_id.0).or_insert_with(new).children.push(span);
    }
    missing.count = found.len() as u32;
    let mut found: Vec<(u64, Found)> = found.into_iter().collect();
    sort_by_number_descending(&mut found, |(_, found)| found.children.len() as u64);
    let callers = callers(trace);
    for (id, Found { foreign_id, children }) in found.into_iter().take(NAMED) {
        let mut services: Vec<StrIx> = Vec::new();
        for child in &children {
            let service = outline.service[*child as usize];
            if !services.contains(&service) {
                services.push(service);
            }
        }
        let names = |services: &[StrIx]| {
            services.iter().map(|service| outline.strings.get(*service).to_owned()).collect::<Vec<_>>()
        };
        missing.parents.push(MissingParent {
            id: SpanId(id),
            foreign_id,
            children: children.len() as u32,
            first: children.first().copied().unwrap_or_default(),
            likely: names(&likely(trace, &children, &callers)),
            services: names(&services),
        });
    }
    missing
}

/// Services that call the receiving spans of each service, where both ends are in the trace.
fn callers(trace: &Trace) -> FxHashMap<StrIx, Vec<StrIx>> {
    let outline = trace.outline();
    let mut callers: FxHashMap<StrIx, Vec<StrIx>> = FxHashMap::default();
    for span in 0..outline.len() as SpanIx {
        if let Some(parent) = outline.parent_of(span).filter(|_| receives(outline.kind[span as usize])) {
            let (caller, service) = (outline.service[parent as usize], outline.service[span as usize]);
            let known = callers.entry(service).or_default();
            if caller != service && !known.contains(&caller) {
                known.push(caller);
            }
        }
    }
    callers
}

/// The likely service of the parent of `children`: for internal spans their own service, for receiving spans the
/// services that call theirs elsewhere in the trace.
fn likely(trace: &Trace, children: &[SpanIx], callers: &FxHashMap<StrIx, Vec<StrIx>>) -> Vec<StrIx> {
    let outline = trace.outline();
    let inside = |kind| matches!(kind, SpanKind::Internal | SpanKind::Client | SpanKind::Producer);
    if let Some(child) = children.iter().find(|child| inside(outline.kind[**child as usize])) {
        return vec![outline.service[*child as usize]];
    }
    let mut likely: Option<Vec<StrIx>> = None;
    for child in children.iter().filter(|child| receives(outline.kind[**child as usize])) {
        let known = callers.get(&outline.service[*child as usize]).map_or(&[][..], Vec::as_slice);
        match &mut likely {
            None => likely = Some(known.to_vec()),
            Some(likely) => likely.retain(|service| known.contains(service)),
        }
    }
    let mut likely = likely.unwrap_or_default();
    likely.truncate(GUESSED);
    likely
}

fn receives(kind: SpanKind) -> bool {
    matches!(kind, SpanKind::Server | SpanKind::Consumer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::trace;

    #[test]
    fn missing_parents_are_named_with_their_children_and_whose_they_were() {
        let missing = missing(&trace(
            "
            gateway: GET / (server)        [================]
              gateway: call (client)         [====]
                order: create (server)        [==]
            order: create (server)                [==]          parent=e1
            order: insert (client)                   [=]        parent=e2
            stock: get (server)                       [=]       parent=e2
            order: load (internal)                      [=]     parent=e2
            mail: send (server)                           [=]   parent=e3
            ",
        ));
        let seen: Vec<(u64, u32, SpanIx, String, String)> = missing
            .parents
            .iter()
            .map(|parent| {
                (
                    parent.id.0,
                    parent.children,
                    parent.first,
                    parent.services.join(" "),
                    parent.likely.join(" "),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (0xe2, 3, 4, "order stock".into(), "order".into()),
                (0xe1, 1, 3, "order".into(), "gateway".into()),
                (0xe3, 1, 7, "mail".into(), String::new()),
            ],
            "most children first; what works inside tells the service, what receives tells its callers"
        );
        assert_eq!((missing.count, missing.orphans, missing.read, missing.elsewhere), (3, 5, 5, 0));
    }

    #[test]
    fn a_whole_trace_lacks_nothing() {
        let whole = trace("a: one [==]\n  b: two [=]");
        assert_eq!(missing(&whole), MissingSpans::default());
    }

    #[test]
    fn of_many_the_first_are_named_and_all_are_counted() {
        let lines: Vec<String> = (0..50).map(|at| format!("a: lost [=] parent={:x}", 0x1000 + at)).collect();
        let missing = missing(&trace(&lines.join("\n")));
        assert_eq!((missing.parents.len(), missing.count, missing.orphans), (NAMED, 50, 50));
    }
}
