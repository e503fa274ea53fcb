//! Fields of a span or a resource that the index and the answers use, read from its bytes without decoding it.
//! Field numbers: opentelemetry-proto `trace/v1/trace.proto`, `common/v1/common.proto`.

use crate::terms;
use crate::wire::{TypedField, Walk, WireError, WireField, read_varint};
use std::borrow::Cow;

/// Name given to a resource without `service.name`, as Jaeger gives it.
pub const MISSING_SERVICE: &str = "missing-service-name";
/// Name given to a resource whose `service.name` is empty, as Jaeger gives it.
pub const EMPTY_SERVICE: &str = "empty-service-name";
/// Name given to a resource whose `service.name` is not text, as Jaeger gives it.
pub const WRONG_SERVICE: &str = "service-name-wrong-type";
/// Name given to a span without one, as Jaeger gives it.
pub const EMPTY_SPAN: &str = "empty-span-name";

/// Fields of a span that the index stores.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts<'a> {
    /// Trace id as a number; 0 where there is none.
    pub trace: u128,
    /// Span id as a number; 0 where there is none.
    pub span: u64,
    /// Parent's id as a number; 0 where there is none.
    pub parent: u64,
    /// Name as sent.
    pub name: &'a [u8],
    /// Kind as sent.
    pub kind: u32,
    /// Start, nanoseconds since the Unix epoch.
    pub start: u64,
    /// End, nanoseconds since the Unix epoch.
    pub end: u64,
    /// Status code as sent (2 is an error).
    pub status: u32,
    /// Status message as sent.
    pub status_message: &'a [u8],
    /// Trace state as sent.
    pub trace_state: &'a [u8],
    /// Whether it has events, links, groups, or a status with more than a code.
    pub has_more: bool,
}

/// A time as readers of spans take it (see `spandrel_trace`'s reader of protobuf): 0 from the year 2262 on.
fn valid_time(nanoseconds: u64) -> u64 {
    if nanoseconds <= i64::MAX as u64 { nanoseconds } else { 0 }
}

/// Walks a span for its facts; `attribute` gets every attribute of the span, its events and its links as the bytes of a
/// `KeyValue` message, `event` the name of every event.
pub fn walk_span<'a, E: From<WireError>>(
    span: &'a [u8],
    mut attribute: impl FnMut(&'a [u8]) -> Result<(), E>,
    mut event: impl FnMut(&'a [u8]),
) -> Result<Facts<'a>, E> {
    let mut facts = Facts::default();
    let mut walk = Walk::new(span);
    while let Some((number, field)) = walk.next()? {
        match number {
            1 => facts.trace = trace_id(field.bytes(1)?)?,
            2 => facts.span = span_id(field.bytes(2)?, "SpanID")?,
            3 => facts.trace_state = field.bytes(3)?,
            4 => facts.parent = span_id(field.bytes(4)?, "ParentSpanID")?,
            5 => facts.name = field.bytes(5)?,
            6 => facts.kind = field.number(6)? as u32,
            7 => facts.start = valid_time(field.number(7)?),
            8 => facts.end = valid_time(field.number(8)?),
            9 => attribute(field.bytes(9)?)?,
            11 => {
                facts.has_more = true;
                let mut members = Walk::new(field.bytes(11)?);
                while let Some((number, field)) = members.next()? {
                    match number {
                        2 => event(field.bytes(2)?),
                        3 => attribute(field.bytes(3)?)?,
                        _ => {}
                    }
                }
            }
            13 => {
                facts.has_more = true;
                walk_attributes(field.bytes(13)?, 4, &mut attribute)?;
            }
            15 => {
                let status = field.bytes(15)?;
                facts.has_more |= !matches!(status, [] | [0x18, 0..=2]);
                let mut status = Walk::new(status);
                while let Some((number, field)) = status.next()? {
                    match number {
                        2 => facts.status_message = field.bytes(2)?,
                        3 => facts.status = field.number(3)? as u32,
                        _ => {}
                    }
                }
            }
            _ => facts.has_more |= field == WireField::Group,
        }
    }
    Ok(facts)
}

/// The trace id of a span.
pub fn trace_of(span: &[u8]) -> Result<u128, WireError> {
    let (mut trace, mut walk) = (0, Walk::new(span));
    while let Some((number, field)) = walk.next()? {
        if number == 1 {
            trace = trace_id(field.bytes(1)?)?;
        }
    }
    Ok(trace)
}

/// A span's facts.
pub fn facts_of(span: &[u8]) -> Result<Facts<'_>, WireError> {
    walk_span(span, |_| Ok(()), |_| ())
}

fn trace_id(bytes: &[u8]) -> Result<u128, WireError> {
    match <[u8; 16]>::try_from(bytes) {
        Ok(bytes) => Ok(u128::from_be_bytes(bytes)),
        Err(_) if bytes.is_empty() => Ok(0),
        Err(_) => Err(WireError::IdLength("TraceID")),
    }
}

fn span_id(bytes: &[u8], what: &'static str) -> Result<u64, WireError> {
    match <[u8; 8]>::try_from(bytes) {
        Ok(bytes) => Ok(u64::from_be_bytes(bytes)),
        Err(_) if bytes.is_empty() => Ok(0),
        Err(_) => Err(WireError::IdLength(what)),
    }
}

/// Calls `attribute` with every field `member` of a message.
pub fn walk_attributes<'a, E: From<WireError>>(
    message: &'a [u8],
    member: u32,
    attribute: &mut impl FnMut(&'a [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        if number == member {
            attribute(field.bytes(number)?)?;
        }
    }
    Ok(())
}

/// The key of a `KeyValue` and the first member of its value.
pub type KeyAndValue<'a> = (&'a [u8], Option<(u32, WireField<'a>)>);

/// Reads a `KeyValue`: its key and the first member of its value (`None` for an empty value).
pub fn key_and_value(attribute: &[u8]) -> Result<KeyAndValue<'_>, WireError> {
    let mut key: &[u8] = &[];
    let mut value = None;
    let mut walk = Walk::new(attribute);
    while let Some((number, field)) = walk.next()? {
        match number {
            1 => key = field.bytes(1)?,
            2 => {
                let mut inner = Walk::new(field.bytes(2)?);
                while let Some(member) = inner.next()? {
                    value = Some(member);
                }
            }
            _ => {}
        }
    }
    Ok((key, value))
}

/// As [`key_and_value`] for a `KeyValue` as nearly every sender writes it: the key, then a text, a truth value or a
/// number. `None` for any other, which may be right all the same.
#[inline]
pub fn plain_key_and_value(attribute: &[u8]) -> Option<KeyAndValue<'_>> {
    let (key, rest) = delimited(attribute, 0x0a)?;
    let (value, rest) = delimited(rest, 0x12)?;
    if !rest.is_empty() {
        return None;
    }
    let (number, field, rest) = match value {
        [0x0a, ..] => {
            let (text, rest) = delimited(value, 0x0a)?;
            (1, WireField::Bytes(text), rest)
        }
        [tag @ (0x10 | 0x18), rest @ ..] => {
            let (varint, length) = read_varint(rest).ok()?;
            (u32::from(tag >> 3), WireField::Varint(varint), &rest[length..])
        }
        [0x21, rest @ ..] => {
            let (bytes, rest) = rest.split_first_chunk()?;
            (4, WireField::Fixed64(u64::from_le_bytes(*bytes)), rest)
        }
        _ => return None,
    };
    rest.is_empty().then_some((key, Some((number, field))))
}

/// The content of a length-delimited field with this tag at the start, and what follows.
#[inline]
fn delimited(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, size) = read_varint(rest).ok()?;
    rest[size..].split_at_checked(usize::try_from(length).ok()?)
}

/// The term under which searches find a `KeyValue`.
pub fn term_of(attribute: &[u8]) -> Result<u64, WireError> {
    term_of_pair(key_and_value(attribute)?)
}

/// As [`term_of`], of a `KeyValue` that was read.
#[inline]
pub fn term_of_pair((key, value): KeyAndValue<'_>) -> Result<u64, WireError> {
    let mut digits = itoa::Buffer::new();
    let text: &[u8] = match value {
        None => b"",
        Some((1, field)) => field.bytes(1)?,
        Some((2, field)) if field.number(2)? != 0 => b"true",
        Some((2, _)) => b"false",
        Some((3, field)) => digits.format(field.number(3)? as i64).as_bytes(),
        Some(_) => terms::UNPRINTED,
    };
    Ok(terms::term(key, text))
}

/// The service name that a `Resource` message says, or what stands in for it.
pub fn service_of(resource: &[u8]) -> Result<String, WireError> {
    service_name(resource).map(Cow::into_owned)
}

/// As [`service_of`], borrowed where it can be.
pub fn service_name(resource: &[u8]) -> Result<Cow<'_, str>, WireError> {
    let mut service = None;
    walk_attributes(resource, 1, &mut |attribute| {
        let (key, value) = key_and_value(attribute)?;
        if key == b"service.name" && service.is_none() {
            service = Some(match value {
                Some((1, WireField::Bytes([]))) => EMPTY_SERVICE.into(),
                Some((1, WireField::Bytes(name))) => String::from_utf8_lossy(name),
                _ => WRONG_SERVICE.into(),
            });
        }
        Ok::<_, WireError>(())
    })?;
    Ok(service.unwrap_or(Cow::Borrowed(MISSING_SERVICE)))
}

/// Service names of resources. Spans of one message share their resource, so the last name is kept.
#[derive(Default)]
pub struct ServiceNames {
    resource: Vec<u8>,
    name: Option<String>,
}

impl ServiceNames {
    /// As [`service_of`]; empty for a resource that cannot be read.
    pub fn name(&mut self, resource: &[u8]) -> &str {
        if self.name.is_none() || self.resource != resource {
            self.resource.clear();
            self.resource.extend_from_slice(resource);
            self.name = None;
        }
        self.name.get_or_insert_with(|| service_of(resource).unwrap_or_default())
    }
}
