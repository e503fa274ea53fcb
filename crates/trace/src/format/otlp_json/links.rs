//! Links without a target.

use crate::format::ids::{self, IdText};
use crate::format::json::{Cursor, Scan};

/// Warning of a span with such a link.
pub(super) const NO_TARGET: &str = "a link names neither a trace nor a span; it is left out";

/// Whether the link at the cursor has a trace id or span id.
pub(super) fn has_target(cursor: &mut Cursor<'_>) -> Scan<bool> {
    let (mut trace, mut span) = (IdText::default(), IdText::default());
    cursor.object(|cursor, key| {
        match key.bytes {
            b"traceId" | b"trace_id" | b"traceID" => trace = ids::id(cursor, "links")?,
            b"spanId" | b"span_id" | b"spanID" => span = ids::id(cursor, "links")?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(!(trace.is_empty() && span.is_empty()))
}
