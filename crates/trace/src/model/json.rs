//! Attribute values as JSON text, as Jaeger writes lists and maps; also for search and display.

use super::ValueRef;
use super::record::{Attribute, AttributeValue};
use crate::units::base64_encode;
use std::borrow::Cow;
use std::fmt::Display;
use std::io::Write;

/// Writes a JSON string.
pub fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\' | 0x7f)) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => show(out, format_args!("\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Writes a `Display` value.
pub fn show(out: &mut Vec<u8>, what: impl Display) {
    let _ = write!(out, "{what}");
}

/// Writes a double in the shortest form that parses to the same value; NaN and infinities in quotes.
pub fn double(out: &mut Vec<u8>, number: f64) {
    let size = number.abs();
    if number.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else if number.is_infinite() {
        out.extend_from_slice(if number > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" });
    } else if size != 0.0 && !(1e-6..1e21).contains(&size) {
        show(out, format_args!("{number:e}"));
    } else {
        show(out, number);
    }
}

/// Writes `,` unless this is the first member or element.
pub fn comma(out: &mut Vec<u8>, first: &mut bool) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

/// A list or map as JSON text in Jaeger's form: maps sorted by key.
pub fn text_of(value: &AttributeValue) -> String {
    let mut text = Vec::new();
    plain(&mut text, value);
    String::from_utf8_lossy(&text).into_owned()
}

/// Writes a value without its type.
pub fn plain(out: &mut Vec<u8>, value: &AttributeValue) {
    // Recursion is bounded: readers limit nesting to 64 levels.
    match value {
        AttributeValue::Empty => out.extend_from_slice(b"null"),
        AttributeValue::String(text) => string(out, text),
        AttributeValue::Bool(flag) => show(out, flag),
        AttributeValue::Int(number) => show(out, number),
        AttributeValue::Double(number) => double(out, *number),
        AttributeValue::Bytes(bytes) => string(out, &base64_encode(bytes)),
        AttributeValue::Array(values) => {
            out.push(b'[');
            let mut first = true;
            for value in values {
                comma(out, &mut first);
                plain(out, value);
            }
            out.push(b']');
        }
        AttributeValue::Map(members) => {
            let mut sorted: Vec<&Attribute> = members.iter().collect();
            sorted.sort_by(|a, b| a.key.cmp(&b.key));
            out.push(b'{');
            let mut first = true;
            for member in sorted {
                comma(out, &mut first);
                string(out, &member.key);
                out.push(b':');
                plain(out, &member.value);
            }
            out.push(b'}');
        }
    }
}

impl ValueRef<'_> {
    /// The value as text for display and search: strings and numbers unquoted, bytes in base64, the rest as JSON.
    pub fn text(&self) -> Cow<'_, str> {
        let mut json = Vec::new();
        match self {
            ValueRef::Empty => return "".into(),
            ValueRef::Str(text) => return (*text).into(),
            ValueRef::Nested(AttributeValue::String(text)) => return text.as_str().into(),
            ValueRef::Bytes(bytes) => return base64_encode(bytes).into(),
            ValueRef::Bool(flag) => show(&mut json, flag),
            ValueRef::Int(number) => show(&mut json, number),
            ValueRef::Double(number) => double(&mut json, *number),
            ValueRef::Nested(value) => plain(&mut json, value),
        }
        let text = String::from_utf8_lossy(&json).into_owned();
        match self {
            // `double` quotes NaN and infinities.
            ValueRef::Double(_) => text.trim_matches('"').to_owned().into(),
            _ => text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        let list = AttributeValue::Array(vec![AttributeValue::Int(1), AttributeValue::String("a".into())]);
        for (value, text) in [
            (ValueRef::Empty, ""),
            (ValueRef::Str("a b"), "a b"),
            (ValueRef::Bool(true), "true"),
            (ValueRef::Int(-5), "-5"),
            (ValueRef::Double(9.5), "9.5"),
            (ValueRef::Double(3.0), "3"),
            (ValueRef::Double(f64::INFINITY), "Infinity"),
            (ValueRef::Bytes(b"\0\x01\xff"), "AAH/"),
            (ValueRef::Nested(list), "[1,\"a\"]"),
            (ValueRef::Nested(AttributeValue::String("deep".into())), "deep"),
        ] {
            assert_eq!(value.text(), text);
        }
    }
}
