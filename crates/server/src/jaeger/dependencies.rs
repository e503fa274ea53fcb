//! The service graph: for every span whose parent is in its trace one call from the parent's service to its own, calls
//! within one service included, as Jaeger's memory store counts. Beside it the requests of each service: its entry spans,
//! by the rule of [`spandrel_trace::analysis::entries`].

use crate::jaeger::failure::Failure;
use crate::store::{CallTotals, ServiceNumbers, Store};
use spandrel_trace::model::{DependencyLink, ServiceRequests};

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
    let totals = store.count_calls((from, to), check)?;
    Ok(graph(totals, store.service_numbers(), service))
}

/// Counts the same by reading every span: the reference for tests.
#[cfg(test)]
pub fn count_by_reading(store: &Store, from: u64, to: u64) -> Result<ServiceGraph, Failure> {
    let mut totals = CallTotals::default();
    for trace in store.between(from, to)? {
        if let Some(spans) = store.spans_of(trace)? {
            totals.read(&*spans, store.service_numbers());
        }
    }
    Ok(graph(totals, store.service_numbers(), None))
}

fn graph(totals: CallTotals, numbers: &ServiceNumbers, service: Option<&str>) -> ServiceGraph {
    let links = totals.links.into_iter().map(|((parent, child), (calls, errors))| DependencyLink {
        parent: numbers.name(parent),
        child: numbers.name(child),
        calls,
        errors: Some(errors),
    });
    let mut links: Vec<DependencyLink> = links
        .filter(|link| service.is_none_or(|service| link.parent == service || link.child == service))
        .collect();
    links.sort_unstable_by(|left, right| (&left.parent, &left.child).cmp(&(&right.parent, &right.child)));
    let requests = totals.requests.into_iter().map(|(number, (requests, errors))| ServiceRequests {
        service: numbers.name(number),
        requests,
        errors,
    });
    let mut requests: Vec<ServiceRequests> =
        requests.filter(|counted| service.is_none_or(|service| counted.service == service)).collect();
    requests.sort_unstable_by(|left, right| left.service.cmp(&right.service));
    ServiceGraph { links, requests }
}
