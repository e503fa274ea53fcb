//! Traces that have arrived and are not in the list yet.

use super::order::ordered;
use crate::route::Sort;
use spandrel_trace::model::TraceSummary;
use std::collections::BTreeMap;

/// The most traces of a list that grows, and of what waits to be added to it: as many as one search gives.
pub const MOST: usize = 1_500;

/// Traces by key, each as it was last seen.
#[derive(Clone, Debug, Default)]
pub struct Arrivals(BTreeMap<String, TraceSummary>);

impl Arrivals {
    /// Adds traces, except those that are shown as they are. Returns how many are neither shown nor waiting already.
    ///
    /// Of two versions of a trace the one with more spans is the later one, whichever came first.
    pub fn add(&mut self, traces: Vec<TraceSummary>, shown: &[TraceSummary]) -> usize {
        let shown = spans_by_key(shown);
        let mut new = 0;
        for trace in traces {
            let key = trace.key();
            let is_shown = shown.get(&key);
            if is_shown.is_some_and(|spans| *spans >= trace.spans) {
                continue;
            }
            match self.0.get_mut(&key) {
                Some(waiting) if waiting.spans < trace.spans => *waiting = trace,
                Some(_) => {}
                None => {
                    new += usize::from(is_shown.is_none());
                    self.0.insert(key, trace);
                }
            }
        }
        if self.0.len() > MOST {
            let traces: Vec<TraceSummary> = std::mem::take(&mut self.0).into_values().collect();
            self.0 = latest(traces).into_iter().map(|trace| (trace.key(), trace)).collect();
        }
        new
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many of the traces that wait are not shown in an earlier version.
    pub fn count_new(&self, shown: &[TraceSummary]) -> usize {
        let shown = spans_by_key(shown);
        self.0.keys().filter(|key| !shown.contains_key(*key)).count()
    }

    /// Takes what waits: the traces shown and these, each once, the latest [`MOST`] of them.
    pub fn merge_into(&mut self, shown: &[TraceSummary]) -> Vec<TraceSummary> {
        let mut arrived = std::mem::take(&mut self.0);
        let kept: Vec<TraceSummary> =
            shown.iter().map(|trace| arrived.remove(&trace.key()).unwrap_or_else(|| trace.clone())).collect();
        latest(arrived.into_values().chain(kept).collect())
    }
}

fn spans_by_key(traces: &[TraceSummary]) -> BTreeMap<String, u32> {
    traces.iter().map(|trace| (trace.key(), trace.spans)).collect()
}

/// The traces that started last, at most [`MOST`].
fn latest(traces: Vec<TraceSummary>) -> Vec<TraceSummary> {
    if traces.len() <= MOST {
        return traces;
    }
    ordered(&traces, Sort::Recent).into_iter().take(MOST).map(|index| traces[index].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::units::TraceId;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn trace(id: u128, spans: u32) -> TraceSummary {
        TraceSummary { trace_id: TraceId(id), start_unix: id as u64, spans, ..TraceSummary::default() }
    }

    fn ids(traces: &[TraceSummary]) -> Vec<(u128, u32)> {
        let mut ids: Vec<_> = traces.iter().map(|trace| (trace.trace_id.0, trace.spans)).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn a_trace_is_listed_once_in_its_latest_version() {
        let shown = [trace(1, 4), trace(2, 4)];
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.add(vec![trace(1, 4), trace(2, 3)], &shown), 0);
        assert!(arrivals.is_empty(), "both are shown as they are, or later");
        assert_eq!(arrivals.add(vec![trace(2, 9), trace(3, 1)], &shown), 1);
        assert_eq!(arrivals.add(vec![trace(3, 5), trace(2, 8)], &shown), 0, "both wait already");
        assert_eq!(arrivals.count_new(&shown), 1, "a trace that has grown is not new");
        assert_eq!(ids(&arrivals.merge_into(&shown)), [(1, 4), (2, 9), (3, 5)]);
        assert!(arrivals.is_empty());
    }

    #[test]
    fn list_and_arrivals_are_bounded_and_keep_the_latest() {
        let many = |ids: std::ops::Range<u128>| ids.map(|id| trace(id, 1)).collect::<Vec<_>>();
        let mut arrivals = Arrivals::default();
        arrivals.add(many(0..MOST as u128 + 10), &[]);
        assert_eq!(arrivals.count_new(&[]), MOST);
        let shown = arrivals.merge_into(&[]);
        assert_eq!(ids(&shown)[0].0, 10);
        arrivals.add(many(2_000..2_005), &shown);
        let shown = arrivals.merge_into(&shown);
        assert_eq!((shown.len(), ids(&shown)[0].0), (MOST, 15));
    }
}
