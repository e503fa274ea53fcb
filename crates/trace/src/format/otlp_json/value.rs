//! Attributes in OTLP JSON: `{"key":…,"value":{"stringValue":…}}`, names first or last.

use crate::format::json::{Cursor, Number, Raw, Scan, number, unescape};
use crate::model::ValueRef;
use crate::model::record::{Attribute, AttributeValue};
use crate::units::base64_decode;

/// Lists within lists beyond this depth stay text: nothing here may depend on the size of the stack.
const DEEPEST: usize = 64;

/// Jaeger's attribute that holds a span's warnings.
pub fn warnings_key() -> &'static str {
    "@jaeger@warnings"
}

/// A value that borrows as long as it can.
enum Held<'a> {
    Text(Raw<'a>),
    Plain(ValueRef<'a>),
    Bytes(Vec<u8>),
}

/// Calls `each` with every attribute of a list.
pub(super) fn attributes(cursor: &mut Cursor<'_>, each: &mut dyn FnMut(&str, ValueRef<'_>)) -> Scan<()> {
    deep_attributes(cursor, 0, each)
}

fn deep_attributes(
    cursor: &mut Cursor<'_>,
    depth: usize,
    each: &mut dyn FnMut(&str, ValueRef<'_>),
) -> Scan<()> {
    cursor.array(|cursor| {
        let mut ahead = cursor.clone();
        if let Some((name, text)) = usual_text(&mut ahead) {
            *cursor = ahead;
            each(&unescape(name), ValueRef::Str(&unescape(text)));
            return Ok(());
        }
        let mut name = Raw::default();
        let mut value = Held::Plain(ValueRef::Empty);
        cursor.object(|cursor, key| {
            match key.bytes {
                b"key" => name = cursor.string_or_skip()?.unwrap_or_default(),
                b"value" => value = any(cursor, depth)?,
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        let name = unescape(name);
        match value {
            Held::Text(raw) => each(&name, ValueRef::Str(&unescape(raw))),
            Held::Plain(value) => each(&name, value),
            Held::Bytes(bytes) => each(&name, ValueRef::Bytes(&bytes)),
        }
        Ok(())
    })
}

/// An attribute with a text as exporters write it: the name first, without white space. Most are.
#[inline]
fn usual_text<'a>(cursor: &mut Cursor<'a>) -> Option<(Raw<'a>, Raw<'a>)> {
    let name = cursor.literal_string(br#"{"key":""#)?;
    let text = cursor.literal_string(br#","value":{"stringValue":""#)?;
    cursor.literal(b"}}")?;
    Some((name, text))
}

fn any<'a>(cursor: &mut Cursor<'a>, depth: usize) -> Scan<Held<'a>> {
    let mut held = Held::Plain(ValueRef::Empty);
    if depth > DEEPEST {
        let text = String::from_utf8_lossy(cursor.value()?).into_owned();
        return Ok(Held::Plain(ValueRef::Nested(AttributeValue::String(text))));
    }
    cursor.object(|cursor, key| {
        held = match key.bytes {
            b"stringValue" | b"string_value" => Held::Text(cursor.string_or_skip()?.unwrap_or_default()),
            b"boolValue" | b"bool_value" => {
                let text = cursor.value()?;
                Held::Plain(ValueRef::Bool(matches!(text, b"true" | b"\"true\"")))
            }
            b"intValue" | b"int_value" => Held::Plain(integer(numeric(cursor)?)),
            b"doubleValue" | b"double_value" => Held::Plain(match number(numeric(cursor)?) {
                Some(Number::Real(real)) => ValueRef::Double(real),
                Some(Number::Whole(whole)) => ValueRef::Double(whole as f64),
                None => ValueRef::Empty,
            }),
            b"bytesValue" | b"bytes_value" => {
                let raw = cursor.string_or_skip()?.unwrap_or_default();
                match base64_decode(unescape(raw).as_bytes()) {
                    Some(bytes) => Held::Bytes(bytes),
                    None => Held::Text(raw),
                }
            }
            b"arrayValue" | b"array_value" => Held::Plain(ValueRef::Nested(list(cursor, depth + 1)?)),
            b"kvlistValue" | b"kvlist_value" => Held::Plain(ValueRef::Nested(map(cursor, depth + 1)?)),
            _ => return cursor.skip(),
        };
        Ok(())
    })?;
    Ok(held)
}

/// The text of a number, in quotes or not.
pub fn numeric<'a>(cursor: &mut Cursor<'a>) -> Scan<&'a [u8]> {
    match cursor.peek()? {
        b'"' => Ok(cursor.string()?.bytes),
        b'{' | b'[' => {
            cursor.skip()?;
            Ok(b"")
        }
        _ => cursor.word(),
    }
}

fn integer(text: &[u8]) -> ValueRef<'static> {
    match number(text) {
        Some(Number::Whole(whole)) => match i64::try_from(whole) {
            Ok(whole) => ValueRef::Int(whole),
            Err(_) => ValueRef::Double(whole as f64),
        },
        Some(Number::Real(real)) if real.fract() == 0.0 && real.abs() < 9e15 => ValueRef::Int(real as i64),
        Some(Number::Real(real)) => ValueRef::Double(real),
        None => ValueRef::Empty,
    }
}

fn list(cursor: &mut Cursor<'_>, depth: usize) -> Scan<AttributeValue> {
    let mut values = Vec::new();
    cursor.object(|cursor, key| match key.bytes {
        b"values" => cursor.array(|cursor| {
            values.push(owned(any(cursor, depth)?));
            Ok(())
        }),
        _ => cursor.skip(),
    })?;
    Ok(AttributeValue::Array(values))
}

fn map(cursor: &mut Cursor<'_>, depth: usize) -> Scan<AttributeValue> {
    let mut members = Vec::new();
    cursor.object(|cursor, key| match key.bytes {
        b"values" => deep_attributes(cursor, depth, &mut |key, value| {
            members.push(Attribute { key: key.to_owned(), value: value.to_value() });
        }),
        _ => cursor.skip(),
    })?;
    Ok(AttributeValue::Map(members))
}

fn owned(held: Held<'_>) -> AttributeValue {
    match held {
        Held::Text(raw) => AttributeValue::String(unescape(raw).into_owned()),
        Held::Plain(ValueRef::Nested(value)) => value,
        Held::Plain(value) => value.to_value(),
        Held::Bytes(bytes) => AttributeValue::Bytes(bytes),
    }
}
