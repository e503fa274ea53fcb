//! One trace of Jaeger as it is read: its id, its processes (before or after the spans), its warnings.

use super::ids;
use super::json::{Cursor, text_of, unescape};
use crate::build::TraceBuilder;
use crate::units::{SeededMap, TraceId};

/// Traces that one element of the source is compared for at most.
pub(super) const MOST: usize = 16;
/// Said of a trace whose times are not in Jaeger's unit.
const IN_NANOSECONDS: &str =
    "times are written in nanoseconds, not in microseconds as Jaeger does; they were read as such";

/// What is known of the trace so far.
#[derive(Debug, Default)]
pub(super) struct TraceElement {
    pub(super) id: Option<String>,
    pub(super) has_spans: bool,
    /// Traces of its spans; one, unless their ids differ.
    pub(super) traces: Vec<(TraceId, u32)>,
    /// Whether times of it are written in nanoseconds.
    pub(super) in_nanoseconds: bool,
    /// Resource of each process key.
    pub(super) processes: SeededMap<Box<[u8]>, u32>,
    /// Resource of each process that stands within spans, by its bytes.
    pub(super) inner: SeededMap<Box<[u8]>, u32>,
    pub(super) warnings: Vec<String>,
}

impl TraceElement {
    /// There is a list of spans, perhaps an empty one.
    pub(super) fn has_spans(&mut self) {
        self.has_spans = true;
    }

    /// The trace's id.
    pub(super) fn set_trace(&mut self, value: &[u8]) {
        self.id = Some(text_of(value)).filter(|text| !text.is_empty());
    }

    /// Its warnings.
    pub(super) fn warnings(&mut self, value: &[u8]) {
        let _ = Cursor::new(value).array(|cursor| {
            if let Some(raw) = cursor.string_or_skip()? {
                self.warnings.push(unescape(raw).into_owned());
            }
            Ok(())
        });
    }

    /// Whether no span of it was read.
    pub(super) fn is_empty(&self) -> bool {
        self.traces.is_empty()
    }

    /// The trace ends here: it exists even without spans, and has its warnings.
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

    /// Some senders cut a trace's id to its lower 64 bits: within one trace of the source both are the same trace.
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
