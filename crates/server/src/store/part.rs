//! One trace's spans of one batch: the unit that is stored, with the small summary by which it is found.

use super::calls::Calls;
use super::compress;
use crate::terms::Filter;

/// An operation of a service, as searches name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OperationKey {
    /// Service name, never empty.
    pub service: Box<str>,
    /// Span name, never empty.
    pub name: Box<str>,
    /// Span kind as OTLP numbers it.
    pub kind: u32,
}

/// Numbers over the spans of a part (or of several).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Start of the span that starts first, nanoseconds since the Unix epoch.
    pub first_start: u64,
    /// Start of the span that starts last.
    pub last_start: u64,
    /// End of the span that ends last.
    pub last_end: u64,
    /// Shortest span, nanoseconds.
    pub shortest: u64,
    /// Longest span, nanoseconds.
    pub longest: u64,
    /// Number of spans, repetitions included.
    pub spans: u32,
    /// Spans with an error status.
    pub errors: u32,
}

/// One trace's spans of one batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Trace id as a number.
    pub trace: u128,
    /// An OTLP `TracesData` message, packed (see `compress`).
    pub spans: Vec<u8>,
    /// Its length before packing; 0 where it is not packed.
    pub plain: u32,
    /// When, how long, how many.
    pub extent: Extent,
    /// Distinct operations.
    pub operations: Vec<OperationKey>,
    /// Which attributes may be there.
    pub filter: Filter,
    /// Calls between its services; `None` where they are known from its spans alone.
    pub calls: Option<Box<Calls>>,
}

/// How long a span took; one that ends before it starts takes one nanosecond, as Jaeger repairs it.
pub fn duration(start: u64, end: u64) -> u64 {
    end.saturating_sub(start).max(1)
}

impl Part {
    /// A part that holds these bytes and knows nothing of them yet.
    pub fn of(trace: u128, spans: Vec<u8>) -> Self {
        let extent = Extent {
            first_start: u64::MAX,
            last_start: 0,
            last_end: 0,
            shortest: u64::MAX,
            longest: 0,
            spans: 0,
            errors: 0,
        };
        let (plain, spans) = compress::pack(spans);
        Part { trace, spans, plain, extent, operations: Vec::new(), filter: Filter::default(), calls: None }
    }

    /// Takes a span into the extent.
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

    /// Takes an operation in; the caller drops most repetitions.
    pub fn add_operation(&mut self, service: &str, name: &str, kind: u32) {
        self.operations.push(OperationKey { service: service.into(), name: name.into(), kind });
    }
}

impl Part {
    /// Bytes that it takes on disk at most, in pages of 8 KiB of which a big part shares none.
    pub fn disk_bytes(&self) -> u64 {
        const PAGE: u64 = 8192;
        let bytes = self.weight() as u64;
        if bytes > PAGE / 4 { (bytes / PAGE + 1) * PAGE } else { bytes + bytes / 4 }
    }

    /// Bytes that it takes in memory and roughly on disk.
    pub fn weight(&self) -> usize {
        let calls = self.calls.as_ref().map_or(0, |calls| {
            calls.ids.len() * 8 + calls.open.len() * 10 + (calls.links.len() + calls.services.len()) * 6
        });
        self.spans.len() + self.filter.as_bytes().len() + calls + 64 + self.operations.len() * 16
    }
}
