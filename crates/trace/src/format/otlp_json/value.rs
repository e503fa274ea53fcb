//! OTLP JSON attributes: `{"key":…,"value":{"stringValue":…}}`, members in any order.

use crate::format::json::{
    Cursor, DEEPEST, Number, Raw, Scan, number, numeric, plain, plain_value, text, unescape,
};
use crate::model::record::{Attribute, AttributeValue};
use crate::model::{Piece, Sink, ValueRef};
use crate::units::base64_decode;

/// Jaeger's attribute with a span's warnings.
pub fn warnings_key() -> &'static str {
    "@jaeger@warnings"
}

/// A value that borrows where possible.
enum BorrowedValue<'a> {
    Text(Raw<'a>),
    Plain(ValueRef<'a>),
    Bytes(Vec<u8>),
}

/// Calls `each` with each attribute of a list, or of a map.
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
                emit(&unescape(key), value, each);
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
        if let Some((name, text)) = compact_text(&mut ahead) {
            *cursor = ahead;
            each(&unescape(name), ValueRef::Str(&unescape(text)));
            return Ok(());
        }
        let mut name = Raw::default();
        let mut value = BorrowedValue::Plain(ValueRef::Empty);
        cursor.object(|cursor, key| {
            match key.bytes {
                b"key" => name = text(cursor, "attributes")?,
                b"value" => value = any(cursor, depth)?,
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        emit(&unescape(name), value, each);
        Ok(())
    })
}

fn emit(name: &str, value: BorrowedValue<'_>, each: &mut dyn FnMut(&str, ValueRef<'_>)) {
    match value {
        BorrowedValue::Text(raw) => each(name, ValueRef::Str(&unescape(raw))),
        BorrowedValue::Plain(value) => each(name, value),
        BorrowedValue::Bytes(bytes) => each(name, ValueRef::Bytes(&bytes)),
    }
}

/// An attribute with a string value in the compact form of exporters: the key first, without white space.
#[inline]
fn compact_text<'a>(cursor: &mut Cursor<'a>) -> Option<(Raw<'a>, Raw<'a>)> {
    let name = cursor.literal_string(br#"{"key":""#)?;
    let text = cursor.literal_string(br#","value":{"stringValue":""#)?;
    cursor.literal(b"}}")?;
    Some((name, text))
}

/// A value: `{"stringValue": …}` and so on, Go's form of it, or plain JSON.
fn any<'a>(cursor: &mut Cursor<'a>, depth: usize) -> Scan<BorrowedValue<'a>> {
    match cursor.peek()? {
        b'{' => {}
        b'"' => return Ok(BorrowedValue::Text(cursor.string()?)),
        b'[' => return Ok(BorrowedValue::Plain(ValueRef::Nested(plain_value(cursor.value()?)))),
        _ => return Ok(BorrowedValue::Plain(plain(cursor.word()?))),
    }
    if depth > DEEPEST {
        let text = String::from_utf8_lossy(cursor.value()?).into_owned();
        return Ok(BorrowedValue::Plain(ValueRef::Nested(AttributeValue::String(text))));
    }
    let mut held = BorrowedValue::Plain(ValueRef::Empty);
    cursor.object(|cursor, key| {
        // Null is an empty value.
        if cursor.peek()? == b'n' {
            return cursor.skip();
        }
        held = match key.bytes {
            b"stringValue" | b"string_value" | b"StringValue" => {
                BorrowedValue::Text(text(cursor, "attributes")?)
            }
            b"boolValue" | b"bool_value" | b"BoolValue" => BorrowedValue::Plain(match cursor.value()? {
                b"true" | b"\"true\"" => ValueRef::Bool(true),
                b"false" | b"\"false\"" => ValueRef::Bool(false),
                _ => wrong(cursor),
            }),
            b"intValue" | b"int_value" | b"IntValue" => match integer(numeric(cursor)?) {
                ValueRef::Empty => BorrowedValue::Plain(wrong(cursor)),
                value => BorrowedValue::Plain(value),
            },
            b"doubleValue" | b"double_value" | b"DoubleValue" => {
                BorrowedValue::Plain(match number(numeric(cursor)?) {
                    Some(Number::Real(real)) => ValueRef::Double(real),
                    Some(Number::Whole(whole)) => ValueRef::Double(whole as f64),
                    None => wrong(cursor),
                })
            }
            b"bytesValue" | b"bytes_value" | b"BytesValue" => {
                let raw = text(cursor, "attributes")?;
                match base64_decode(unescape(raw).as_bytes()) {
                    Some(bytes) => BorrowedValue::Bytes(bytes),
                    None => BorrowedValue::Text(raw),
                }
            }
            b"arrayValue" | b"array_value" | b"ArrayValue" => {
                BorrowedValue::Plain(ValueRef::Nested(list(cursor, depth + 1)?))
            }
            b"kvlistValue" | b"kvlist_value" | b"KvlistValue" => {
                BorrowedValue::Plain(ValueRef::Nested(map(cursor, depth + 1)?))
            }
            // The form of Go's `encoding/json` for the protocol's structs.
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

/// Emits Jaeger's warnings: a list of strings, or one.
pub(in crate::format) fn emit_warnings(value: &ValueRef<'_>, sink: &mut dyn Sink) {
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

fn owned(held: BorrowedValue<'_>) -> AttributeValue {
    match held {
        BorrowedValue::Text(raw) => AttributeValue::String(unescape(raw).into_owned()),
        BorrowedValue::Plain(ValueRef::Nested(value)) => value,
        BorrowedValue::Plain(value) => value.to_value(),
        BorrowedValue::Bytes(bytes) => AttributeValue::Bytes(bytes),
    }
}
