//! Entry spans of services that were measured, so that the next query reads only the traces that are new or have changed.

use rustc_hash::FxHashMap;
use spandrel_trace::analysis::entries::EntrySpan;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Entry spans that are kept of all services at most, 24 bytes each and up to 50 for their trace.
const MOST_KEPT: usize = 1 << 20;

/// Names of operations that are kept of a service at most, once it was measured.
const MOST_NAMES: usize = 16 << 10;

/// The entry spans that are kept, by service.
#[derive(Debug, Default)]
pub struct EntryCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    services: HashMap<String, KeptService>,
    /// Number of the last use.
    last: u64,
}

#[derive(Debug, Default)]
struct KeptService {
    entries: Arc<Mutex<ServiceEntries>>,
    spans: usize,
    used: u64,
}

impl EntryCache {
    /// What is kept of a service.
    pub fn service(&self, name: &str) -> Arc<Mutex<ServiceEntries>> {
        let kept = &mut *self.kept();
        kept.last += 1;
        let service = kept.services.entry(name.to_owned()).or_default();
        service.used = kept.last;
        service.entries.clone()
    }

    /// Takes note of how many spans are kept of a service now, and forgets those of the services that were used longest ago
    /// if there are too many.
    pub fn put(&self, name: &str, spans: usize) {
        let kept = &mut *self.kept();
        if let Some(service) = kept.services.get_mut(name) {
            service.spans = spans;
        }
        let mut total: usize = kept.services.values().map(|service| service.spans).sum();
        while total > MOST_KEPT {
            let others = kept.services.iter().filter(|(other, _)| *other != name);
            let Some(oldest) = others.min_by_key(|(_, service)| service.used).map(|(name, _)| name.clone())
            else {
                break;
            };
            total -= kept.services.remove(&oldest).map_or(0, |service| service.spans);
        }
        // Names are kept only of services that have spans.
        kept.services.retain(|_, service| service.spans > 0);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Entry spans of a service, by the traces that they are of.
#[derive(Debug, Default)]
pub struct ServiceEntries {
    /// The names of operations. Senders choose them, so the hash is keyed.
    operations: HashMap<Vec<u8>, u32>,
    names: Vec<String>,
    spans: Vec<EntrySpan>,
    /// Traces by [`LocatedTrace::state`](super::LocatedTrace::state).
    traces: FxHashMap<u128, Range<u32>>,
}

impl ServiceEntries {
    /// Names of operations by their numbers.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of spans.
    pub fn spans(&self) -> usize {
        self.spans.len()
    }

    /// The entry spans of a trace in a state; `None` if they have to be read.
    pub fn of(&self, state: u128) -> Option<&[EntrySpan]> {
        let range = self.traces.get(&state)?;
        self.spans.get(range.start as usize..range.end as usize)
    }

    /// Adds the entry spans of a trace in a state.
    pub fn add(&mut self, state: u128, spans: &[EntrySpan]) {
        let start = self.spans.len();
        if start + spans.len() > MOST_KEPT {
            return;
        }
        self.spans.extend_from_slice(spans);
        self.traces.insert(state, start as u32..self.spans.len() as u32);
    }

    /// The number of an operation, given the name as sent, and a function that gives it as text.
    pub fn operation(&mut self, name: &[u8], text: impl FnOnce() -> String) -> u32 {
        match self.operations.get(name) {
            Some(number) => *number,
            None => {
                let number = self.names.len() as u32;
                self.operations.insert(name.to_vec(), number);
                self.names.push(text());
                number
            }
        }
    }

    /// Forgets everything if there are too many names, which senders choose.
    pub fn limit_names(&mut self) {
        if self.names.len() > MOST_NAMES {
            *self = ServiceEntries::default();
        }
    }

    /// Whether so much is kept that traces should be forgotten which have changed or are no longer asked for.
    pub fn is_crowded(&self) -> bool {
        self.spans.len() > MOST_KEPT / 2
    }

    /// Forgets the traces that are not in these states.
    pub fn retain(&mut self, states: &[u128]) {
        let old = std::mem::take(self);
        (self.operations, self.names) = (old.operations, old.names);
        for state in states {
            if let Some(range) = old.traces.get(state) {
                self.add(*state, &old.spans[range.start as usize..range.end as usize]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start_unix: u64) -> EntrySpan {
        EntrySpan { start_unix, ..EntrySpan::default() }
    }

    #[test]
    fn traces_that_are_not_asked_for_again_are_forgotten() {
        let mut entries = ServiceEntries::default();
        assert_eq!(entries.operation(b"a", || "a".to_owned()), 0);
        (0..3000).for_each(|state| entries.add(state.into(), &[span(state)]));
        assert!(!entries.is_crowded());
        entries.retain(&[7, 9, 9000]);
        assert_eq!((entries.spans(), entries.of(9)), (2, Some(&[span(9)][..])));
        assert_eq!((entries.of(8), entries.of(9000)), (None, None));
        assert_eq!(entries.operation(b"a", || unreachable!()), 0);
    }

    #[test]
    fn the_service_that_was_used_longest_ago_is_forgotten() {
        let cache = EntryCache::default();
        for (name, spans) in [("a", 10), ("b", 20), ("none", 0)] {
            cache.service(name);
            cache.put(name, spans);
        }
        cache.service("a");
        cache.service("c");
        cache.put("c", MOST_KEPT - 15);
        let mut names: Vec<String> = cache.kept().services.keys().cloned().collect();
        names.sort();
        assert_eq!(names, ["a", "c"]);
    }
}
