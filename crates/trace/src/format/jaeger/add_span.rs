//! Scans spans and adds them to the builder.

use super::scan::scan_span;
use crate::format::json::{Cursor, Scan, Stop};
use crate::format::span_context::SpanContext;
use crate::format::unsupported::UnsupportedInput;
use crate::model::SpanLocation;

/// Scans the span at the cursor and adds it.
pub(in crate::format) fn add_span(cursor: &mut Cursor<'_>, context: &mut SpanContext<'_>) -> Scan<()> {
    let at = cursor.at;
    let span = scan_span(cursor, context.memory, context.hints, context.builder)?;
    if span.is_model {
        return Err(Stop::Bad(UnsupportedInput::JaegerModel.advice(), at));
    }
    let place = SpanLocation { block: context.block, offset: at as u32, len: (cursor.at - at) as u32 };
    context.element.span(&span, place, context.hints, context.builder);
    Ok(())
}
