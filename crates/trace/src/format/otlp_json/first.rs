//! The first look at a span: what can be drawn, and nothing else.

use super::value::warnings_key;
use super::whole::{kind, nanoseconds, status_code};
use crate::build::TraceBuilder;
use crate::format::ids;
use crate::format::json::{Cursor, Raw, Scan};
use crate::model::{Flags, SpanKind, StatusCode};
use crate::units::SpanId;
use memchr::memmem;

/// What a first look finds; texts still stand in the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct First<'a> {
    /// Trace, as written.
    pub trace: Raw<'a>,
    /// Id.
    pub id: SpanId,
    /// Parent; 0 for none.
    pub parent: SpanId,
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
}

/// Reads the span at the cursor; event times go to the builder at once.
pub fn first<'a>(cursor: &mut Cursor<'a>, builder: &mut TraceBuilder) -> Scan<First<'a>> {
    let mut span = First::default();
    cursor.object(|cursor, key| {
        match key.bytes {
            b"traceId" | b"trace_id" | b"traceID" => {
                span.trace = cursor.string_or_skip()?.unwrap_or_default()
            }
            b"spanId" | b"span_id" | b"spanID" => {
                span.id = ids::span_id(cursor.string_or_skip()?.unwrap_or_default().bytes).0;
            }
            b"parentSpanId" | b"parent_span_id" | b"parentSpanID" => {
                span.parent = ids::span_id(cursor.string_or_skip()?.unwrap_or_default().bytes).0;
            }
            b"name" => span.name = cursor.string_or_skip()?.unwrap_or_default(),
            b"kind" => span.kind = kind(cursor)?,
            b"startTimeUnixNano" | b"start_time_unix_nano" => span.start = nanoseconds(cursor)?,
            b"endTimeUnixNano" | b"end_time_unix_nano" => span.end = nanoseconds(cursor)?,
            b"attributes" => {
                let list = cursor.value()?;
                // An at sign is rare, the key with its value rarer.
                if memchr::memchr(b'@', list).is_some()
                    && memmem::find(list, warnings_key().as_bytes()).is_some()
                {
                    span.flags.set(Flags::WARNED);
                }
            }
            b"events" => cursor.array(|cursor| event_time(cursor, builder))?,
            b"links" => cursor.array(|cursor| {
                span.flags.set(Flags::HAS_LINKS);
                cursor.skip()
            })?,
            b"status" => cursor.object(|cursor, key| {
                match key.bytes {
                    b"code" => span.status = status_code(cursor)?,
                    _ => cursor.skip()?,
                }
                Ok(())
            })?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    if span.status == StatusCode::Error {
        span.flags.set(Flags::OWN_ERROR);
    }
    if std::mem::take(&mut cursor.damaged) {
        span.flags.set(Flags::WARNED);
    }
    Ok(span)
}

fn event_time(cursor: &mut Cursor<'_>, builder: &mut TraceBuilder) -> Scan<()> {
    let mut time = 0;
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timeUnixNano" | b"time_unix_nano" => time = nanoseconds(cursor)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    builder.event(time);
    Ok(())
}
