//! Decodes a span, resource or scope completely.

use super::links::{NO_TARGET, has_target};
use super::parents::parent_is_trace;
use super::scan::{enumerated, status_code};
use super::value::{attributes, emit_warnings, warnings_key};
use crate::format::enums::kind;
use crate::format::ids::{self, IdText};
use crate::format::json::{Cursor, Raw, Scan, each_element, number, numeric, text, unescape};
use crate::format::times::nanoseconds;
use crate::format::unreadable_part;
use crate::model::record::{Attribute, Resource, Scope};
use crate::model::{DecodeCache, Piece, Sink};

/// Emits the fields of a span; damaged fields are skipped, with a warning.
pub fn decode(bytes: &[u8], _: &[u64], _: &mut DecodeCache, sink: &mut dyn Sink) {
    let mut cursor = Cursor::lenient(bytes, 0);
    if span(&mut cursor, sink).is_err() || cursor.damaged {
        sink.piece(Piece::Warning(&unreadable_part(cursor.part)));
    }
}

fn small(cursor: &mut Cursor<'_>) -> Scan<u32> {
    let whole = number(numeric(cursor)?).and_then(|number| number.scaled(1)).unwrap_or(0);
    Ok(u32::try_from(whole.max(0)).unwrap_or(u32::MAX))
}

pub(super) fn span(cursor: &mut Cursor<'_>, sink: &mut dyn Sink) -> Scan<()> {
    let (mut start, mut end) = (0, 0);
    let mut dropped = (0, 0, 0);
    let (mut code, mut message) = (Default::default(), Raw::default());
    let (mut trace, mut parent) = (IdText::default(), IdText::default());
    cursor.object(|cursor, key| {
        match key.bytes {
            b"traceId" | b"trace_id" | b"traceID" => {
                trace = ids::id(cursor, "traceId")?;
                let (id, text) = trace.trace();
                sink.piece(Piece::Trace(id, &text));
            }
            b"spanId" | b"span_id" | b"spanID" => {
                let (id, text) = ids::id(cursor, "spanId")?.span();
                sink.piece(Piece::Id(id, &text));
            }
            b"parentSpanId" | b"parent_span_id" | b"parentSpanID" => {
                parent = ids::id(cursor, "parentSpanId")?
            }
            b"name" => sink.piece(Piece::Name(&unescape(text(cursor, "name")?))),
            b"kind" => sink.piece(Piece::Kind(enumerated(cursor, "kind", kind)?)),
            b"startTimeUnixNano" | b"start_time_unix_nano" => {
                start = nanoseconds(cursor, "startTimeUnixNano")?
            }
            b"endTimeUnixNano" | b"end_time_unix_nano" => end = nanoseconds(cursor, "endTimeUnixNano")?,
            b"traceState" | b"trace_state" => {
                sink.piece(Piece::TraceState(&unescape(text(cursor, "traceState")?)));
            }
            b"flags" => sink.piece(Piece::Flags(small(cursor)?)),
            b"attributes" => attributes(cursor, &mut |key, value| {
                if key == warnings_key() {
                    emit_warnings(&value, sink);
                } else {
                    sink.piece(Piece::Attribute(key, value));
                }
            })?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => dropped.0 = small(cursor)?,
            b"droppedEventsCount" | b"dropped_events_count" => dropped.1 = small(cursor)?,
            b"droppedLinksCount" | b"dropped_links_count" => dropped.2 = small(cursor)?,
            b"events" => each_element(cursor, "events", |cursor| event(cursor, sink))?,
            b"links" => each_element(cursor, "links", |cursor| link(cursor, sink))?,
            b"status" => {
                code = status_code(cursor, |cursor| {
                    message = text(cursor, "status")?;
                    Ok(())
                })?
                .unwrap_or(code);
            }
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    emit_parent(parent, trace, sink);
    sink.piece(Piece::Times(start, end));
    sink.piece(Piece::Status(code, &unescape(message)));
    sink.piece(Piece::Dropped(dropped.0, dropped.1, dropped.2));
    Ok(())
}

fn emit_parent(parent: IdText<'_>, trace: IdText<'_>, sink: &mut dyn Sink) {
    let (id, text) = parent.span();
    if parent_is_trace(parent, trace) {
        let warning = format!("it names the trace {text} as its parent; it is shown as a root");
        sink.piece(Piece::Warning(&warning));
    } else if !parent.is_empty() {
        sink.piece(Piece::Parent(id, &text));
    }
}

fn event(cursor: &mut Cursor<'_>, sink: &mut dyn Sink) -> Scan<()> {
    let (mut time, mut name, mut dropped, mut list) = (0, Default::default(), 0, None);
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timeUnixNano" | b"time_unix_nano" => time = nanoseconds(cursor, "events")?,
            b"name" => name = text(cursor, "events")?,
            b"attributes" => list = Some(cursor.value()?),
            b"droppedAttributesCount" | b"dropped_attributes_count" => dropped = small(cursor)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    sink.piece(Piece::Event(time, &unescape(name), dropped));
    match list {
        Some(list) => cursor.reread(list, |cursor| {
            attributes(cursor, &mut |key, value| sink.piece(Piece::EventAttribute(key, value)))
        }),
        None => Ok(()),
    }
}

fn link(cursor: &mut Cursor<'_>, sink: &mut dyn Sink) -> Scan<()> {
    let (mut trace, mut span) = (IdText::default(), IdText::default());
    let (mut state, mut flags, mut dropped, mut list) = (Default::default(), 0, 0, None);
    if !has_target(&mut cursor.clone())? {
        sink.piece(Piece::Warning(NO_TARGET));
        return cursor.skip();
    }
    cursor.object(|cursor, key| {
        match key.bytes {
            b"traceId" | b"trace_id" | b"traceID" => trace = ids::id(cursor, "links")?,
            b"spanId" | b"span_id" | b"spanID" => span = ids::id(cursor, "links")?,
            b"traceState" | b"trace_state" => state = text(cursor, "links")?,
            b"flags" => flags = small(cursor)?,
            b"attributes" => list = Some(cursor.value()?),
            b"droppedAttributesCount" | b"dropped_attributes_count" => dropped = small(cursor)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let ((trace, trace_text), (span, span_text)) = (trace.trace(), span.span());
    for text in [trace_text, span_text].into_iter().filter(|text| !text.is_empty()) {
        sink.piece(Piece::LinkText(&text));
    }
    sink.piece(Piece::Link(trace, span, &unescape(state), flags, dropped));
    match list {
        Some(list) => cursor.reread(list, |cursor| {
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
            b"name" => scope.name = unescape(text(cursor, "name")?).into_owned(),
            b"version" => scope.version = unescape(text(cursor, "version")?).into_owned(),
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
