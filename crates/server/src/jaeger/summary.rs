//! What a list of traces shows of each.

use crate::facts::{EMPTY_SPAN, ServiceNames, facts_of};
use crate::store::Spans;
use spandrel_trace::model::{ServiceCount, TraceSummary};
use spandrel_trace::units::TraceId;
use std::collections::BTreeMap;
use std::collections::HashSet;

/// The earliest span without a parent. Times are in nanoseconds since the Unix epoch; a start of 0 is that of the trace.
#[derive(Default)]
struct Root {
    start: u64,
    end: u64,
    service: String,
    name: String,
}

/// Summarises a trace without decoding its attributes. Spans that cannot be read are left out. As in the viewer, a span
/// that has no start time starts with the trace, and one that names itself as its parent has none.
pub fn summarise(stored: &dyn Spans) -> TraceSummary {
    let mut ids = HashSet::new();
    let mut parents = Vec::new();
    let mut services: BTreeMap<String, ServiceCount> = BTreeMap::new();
    let mut root: Option<Root> = None;
    let mut names = ServiceNames::default();
    let (mut start, mut end, mut spans, mut errors) = (u64::MAX, 0u64, 0u32, 0u32);
    stored.each_span(&mut |parts| {
        let facts = match facts_of(parts.span) {
            Ok(facts) => facts,
            Err(error) => return stored.left_out(&error),
        };
        let service = names.name(parts.resource);
        let failed = u32::from(facts.status == 2);
        if !services.contains_key(service) {
            services.insert(
                service.to_owned(),
                ServiceCount { name: service.to_owned(), ..ServiceCount::default() },
            );
        }
        if let Some(count) = services.get_mut(service) {
            count.spans += 1;
            count.errors += failed;
        }
        let has_start = facts.start > 0;
        let span_end = if has_start { facts.end.max(facts.start.saturating_add(1)) } else { facts.end };
        ids.insert(facts.span);
        if facts.parent == 0 || facts.parent == facts.span {
            if root.as_ref().is_none_or(|first| facts.start < first.start) {
                let name = if facts.name.is_empty() {
                    EMPTY_SPAN.into()
                } else {
                    String::from_utf8_lossy(facts.name)
                };
                root = Some(Root {
                    start: facts.start,
                    end: span_end,
                    service: service.to_owned(),
                    name: name.into_owned(),
                });
            }
        } else {
            parents.push(facts.parent);
        }
        if has_start {
            start = start.min(facts.start);
        }
        end = end.max(span_end);
        spans += 1;
        errors += failed;
    });
    let start = if start == u64::MAX { 0 } else { start };
    let root_duration = root.as_ref().map(|root| root.end.saturating_sub(root.start.max(start)));
    let Root { service: root_service, name: root_operation, .. } = root.unwrap_or_default();
    TraceSummary {
        trace_id: TraceId(stored.trace()),
        root_service,
        root_operation,
        root_duration,
        start_unix: start,
        duration: end.saturating_sub(start),
        spans,
        errors,
        orphans: parents.iter().filter(|parent| !ids.contains(parent)).count() as u32,
        services: services.into_values().collect(),
        ..TraceSummary::default()
    }
}
