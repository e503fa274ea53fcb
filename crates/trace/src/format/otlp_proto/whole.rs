//! Decodes a span, resource or scope completely.

use super::wire::{Wire, message};
use crate::format::json::Scan;
use crate::format::otlp_json::{emit_warnings, warnings_key};
use crate::format::protobuf::WireField;
use crate::format::{UNREADABLE_PART, ids};
use crate::model::record::{Attribute, AttributeValue, Resource, Scope};
use crate::model::{DecodeCache, Piece, Sink, SpanKind, StatusCode, ValueRef};
use crate::units::{SpanId, TraceId};
use std::borrow::Cow;

/// Maximum nesting of lists; deeper ones are kept as bytes, so that recursion is bounded.
const DEEPEST: usize = 64;

/// Emits the fields of a span; stops at damage, with a warning.
pub fn decode(bytes: &[u8], _: &[u64], _: &mut DecodeCache, sink: &mut dyn Sink) {
    if span(bytes, sink).is_err() {
        sink.piece(Piece::Warning(UNREADABLE_PART));
    }
}

/// A valid time; else 0.
pub fn time(field: WireField<'_>) -> u64 {
    Some(field.number_or_zero()).filter(|time| *time <= i64::MAX as u64).unwrap_or(0)
}

pub(super) fn span(bytes: &[u8], sink: &mut dyn Sink) -> Scan<()> {
    let (mut start, mut end) = (0, 0);
    let mut dropped = (0, 0, 0);
    // A damaged event or link does not affect other fields; the first error is returned at the end.
    let mut mistake = Ok(());
    let mut note = |read: Scan<()>| {
        if mistake.is_ok() {
            mistake = read;
        }
    };
    let (mut code, mut text): (u64, &[u8]) = (0, b"");
    let texts = sink.reads_texts();
    Wire::new(bytes).fields(|number, field| {
        match number {
            1 => {
                let (id, text) = ids::trace_bytes(field.bytes_or_empty());
                sink.piece(Piece::Trace(id, &text));
            }
            2 => {
                let (id, text) = ids::span_bytes(field.bytes_or_empty());
                sink.piece(Piece::Id(id, &text));
            }
            3 => sink.piece(Piece::TraceState(&text_of(field.bytes_or_empty(), texts))),
            4 => {
                let (id, text) = ids::span_bytes(field.bytes_or_empty());
                sink.piece(Piece::Parent(id, &text));
            }
            5 => sink.piece(Piece::Name(&text_of(field.bytes_or_empty(), texts))),
            6 => sink.piece(Piece::Kind(SpanKind::from_number(field.number_or_zero()))),
            7 => start = time(field),
            8 => end = time(field),
            9 => note(key_value(field.bytes_or_empty(), 0, texts, &mut |key, value| {
                if key == warnings_key() {
                    emit_warnings(&value, sink);
                } else {
                    sink.piece(Piece::Attribute(key, value));
                }
            })),
            10 => dropped.0 = field.number_or_zero() as u32,
            11 => note(event(field.bytes_or_empty(), sink)),
            12 => dropped.1 = field.number_or_zero() as u32,
            13 => note(link(field.bytes_or_empty(), sink)),
            14 => dropped.2 = field.number_or_zero() as u32,
            15 => note(message(field.bytes_or_empty(), |number, field| {
                match number {
                    2 => text = field.bytes_or_empty(),
                    3 => code = field.number_or_zero(),
                    _ => {}
                }
                Ok(())
            })),
            16 => sink.piece(Piece::Flags(field.number_or_zero() as u32)),
            _ => {}
        }
        Ok(())
    })?;
    sink.piece(Piece::Times(start, end));
    sink.piece(Piece::Status(StatusCode::from_number(code), &text_of(text, texts)));
    sink.piece(Piece::Dropped(dropped.0, dropped.1, dropped.2));
    mistake
}

fn event(bytes: &[u8], sink: &mut dyn Sink) -> Scan<()> {
    let (mut time_unix, mut name, mut dropped): (u64, &[u8], u32) = (0, b"", 0);
    message(bytes, |number, field| {
        match number {
            1 => time_unix = time(field),
            2 => name = field.bytes_or_empty(),
            4 => dropped = field.number_or_zero() as u32,
            _ => {}
        }
        Ok(())
    })?;
    let texts = sink.reads_texts();
    sink.piece(Piece::Event(time_unix, &text_of(name, texts), dropped));
    attributes_of(bytes, 3, texts, &mut |key, value| sink.piece(Piece::EventAttribute(key, value)))
}

fn link(bytes: &[u8], sink: &mut dyn Sink) -> Scan<()> {
    let (mut trace, mut span) = (TraceId(0), SpanId(0));
    let (mut state, mut dropped, mut flags): (&[u8], u32, u32) = (b"", 0, 0);
    message(bytes, |number, field| {
        match number {
            1 => trace = ids::trace_bytes(field.bytes_or_empty()).0,
            2 => span = ids::span_bytes(field.bytes_or_empty()).0,
            3 => state = field.bytes_or_empty(),
            5 => dropped = field.number_or_zero() as u32,
            6 => flags = field.number_or_zero() as u32,
            _ => {}
        }
        Ok(())
    })?;
    let texts = sink.reads_texts();
    sink.piece(Piece::Link(trace, span, &text_of(state, texts), flags, dropped));
    attributes_of(bytes, 4, texts, &mut |key, value| sink.piece(Piece::LinkAttribute(key, value)))
}

/// Emits the attributes in field `wanted` of a message.
fn attributes_of(
    bytes: &[u8],
    wanted: u32,
    texts: bool,
    each: &mut dyn FnMut(&str, ValueRef<'_>),
) -> Scan<()> {
    message(bytes, |number, field| match number == wanted {
        true => key_value(field.bytes_or_empty(), 0, texts, each),
        false => Ok(()),
    })
}

fn key_value(bytes: &[u8], depth: usize, texts: bool, each: &mut dyn FnMut(&str, ValueRef<'_>)) -> Scan<()> {
    let (mut key, mut value): (&[u8], &[u8]) = (b"", b"");
    message(bytes, |number, field| {
        match number {
            1 => key = field.bytes_or_empty(),
            2 => value = field.bytes_or_empty(),
            _ => {}
        }
        Ok(())
    })?;
    any(value, depth, texts, &mut |value| each(&text_of(key, texts), value))
}

/// Bytes as text, with U+FFFD for invalid UTF-8; empty if it is not read. Valid text is checked at once, which
/// `from_utf8_lossy` does not do.
fn text_of(bytes: &[u8], is_read: bool) -> Cow<'_, str> {
    if !is_read {
        return Cow::Borrowed("");
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Emits an `AnyValue`; of several fields, the last.
fn any(bytes: &[u8], depth: usize, texts: bool, take: &mut dyn FnMut(ValueRef<'_>)) -> Scan<()> {
    let mut last = None;
    message(bytes, |number, field| {
        if (1..=7).contains(&number) {
            last = Some((number, field));
        }
        Ok(())
    })?;
    let Some((number, field)) = last else {
        take(ValueRef::Empty);
        return Ok(());
    };
    match number {
        1 => take(ValueRef::Str(&text_of(field.bytes_or_empty(), texts))),
        2 => take(ValueRef::Bool(field.number_or_zero() != 0)),
        3 => take(ValueRef::Int(field.number_or_zero() as i64)),
        4 => take(ValueRef::Double(f64::from_bits(field.number_or_zero()))),
        7 => take(ValueRef::Bytes(field.bytes_or_empty())),
        _ if depth >= DEEPEST => take(ValueRef::Bytes(field.bytes_or_empty())),
        5 => {
            let mut values = Vec::new();
            message(field.bytes_or_empty(), |number, field| match number {
                1 => {
                    any(field.bytes_or_empty(), depth + 1, texts, &mut |value| values.push(value.to_value()))
                }
                _ => Ok(()),
            })?;
            take(ValueRef::Nested(AttributeValue::Array(values)));
        }
        _ => {
            let mut members = Vec::new();
            message(field.bytes_or_empty(), |number, field| match number {
                1 => key_value(field.bytes_or_empty(), depth + 1, texts, &mut |key, value| {
                    members.push(Attribute { key: key.to_owned(), value: value.to_value() });
                }),
                _ => Ok(()),
            })?;
            take(ValueRef::Nested(AttributeValue::Map(members)));
        }
    }
    Ok(())
}

pub(super) fn resource(bytes: &[u8], resource: &mut Resource) -> Scan<()> {
    Wire::new(bytes).fields(|number, field| {
        match number {
            1 => key_value(field.bytes_or_empty(), 0, true, &mut |key, value| {
                resource.attributes.push(Attribute { key: key.to_owned(), value: value.to_value() });
            })?,
            2 => resource.dropped_attributes = field.number_or_zero() as u32,
            _ => {}
        }
        Ok(())
    })?;
    resource.find_service();
    Ok(())
}

pub(super) fn scope(bytes: &[u8], scope: &mut Scope) -> Scan<()> {
    Wire::new(bytes).fields(|number, field| {
        match number {
            1 => scope.name = String::from_utf8_lossy(field.bytes_or_empty()).into_owned(),
            2 => scope.version = String::from_utf8_lossy(field.bytes_or_empty()).into_owned(),
            3 => key_value(field.bytes_or_empty(), 0, true, &mut |key, value| {
                scope.attributes.push(Attribute { key: key.to_owned(), value: value.to_value() });
            })?,
            4 => scope.dropped_attributes = field.number_or_zero() as u32,
            _ => {}
        }
        Ok(())
    })
}
