//! Pieces of JSON appended to a buffer.

use crate::format::json::base64_encode;
use crate::model::record::{Attribute, Value};
use crate::units::Order as _;
use std::fmt::Display;
use std::io::Write;

/// Beyond this, doubles (and so JavaScript) lose integers; Jaeger writes such numbers as text.
const SAFE: u64 = (1 << 53) - 1;

/// A text in quotes.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
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

/// Anything that prints itself.
pub(super) fn show(out: &mut Vec<u8>, what: impl Display) {
    let _ = write!(out, "{what}");
}

/// A double in the shortest form that reads back the same; what JSON has no number for, in quotes.
pub(super) fn double(out: &mut Vec<u8>, number: f64) {
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

/// `,` unless this is the first member or element.
pub(super) fn comma(out: &mut Vec<u8>, first: &mut bool) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

/// A value as a tag of Jaeger: its type and value members. Lists and maps become JSON text.
pub(super) fn jaeger_value(out: &mut Vec<u8>, value: &Value) {
    let kind = match value {
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Double(_) => "float64",
        Value::Bytes(_) => "binary",
        Value::Empty | Value::String(_) | Value::Array(_) | Value::Map(_) => "string",
    };
    show(out, format_args!("\"type\":\"{kind}\",\"value\":"));
    match value {
        Value::Empty => string(out, ""),
        Value::String(text) => string(out, text),
        Value::Int(number) if number.unsigned_abs() > SAFE => show(out, format_args!("\"{number}\"")),
        Value::Bytes(bytes) => string(out, &base64_encode(bytes)),
        Value::Array(_) | Value::Map(_) => string(out, &json_text(value)),
        plain => plain_json(out, plain),
    }
}

/// A list or map as the JSON text that Jaeger makes of it: maps sorted by key.
pub(in crate::format) fn json_text(value: &Value) -> String {
    let mut text = Vec::new();
    plain_json(&mut text, value);
    String::from_utf8_lossy(&text).into_owned()
}

fn plain_json(out: &mut Vec<u8>, value: &Value) {
    // Readers keep lists at most 64 deep, so this recursion is bounded.
    match value {
        Value::Empty => out.extend_from_slice(b"null"),
        Value::String(text) => string(out, text),
        Value::Bool(flag) => show(out, flag),
        Value::Int(number) => show(out, number),
        Value::Double(number) => double(out, *number),
        Value::Bytes(bytes) => string(out, &base64_encode(bytes)),
        Value::Array(values) => {
            out.push(b'[');
            let mut first = true;
            for value in values {
                comma(out, &mut first);
                plain_json(out, value);
            }
            out.push(b']');
        }
        Value::Map(members) => {
            let mut sorted: Vec<&Attribute> = members.iter().collect();
            sorted.order_by(|a, b| a.key.cmp(&b.key));
            out.push(b'{');
            let mut first = true;
            for member in sorted {
                comma(out, &mut first);
                string(out, &member.key);
                out.push(b':');
                plain_json(out, &member.value);
            }
            out.push(b'}');
        }
    }
}

/// A value as OTLP's `AnyValue`.
pub(super) fn any_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Empty => out.extend_from_slice(b"{}"),
        Value::String(text) => {
            out.extend_from_slice(b"{\"stringValue\":");
            string(out, text);
            out.push(b'}');
        }
        Value::Bool(flag) => show(out, format_args!("{{\"boolValue\":{flag}}}")),
        Value::Int(number) => show(out, format_args!("{{\"intValue\":\"{number}\"}}")),
        Value::Double(number) => {
            out.extend_from_slice(b"{\"doubleValue\":");
            double(out, *number);
            out.push(b'}');
        }
        Value::Bytes(bytes) => {
            out.extend_from_slice(b"{\"bytesValue\":");
            string(out, &base64_encode(bytes));
            out.push(b'}');
        }
        Value::Array(values) => {
            out.extend_from_slice(b"{\"arrayValue\":{\"values\":[");
            let mut first = true;
            for value in values {
                comma(out, &mut first);
                any_value(out, value);
            }
            out.extend_from_slice(b"]}}");
        }
        Value::Map(members) => {
            out.extend_from_slice(b"{\"kvlistValue\":{\"values\":");
            attributes(out, members);
            out.extend_from_slice(b"}}");
        }
    }
}

/// A list of OTLP attributes.
pub(super) fn attributes(out: &mut Vec<u8>, list: &[Attribute]) {
    out.push(b'[');
    let mut first = true;
    for attribute in list {
        comma(out, &mut first);
        key_value(out, &attribute.key, &attribute.value);
    }
    out.push(b']');
}

/// One OTLP attribute.
pub(super) fn key_value(out: &mut Vec<u8>, key: &str, value: &Value) {
    out.extend_from_slice(b"{\"key\":");
    string(out, key);
    out.extend_from_slice(b",\"value\":");
    any_value(out, value);
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(number: f64) -> String {
        let mut out = Vec::new();
        double(&mut out, number);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_as_javascript_and_go_would() {
        for (number, text) in [(3.0, "3"), (2.5, "2.5"), (1e-300, "1e-300"), (1e21, "1e21"), (0.0, "0")] {
            assert_eq!(shown(number), text);
        }
        assert_eq!(shown(f64::NEG_INFINITY), "\"-Infinity\"");
    }

    proptest::proptest! {
        #[test]
        fn any_double_is_read_back_to_the_bit(bits: u64) {
            use crate::format::json::{Number, number};
            let real = f64::from_bits(bits);
            let text = shown(real);
            let read = match number(text.trim_matches('"').as_bytes()) {
                Some(Number::Real(read)) => read,
                Some(Number::Whole(whole)) => whole as f64,
                None => panic!("{text} is no number"),
            };
            proptest::prop_assert!(read == real || (read.is_nan() && real.is_nan()), "{text}: {read}");
        }
    }

    #[test]
    fn text_is_escaped_so_that_any_reader_gets_it_back() {
        let text = "a\"b\\c\n\u{1}\u{7f}é🎉</script>";
        let mut out = Vec::new();
        string(&mut out, text);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }

    #[test]
    fn integers_beyond_doubles_are_text_in_jaeger() {
        let mut out = Vec::new();
        jaeger_value(&mut out, &Value::Int(9_007_199_254_740_993));
        jaeger_value(&mut out, &Value::Int(-9_007_199_254_740_991));
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            r#""type":"int64","value":"9007199254740993""type":"int64","value":-9007199254740991"#
        );
    }
}
