//! The columns of a trace that the page has: everything that is drawn or counted without the worker.

use super::{StrIx, Strings};
use crate::units::{SpanId, TraceId};
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Identifies a version of a trace; see [`Outline::compute_version`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TraceVersion(pub u64);

/// Index of a span in its trace: depth-first pre-order, siblings by start time. Not valid after a refresh.
pub type SpanIx = u32;

/// "No span" in columns of [`SpanIx`].
pub const NO_SPAN: SpanIx = SpanIx::MAX;

/// OTLP `SpanKind`, same numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum SpanKind {
    /// Not set.
    #[default]
    Unspecified = 0,
    /// Work inside a service.
    Internal = 1,
    /// Handles a request.
    Server = 2,
    /// Sends a request.
    Client = 3,
    /// Sends a message.
    Producer = 4,
    /// Receives a message.
    Consumer = 5,
}

impl SpanKind {
    /// All kinds; the index of each is its number.
    pub const ALL: [SpanKind; 6] = [
        SpanKind::Unspecified,
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];

    /// From OTLP's number; anything unknown is unspecified.
    pub fn from_number(number: u64) -> Self {
        match number {
            1 => SpanKind::Internal,
            2 => SpanKind::Server,
            3 => SpanKind::Client,
            4 => SpanKind::Producer,
            5 => SpanKind::Consumer,
            _ => SpanKind::Unspecified,
        }
    }

    /// From Jaeger's `span.kind` (any case) or OTLP's `SPAN_KIND_…`.
    pub fn from_name(name: &str) -> Self {
        let name = name.strip_prefix("SPAN_KIND_").unwrap_or(name);
        SpanKind::ALL[1..]
            .iter()
            .copied()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
            .unwrap_or_default()
    }

    /// Jaeger's name; empty when unspecified.
    pub fn name(self) -> &'static str {
        match self {
            SpanKind::Unspecified => "",
            SpanKind::Internal => "internal",
            SpanKind::Server => "server",
            SpanKind::Client => "client",
            SpanKind::Producer => "producer",
            SpanKind::Consumer => "consumer",
        }
    }

    /// Jaeger's name, or `unspecified`.
    pub fn name_or_unspecified(self) -> &'static str {
        match self {
            SpanKind::Unspecified => "unspecified",
            kind => kind.name(),
        }
    }
}

/// OTLP `Status.code`, same numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum StatusCode {
    /// Not set.
    #[default]
    Unset = 0,
    /// Success.
    Ok = 1,
    /// Error.
    Error = 2,
}

impl StatusCode {
    /// All codes; the index of each is its number.
    pub const ALL: [StatusCode; 3] = [StatusCode::Unset, StatusCode::Ok, StatusCode::Error];

    /// From OTLP's number; anything unknown is unset.
    pub fn from_number(number: u64) -> Self {
        match number {
            1 => StatusCode::Ok,
            2 => StatusCode::Error,
            _ => StatusCode::Unset,
        }
    }

    /// Name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            StatusCode::Unset => "unset",
            StatusCode::Ok => "ok",
            StatusCode::Error => "error",
        }
    }
}

/// Boolean properties of a span, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags(pub u16);

impl Flags {
    /// The span has an error: status error, or Jaeger's `error` tag.
    pub const OWN_ERROR: Flags = Flags(1);
    /// A descendant has an error.
    pub const ERROR_BELOW: Flags = Flags(1 << 1);
    /// It has events.
    pub const HAS_EVENTS: Flags = Flags(1 << 2);
    /// It has links.
    pub const HAS_LINKS: Flags = Flags(1 << 3);
    /// It has warnings, from the source or the repair.
    pub const WARNED: Flags = Flags(1 << 4);
    /// Its parent is not in the trace.
    pub const ORPHAN: Flags = Flags(1 << 5);
    /// Another span of the trace has the same id.
    pub const DUPLICATE_ID: Flags = Flags(1 << 6);
    /// Its parent link was cut because it closed a loop.
    pub const CYCLE: Flags = Flags(1 << 7);
    /// It starts before its parent or ends after it.
    pub const OUTSIDE_PARENT: Flags = Flags(1 << 8);
    /// It had no usable start time and was given its parent's, or the trace's.
    pub const NO_START: Flags = Flags(1 << 9);
    /// It ends before it starts; shown with zero length.
    pub const ENDS_EARLY: Flags = Flags(1 << 10);
    /// It starts before its parent in another process, so the clocks seem to differ. Times are not changed.
    pub const CLOCK_SKEW: Flags = Flags(1 << 11);
    /// It has no service name.
    pub const NO_SERVICE: Flags = Flags(1 << 12);
    /// It follows from its parent (OpenTracing `FOLLOWS_FROM`), which does not wait for it.
    pub const FOLLOWS_FROM: Flags = Flags(1 << 13);

    /// Whether all bits of `other` are set.
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets the bits of `other`.
    pub fn set(&mut self, other: Flags) {
        self.0 |= other.0;
    }
}

/// One trace as columns in depth-first pre-order. All columns have the same length, `len()`.
/// `i..subtree_end[i]` is the subtree of `i`. Never changes once built.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The trace's id.
    pub trace_id: TraceId,
    /// The id as the source wrote it, when it is not hexadecimal; else empty.
    pub foreign_trace_id: String,
    /// Start of the trace: nanoseconds since the Unix epoch. All times below are relative to it.
    pub start_unix: u64,
    /// End of the last span, in nanoseconds from the trace's start.
    pub duration: u64,
    /// Span ids; a non-hexadecimal one is a hash of its text.
    pub id: Vec<SpanId>,
    /// Parent's index, or [`NO_SPAN`] for roots.
    pub parent: Vec<SpanIx>,
    /// One past the last span of the subtree.
    pub subtree_end: Vec<SpanIx>,
    /// Distance to the root, 0 for roots.
    pub depth: Vec<u32>,
    /// Start, nanoseconds from the trace's start.
    pub start: Vec<u64>,
    /// End, nanoseconds from the trace's start; never before `start`.
    pub end: Vec<u64>,
    /// Operation name, into `strings`.
    pub name: Vec<StrIx>,
    /// Service name, into `strings`.
    pub service: Vec<StrIx>,
    /// Kind.
    pub kind: Vec<SpanKind>,
    /// Status.
    pub status: Vec<StatusCode>,
    /// Flags.
    pub flags: Vec<Flags>,
    /// Where each span's event times start in `event_time`; one longer than the other columns.
    pub event_start: Vec<u32>,
    /// Event times, nanoseconds from the trace's start; 0 for events before it.
    pub event_time: Vec<u64>,
    /// The strings used by the outline, and no others.
    pub strings: Strings,
    /// Faults of the trace as a whole, and numbers of repaired spans; no duplicates.
    pub warnings: Vec<String>,
    /// Version of the trace; set when it is built, see [`Outline::compute_version`].
    pub version: TraceVersion,
}

impl Outline {
    /// Computes the version: a hash of the ids, parents and starts of the spans in order. Outlines of one version
    /// give every span the same index. Linear in the spans.
    pub fn compute_version(&self) -> TraceVersion {
        // Fixed keys: page and worker must compute the same value.
        let mut hasher = DefaultHasher::new();
        (self.trace_id, &self.id, &self.parent, &self.start).hash(&mut hasher);
        TraceVersion(hasher.finish())
    }

    /// Number of spans.
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether the trace has no spans.
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    /// Operation name of a span.
    pub fn name_of(&self, span: SpanIx) -> &str {
        self.strings.get(self.name[span as usize])
    }

    /// Service name of a span.
    pub fn service_of(&self, span: SpanIx) -> &str {
        self.strings.get(self.service[span as usize])
    }

    /// Parent of a span.
    pub fn parent_of(&self, span: SpanIx) -> Option<SpanIx> {
        Some(self.parent[span as usize]).filter(|parent| *parent != NO_SPAN)
    }

    /// Duration of a span in nanoseconds.
    pub fn duration_of(&self, span: SpanIx) -> u64 {
        self.end[span as usize] - self.start[span as usize]
    }

    /// Whether a span has children.
    pub fn has_children(&self, span: SpanIx) -> bool {
        self.subtree_end[span as usize] > span + 1
    }

    /// The children of a span in order, skipping their subtrees.
    pub fn children(&self, span: SpanIx) -> impl Iterator<Item = SpanIx> + '_ {
        let end = self.subtree_end[span as usize];
        let mut next = span + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            next = self.subtree_end[child as usize];
            Some(child)
        })
    }

    /// First span with that id.
    pub fn find(&self, id: SpanId) -> Option<SpanIx> {
        self.id.iter().position(|candidate| *candidate == id).map(|index| index as SpanIx)
    }

    /// For each string whether it is one of `texts`, so that names are compared once per string, not once per span.
    pub fn strings_that(&self, texts: &[String]) -> Vec<bool> {
        (0..self.strings.len() as StrIx)
            .map(|at| texts.iter().any(|text| text == self.strings.get(at)))
            .collect()
    }

    /// Event times of a span, nanoseconds from the trace's start.
    pub fn events_of(&self, span: SpanIx) -> &[u64] {
        let range = self.event_start[span as usize] as usize..self.event_start[span as usize + 1] as usize;
        &self.event_time[range]
    }
}
