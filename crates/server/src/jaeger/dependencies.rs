//! The service graph, counted from the stored spans: for every span whose parent is in its trace one call from the
//! parent's service to its own, calls within one service included, as Jaeger's memory store counts. Beside it the requests
//! of each service: its entry spans, by the rule of [`spandrel_trace::analysis::entries`].

use crate::facts::{facts_of, service_of};
use crate::jaeger::failure::Failure;
use crate::store::Store;
use spandrel_trace::model::{DependencyLink, ServiceRequests, SpanKind};
use std::collections::HashMap;

/// What is counted.
#[derive(Debug, Default)]
pub struct ServiceGraph {
    /// Calls, sorted by caller and callee.
    pub links: Vec<DependencyLink>,
    /// Requests of each service that has spans, sorted by service.
    pub requests: Vec<ServiceRequests>,
}

/// A span that is waiting for the service of its parent.
struct Counted {
    parent: u64,
    service: u32,
    kind: SpanKind,
    failed: bool,
}

/// Counts the calls in traces with a span that starts within a window (nanoseconds since the Unix epoch).
/// With a service: only its requests, and links in which it is parent or child. `check` is called for each trace; its failure ends the
/// count. Blocks.
pub fn count(
    store: &Store,
    from: u64,
    to: u64,
    service: Option<&str>,
    check: impl Fn() -> Result<(), Failure>,
) -> Result<ServiceGraph, Failure> {
    let mut names = Names::default();
    let mut links: HashMap<(u32, u32), (u64, u64)> = HashMap::default();
    let mut service_by_id: HashMap<u64, u32> = HashMap::default();
    let mut requests: HashMap<u32, (u64, u64)> = HashMap::default();
    let mut spans: Vec<Counted> = Vec::new();
    for trace in store.between(from, to)? {
        check()?;
        let Some(stored) = store.trace(trace)? else { continue };
        service_by_id.clear();
        spans.clear();
        let mut last: (&[u8], Option<u32>) = (&[], None);
        stored.each(|parts| {
            let facts = match facts_of(parts.span) {
                Ok(facts) => facts,
                Err(error) => return stored.left_out(&error),
            };
            let own = match last {
                (bytes, Some(own)) if bytes == parts.resource => own,
                _ => names.number(service_of(parts.resource).unwrap_or_default()),
            };
            last = (parts.resource, Some(own));
            service_by_id.entry(facts.span).or_insert(own);
            spans.push(Counted {
                parent: facts.parent,
                service: own,
                kind: SpanKind::from_number(facts.kind.into()),
                failed: facts.status == 2,
            });
        });
        for span in &spans {
            let parent = Some(span.parent).filter(|parent| *parent != 0);
            let caller = parent.and_then(|parent| service_by_id.get(&parent));
            if let Some(caller) = caller {
                let link = links.entry((*caller, span.service)).or_default();
                link.0 += 1;
                link.1 += u64::from(span.failed);
            }
            let is_entry = match span.kind {
                SpanKind::Server | SpanKind::Consumer => true,
                _ if parent.is_none() => true,
                SpanKind::Unspecified => caller.is_some_and(|caller| *caller != span.service),
                _ => false,
            };
            let counted = requests.entry(span.service).or_default();
            counted.0 += u64::from(is_entry);
            counted.1 += u64::from(is_entry && span.failed);
        }
    }
    let mut counted: Vec<DependencyLink> = links
        .into_iter()
        .map(|((parent, child), (calls, errors))| DependencyLink {
            parent: names.name(parent),
            child: names.name(child),
            calls,
            errors: Some(errors),
        })
        .filter(|link| service.is_none_or(|service| link.parent == service || link.child == service))
        .collect();
    counted.sort_unstable_by(|left, right| (&left.parent, &left.child).cmp(&(&right.parent, &right.child)));
    let mut requests: Vec<ServiceRequests> = requests
        .into_iter()
        .map(|(name, (requests, errors))| ServiceRequests { service: names.name(name), requests, errors })
        .filter(|counted| service.is_none_or(|service| counted.service == service))
        .collect();
    requests.sort_unstable_by(|left, right| left.service.cmp(&right.service));
    Ok(ServiceGraph { links: counted, requests })
}

#[derive(Default)]
struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: String) -> u32 {
        if let Some(number) = self.numbers.get(&name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        number
    }

    fn name(&self, number: u32) -> String {
        self.names.get(number as usize).cloned().unwrap_or_default()
    }
}
