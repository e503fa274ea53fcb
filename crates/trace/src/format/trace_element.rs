//! State of a Jaeger trace while it is read: id, processes (before or after the spans), warnings.

use super::ids;
use super::json::{Cursor, text_of, unescape};
use crate::build::TraceBuilder;
use crate::units::{SeededMap, TraceId};

/// Maximum number of trace ids per element that are compared.
pub(super) const MOST: usize = 16;
/// Warning of a trace whose times are in nanoseconds.
const IN_NANOSECONDS: &str =
    "times are written in nanoseconds, not in microseconds as Jaeger does; they were read as such";

/// The trace read so far.
#[derive(Debug, Default)]
pub(super) struct TraceElement {
    pub(super) id: Option<String>,
    pub(super) has_spans: bool,
    /// Traces of its spans; usually one.
    pub(super) traces: Vec<(TraceId, u32)>,
    /// Whether times are in nanoseconds.
    pub(super) in_nanoseconds: bool,
    /// Resource by key of the process.
    pub(super) processes: SeededMap<Box<[u8]>, u32>,
    /// Resource by JSON of processes within spans.
    pub(super) inner: SeededMap<Box<[u8]>, u32>,
    pub(super) warnings: Vec<String>,
}

impl TraceElement {
    /// Records that there is a list of spans, which may be empty.
    pub(super) fn has_spans(&mut self) {
        self.has_spans = true;
    }

    /// Sets the trace id.
    pub(super) fn set_trace(&mut self, value: &[u8]) {
        self.id = Some(text_of(value)).filter(|text| !text.is_empty());
    }

    /// Adds warnings.
    pub(super) fn warnings(&mut self, value: &[u8]) {
        let _ = Cursor::new(value).array(|cursor| {
            if let Some(raw) = cursor.string_or_skip()? {
                self.warnings.push(unescape(raw).into_owned());
            }
            Ok(())
        });
    }

    /// Whether no span was read.
    pub(super) fn is_empty(&self) -> bool {
        self.traces.is_empty()
    }

    /// Ends the trace, which is created even without spans, and adds its warnings.
    pub(super) fn end(self, builder: &mut TraceBuilder) {
        if !self.has_spans {
            return;
        }
        let trace = match (self.traces.first(), &self.id) {
            (Some((_, trace)), _) => *trace,
            (None, Some(text)) => {
                let (id, foreign) = ids::trace_id(text.as_bytes());
                builder.trace(id, &foreign)
            }
            (None, None) => return,
        };
        self.join_widths(builder);
        if self.in_nanoseconds {
            builder.warn_trace(trace, IN_NANOSECONDS.to_owned());
        }
        for warning in self.warnings {
            builder.warn_trace(trace, warning);
        }
    }

    /// Joins ids that differ in their upper 64 bits only: some senders truncate trace ids.
    fn join_widths(&self, builder: &mut TraceBuilder) {
        let own = self.id.as_deref().map(|text| ids::trace_id(text.as_bytes()));
        let own = own.map(|(id, foreign)| (id, builder.trace(id, &foreign)));
        if self.traces.len() + usize::from(own.is_some()) < 2 {
            return;
        }
        for (short, number) in self.traces.iter().filter(|(id, _)| id.0 >> 64 == 0) {
            let long = own
                .iter()
                .chain(&self.traces)
                .find(|(id, _)| id.0 >> 64 != 0 && id.0 as u64 == short.0 as u64);
            if let Some((_, long)) = long {
                builder.join_traces(*number, *long);
            }
        }
    }
}
