//! Values of JSON as payloads write them: ids, times, texts.

use serde_json::{Map, Value};
use spandrel_trace::units::{base64_decode, parse_hex};

/// A text, or a number or flag as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A body: a text as it is, everything else as JSON.
pub(super) fn body(value: Option<Value>) -> String {
    match value {
        Some(Value::String(text)) => text,
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Takes the first of these names that has a value out of an object.
pub(super) fn take(object: &mut Map<String, Value>, names: &[&str]) -> Option<Value> {
    names.iter().find_map(|name| object.remove(*name).filter(|value| !value.is_null()))
}

/// A trace id by the rule for spans in OTLP JSON: up to 32 hexadecimal digits, `0x` and 32 or 16 of them, or 16 bytes in
/// base64. It is not zero.
pub(super) fn trace_id(text: &str) -> Option<u128> {
    let id = parse_hex(without_0x(text, &[16, 32]), 32);
    let id = id.or_else(|| Some(u128::from_be_bytes(base64_decode(padded(text)?)?.try_into().ok()?)));
    id.filter(|id| *id != 0)
}

/// A span id by the same rule: up to 16 hexadecimal digits, `0x` and 16 of them, or 8 bytes in base64. It is not zero.
pub(super) fn span_id(text: &str) -> Option<u64> {
    let id = parse_hex(without_0x(text, &[16]), 16).and_then(|id| u64::try_from(id).ok());
    let id = id.or_else(|| Some(u64::from_be_bytes(base64_decode(padded(text)?)?.try_into().ok()?)));
    id.filter(|id| *id != 0)
}

/// A trace id as a text, or as a number, which is decimal.
pub(super) fn json_trace_id(value: &Value) -> Option<u128> {
    match value {
        Value::String(text) => trace_id(text),
        number => number.as_u64().map(u128::from).filter(|id| *id != 0),
    }
}

/// A span id as a text, or as a number, which is decimal.
pub(super) fn json_span_id(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => span_id(text),
        number => number.as_u64().filter(|id| *id != 0),
    }
}

/// The digits after `0x` where there are so many, or else the text.
fn without_0x<'a>(text: &'a str, digits: &[usize]) -> &'a [u8] {
    let after = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    after.filter(|after| digits.contains(&after.len())).unwrap_or(text).as_bytes()
}

/// A text that ends as the base64 of 8 or 16 bytes does.
fn padded(text: &str) -> Option<&[u8]> {
    text.ends_with('=').then_some(text.as_bytes())
}

/// A time as nanoseconds since the Unix epoch: a number or text of seconds, milliseconds, microseconds or nanoseconds,
/// told apart by their size (as of 2001 to 2286); RFC 3339; or a date and time without a zone, taken as UTC.
pub(super) fn time(value: &Value) -> Option<u64> {
    let number = match value {
        Value::Number(number) => number.as_u64().map(|number| number as f64).or_else(|| number.as_f64()),
        Value::String(text) => match text.parse::<u64>() {
            Ok(nanoseconds) if nanoseconds >= 1_000_000_000_000_000_000 => return Some(nanoseconds),
            _ => match text.parse::<f64>() {
                Ok(number) => Some(number),
                Err(_) => return written(text),
            },
        },
        _ => None,
    }?;
    if let Some(nanoseconds) = value.as_u64().filter(|number| *number >= 1_000_000_000_000_000_000) {
        return Some(nanoseconds);
    }
    let factor = match number {
        number if number < 1e9 => return None,
        number if number < 1e10 => 1e9,
        number if number < 1e13 => 1e6,
        number if number < 1e16 => 1e3,
        _ => 1.0,
    };
    // Whole milliseconds and microseconds are exact below 2^53.
    let whole = number.trunc() as u64;
    let rest = ((number - number.trunc()) * factor) as u64;
    whole.checked_mul(factor as u64)?.checked_add(rest)
}

fn written(text: &str) -> Option<u64> {
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })?;
    u64::try_from(stamp.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_in_every_unit_and_form() {
        let expected = 1_758_449_472_000_000_000;
        for value in [
            json!(1_758_449_472),
            json!(1_758_449_472_000_u64),
            json!(1_758_449_472_000_000_u64),
            json!(1_758_449_472_000_000_000_u64),
            json!("1758449472000000000"),
            json!("1758449472"),
            json!(1_758_449_472.0),
            json!("2025-09-21T10:11:12Z"),
            json!("2025-09-21 10:11:12"),
            json!("2025-09-21T12:11:12+02:00"),
        ] {
            assert_eq!(time(&value), Some(expected), "{value}");
        }
        assert_eq!(time(&json!("1758449472000000123")), Some(expected + 123));
        for value in [json!(null), json!(""), json!("yesterday"), json!(12), json!(true), json!([])] {
            assert_eq!(time(&value), None, "{value}");
        }
    }

    #[test]
    fn ids_are_read_as_those_of_spans_and_are_not_zero() {
        assert_eq!(trace_id(&"ab".repeat(16)), Some(0xabab_abab_abab_abab_abab_abab_abab_abab));
        assert_eq!(trace_id("W47/95gDgQPSabYzgT/GDA=="), Some(0x5b8e_fff7_9803_8103_d269_b633_813f_c60c));
        assert_eq!(span_id("00F067aa0ba902b7"), Some(0x00f0_67aa_0ba9_02b7));
        assert_eq!(
            (span_id("0x00f067aa0ba902b7"), span_id("7uGbfsPBsXQ=")),
            (Some(0xf0_67aa_0ba9_02b7), Some(0xeee1_9b7e_c3c1_b174))
        );
        assert_eq!((trace_id("abc"), span_id("abc")), (Some(0xabc), Some(0xabc)));
        assert_eq!((json_trace_id(&json!(12)), json_span_id(&json!("12"))), (Some(12), Some(0x12)));
        for wrong in ["", "0", "zz", "+1", "0xabc", "trace-1", "=", &"0".repeat(32), &"a".repeat(33)] {
            assert_eq!((trace_id(wrong), span_id(wrong)), (None, None), "{wrong}");
        }
        assert_eq!(span_id(&"a".repeat(17)), None);
    }
}
