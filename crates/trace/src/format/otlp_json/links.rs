//! Links, which lead nowhere where they name neither a trace nor a span.

use crate::format::ids::{self, IdText};
use crate::format::json::{Cursor, Scan};

/// Said of a span with such a link.
pub(super) const NOWHERE: &str = "a link names neither a trace nor a span; it is left out";

/// Whether the link at the cursor leads somewhere.
pub(super) fn leads_somewhere(cursor: &mut Cursor<'_>) -> Scan<bool> {
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
