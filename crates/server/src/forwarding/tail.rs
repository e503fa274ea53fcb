//! Tail sampling: traces are seen when their requests arrive and decided when the first of these has waited long enough.
//! The spans themselves wait in the queue on disk; in memory is one small entry per trace.

use super::rules::is_chosen;
use crate::config::forward::Tail;
use crate::facts::Facts;
use std::collections::HashMap;
use std::time::Duration;

/// Traces that are remembered at most; what is more is decided span by span.
const MAX_TRACES: usize = 300_000;
/// How long a decision is remembered at least, for spans that come late.
const REMEMBERED: Duration = Duration::from_secs(60);

/// What is known of a trace.
#[derive(Clone, Copy, Debug)]
struct TraceState {
    start: u64,
    end: u64,
    has_error: bool,
    /// When spans of it last arrived, milliseconds since the Unix epoch.
    last: u64,
    is_wanted: Option<bool>,
}

/// The traces whose spans wait, and those that were decided a short time ago.
#[derive(Debug)]
pub struct TailSampler {
    rules: Tail,
    /// Senders choose trace ids, so the hash is keyed.
    traces: HashMap<u128, TraceState>,
    most: usize,
    /// Number of the last request that was seen.
    pub seen: i64,
}

impl TailSampler {
    /// A sampler with these rules that has seen nothing.
    pub fn new(rules: Tail) -> Self {
        TailSampler { rules, traces: HashMap::new(), most: MAX_TRACES, seen: 0 }
    }

    /// How long spans wait, milliseconds.
    pub fn wait(&self) -> u64 {
        u64::try_from(self.rules.wait.0.as_millis()).unwrap_or(u64::MAX)
    }

    /// Takes a span into account that arrived then (milliseconds).
    pub fn observe(&mut self, facts: &Facts<'_>, arrived: u64) {
        let is_full = self.traces.len() >= self.most;
        let first = TraceState { start: u64::MAX, end: 0, has_error: false, last: arrived, is_wanted: None };
        let seen = match self.traces.get_mut(&facts.trace) {
            Some(seen) => seen,
            None if is_full => return,
            None => self.traces.entry(facts.trace).or_insert(first),
        };
        seen.start = seen.start.min(facts.start);
        seen.end = seen.end.max(facts.end);
        seen.has_error |= facts.status == 2;
        seen.last = seen.last.max(arrived);
    }

    /// Whether a span's trace is wanted. Once decided, a trace stays so as long as it is remembered.
    pub fn is_wanted(&mut self, facts: &Facts<'_>) -> bool {
        let rules = &self.rules;
        let wanted = |has_error: bool, duration: u64| {
            let is_slow = rules.slower.is_some_and(|slower| u128::from(duration) >= slower.0.as_nanos());
            rules.errors && has_error || is_slow || is_chosen(facts.trace, rules.ratio.0)
        };
        match self.traces.get_mut(&facts.trace) {
            Some(seen) => *seen
                .is_wanted
                .get_or_insert_with(|| wanted(seen.has_error, seen.end.saturating_sub(seen.start))),
            None => wanted(facts.status == 2, facts.end.saturating_sub(facts.start)),
        }
    }

    /// Forgets traces of which nothing arrived for a time before `now` (milliseconds).
    pub fn forget(&mut self, now: u64) {
        let remembered = self.wait().saturating_mul(2).max(REMEMBERED.as_millis() as u64);
        self.traces.retain(|_, seen| seen.last.saturating_add(remembered) >= now);
        if self.traces.len() >= self.most {
            tracing::warn!(
                "tail sampling remembers {} traces at most: others are decided span by span",
                self.most
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sampler(more: &str) -> TailSampler {
        TailSampler::new(toml::from_str(&format!("wait = \"10s\"\n{more}")).unwrap())
    }

    fn span(trace: u128, start: u64, end: u64, error: bool) -> Facts<'static> {
        Facts { trace, start, end, status: if error { 2 } else { 0 }, ..Facts::default() }
    }

    proptest! {
        #[test]
        fn a_trace_is_wanted_if_it_has_an_error_or_is_slow_or_is_chosen(
            spans in prop::collection::vec((0..6u128, 0..2000u64, 0..900u64, prop::bool::weighted(0.2)), 1..40),
            ratio in 0.0..=1.0,
        ) {
            let milli = 1_000_000;
            let facts: Vec<_> = spans.iter()
                .map(|(trace, start, length, error)| span(*trace, start * milli, (start + length) * milli, *error))
                .collect();
            let mut sampler = sampler(&format!("slower = \"1s\"\nratio = {ratio:?}"));
            facts.iter().for_each(|facts| sampler.observe(facts, 5));
            for one in &facts {
                let of_trace = || facts.iter().filter(|other| other.trace == one.trace);
                let start = of_trace().map(|facts| facts.start).min().unwrap();
                let end = of_trace().map(|facts| facts.end).max().unwrap();
                let expected = of_trace().any(|facts| facts.status == 2) || end - start >= 1000 * milli
                    || is_chosen(one.trace, ratio);
                prop_assert_eq!(sampler.is_wanted(one), expected);
            }
        }
    }

    #[test]
    fn a_decision_stays_until_it_is_forgotten() {
        let mut sampler = sampler("");
        sampler.observe(&span(1, 0, 1, false), 0);
        assert!(!sampler.is_wanted(&span(1, 0, 1, false)));
        let late = span(1, 2, 3, true);
        sampler.observe(&late, 1000);
        assert!(!sampler.is_wanted(&late), "its other spans are gone");
        sampler.forget(61_000);
        assert!(!sampler.is_wanted(&late));
        sampler.forget(61_001);
        assert!(sampler.is_wanted(&late), "alone it has an error");
    }

    #[test]
    fn memory_is_bounded_and_what_is_more_is_decided_span_by_span() {
        let mut sampler = TailSampler { most: 2, ..sampler("") };
        (0..5).for_each(|trace| sampler.observe(&span(trace, 0, 1, trace == 4), 0));
        assert_eq!(sampler.traces.len(), 2);
        assert!(sampler.is_wanted(&span(4, 0, 1, true)) && !sampler.is_wanted(&span(3, 0, 1, false)));
    }
}
