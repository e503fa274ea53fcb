//! A whole span, resource or scope in OTLP JSON, said piece by piece.

use super::value::{attributes, numeric, warnings_key};
use crate::format::json::{Cursor, Raw, Scan, number, unescape};
use crate::format::{UNREADABLE_PART, ids};
use crate::model::record::{Attribute, AttributeValue, Resource, Scope};
use crate::model::{Memory, Piece, Sink, SpanKind, StatusCode, ValueRef};
use crate::units::{SpanId, TraceId};

/// Says what is in a span's bytes; leaves out what cannot be read, and says so.
pub fn decode(bytes: &[u8], _: &[u64], _: &mut Memory, sink: &mut dyn Sink) {
    let mut cursor = Cursor::patient(bytes, 0);
    if span(&mut cursor, sink).is_err() || cursor.damaged {
        sink.piece(Piece::Warning(UNREADABLE_PART));
    }
}

/// Nanoseconds, as number or text; 0 for what is neither.
pub fn nanoseconds(cursor: &mut Cursor<'_>) -> Scan<u64> {
    let text = numeric(cursor)?;
    let whole = number(text).and_then(|number| number.scaled(1)).unwrap_or(0);
    Ok(u64::try_from(whole).ok().filter(|time| *time <= i64::MAX as u64).unwrap_or(0))
}

fn small(cursor: &mut Cursor<'_>) -> Scan<u32> {
    let whole = number(numeric(cursor)?).and_then(|number| number.scaled(1)).unwrap_or(0);
    Ok(u32::try_from(whole.max(0)).unwrap_or(u32::MAX))
}

/// A kind as number or name.
pub fn kind(cursor: &mut Cursor<'_>) -> Scan<SpanKind> {
    let text = numeric(cursor)?;
    Ok(match text {
        [digit @ b'0'..=b'9'] => SpanKind::from_number(u64::from(digit - b'0')),
        _ => SpanKind::from_name(&String::from_utf8_lossy(text)),
    })
}

/// A status code as number or name.
pub fn status_code(cursor: &mut Cursor<'_>) -> Scan<StatusCode> {
    let text = numeric(cursor)?;
    Ok(match text {
        b"1" | b"STATUS_CODE_OK" => StatusCode::Ok,
        b"2" | b"STATUS_CODE_ERROR" => StatusCode::Error,
        _ => StatusCode::Unset,
    })
}

pub(super) fn span(cursor: &mut Cursor<'_>, sink: &mut dyn Sink) -> Scan<()> {
    let (mut start, mut end) = (0, 0);
    let mut dropped = (0, 0, 0);
    let (mut code, mut message) = (StatusCode::Unset, Raw::default());
    cursor.object(|cursor, key| {
        match key.bytes {
            b"traceId" | b"trace_id" | b"traceID" => {
                let raw = cursor.string_or_skip()?.unwrap_or_default();
                let (id, text) = ids::trace_id(raw.bytes);
                sink.piece(Piece::Trace(id, &text));
            }
            b"spanId" | b"span_id" | b"spanID" => {
                let raw = cursor.string_or_skip()?.unwrap_or_default();
                let (id, text) = ids::span_id(raw.bytes);
                sink.piece(Piece::Id(id, &text));
            }
            b"parentSpanId" | b"parent_span_id" | b"parentSpanID" => {
                let raw = cursor.string_or_skip()?.unwrap_or_default();
                let (id, text) = ids::span_id(raw.bytes);
                sink.piece(Piece::Parent(id, &text));
            }
            b"name" => {
                let raw = cursor.string_or_skip()?.unwrap_or_default();
                sink.piece(Piece::Name(&unescape(raw)));
            }
            b"kind" => sink.piece(Piece::Kind(kind(cursor)?)),
            b"startTimeUnixNano" | b"start_time_unix_nano" => start = nanoseconds(cursor)?,
            b"endTimeUnixNano" | b"end_time_unix_nano" => end = nanoseconds(cursor)?,
            b"traceState" | b"trace_state" => {
                let raw = cursor.string_or_skip()?.unwrap_or_default();
                sink.piece(Piece::TraceState(&unescape(raw)));
            }
            b"flags" => sink.piece(Piece::Flags(small(cursor)?)),
            b"attributes" => attributes(cursor, &mut |key, value| {
                if key == warnings_key() {
                    say_warnings(&value, sink);
                } else {
                    sink.piece(Piece::Attribute(key, value));
                }
            })?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => dropped.0 = small(cursor)?,
            b"droppedEventsCount" | b"dropped_events_count" => dropped.1 = small(cursor)?,
            b"droppedLinksCount" | b"dropped_links_count" => dropped.2 = small(cursor)?,
            b"events" => cursor.array(|cursor| event(cursor, sink))?,
            b"links" => cursor.array(|cursor| link(cursor, sink))?,
            b"status" => cursor.object(|cursor, key| {
                match key.bytes {
                    b"code" => code = status_code(cursor)?,
                    b"message" => message = cursor.string_or_skip()?.unwrap_or_default(),
                    _ => cursor.skip()?,
                }
                Ok(())
            })?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    sink.piece(Piece::Times(start, end));
    sink.piece(Piece::Status(code, &unescape(message)));
    sink.piece(Piece::Dropped(dropped.0, dropped.1, dropped.2));
    Ok(())
}

/// Jaeger's warnings: a list of texts, or one.
pub(in crate::format) fn say_warnings(value: &ValueRef<'_>, sink: &mut dyn Sink) {
    match value {
        ValueRef::Str(text) => sink.piece(Piece::Warning(text)),
        ValueRef::Nested(AttributeValue::Array(texts)) => {
            for text in texts {
                if let AttributeValue::String(text) = text {
                    sink.piece(Piece::Warning(text));
                }
            }
        }
        _ => {}
    }
}

fn event(cursor: &mut Cursor<'_>, sink: &mut dyn Sink) -> Scan<()> {
    let (mut time, mut name, mut dropped, mut list) = (0, Default::default(), 0, None);
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timeUnixNano" | b"time_unix_nano" => time = nanoseconds(cursor)?,
            b"name" => name = cursor.string_or_skip()?.unwrap_or_default(),
            b"attributes" => list = Some(cursor.value()?),
            b"droppedAttributesCount" | b"dropped_attributes_count" => dropped = small(cursor)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    sink.piece(Piece::Event(time, &unescape(name), dropped));
    match list {
        Some(list) => cursor.again(list, |cursor| {
            attributes(cursor, &mut |key, value| sink.piece(Piece::EventAttribute(key, value)))
        }),
        None => Ok(()),
    }
}

fn link(cursor: &mut Cursor<'_>, sink: &mut dyn Sink) -> Scan<()> {
    let (mut trace, mut span) = (TraceId(0), SpanId(0));
    let (mut state, mut flags, mut dropped, mut list) = (Default::default(), 0, 0, None);
    cursor.object(|cursor, key| {
        match key.bytes {
            b"traceId" | b"trace_id" | b"traceID" => {
                trace = ids::trace_id(cursor.string_or_skip()?.unwrap_or_default().bytes).0;
            }
            b"spanId" | b"span_id" | b"spanID" => {
                span = ids::span_id(cursor.string_or_skip()?.unwrap_or_default().bytes).0;
            }
            b"traceState" | b"trace_state" => state = cursor.string_or_skip()?.unwrap_or_default(),
            b"flags" => flags = small(cursor)?,
            b"attributes" => list = Some(cursor.value()?),
            b"droppedAttributesCount" | b"dropped_attributes_count" => dropped = small(cursor)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    sink.piece(Piece::Link(trace, span, &unescape(state), flags, dropped));
    match list {
        Some(list) => cursor.again(list, |cursor| {
            attributes(cursor, &mut |key, value| sink.piece(Piece::LinkAttribute(key, value)))
        }),
        None => Ok(()),
    }
}

pub(super) fn resource(cursor: &mut Cursor<'_>, resource: &mut Resource) -> Scan<()> {
    cursor.object(|cursor, key| {
        match key.bytes {
            b"attributes" => owned(cursor, &mut resource.attributes)?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => {
                resource.dropped_attributes = small(cursor)?
            }
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    resource.find_service();
    Ok(())
}

pub(super) fn scope(cursor: &mut Cursor<'_>, scope: &mut Scope) -> Scan<()> {
    cursor.object(|cursor, key| {
        match key.bytes {
            b"name" => scope.name = unescape(cursor.string_or_skip()?.unwrap_or_default()).into_owned(),
            b"version" => scope.version = unescape(cursor.string_or_skip()?.unwrap_or_default()).into_owned(),
            b"attributes" => owned(cursor, &mut scope.attributes)?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => {
                scope.dropped_attributes = small(cursor)?
            }
            _ => cursor.skip()?,
        }
        Ok(())
    })
}

fn owned(cursor: &mut Cursor<'_>, list: &mut Vec<Attribute>) -> Scan<()> {
    attributes(cursor, &mut |key, value| {
        list.push(Attribute { key: key.to_owned(), value: value.to_value() });
    })
}
