//! Appends JSON fragments to a buffer.

pub(super) use crate::model::json::{comma, double, show, string};
use crate::model::json::{plain, text_of};
use crate::model::record::{Attribute, AttributeValue};
use crate::units::base64_encode;

/// Largest integer that doubles, and so JavaScript, represent exactly; Jaeger writes larger ones as strings.
const SAFE: u64 = (1 << 53) - 1;

/// Writes a value as a Jaeger tag's `type` and `value`. Lists and maps become JSON text.
pub(super) fn jaeger_value(out: &mut Vec<u8>, value: &AttributeValue) {
    let kind = match value {
        AttributeValue::Bool(_) => "bool",
        AttributeValue::Int(_) => "int64",
        AttributeValue::Double(_) => "float64",
        AttributeValue::Bytes(_) => "binary",
        AttributeValue::Empty
        | AttributeValue::String(_)
        | AttributeValue::Array(_)
        | AttributeValue::Map(_) => "string",
    };
    show(out, format_args!("\"type\":\"{kind}\",\"value\":"));
    match value {
        AttributeValue::Empty => string(out, ""),
        AttributeValue::String(text) => string(out, text),
        AttributeValue::Int(number) if number.unsigned_abs() > SAFE => {
            show(out, format_args!("\"{number}\""))
        }
        AttributeValue::Bytes(bytes) => string(out, &base64_encode(bytes)),
        AttributeValue::Array(_) | AttributeValue::Map(_) => string(out, &text_of(value)),
        number => plain(out, number),
    }
}

/// Writes a value as OTLP `AnyValue`.
pub(super) fn any_value(out: &mut Vec<u8>, value: &AttributeValue) {
    match value {
        AttributeValue::Empty => out.extend_from_slice(b"{}"),
        AttributeValue::String(text) => {
            out.extend_from_slice(b"{\"stringValue\":");
            string(out, text);
            out.push(b'}');
        }
        AttributeValue::Bool(flag) => show(out, format_args!("{{\"boolValue\":{flag}}}")),
        AttributeValue::Int(number) => show(out, format_args!("{{\"intValue\":\"{number}\"}}")),
        AttributeValue::Double(number) => {
            out.extend_from_slice(b"{\"doubleValue\":");
            double(out, *number);
            out.push(b'}');
        }
        AttributeValue::Bytes(bytes) => {
            out.extend_from_slice(b"{\"bytesValue\":");
            string(out, &base64_encode(bytes));
            out.push(b'}');
        }
        AttributeValue::Array(values) => {
            out.extend_from_slice(b"{\"arrayValue\":{\"values\":[");
            let mut first = true;
            for value in values {
                comma(out, &mut first);
                any_value(out, value);
            }
            out.extend_from_slice(b"]}}");
        }
        AttributeValue::Map(members) => {
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
pub(super) fn key_value(out: &mut Vec<u8>, key: &str, value: &AttributeValue) {
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
        jaeger_value(&mut out, &AttributeValue::Int(9_007_199_254_740_993));
        jaeger_value(&mut out, &AttributeValue::Int(-9_007_199_254_740_991));
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            r#""type":"int64","value":"9007199254740993""type":"int64","value":-9007199254740991"#
        );
    }
}
