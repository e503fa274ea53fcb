//! Values of JSON as payloads write them: ids, times, texts.

use serde_json::{Map, Value};

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

/// A trace id of 32 or 16 hexadecimal digits that is not zero.
pub(super) fn trace_id(text: &str) -> Option<u128> {
    let known = matches!(text.len(), 16 | 32);
    u128::from_str_radix(text, 16).ok().filter(|id| known && *id != 0)
}

/// A span id of 16 hexadecimal digits that is not zero.
pub(super) fn span_id(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok().filter(|id| text.len() == 16 && *id != 0)
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
    fn ids_are_hexadecimal_and_not_zero() {
        assert_eq!(trace_id(&"ab".repeat(16)), Some(0xabab_abab_abab_abab_abab_abab_abab_abab));
        assert_eq!(span_id("00f067aa0ba902b7"), Some(0x00f0_67aa_0ba9_02b7));
        for wrong in ["", "0", "zz", &"0".repeat(32), &"a".repeat(31)] {
            assert_eq!((trace_id(wrong), span_id(wrong)), (None, None), "{wrong}");
        }
    }
}
