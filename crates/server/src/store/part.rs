//! The unit of storage: spans of one trace in one batch, with a summary for searching.

use super::calls::Calls;
use super::compress;
use crate::terms::Filter;
use std::sync::Arc;

/// An operation of a service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OperationKey {
    /// Service name, never empty.
    pub service: Box<str>,
    /// Span name, never empty.
    pub name: Box<str>,
    /// OTLP kind.
    pub kind: u32,
}

/// Aggregates of the spans of one or several parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Earliest start, nanoseconds since the Unix epoch.
    pub first_start: u64,
    /// Latest start.
    pub last_start: u64,
    /// Latest end.
    pub last_end: u64,
    /// Minimum duration, nanoseconds.
    pub shortest: u64,
    /// Maximum duration, nanoseconds.
    pub longest: u64,
    /// Number of spans, including duplicates.
    pub spans: u32,
    /// Number of spans with an error status.
    pub errors: u32,
}

impl Extent {
    /// Whether a span may start between two times, inclusive.
    pub fn overlaps(&self, from: u64, to: u64) -> bool {
        self.first_start <= to && self.last_start >= from
    }
}

/// Spans of one trace in one batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Trace id as a number.
    pub trace: u128,
    /// An OTLP `TracesData` message, compressed (see `compress`).
    pub spans: Vec<u8>,
    /// Uncompressed length; 0 if it is not compressed.
    pub plain: u32,
    /// Times and counts.
    pub extent: Extent,
    /// Distinct operations; parts of one request share them.
    pub operations: Vec<Arc<OperationKey>>,
    /// Filter of attributes.
    pub filter: Filter,
    /// Calls between its services; `None` if they must be computed from the spans.
    pub calls: Option<Box<Calls>>,
}

/// Duration of a span; one that ends before it starts has one nanosecond, as in Jaeger's repair.
pub fn duration(start: u64, end: u64) -> u64 {
    end.saturating_sub(start).max(1)
}

impl Part {
    /// A part with an empty summary.
    pub fn of(trace: u128, spans: Vec<u8>) -> Self {
        Part::with(trace, compress::pack(spans))
    }

    /// The same for spans that are packed with memory that is used again.
    pub fn packed(trace: u128, spans: &[u8], scratch: &mut Vec<u8>) -> Self {
        Part::with(trace, compress::pack_with(spans, scratch))
    }

    fn with(trace: u128, (plain, spans): (u32, Vec<u8>)) -> Self {
        let extent = Extent {
            first_start: u64::MAX,
            last_start: 0,
            last_end: 0,
            shortest: u64::MAX,
            longest: 0,
            spans: 0,
            errors: 0,
        };
        Part { trace, spans, plain, extent, operations: Vec::new(), filter: Filter::default(), calls: None }
    }

    /// Adds a span to the extent.
    pub fn add_span(&mut self, start: u64, end: u64, error: bool) {
        let duration = duration(start, end);
        let extent = &mut self.extent;
        extent.first_start = extent.first_start.min(start);
        extent.last_start = extent.last_start.max(start);
        extent.last_end = extent.last_end.max(end).max(start);
        extent.shortest = extent.shortest.min(duration);
        extent.longest = extent.longest.max(duration);
        extent.spans = extent.spans.saturating_add(1);
        extent.errors = extent.errors.saturating_add(u32::from(error));
    }

    /// Adds an operation; the caller avoids most duplicates.
    pub fn add_operation(&mut self, service: &str, name: &str, kind: u32) {
        self.operations.push(Arc::new(OperationKey { service: service.into(), name: name.into(), kind }));
    }
}

impl Part {
    /// Maximum size on disk in bytes: pages of 8 KiB, which large parts do not share.
    pub fn disk_bytes(&self) -> u64 {
        const PAGE: u64 = 8192;
        let bytes = self.weight() as u64;
        if bytes > PAGE / 4 { (bytes / PAGE + 1) * PAGE } else { bytes + bytes / 4 }
    }

    /// Size in memory, and approximately on disk, in bytes.
    pub fn weight(&self) -> usize {
        let calls = self.calls.as_ref().map_or(0, |calls| {
            calls.ids.len() * 8 + calls.open.len() * 10 + (calls.links.len() + calls.services.len()) * 6
        });
        self.spans.len() + self.filter.as_bytes().len() + calls + 64 + self.operations.len() * 16
    }
}
