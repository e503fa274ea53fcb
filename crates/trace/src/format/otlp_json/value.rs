//! Attributes in OTLP JSON: `{"key":…,"value":{"stringValue":…}}`, names first or last.

use crate::format::json::{
    Cursor, DEEPEST, Number, Raw, Scan, number, numeric, plain, plain_value, text, unescape,
};
use crate::model::record::{Attribute, AttributeValue};
use crate::model::{Piece, Sink, ValueRef};
use crate::units::base64_decode;

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

/// Calls `each` with every attribute of a list, or of a map of names and values.
pub(super) fn attributes(cursor: &mut Cursor<'_>, each: &mut dyn FnMut(&str, ValueRef<'_>)) -> Scan<()> {
    deep_attributes(cursor, 0, each)
}

fn deep_attributes(
    cursor: &mut Cursor<'_>,
    depth: usize,
    each: &mut dyn FnMut(&str, ValueRef<'_>),
) -> Scan<()> {
    match cursor.peek()? {
        b'[' => {}
        b'{' => {
            return cursor.object(|cursor, key| {
                let value = any(cursor, depth)?;
                hand_over(&unescape(key), value, each);
                Ok(())
            });
        }
        first => {
            cursor.skip()?;
            if first != b'n' {
                cursor.damage("attributes");
            }
            return Ok(());
        }
    }
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
                b"key" => name = text(cursor, "attributes")?,
                b"value" => value = any(cursor, depth)?,
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        hand_over(&unescape(name), value, each);
        Ok(())
    })
}

fn hand_over(name: &str, value: Held<'_>, each: &mut dyn FnMut(&str, ValueRef<'_>)) {
    match value {
        Held::Text(raw) => each(name, ValueRef::Str(&unescape(raw))),
        Held::Plain(value) => each(name, value),
        Held::Bytes(bytes) => each(name, ValueRef::Bytes(&bytes)),
    }
}

/// An attribute with a text as exporters write it: the name first, without white space. Most are.
#[inline]
fn usual_text<'a>(cursor: &mut Cursor<'a>) -> Option<(Raw<'a>, Raw<'a>)> {
    let name = cursor.literal_string(br#"{"key":""#)?;
    let text = cursor.literal_string(br#","value":{"stringValue":""#)?;
    cursor.literal(b"}}")?;
    Some((name, text))
}

/// A value: `{"stringValue": …}` and the like, Go's way of writing the same, or a value as JSON has it.
fn any<'a>(cursor: &mut Cursor<'a>, depth: usize) -> Scan<Held<'a>> {
    match cursor.peek()? {
        b'{' => {}
        b'"' => return Ok(Held::Text(cursor.string()?)),
        b'[' => return Ok(Held::Plain(ValueRef::Nested(plain_value(cursor.value()?)))),
        _ => return Ok(Held::Plain(plain(cursor.word()?))),
    }
    if depth > DEEPEST {
        let text = String::from_utf8_lossy(cursor.value()?).into_owned();
        return Ok(Held::Plain(ValueRef::Nested(AttributeValue::String(text))));
    }
    let mut held = Held::Plain(ValueRef::Empty);
    cursor.object(|cursor, key| {
        // A null says that nothing is set.
        if cursor.peek()? == b'n' {
            return cursor.skip();
        }
        held = match key.bytes {
            b"stringValue" | b"string_value" | b"StringValue" => Held::Text(text(cursor, "attributes")?),
            b"boolValue" | b"bool_value" | b"BoolValue" => Held::Plain(match cursor.value()? {
                b"true" | b"\"true\"" => ValueRef::Bool(true),
                b"false" | b"\"false\"" => ValueRef::Bool(false),
                _ => wrong(cursor),
            }),
            b"intValue" | b"int_value" | b"IntValue" => match integer(numeric(cursor)?) {
                ValueRef::Empty => Held::Plain(wrong(cursor)),
                value => Held::Plain(value),
            },
            b"doubleValue" | b"double_value" | b"DoubleValue" => {
                Held::Plain(match number(numeric(cursor)?) {
                    Some(Number::Real(real)) => ValueRef::Double(real),
                    Some(Number::Whole(whole)) => ValueRef::Double(whole as f64),
                    None => wrong(cursor),
                })
            }
            b"bytesValue" | b"bytes_value" | b"BytesValue" => {
                let raw = text(cursor, "attributes")?;
                match base64_decode(unescape(raw).as_bytes()) {
                    Some(bytes) => Held::Bytes(bytes),
                    None => Held::Text(raw),
                }
            }
            b"arrayValue" | b"array_value" | b"ArrayValue" => {
                Held::Plain(ValueRef::Nested(list(cursor, depth + 1)?))
            }
            b"kvlistValue" | b"kvlist_value" | b"KvlistValue" => {
                Held::Plain(ValueRef::Nested(map(cursor, depth + 1)?))
            }
            // As Go's `encoding/json` writes the structs of the protocol.
            b"Value" => any(cursor, depth + 1)?,
            _ => return cursor.skip(),
        };
        Ok(())
    })?;
    Ok(held)
}

#[cold]
fn wrong(cursor: &mut Cursor<'_>) -> ValueRef<'static> {
    cursor.damage("attributes");
    ValueRef::Empty
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
