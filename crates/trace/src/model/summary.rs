//! What lists of traces and service graphs show.

use super::{Flags, Outline, SpanIx, SpanKind};
use crate::units::TraceId;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// One trace in a search result (Jaeger's `TraceSummary`, with nanoseconds as numbers).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// The trace.
    pub trace_id: TraceId,
    /// Its id as the source wrote it, when that is not hexadecimal; else empty.
    pub foreign_trace_id: String,
    /// Service of the earliest span without a parent; empty if there is none.
    pub root_service: String,
    /// Operation of that span.
    pub root_operation: String,
    /// Duration of that span, nanoseconds; `None` if there is none or the source does not say (Jaeger).
    #[serde(default)]
    pub root_duration: Option<u64>,
    /// Start of the first span, nanoseconds since the Unix epoch.
    pub start_unix: u64,
    /// From the first start to the last end, nanoseconds.
    pub duration: u64,
    /// Number of spans.
    pub spans: u32,
    /// Spans with an error.
    pub errors: u32,
    /// Spans whose parent is missing.
    pub orphans: u32,
    /// By service, sorted by name.
    pub services: Vec<ServiceCount>,
}

impl TraceSummary {
    /// The trace's id as in URLs and engine commands: as the source wrote it, or 32 hexadecimal digits.
    pub fn key(&self) -> String {
        if self.foreign_trace_id.is_empty() {
            self.trace_id.to_string()
        } else {
            self.foreign_trace_id.clone()
        }
    }
}

/// A service's share of a trace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceCount {
    /// Service name.
    pub name: String,
    /// Its spans.
    pub spans: u32,
    /// Those with an error.
    pub errors: u32,
}

/// An operation of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Span name.
    pub name: String,
    /// Kind, if the source has it.
    pub kind: SpanKind,
}

/// An edge of the service graph: `parent` called `child`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DependencyLink {
    /// Calling service.
    pub parent: String,
    /// Called service.
    pub child: String,
    /// Number of calls.
    pub calls: u64,
    /// Number of calls with an error; `None` if the source does not have it (Jaeger).
    pub errors: Option<u64>,
}

/// The requests that entered a service: its entry spans, see `analysis::entries`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRequests {
    /// The service.
    pub service: String,
    /// Its requests.
    pub requests: u64,
    /// Those with an error of the service itself.
    pub errors: u64,
}

impl Outline {
    /// The summary of the trace.
    pub fn summary(&self) -> TraceSummary {
        let mut services: Vec<ServiceCount> = Vec::new();
        let mut slot = FxHashMap::default();
        let (mut errors, mut orphans) = (0, 0);
        for (service, flags) in self.service.iter().zip(&self.flags) {
            let at = *slot.entry(*service).or_insert_with(|| {
                services
                    .push(ServiceCount { name: self.strings.get(*service).to_owned(), ..Default::default() });
                services.len() - 1
            });
            let failed = u32::from(flags.has(Flags::OWN_ERROR));
            services[at].spans += 1;
            services[at].errors += failed;
            errors += failed;
            orphans += u32::from(flags.has(Flags::ORPHAN));
        }
        services.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let root = (0..self.len())
            .filter(|span| self.depth[*span] == 0 && !self.flags[*span].has(Flags::ORPHAN))
            .min_by_key(|span| self.start[*span])
            .map(|span| span as SpanIx);
        TraceSummary {
            trace_id: self.trace_id,
            foreign_trace_id: self.foreign_trace_id.clone(),
            root_service: root.map(|span| self.service_of(span).to_owned()).unwrap_or_default(),
            root_operation: root.map(|span| self.name_of(span).to_owned()).unwrap_or_default(),
            root_duration: root.map(|span| self.duration_of(span)),
            start_unix: self.start_unix,
            duration: self.duration,
            spans: self.len() as u32,
            errors,
            orphans,
            services,
        }
    }
}
