//! OTLP JSON turned into OTLP protobuf, as leniently as the Collector reads it.
//!
//! Besides the specified form (hexadecimal ids, integer enums, lowerCamelCase, 64-bit numbers as text or number) it
//! takes snake_case members and enum names; unknown members and nulls are ignored. One span is in memory as JSON at a
//! time. Nesting is bounded by the JSON reader (128 levels), so the recursion over attribute values is too.

use super::Refusal;
use super::json_value::{Bad, Object, attributes, bytes_of, number};
use super::room::Room;
use crate::wire::{put_bytes, put_fixed32, put_fixed64, put_number, put_varint};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// Bytes that a parsed value takes at most for each byte of its text: a list of digits, while its memory is doubled.
const VALUE_FACTOR: usize = 48;

/// The memory of the request, and why it did not suffice.
struct Account<'r> {
    room: &'r mut Room,
    /// Bytes of the output that were taken.
    output: usize,
    refused: Option<Refusal>,
}

impl Account<'_> {
    /// Takes memory; an error is kept for the caller, for serde has errors of its own.
    fn take<E: Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.room.take(bytes).map_err(|refusal| {
            self.refused = Some(refusal);
            E::custom("out of memory")
        })
    }

    /// Takes what the output grew by.
    fn grown<E: Error>(&mut self, output: &Vec<u8>) -> Result<(), E> {
        let more = output.capacity().saturating_sub(self.output);
        self.output += more;
        self.take(more)
    }

    /// Parses a value and hands it on; its memory is taken for so long.
    fn parsed<E: Error>(
        &mut self,
        text: &RawValue,
        write: impl FnOnce(&Value) -> Result<(), Bad>,
    ) -> Result<(), E> {
        let bytes = text.get().len().saturating_mul(VALUE_FACTOR);
        self.take(bytes)?;
        let value: Value = serde_json::from_str(text.get()).map_err(E::custom)?;
        write(&value).map_err(E::custom)?;
        drop(value);
        self.room.give(bytes);
        Ok(())
    }
}

/// Turns an `ExportTraceServiceRequest` in JSON into one in protobuf.
pub fn to_protobuf(json: &[u8], room: &mut Room) -> Result<Vec<u8>, Refusal> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let malformed = |error: serde_json::Error| Refusal::Malformed(format!("OTLP JSON: {error}"));
    room.take(json.len() / 2)?;
    let mut out = Vec::with_capacity(json.len() / 2);
    let mut account = Account { room, output: out.capacity(), refused: None };
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = Level { out: &mut out, kind: Kind::Request, account: &mut account }.deserialize(&mut reader);
    match (read.and_then(|()| reader.end()), account.refused) {
        (_, Some(refusal)) => Err(refusal),
        (Err(error), None) => Err(malformed(error)),
        (Ok(()), None) => Ok(out),
    }
}

/// Starts a message as field `number` whose length is not known yet; answers where it starts.
fn open(out: &mut Vec<u8>, number: u32) -> usize {
    put_varint(out, u64::from(number) << 3 | 2);
    out.extend_from_slice(&[0; LENGTH]);
    out.len()
}

/// Ends the message that starts there: fills in its length, padded to a varint of [`LENGTH`] bytes.
fn close(out: &mut [u8], start: usize) {
    let mut length = out.len() - start;
    for (at, byte) in out[start - LENGTH..start].iter_mut().enumerate() {
        *byte = (length & 0x7f) as u8 | if at + 1 < LENGTH { 0x80 } else { 0 };
        length >>= 7;
    }
}

/// Bytes of the length of a message that was opened: up to 32 GiB.
const LENGTH: usize = 5;

/// The three messages that hold lists, from the outside in.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Request,
    ResourceSpans,
    ScopeSpans,
}

impl Kind {
    /// The message that the list within holds; `None` for spans.
    fn inner(self) -> Option<Kind> {
        match self {
            Kind::Request => Some(Kind::ResourceSpans),
            Kind::ResourceSpans => Some(Kind::ScopeSpans),
            Kind::ScopeSpans => None,
        }
    }

    /// Field number of the list.
    fn list(self) -> u32 {
        if self == Kind::Request { 1 } else { 2 }
    }

    fn is_list(self, key: &str) -> bool {
        match self {
            Kind::Request => matches!(key, "resourceSpans" | "resource_spans"),
            Kind::ResourceSpans => {
                matches!(key, "scopeSpans" | "scope_spans" | "instrumentationLibrarySpans")
            }
            Kind::ScopeSpans => key == "spans",
        }
    }
}

/// Reads one message and appends its fields.
struct Level<'o, 'r> {
    out: &'o mut Vec<u8>,
    kind: Kind,
    account: &'o mut Account<'r>,
}

impl<'de> DeserializeSeed<'de> for Level<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Request => "an object with resourceSpans",
            Kind::ResourceSpans => "an object with resource and scopeSpans",
            Kind::ScopeSpans => "an object with scope and spans",
        })
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match (self.kind, key.as_str()) {
                (kind, key) if kind.is_list(key) => {
                    map.next_value_seed(List { out: self.out, kind, account: self.account })?
                }
                (Kind::ResourceSpans, "resource")
                | (Kind::ScopeSpans, "scope" | "instrumentationLibrary") => {
                    let text: &RawValue = map.next_value()?;
                    if text.get() == "null" {
                        continue;
                    }
                    let start = open(self.out, 1);
                    let write = if self.kind == Kind::ResourceSpans { resource } else { scope };
                    self.account.parsed(text, |value| write(self.out, value))?;
                    close(self.out, start);
                    self.account.grown(self.out)?;
                }
                (Kind::ResourceSpans | Kind::ScopeSpans, "schemaUrl" | "schema_url") => {
                    if let Some(url) = map.next_value::<Option<String>>()?
                        && !url.is_empty()
                    {
                        put_bytes(self.out, 3, url.as_bytes());
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Reads the list within a message.
struct List<'o, 'r> {
    out: &'o mut Vec<u8>,
    kind: Kind,
    account: &'o mut Account<'r>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let before = self.out.len();
            let start = open(self.out, self.kind.list());
            let read = match self.kind.inner() {
                Some(kind) => {
                    let level = Level { out: &mut *self.out, kind, account: &mut *self.account };
                    seq.next_element_seed(level)?
                }
                None => match seq.next_element::<&RawValue>()? {
                    Some(text) if text.get() == "null" => {
                        self.out.truncate(before);
                        continue;
                    }
                    Some(text) => Some(self.account.parsed(text, |value| span(self.out, value))?),
                    None => None,
                },
            };
            if read.is_none() {
                self.out.truncate(before);
                return Ok(());
            }
            close(self.out, start);
            self.account.grown(self.out)?;
        }
    }
}

fn resource(out: &mut Vec<u8>, value: &Value) -> Result<(), Bad> {
    for (key, value) in Object::of(value, "resource")?.members() {
        match key {
            "attributes" => attributes(out, 1, value)?,
            "droppedAttributesCount" | "dropped_attributes_count" => put_number(out, 2, number(key, value)?),
            _ => {}
        }
    }
    Ok(())
}

fn scope(out: &mut Vec<u8>, value: &Value) -> Result<(), Bad> {
    for (key, value) in Object::of(value, "scope")?.members() {
        match key {
            "name" => put_text(out, 1, key, value)?,
            "version" => put_text(out, 2, key, value)?,
            "attributes" => attributes(out, 3, value)?,
            "droppedAttributesCount" | "dropped_attributes_count" => put_number(out, 4, number(key, value)?),
            _ => {}
        }
    }
    Ok(())
}

fn span(out: &mut Vec<u8>, value: &Value) -> Result<(), Bad> {
    for (key, value) in Object::of(value, "span")?.members() {
        match key {
            "traceId" | "trace_id" => put_id(out, 1, key, value, 16)?,
            "spanId" | "span_id" => put_id(out, 2, key, value, 8)?,
            "traceState" | "trace_state" => put_text(out, 3, key, value)?,
            "parentSpanId" | "parent_span_id" => put_id(out, 4, key, value, 8)?,
            "name" => put_text(out, 5, key, value)?,
            "kind" => put_number(out, 6, enumerated(key, value, &KINDS)?),
            "startTimeUnixNano" | "start_time_unix_nano" => put_fixed64(out, 7, number(key, value)?),
            "endTimeUnixNano" | "end_time_unix_nano" => put_fixed64(out, 8, number(key, value)?),
            "attributes" => attributes(out, 9, value)?,
            "droppedAttributesCount" | "dropped_attributes_count" => put_number(out, 10, number(key, value)?),
            "events" => each(key, value, |value| event(value).map(|event| put_bytes(out, 11, &event)))?,
            "droppedEventsCount" | "dropped_events_count" => put_number(out, 12, number(key, value)?),
            "links" => each(key, value, |value| link(value).map(|link| put_bytes(out, 13, &link)))?,
            "droppedLinksCount" | "dropped_links_count" => put_number(out, 14, number(key, value)?),
            "status" => put_bytes(out, 15, &status(value)?),
            "flags" => put_fixed32(out, 16, number(key, value)? as u32),
            _ => {}
        }
    }
    Ok(())
}

fn event(value: &Value) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::new();
    for (key, value) in Object::of(value, "event")?.members() {
        match key {
            "timeUnixNano" | "time_unix_nano" => put_fixed64(&mut out, 1, number(key, value)?),
            "name" => put_text(&mut out, 2, key, value)?,
            "attributes" => attributes(&mut out, 3, value)?,
            "droppedAttributesCount" | "dropped_attributes_count" => {
                put_number(&mut out, 4, number(key, value)?)
            }
            _ => {}
        }
    }
    Ok(out)
}

fn link(value: &Value) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::new();
    for (key, value) in Object::of(value, "link")?.members() {
        match key {
            "traceId" | "trace_id" => put_id(&mut out, 1, key, value, 16)?,
            "spanId" | "span_id" => put_id(&mut out, 2, key, value, 8)?,
            "traceState" | "trace_state" => put_text(&mut out, 3, key, value)?,
            "attributes" => attributes(&mut out, 4, value)?,
            "droppedAttributesCount" | "dropped_attributes_count" => {
                put_number(&mut out, 5, number(key, value)?)
            }
            "flags" => put_fixed32(&mut out, 6, number(key, value)? as u32),
            _ => {}
        }
    }
    Ok(out)
}

fn status(value: &Value) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::new();
    for (key, value) in Object::of(value, "status")?.members() {
        match key {
            "message" => put_text(&mut out, 2, key, value)?,
            "code" => put_number(&mut out, 3, enumerated(key, value, &CODES)?),
            _ => {}
        }
    }
    Ok(out)
}

const KINDS: [&str; 6] = [
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];
const CODES: [&str; 3] = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

fn enumerated(key: &str, value: &Value, names: &[&str]) -> Result<u64, Bad> {
    match value {
        Value::String(name) => match names.iter().position(|known| known == name) {
            Some(place) => Ok(place as u64),
            None => number(key, value),
        },
        _ => number(key, value),
    }
}

fn each(key: &str, value: &Value, item: impl FnMut(&Value) -> Result<(), Bad>) -> Result<(), Bad> {
    match value {
        Value::Array(values) => values.iter().filter(|value| !value.is_null()).try_for_each(item),
        _ => Err(Bad::new(key, "a list")),
    }
}

fn put_text(out: &mut Vec<u8>, number: u32, key: &str, value: &Value) -> Result<(), Bad> {
    match value {
        Value::String(text) if text.is_empty() => Ok(()),
        Value::String(text) => {
            put_bytes(out, number, text.as_bytes());
            Ok(())
        }
        _ => Err(Bad::new(key, "text")),
    }
}

/// Ids are hexadecimal in OTLP JSON, unlike other bytes; an empty one is none.
fn put_id(out: &mut Vec<u8>, number: u32, key: &str, value: &Value, length: usize) -> Result<(), Bad> {
    let Value::String(text) = value else { return Err(Bad::new(key, "text")) };
    if text.is_empty() {
        return Ok(());
    }
    if text.len() != length * 2 {
        return Err(Bad::new(key, &format!("{} hexadecimal digits: length mismatch", length * 2)));
    }
    let bytes = bytes_of(text).ok_or_else(|| Bad::new(key, "hexadecimal: invalid byte"))?;
    put_bytes(out, number, &bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::room::Memory;
    use super::*;
    use crate::facts::facts_of;
    use crate::ingest::regroup::regroup;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use prost::Message;

    fn room() -> Room {
        Memory::new(64 << 20).room()
    }

    #[test]
    fn what_a_text_becomes_is_paid_for() {
        let list = format!("[1{}]", ",1".repeat(100_000));
        let text = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"x":{list}}}]}}]}}]}}"#);
        let memory = Memory::new(4 << 20);
        let refused = to_protobuf(text.as_bytes(), &mut memory.room());
        assert!(matches!(refused, Err(Refusal::TooMuch(_))), "{refused:?}");
        let empty = format!(r#"{{"resourceSpans":[{{}}{}]}}"#, ",{}".repeat(100_000));
        let refused = to_protobuf(empty.as_bytes(), &mut Memory::new(500_000).room());
        assert!(matches!(refused, Err(Refusal::TooMuch(_))), "{refused:?}");
        assert!(to_protobuf(empty.as_bytes(), &mut room()).is_ok());
    }

    fn read(json: &str) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest::decode(to_protobuf(json.as_bytes(), &mut room()).unwrap().as_slice())
            .unwrap()
    }

    #[test]
    fn names_numbers_and_order_are_read_leniently() {
        let request = read(
            r#"{"future":{"a":[1]},"resource_spans":[{"scopeSpans":[{"spans":[null,{
                "trace_id":"000102030405060708090A0B0C0D0E0F","spanId":"0000000000000001","name":"x",
                "kind":"SPAN_KIND_SERVER","startTimeUnixNano":"18446744073709551615","end_time_unix_nano":7,
                "attributes":[{"key":"i","value":{"intValue":"-9223372036854775808"}},{"key":"e","value":{}},
                    {"key":"l","value":{"arrayValue":{"values":[{"boolValue":false},{"doubleValue":"NaN"}]}}},
                    {"key":"b","value":{"bytesValue":"AAH/"}}],
                "status":{"code":"STATUS_CODE_ERROR","message":"why"},"flags":257}]}],
                "resource":{"attributes":[{"key":"service.name","value":{"string_value":"s"}}]}}]}"#,
        );
        let resource = &request.resource_spans[0];
        assert_eq!(resource.resource.as_ref().unwrap().attributes[0].key, "service.name");
        let span = &resource.scope_spans[0].spans[0];
        assert_eq!(span.trace_id, (0..16).collect::<Vec<u8>>());
        assert_eq!((span.kind, span.start_time_unix_nano, span.end_time_unix_nano), (2, u64::MAX, 7));
        assert_eq!((span.flags, span.status.as_ref().unwrap().code), (257, 2));
        let values: Vec<_> =
            span.attributes.iter().map(|a| a.value.as_ref().and_then(|v| v.value.clone())).collect();
        assert_eq!(values[0], Some(Any::IntValue(i64::MIN)));
        assert_eq!(values[1], None);
        assert_eq!(values[3], Some(Any::BytesValue(vec![0, 1, 255])));
        let Some(Any::ArrayValue(list)) = &values[2] else { panic!("not a list") };
        assert_eq!(list.values[0].value, Some(Any::BoolValue(false)));
        assert!(matches!(list.values[1].value, Some(Any::DoubleValue(number)) if number.is_nan()));
    }

    #[test]
    fn what_is_not_otlp_is_refused() {
        for json in [
            "",
            "{\"resourceSpans\":[",
            "{\"resourceSpans\":7}",
            "[]",
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"abcd"}]}]}]}"#,
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz0102030405060708090a0b0c0d0e0f"}]}]}]}"#,
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"soon"}]}]}]}"#,
            "{} {}",
        ] {
            assert!(
                matches!(to_protobuf(json.as_bytes(), &mut room()), Err(Refusal::Malformed(_))),
                "{json}"
            );
        }
        let deep = |open: &str, close: &str| {
            let value = format!("{}{}", open.repeat(100_000), close.repeat(100_000));
            let attribute = format!(r#"{{"key":"k","value":{value}}}"#);
            let span = format!(r#"{{"name":"x","attributes":[{attribute}]}}"#);
            format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#)
        };
        assert!(to_protobuf(deep(r#"{"arrayValue":{"values":["#, "]}}").as_bytes(), &mut room()).is_err());
        assert!(to_protobuf(deep("[", "]").as_bytes(), &mut room()).is_err());
    }

    #[test]
    fn a_span_without_ids_is_taken() {
        let bytes =
            to_protobuf(br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x"}]}]}]}"#, &mut room())
                .unwrap();
        let parts = regroup(&bytes, &mut room()).unwrap();
        assert_eq!((parts.len(), parts[0].trace, parts[0].extent.spans), (1, 0, 1));
        assert!(facts_of(b"\x0a\x01x").is_err(), "a trace id of one byte");
    }
}
