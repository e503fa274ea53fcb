//! Scans spans and adds them to the builder.

use super::parents::parent_is_trace;
use super::scan::scan_span;
use crate::build::SpanHeader;
use crate::format::json::{Cursor, Scan, Stop};
use crate::format::names::name_of;
use crate::format::span_context::SpanContext;
use crate::model::{Flags, SpanLocation};

/// Scans the span at the cursor and adds it.
pub(in crate::format) fn add_span(cursor: &mut Cursor<'_>, context: &mut SpanContext<'_>) -> Scan<()> {
    let at = cursor.at;
    let mut span = scan_span(cursor, context.builder)?;
    if span.is_document {
        return Err(Stop::Bad("a span should be here, not a document", at));
    }
    let (trace, foreign) = span.trace.trace();
    let trace_number = context.builder.trace(trace, &foreign);
    let (mut parent, foreign_parent) = span.parent.span();
    if !foreign_parent.is_empty() && parent_is_trace(span.parent, span.trace) {
        parent = Default::default();
        span.flags.set(Flags::WARNED);
        let warning =
            format!("span {} names the trace {foreign_parent} as its parent; it is shown as a root", span.id);
        context.builder.warn_trace(trace_number, warning);
    }
    let name = name_of(span.name, context.builder);
    context.builder.span(SpanHeader {
        trace: trace_number,
        id: span.id,
        parent,
        start: span.start,
        end: span.end,
        name,
        resource: context.resource,
        scope: context.scope,
        kind: span.kind,
        status: span.status,
        flags: span.flags,
        place: SpanLocation { block: context.block, offset: at as u32, len: (cursor.at - at) as u32 },
    });
    Ok(())
}

/// Whether the object at the cursor is an OTLP span, by the names of its members; consumes no more of them than
/// needed.
pub(in crate::format) fn is_span(cursor: &mut Cursor<'_>) -> Scan<bool> {
    const FOUND: Stop = Stop::Bad("a name that says it", 0);
    let mut found = false;
    let result = cursor.object(|cursor, key| match key.bytes {
        b"startTimeUnixNano" | b"start_time_unix_nano" | b"endTimeUnixNano" | b"end_time_unix_nano" => {
            found = true;
            Err(FOUND)
        }
        b"traceID" | b"spanID" | b"operationName" => Err(FOUND),
        _ => cursor.skip(),
    });
    match result {
        Err(Stop::More) => Err(Stop::More),
        _ => Ok(found),
    }
}
