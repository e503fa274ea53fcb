//! Entry spans: those with which a request or a message enters a service. Their number is the number of the service's requests,
//! and their durations are the service's own, without what other services do after the response.
//!
//! An entry span is
//! - a span of kind server or consumer,
//! - the root of a trace, of whatever kind: a browser's click, a scheduled job. A span whose parent is missing is no root.
//! - a span without a kind whose parent is a span of another service: some libraries set no kinds.

mod measured;

pub use measured::{MeasuredService, starts_late};

use super::metrics::{Sample, TimeWindow, quantiles};
use crate::model::{Flags, Outline, ServiceRequests, SpanIx, SpanKind};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

/// An entry span of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntrySpan {
    /// Its operation, an index into [`EntrySpans::operations`].
    pub operation: u32,
    /// Start, nanoseconds since the Unix epoch.
    pub start_unix: u64,
    /// Duration, nanoseconds.
    pub duration: u64,
    /// It has an error itself.
    pub is_error: bool,
}

/// The entry spans of one service in some traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntrySpans {
    /// Names of the operations, each once.
    pub operations: Vec<String>,
    /// The spans, by trace.
    pub spans: Vec<EntrySpan>,
    /// The start of each trace that was read, nanoseconds since the Unix epoch.
    pub trace_starts: Vec<u64>,
}

impl EntrySpans {
    /// The entry spans of `service` in these traces.
    pub fn of_traces<'a>(outlines: impl IntoIterator<Item = &'a Outline>, service: &str) -> Self {
        let mut operations: IndexMap<String, (), FxBuildHasher> = IndexMap::default();
        let (mut spans, mut trace_starts) = (Vec::new(), Vec::new());
        for outline in outlines {
            trace_starts.push(outline.start_unix);
            for span in 0..outline.len() as SpanIx {
                let at = span as usize;
                if outline.strings.get(outline.service[at]) != service || !is_entry(outline, span) {
                    continue;
                }
                let name = outline.strings.get(outline.name[at]);
                let operation = operations
                    .get_index_of(name)
                    .unwrap_or_else(|| operations.insert_full(name.to_owned(), ()).0);
                spans.push(EntrySpan {
                    operation: operation as u32,
                    start_unix: outline.start_unix.saturating_add(outline.start[at]),
                    duration: outline.end[at].saturating_sub(outline.start[at]),
                    is_error: outline.flags[at].has(Flags::OWN_ERROR),
                });
            }
        }
        EntrySpans { operations: operations.into_keys().collect(), spans, trace_starts }
    }

    /// The spans as samples for [`super::metrics::metrics`].
    pub fn samples(&self) -> impl Iterator<Item = Sample> {
        self.spans.iter().map(|span| Sample {
            start_unix: span.start_unix,
            duration: span.duration,
            is_error: span.is_error,
        })
    }
}

/// Whether a request or a message enters the span's service with this span. See the head of this module.
pub fn is_entry(outline: &Outline, span: SpanIx) -> bool {
    let at = span as usize;
    match (outline.kind[at], outline.parent_of(span)) {
        (SpanKind::Server | SpanKind::Consumer, _) => true,
        (_, None) => !outline.flags[at].has(Flags::ORPHAN) && !outline.flags[at].has(Flags::CYCLE),
        (SpanKind::Unspecified, Some(parent)) => outline.service[parent as usize] != outline.service[at],
        _ => false,
    }
}

/// The requests that entered each service in these traces, sorted by service. Services without any are listed with 0.
pub fn requests<'a>(outlines: impl IntoIterator<Item = &'a Outline>) -> Vec<ServiceRequests> {
    let mut counts: IndexMap<String, (u64, u64), FxBuildHasher> = IndexMap::default();
    for outline in outlines {
        let mut by_service: IndexMap<u32, (u64, u64), FxBuildHasher> = IndexMap::default();
        for span in 0..outline.len() as SpanIx {
            let (requests, errors) = by_service.entry(outline.service[span as usize]).or_default();
            if is_entry(outline, span) {
                *requests += 1;
                *errors += u64::from(outline.flags[span as usize].has(Flags::OWN_ERROR));
            }
        }
        for (service, (requests, errors)) in by_service {
            let name = outline.strings.get(service);
            if !counts.contains_key(name) {
                counts.insert(name.to_owned(), (0, 0));
            }
            if let Some(sum) = counts.get_mut(name) {
                *sum = (sum.0 + requests, sum.1 + errors);
            }
        }
    }
    counts.sort_unstable_keys();
    let counted = |(service, (requests, errors))| ServiceRequests { service, requests, errors };
    counts.into_iter().map(counted).collect()
}

/// Minimum number of samples in each half of the window for comparing their medians.
pub(super) const CHANGE_FROM: usize = 5;

/// An operation of a service over a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperationMetrics {
    /// The operation.
    pub name: String,
    /// Its requests.
    pub requests: usize,
    /// Those with an error.
    pub errors: usize,
    /// Median duration, nanoseconds.
    pub p50: u64,
    /// 95th percentile, nanoseconds; `None` below 20 requests.
    pub p95: Option<u64>,
    /// By which share the median of the second half of the window differs from that of the first: 0.5 is half as long again.
    /// `None` if a half has fewer than 5 requests.
    pub change: Option<f64>,
}

impl OperationMetrics {
    /// Share of the requests with an error, 0 to 1.
    pub fn error_share(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.errors as f64 / self.requests as f64 }
    }

    /// Sorts operations: the one with most requests first, equal ones by name.
    pub(super) fn sort(operations: &mut [OperationMetrics]) {
        operations
            .sort_by(|one, other| other.requests.cmp(&one.requests).then_with(|| one.name.cmp(&other.name)));
    }
}

/// Measures the operations of a service by its entry spans that start in the window: those with the most requests first, then
/// by name.
pub fn operations(entries: &EntrySpans, window: TimeWindow) -> Vec<OperationMetrics> {
    let middle = window.start_unix + window.length() / 2;
    // Durations in the first half and in the second half, and errors.
    let mut members: Vec<(Vec<u64>, Vec<u64>, usize)> = vec![Default::default(); entries.operations.len()];
    for span in entries.spans.iter().filter(|span| window.contains(span.start_unix)) {
        let Some(member) = members.get_mut(span.operation as usize) else { continue };
        let half = if span.start_unix < middle { &mut member.0 } else { &mut member.1 };
        half.push(span.duration);
        member.2 += usize::from(span.is_error);
    }
    let measured = |(name, (mut first, mut second, errors)): (&String, (Vec<u64>, Vec<u64>, usize))| {
        let median = |durations: &mut Vec<u64>| quantiles(durations).map(|all| all.p50 as f64);
        let change = (first.len() >= CHANGE_FROM && second.len() >= CHANGE_FROM)
            .then(|| median(&mut first).zip(median(&mut second)))
            .flatten()
            .filter(|(before, _)| *before > 0.0)
            .map(|(before, after)| after / before - 1.0);
        first.append(&mut second);
        let all = quantiles(&mut first)?;
        let name = name.clone();
        Some(OperationMetrics { name, requests: first.len(), errors, p50: all.p50, p95: all.p95, change })
    };
    let mut list: Vec<_> = entries.operations.iter().zip(members).filter_map(measured).collect();
    OperationMetrics::sort(&mut list);
    list
}

#[cfg(test)]
mod tests;
