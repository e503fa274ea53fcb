//! Spans of Jaeger on their way into the builder.

use super::first::first;
use crate::format::json::{Cursor, Scan, Stop};
use crate::format::refused::Refused;
use crate::format::span_context::SpanContext;
use crate::model::SpanLocation;

/// Reads what can be drawn of the span at the cursor.
pub(in crate::format) fn read_span(cursor: &mut Cursor<'_>, context: &mut SpanContext<'_>) -> Scan<()> {
    let at = cursor.at;
    let span = first(cursor, context.memory, context.hints, context.builder)?;
    if span.is_model {
        return Err(Stop::Bad(Refused::JaegerModel.advice(), at));
    }
    let place = SpanLocation { block: context.block, offset: at as u32, len: (cursor.at - at) as u32 };
    context.element.span(&span, place, context.hints, context.builder);
    Ok(())
}
