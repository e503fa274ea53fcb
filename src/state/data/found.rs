//! The results of the last search, to rank a trace among them.

use spandrel_trace::model::TraceSummary;

/// Why traces are searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchPurpose {
    /// To list them as the results of a search.
    Results,
    /// To compute a service's metrics from them.
    Metrics,
    /// To add what has arrived since to results that are listed.
    Live,
    /// To show a few examples of a service or of a call.
    Examples,
}

/// The traces that the last search of the user found.
#[derive(Debug, Default)]
pub(super) struct FoundTraces(Vec<TraceSummary>);

impl FoundTraces {
    /// Takes `summaries` over if they are the results of a search.
    pub fn record(&mut self, purpose: SearchPurpose, summaries: &[TraceSummary]) {
        if purpose == SearchPurpose::Results {
            self.0 = summaries.to_vec();
        }
    }

    /// Durations of the traces with this root, without the trace with the key `except`.
    pub fn durations(&self, service: &str, operation: &str, except: &str) -> Vec<u64> {
        let is_like = |found: &&TraceSummary| {
            found.root_service == service && found.root_operation == operation && found.key() != except
        };
        self.0.iter().filter(is_like).map(|found| found.duration).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::units::TraceId;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn summary(id: u128, duration: u64) -> TraceSummary {
        TraceSummary {
            trace_id: TraceId(id),
            root_service: "gateway".into(),
            root_operation: "POST /orders".into(),
            duration,
            ..TraceSummary::default()
        }
    }

    /// Monitor and a service's examples ask for traces too: these are no results of a search, and a trace that was opened
    /// from the results was ranked among them.
    #[test]
    fn only_results_of_a_search_are_ranked_among() {
        let mut found = FoundTraces::default();
        found.record(SearchPurpose::Results, &[summary(1, 10), summary(2, 20), summary(3, 30)]);
        found.record(SearchPurpose::Metrics, &[summary(4, 40), summary(5, 50)]);
        found.record(SearchPurpose::Examples, &[summary(6, 60)]);
        let except = summary(2, 20).key();
        assert_eq!(found.durations("gateway", "POST /orders", &except), [10, 30]);
        assert!(found.durations("gateway", "GET /", &except).is_empty());
    }
}
