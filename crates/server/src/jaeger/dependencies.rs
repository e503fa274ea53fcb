//! The service graph: for every span whose parent is in its trace one call from the parent's service to its own, calls
//! within one service included, as Jaeger's memory store counts. Beside it the requests of each service: its entry spans,
//! by the rule of [`spandrel_trace::analysis::entries`].
//!
//! Counted from what is stored of the calls of each part. Spans are read of few traces only: where a span was sent twice
//! or two have one id, where more came of a trace that seemed whole, and those of files of older layouts.

use crate::facts::{facts_of, service_of};
use crate::jaeger::failure::Failure;
use crate::store::{Calls, CallsView, EntryRule, Store, Stored, TraceCalls};
use rustc_hash::FxHashMap;
use spandrel_trace::model::{DependencyLink, ServiceRequests};
use std::collections::HashMap;

/// What is counted.
#[derive(Debug, Default)]
pub struct ServiceGraph {
    /// Calls, sorted by caller and callee.
    pub links: Vec<DependencyLink>,
    /// Requests of each service that has spans, sorted by service.
    pub requests: Vec<ServiceRequests>,
}

/// Counts the calls in traces with a span that starts within a window (nanoseconds since the Unix epoch).
/// With a service: only its requests, and links in which it is parent or child. `check` is called now and then; its
/// failure ends the count. Blocks.
pub fn count(
    store: &Store,
    from: u64,
    to: u64,
    service: Option<&str>,
    check: impl Fn() -> Result<(), Failure>,
) -> Result<ServiceGraph, Failure> {
    let calls = store.calls(from, to);
    let mut totals = Totals::default();
    let mut merging = Merging::new(&calls, &mut totals)?;
    calls.each_trace(&check, |trace| {
        if !merging.merge(&trace, &mut totals)
            && let Some(stored) = store.trace(trace.trace)?
        {
            check()?;
            totals.read(&stored);
        }
        Ok(())
    })?;
    Ok(totals.finish(service))
}

/// Counts the same by reading every span: the reference for tests.
#[cfg(test)]
pub fn count_by_reading(store: &Store, from: u64, to: u64) -> Result<ServiceGraph, Failure> {
    let mut totals = Totals::default();
    for trace in store.between(from, to)? {
        if let Some(stored) = store.trace(trace)? {
            totals.read(&stored);
        }
    }
    Ok(totals.finish(None))
}

/// Puts the parts of one trace together.
struct Merging {
    /// The service's number by segment and operation.
    services: Vec<Vec<u32>>,
    /// The calls of one part each; reused.
    parts: Vec<Calls>,
    ids: Vec<(u64, u32)>,
}

impl Merging {
    fn new(calls: &CallsView, totals: &mut Totals) -> Result<Self, Failure> {
        let mut services = vec![Vec::new(); calls.segments()];
        calls.each_operation(|segment, operation, service| {
            let of_segment: &mut Vec<u32> = &mut services[segment];
            // Operations are numbered without gaps.
            debug_assert_eq!(of_segment.len(), operation as usize);
            of_segment.push(totals.names.number(service));
        })?;
        Ok(Merging { services, parts: vec![Calls::default()], ids: Vec::new() })
    }

    /// Adds a trace to the totals; `false`, and nothing is added, where its spans have to be read.
    fn merge(&mut self, trace: &TraceCalls, totals: &mut Totals) -> bool {
        let count = trace.parts.len();
        if !trace.is_whole {
            return false;
        }
        if self.parts.len() < count {
            self.parts.resize_with(count, Calls::default);
        }
        for (part, calls) in trace.parts.iter().zip(&mut self.parts) {
            if !calls.read(trace.bytes(part)) || (count > 1 && !calls.has_ids) {
                return false;
            }
            // From here on a service has its number in the totals.
            let services = &self.services[part.segment as usize];
            for service in &mut calls.services {
                match services.get(service.operation as usize) {
                    Some(number) => service.operation = *number,
                    None => return false,
                }
            }
        }
        let parts = &self.parts[..count];
        self.ids.clear();
        if count > 1 {
            let numbered = |calls: &Calls, (id, service): &(u64, u32)| (*id, calls.number(*service));
            self.ids.extend(parts.iter().flat_map(|calls| calls.ids.iter().map(|id| numbered(calls, id))));
            self.ids.sort_unstable();
            // A span that was sent twice counts once.
            if self.ids.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return false;
            }
        }
        for calls in parts {
            for service in &calls.services {
                totals.request(service.operation, service.requests, service.errors);
            }
            for link in &calls.links {
                totals.link(calls.number(link.caller), calls.number(link.callee), link.calls, link.errors);
            }
            for open in &calls.open {
                let caller = self.ids.binary_search_by_key(&open.parent, |(id, _)| *id);
                let Some((_, caller)) = caller.ok().and_then(|at| self.ids.get(at)) else { continue };
                let (service, failed) = (calls.number(open.service), u64::from(open.failed));
                totals.link(*caller, service, 1, failed);
                if open.rule == EntryRule::IfCalled && *caller != service {
                    totals.request(service, 1, failed);
                }
            }
        }
        true
    }
}

/// A span that is waiting for the service of its parent.
struct Counted {
    parent: u64,
    service: u32,
    rule: EntryRule,
    failed: bool,
}

/// Calls and their errors by number of caller and callee; requests and their errors by number of service. The numbers
/// are given here, so the hash needs no key.
#[derive(Default)]
struct Totals {
    names: Names,
    links: FxHashMap<(u32, u32), (u64, u64)>,
    requests: FxHashMap<u32, (u64, u64)>,
}

impl Totals {
    fn link(&mut self, caller: u32, callee: u32, calls: u64, errors: u64) {
        let link = self.links.entry((caller, callee)).or_default();
        link.0 += calls;
        link.1 += errors;
    }

    fn request(&mut self, service: u32, requests: u64, errors: u64) {
        let counted = self.requests.entry(service).or_default();
        counted.0 += requests;
        counted.1 += errors;
    }

    /// Adds a trace by its spans.
    fn read(&mut self, stored: &Stored) {
        let mut service_by_id: HashMap<u64, u32> = HashMap::new();
        let mut spans: Vec<Counted> = Vec::new();
        let mut last: (&[u8], Option<u32>) = (&[], None);
        stored.each(|parts| {
            let facts = match facts_of(parts.span) {
                Ok(facts) => facts,
                Err(error) => return stored.left_out(&error),
            };
            let service = match last {
                (bytes, Some(service)) if bytes == parts.resource => service,
                _ => self.names.number(&service_of(parts.resource).unwrap_or_default()),
            };
            last = (parts.resource, Some(service));
            service_by_id.entry(facts.span).or_insert(service);
            let rule = EntryRule::of(facts.kind, facts.parent);
            spans.push(Counted { parent: facts.parent, service, rule, failed: facts.status == 2 });
        });
        for span in &spans {
            let parent = Some(span.parent).filter(|parent| *parent != 0);
            let caller = parent.and_then(|parent| service_by_id.get(&parent)).copied();
            let failed = u64::from(span.failed);
            if let Some(caller) = caller {
                self.link(caller, span.service, 1, failed);
            }
            let is_entry = u64::from(span.rule.is_entry(caller, span.service));
            self.request(span.service, is_entry, is_entry * failed);
        }
    }

    fn finish(self, service: Option<&str>) -> ServiceGraph {
        let names = self.names;
        let mut links: Vec<DependencyLink> = self
            .links
            .into_iter()
            .map(|((parent, child), (calls, errors))| DependencyLink {
                parent: names.name(parent),
                child: names.name(child),
                calls,
                errors: Some(errors),
            })
            .filter(|link| service.is_none_or(|service| link.parent == service || link.child == service))
            .collect();
        links.sort_unstable_by(|left, right| (&left.parent, &left.child).cmp(&(&right.parent, &right.child)));
        let mut requests: Vec<ServiceRequests> = self
            .requests
            .into_iter()
            .map(|(name, (requests, errors))| ServiceRequests { service: names.name(name), requests, errors })
            .filter(|counted| service.is_none_or(|service| counted.service == service))
            .collect();
        requests.sort_unstable_by(|left, right| left.service.cmp(&right.service));
        ServiceGraph { links, requests }
    }
}

#[derive(Default)]
struct Names {
    /// Senders choose names, so the hash is keyed.
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn name(&self, number: u32) -> String {
        self.names.get(number as usize).cloned().unwrap_or_default()
    }
}
