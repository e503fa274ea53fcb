//! Adds spans and processes of a Jaeger trace to the builder.

use super::process::process;
use super::scan::JaegerScan;
use crate::build::{SpanHeader, TraceBuilder};
use crate::format::ids;
use crate::format::json::Cursor;
use crate::format::names::name_of;
use crate::format::trace_element::{MOST, TraceElement};
use crate::model::record::Resource;
use crate::model::{DecodeHints, SpanLocation};

impl TraceElement {
    /// Sets the processes; spans may already refer to them.
    pub(in crate::format) fn processes(&mut self, value: &[u8], builder: &mut TraceBuilder) {
        let _ = Cursor::new(value).object(|cursor, key| {
            let resource = process(cursor.value()?);
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

    /// Adds a span.
    pub(super) fn span(
        &mut self,
        span: &JaegerScan<'_>,
        place: SpanLocation,
        hints: &mut DecodeHints,
        builder: &mut TraceBuilder,
    ) {
        let (id, foreign) = match span.trace {
            Some(written) => written.trace(),
            None => ids::trace_id(self.id.as_deref().unwrap_or("").as_bytes()),
        };
        if !foreign.is_empty() {
            hints.give_up();
        }
        hints.end(place.offset);
        let trace = builder.trace(id, &foreign);
        if self.traces.last() != Some(&(id, trace))
            && !self.traces.contains(&(id, trace))
            && self.traces.len() < MOST
        {
            self.traces.push((id, trace));
        }
        if let Some(written) = span.parent_is_trace {
            builder.warn_trace(
                trace,
                format!(
                    "span {} names the trace {} as its parent; it is shown as a root",
                    span.id,
                    String::from_utf8_lossy(written.bytes)
                ),
            );
        }
        self.in_nanoseconds |= span.in_nanoseconds;
        let resource = match span.own_process {
            Some(bytes) if span.process.bytes.is_empty() => match self.inner.get(bytes) {
                Some(number) => *number,
                None => {
                    let number = builder.resource(process(bytes));
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
        builder.span(SpanHeader {
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
}
