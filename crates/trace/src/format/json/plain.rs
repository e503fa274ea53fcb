//! Plain JSON as attribute values.

use super::{Cursor, Number, Scan, Stop, number, small, unescape};
use crate::model::ValueRef;
use crate::model::record::{Attribute, AttributeValue};

/// Maximum nesting of lists; deeper ones are kept as text, so that recursion is bounded.
pub const DEEPEST: usize = 64;

/// Converts a complete value.
pub fn plain_value(bytes: &[u8]) -> AttributeValue {
    match bytes {
        [b'"', ..] => match Cursor::new(bytes).string() {
            Ok(raw) => AttributeValue::String(unescape(raw).into_owned()),
            Err(_) => AttributeValue::Empty,
        },
        _ => match plain(bytes) {
            ValueRef::Nested(value) => value,
            value => value.to_value(),
        },
    }
}

/// Converts a value that is not a string.
pub fn plain(bytes: &[u8]) -> ValueRef<'static> {
    if let Some(small) = small(bytes) {
        return ValueRef::Int(small);
    }
    match bytes {
        b"true" => ValueRef::Bool(true),
        b"false" => ValueRef::Bool(false),
        b"" | b"null" => ValueRef::Empty,
        [b'{' | b'[', ..] => {
            let mut cursor = Cursor::new(bytes);
            let text = |_| AttributeValue::String(String::from_utf8_lossy(bytes).into_owned());
            ValueRef::Nested(nested(&mut cursor, 0).unwrap_or_else(text))
        }
        _ => match number(bytes) {
            Some(Number::Whole(whole)) => match i64::try_from(whole) {
                Ok(whole) => ValueRef::Int(whole),
                Err(_) => ValueRef::Double(whole as f64),
            },
            Some(Number::Real(real)) => ValueRef::Double(real),
            None => ValueRef::Empty,
        },
    }
}

/// Converts a list, map or element; invalid or too deeply nested JSON is kept as text.
fn nested(cursor: &mut Cursor<'_>, depth: usize) -> Scan<AttributeValue> {
    match cursor.peek()? {
        b'"' => Ok(AttributeValue::String(unescape(cursor.string()?).into_owned())),
        b'{' | b'[' if depth > DEEPEST => Err(Stop::Bad("too deep", cursor.at)),
        b'[' => {
            let mut values = Vec::new();
            cursor.array(|cursor| {
                values.push(nested(cursor, depth + 1)?);
                Ok(())
            })?;
            Ok(AttributeValue::Array(values))
        }
        b'{' => {
            let mut members = Vec::new();
            cursor.object(|cursor, key| {
                let value = nested(cursor, depth + 1)?;
                members.push(Attribute { key: unescape(key).into_owned(), value });
                Ok(())
            })?;
            Ok(AttributeValue::Map(members))
        }
        _ => {
            let at = cursor.at;
            match (cursor.word()?, plain(&cursor.bytes[at..cursor.at])) {
                (b"null", _) => Ok(AttributeValue::Empty),
                (_, ValueRef::Empty) => Err(Stop::Bad("a value should be here", at)),
                (_, value) => Ok(value.to_value()),
            }
        }
    }
}
