//! The operations of a trace and the calls between them, each counted: an aggregated call graph.
//!
//! An operation is a service with a span name. A call is a span with a parent; it leads from the parent's operation to its
//! own. A call has an error if the called span itself has one.

use super::child_coverage::self_times;
use super::critical_path::CriticalPath;
use super::narrowed::SpanFilter;
use crate::model::{Flags, Outline, SpanIx, StrIx};
use crate::units::sort_by_number_descending;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

/// Maximum number of operations, those with the most self time.
pub const MAX_OPERATIONS: usize = 200;

/// Aggregates of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationFacts {
    /// Service.
    pub service: String,
    /// Span name.
    pub name: String,
    /// Number of spans.
    pub spans: u64,
    /// How many of them have errors of their own.
    pub errors: u64,
    /// Sum of durations, nanoseconds.
    pub total: u64,
    /// Sum of self times, nanoseconds.
    pub own: u64,
    /// Time on the critical path of the whole trace, nanoseconds.
    pub critical: u64,
    /// The longest span.
    pub longest: SpanIx,
}

/// Calls from one operation to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationCalls {
    /// Index of the calling operation.
    pub caller: u32,
    /// Index of the called operation.
    pub callee: u32,
    /// Number of calls.
    pub calls: u64,
    /// How many of them have errors.
    pub errors: u64,
    /// Time that the critical path of the whole trace is in the called spans and below them, nanoseconds.
    pub critical: u64,
}

/// The call graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationGraph {
    /// Operations, the most self time first.
    pub operations: Vec<OperationFacts>,
    /// Calls, by caller and callee.
    pub calls: Vec<OperationCalls>,
    /// Number and self time of the operations that were omitted.
    pub left_out: (usize, u64),
}

/// The call graph of the spans that `filter` lets through; `path` is that of the whole trace.
#[inline(never)]
pub fn operation_graph(whole: &Outline, path: &CriticalPath, filter: &SpanFilter) -> OperationGraph {
    let narrowed = filter.narrow(whole);
    let outline = &*narrowed.outline;
    let critical = path.time_by_span(whole.len());
    let mut critical_below = critical.clone();
    for span in (0..whole.len()).rev() {
        if let Some(parent) = whole.parent_of(span as SpanIx) {
            critical_below[parent as usize] += critical_below[span];
        }
    }
    let mut operations: IndexMap<(StrIx, StrIx), OperationFacts, FxBuildHasher> = IndexMap::default();
    let mut of_span: Vec<u32> = Vec::with_capacity(outline.len());
    for (span, own) in self_times(outline).into_iter().enumerate() {
        let entry = operations.entry((outline.service[span], outline.name[span]));
        of_span.push(entry.index() as u32);
        let duration = outline.duration_of(span as SpanIx);
        let facts = entry.or_insert_with(|| OperationFacts {
            service: outline.service_of(span as SpanIx).to_owned(),
            name: outline.name_of(span as SpanIx).to_owned(),
            longest: span as SpanIx,
            ..OperationFacts::default()
        });
        facts.spans += 1;
        facts.errors += u64::from(outline.flags[span].has(Flags::OWN_ERROR));
        facts.total = facts.total.saturating_add(duration);
        facts.own = facts.own.saturating_add(own);
        facts.critical += critical[narrowed.original(span as SpanIx) as usize];
        if duration > outline.duration_of(facts.longest) {
            facts.longest = span as SpanIx;
        }
    }
    let mut order: Vec<u32> = (0..operations.len() as u32).collect();
    sort_by_number_descending(&mut order, |index| operations[*index as usize].own);
    let cut = order.split_off(order.len().min(MAX_OPERATIONS));
    let left_out = cut.iter().fold((0, 0u64), |(count, time), index| {
        (count + 1, time.saturating_add(operations[*index as usize].own))
    });
    let mut place = vec![u32::MAX; operations.len()];
    for (index, operation) in order.iter().enumerate() {
        place[*operation as usize] = index as u32;
    }
    let mut calls: IndexMap<(u32, u32), OperationCalls, FxBuildHasher> = IndexMap::default();
    for span in 0..outline.len() {
        let Some(parent) = outline.parent_of(span as SpanIx) else { continue };
        let (caller, callee) = (place[of_span[parent as usize] as usize], place[of_span[span] as usize]);
        if caller != u32::MAX && callee != u32::MAX {
            let call = calls.entry((caller, callee)).or_default();
            (call.caller, call.callee) = (caller, callee);
            call.calls += 1;
            call.errors += u64::from(outline.flags[span].has(Flags::OWN_ERROR));
            call.critical += critical_below[narrowed.original(span as SpanIx) as usize];
        }
    }
    let mut calls: Vec<OperationCalls> = calls.into_values().collect();
    calls.sort_unstable_by_key(|call| (call.caller, call.callee));
    let operations = order
        .iter()
        .map(|index| {
            let mut facts = operations[*index as usize].clone();
            facts.longest = narrowed.original(facts.longest);
            facts
        })
        .collect();
    OperationGraph { operations, calls, left_out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use crate::testing::{COLUMN, trace};
    use proptest::prelude::*;

    fn graph_of(outline: &Outline, filter: &SpanFilter) -> OperationGraph {
        operation_graph(outline, &CriticalPath::of(outline), filter)
    }

    #[test]
    fn operations_and_calls_are_counted() {
        let trace = trace(
            "
            web: GET /          [==========]
              db: select !       [==]
              db: select              [====]
                db: select             []
            ",
        );
        let graph = graph_of(trace.outline(), &SpanFilter::default());
        let facts: Vec<_> = graph
            .operations
            .iter()
            .map(|it| (it.name.as_str(), it.spans, it.errors, it.own / COLUMN, it.total / COLUMN, it.longest))
            .collect();
        assert_eq!(facts, [("select", 3, 1, 8, 9, 2), ("GET /", 1, 0, 3, 11, 0)]);
        let calls: Vec<_> =
            graph.calls.iter().map(|it| (it.caller, it.callee, it.calls, it.errors)).collect();
        assert_eq!(calls, [(0, 0, 1, 0), (1, 0, 2, 1)]);
        assert_eq!(graph.left_out, (0, 0));
        let critical: Vec<u64> = graph.operations.iter().map(|it| it.critical / COLUMN).collect();
        assert_eq!(critical, [8, 3], "both calls are waited for");
        assert_eq!(graph.calls.iter().map(|it| it.critical / COLUMN).collect::<Vec<_>>(), [1, 8]);
        let filter = SpanFilter { hidden: vec!["web".into()], ..SpanFilter::default() };
        assert_eq!(graph_of(trace.outline(), &filter), OperationGraph::default());
    }

    #[test]
    fn the_operations_with_the_least_self_time_are_left_out() {
        let mut drawing = "a: root [==============================]\n".to_owned();
        for index in 0..MAX_OPERATIONS + 5 {
            drawing.push_str(&format!("  a: op{index} {}[{}]\n", " ", "=".repeat(index % 9 + 1)));
        }
        let trace = trace(&drawing);
        let graph = graph_of(trace.outline(), &SpanFilter::default());
        assert_eq!(graph.operations.len(), MAX_OPERATIONS);
        assert_eq!(graph.left_out.0, 6);
        let least = graph.operations.iter().map(|it| it.own).min().unwrap();
        assert!(graph.left_out.1 <= 6 * least);
        let count = MAX_OPERATIONS as u32;
        assert!(graph.calls.iter().all(|call| call.caller < count && call.callee < count));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(outline in outlines(60)) {
            let graph = graph_of(&outline, &SpanFilter::default());
            let roots = (0..outline.len() as u32).filter(|span| outline.parent_of(*span).is_none()).count();
            prop_assert_eq!(graph.operations.iter().map(|it| it.spans).sum::<u64>(), outline.len() as u64);
            prop_assert_eq!(graph.calls.iter().map(|it| it.calls).sum::<u64>(), (outline.len() - roots) as u64);
            let own: u64 = self_times(&outline).iter().sum();
            prop_assert_eq!(graph.operations.iter().map(|it| it.own).sum::<u64>(), own);
        }
    }
}
