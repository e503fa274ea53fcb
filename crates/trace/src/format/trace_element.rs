//! One trace of Jaeger as it is read: its id, its processes (before or after the spans), its warnings.

use super::json::{Cursor, unescape};
use super::json_stream::{name_of, text_of};
use super::{ids, jaeger};
use crate::build::{Seen, TraceBuilder};
use crate::model::record::Resource;
use crate::model::{Notes, Place};
use rustc_hash::FxHashMap;

/// What is known of the trace so far.
#[derive(Debug, Default)]
pub(super) struct TraceElement {
    id: Option<String>,
    has_spans: bool,
    spans: usize,
    /// The trace of its last span.
    trace: Option<u32>,
    /// Resource of each process key.
    processes: FxHashMap<Box<[u8]>, u32>,
    /// Resource of each process that stands within spans, by its bytes.
    inner: FxHashMap<Box<[u8]>, u32>,
    warnings: Vec<String>,
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

    /// What its processes are; spans may have named them already.
    pub(super) fn processes(&mut self, value: &[u8], builder: &mut TraceBuilder) {
        let _ = Cursor::new(value).object(|cursor, key| {
            let resource = jaeger::process(cursor.value()?);
            match self.processes.get(key.bytes) {
                Some(number) => builder.set_resource(*number, resource),
                None => {
                    let number = builder.resource(resource);
                    self.processes.insert(key.bytes.into(), number);
                }
            }
            Ok(())
        });
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

    /// A span of it.
    pub(super) fn span(
        &mut self,
        span: &jaeger::First<'_>,
        place: Place,
        notes: &mut Notes,
        builder: &mut TraceBuilder,
    ) {
        let (id, foreign) = match span.trace {
            Some(raw) => ids::trace_id(raw.bytes),
            None => ids::trace_id(self.id.as_deref().unwrap_or("").as_bytes()),
        };
        if !foreign.is_empty() {
            notes.give_up();
        }
        notes.end(place.offset);
        let trace = builder.trace(id, &foreign);
        self.trace = Some(trace);
        self.spans += 1;
        let resource = match span.own_process {
            Some(bytes) if span.process.bytes.is_empty() => match self.inner.get(bytes) {
                Some(number) => *number,
                None => {
                    let number = builder.resource(jaeger::process(bytes));
                    self.inner.insert(bytes.into(), number);
                    number
                }
            },
            _ => match self.processes.get(span.process.bytes) {
                Some(number) => *number,
                None => {
                    let number = builder.resource(Resource::default());
                    self.processes.insert(span.process.bytes.into(), number);
                    number
                }
            },
        };
        let name = name_of(span.name, builder);
        builder.span(Seen {
            trace,
            id: span.id,
            parent: span.parent,
            start: span.start,
            end: span.end,
            name,
            resource,
            scope: u32::MAX,
            kind: span.kind,
            status: span.status,
            flags: span.flags,
            place,
        });
    }

    /// The trace ends here: it exists even without spans, and has its warnings.
    pub(super) fn end(self, builder: &mut TraceBuilder) {
        if !self.has_spans {
            return;
        }
        let trace = match (self.trace, self.id) {
            (Some(trace), _) => trace,
            (None, Some(text)) => {
                let (id, foreign) = ids::trace_id(text.as_bytes());
                builder.trace(id, &foreign)
            }
            (None, None) => return,
        };
        for warning in self.warnings {
            builder.warn_trace(trace, warning);
        }
    }
}
