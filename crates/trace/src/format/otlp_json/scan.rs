//! Scans a span for what the outline needs.

use super::links::has_target;
use super::value::warnings_key;
use crate::build::TraceBuilder;
use crate::format::enums::{kind, status};
use crate::format::ids::{self, IdText};
use crate::format::json::{Cursor, Raw, Scan, each_element, text};
use crate::format::times::nanoseconds;
use crate::model::{Flags, SpanKind, StatusCode};
use crate::units::SpanId;
use memchr::memmem;

/// Result of the scan; strings are not unescaped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OtlpScan<'a> {
    /// Trace id, as written.
    pub trace: IdText<'a>,
    /// Id.
    pub id: SpanId,
    /// Parent id, as written.
    pub parent: IdText<'a>,
    /// Nanoseconds since the Unix epoch, 0 for none.
    pub start: u64,
    /// Nanoseconds since the Unix epoch.
    pub end: u64,
    /// Name.
    pub name: Raw<'a>,
    /// Kind.
    pub kind: SpanKind,
    /// Status.
    pub status: StatusCode,
    /// Flags.
    pub flags: Flags,
    /// Whether it contains a document, which means that it is not a span.
    pub is_document: bool,
}

/// Scans the span at the cursor; adds event times to the builder.
pub(super) fn scan_span<'a>(cursor: &mut Cursor<'a>, builder: &mut TraceBuilder) -> Scan<OtlpScan<'a>> {
    let mut span = OtlpScan::default();
    cursor.object(|cursor, key| {
        match key.bytes {
            b"traceId" | b"trace_id" | b"traceID" => span.trace = ids::id(cursor, "traceId")?,
            b"spanId" | b"span_id" | b"spanID" => span.id = ids::id(cursor, "spanId")?.span().0,
            b"parentSpanId" | b"parent_span_id" | b"parentSpanID" => {
                span.parent = ids::id(cursor, "parentSpanId")?;
            }
            b"name" => span.name = text(cursor, "name")?,
            b"kind" => span.kind = enumerated(cursor, "kind", kind)?,
            b"startTimeUnixNano" | b"start_time_unix_nano" => {
                span.start = nanoseconds(cursor, "startTimeUnixNano")?;
            }
            b"endTimeUnixNano" | b"end_time_unix_nano" => span.end = nanoseconds(cursor, "endTimeUnixNano")?,
            b"attributes" => {
                let list = cursor.value()?;
                // Searching for the at sign alone is faster, and it is rare.
                if memchr::memchr(b'@', list).is_some()
                    && memmem::find(list, warnings_key().as_bytes()).is_some()
                {
                    span.flags.set(Flags::WARNED);
                }
            }
            b"events" => each_element(cursor, "events", |cursor| event_time(cursor, builder))?,
            b"links" => each_element(cursor, "links", |cursor| {
                span.flags.set(if has_target(cursor)? { Flags::HAS_LINKS } else { Flags::WARNED });
                Ok(())
            })?,
            b"status" => span.status = status_code(cursor, |cursor| cursor.skip())?.unwrap_or(span.status),
            b"resourceSpans" | b"resource_spans" | b"scopeSpans" | b"scope_spans" => {
                span.is_document = true;
                cursor.skip()?;
            }
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    if span.status == StatusCode::Error {
        span.flags.set(Flags::OWN_ERROR);
    }
    if cursor.take_damage() {
        span.flags.set(Flags::WARNED);
    }
    Ok(span)
}

fn event_time(cursor: &mut Cursor<'_>, builder: &mut TraceBuilder) -> Scan<()> {
    let mut time = 0;
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timeUnixNano" | b"time_unix_nano" => time = nanoseconds(cursor, "events")?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    builder.event(time);
    Ok(())
}

/// An enum as a number or a name; anything else is damage.
pub(super) fn enumerated<T: Default>(
    cursor: &mut Cursor<'_>,
    member: &'static str,
    meaning: fn(&[u8]) -> Option<T>,
) -> Scan<T> {
    let found = meaning(text(cursor, member)?.bytes);
    if found.is_none() {
        cursor.damage(member);
    }
    Ok(found.unwrap_or_default())
}

/// A status code, in an object or alone; `message` is set to the message.
pub(super) fn status_code<'a>(
    cursor: &mut Cursor<'a>,
    mut message: impl FnMut(&mut Cursor<'a>) -> Scan<()>,
) -> Scan<Option<StatusCode>> {
    if cursor.peek()? != b'{' {
        return enumerated(cursor, "status", status).map(Some);
    }
    let mut code = None;
    cursor.object(|cursor, key| match key.bytes {
        b"code" => {
            code = Some(enumerated(cursor, "status", status)?);
            Ok(())
        }
        b"message" => message(cursor),
        _ => cursor.skip(),
    })?;
    Ok(code)
}
