//! Sort orders of a list of traces.

use crate::route::Sort;
use spandrel_trace::model::TraceSummary;
use std::cmp::{Ordering, Reverse};

/// Returns the indices of the traces in the order of `sort`; equal ones by start, latest first, then by ID.
pub fn ordered(traces: &[TraceSummary], sort: Sort) -> Vec<usize> {
    let mut order: Vec<usize> = (0..traces.len()).collect();
    let by = |a: &TraceSummary, b: &TraceSummary| -> Ordering {
        match sort {
            Sort::Recent => Ordering::Equal,
            Sort::Oldest => a.start_unix.cmp(&b.start_unix),
            Sort::Longest => b.duration.cmp(&a.duration),
            Sort::Shortest => a.duration.cmp(&b.duration),
            Sort::MostSpans => b.spans.cmp(&a.spans),
            Sort::FewestSpans => a.spans.cmp(&b.spans),
            Sort::MostErrors => b.errors.cmp(&a.errors),
        }
    };
    order.sort_unstable_by(|a, b| {
        let (a, b) = (&traces[*a], &traces[*b]);
        by(a, b).then_with(|| (Reverse(a.start_unix), a.trace_id).cmp(&(Reverse(b.start_unix), b.trace_id)))
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Named;
    use spandrel_trace::units::TraceId;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn trace(id: u128, start_unix: u64, duration: u64, spans: u32, errors: u32) -> TraceSummary {
        TraceSummary { trace_id: TraceId(id), start_unix, duration, spans, errors, ..TraceSummary::default() }
    }

    #[test]
    fn every_sort_orders_by_its_field() {
        let traces = [trace(1, 10, 5, 3, 0), trace(2, 30, 1, 9, 0), trace(3, 20, 9, 1, 2)];
        for (sort, expected) in [
            (Sort::Recent, [1, 2, 0]),
            (Sort::Oldest, [0, 2, 1]),
            (Sort::Longest, [2, 0, 1]),
            (Sort::Shortest, [1, 0, 2]),
            (Sort::MostSpans, [1, 0, 2]),
            (Sort::FewestSpans, [2, 0, 1]),
            (Sort::MostErrors, [2, 1, 0]),
        ] {
            assert_eq!(ordered(&traces, sort), expected, "{sort:?}");
        }
    }

    #[test]
    fn equal_traces_have_one_order() {
        let traces = [trace(2, 10, 5, 3, 0), trace(1, 10, 5, 3, 0)];
        for &(sort, ..) in Sort::ALL {
            assert_eq!(ordered(&traces, sort), [1, 0], "{sort:?}");
        }
    }
}
