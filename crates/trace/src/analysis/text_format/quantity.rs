//! Formats numbers whose key implies a unit: bytes and durations.

use crate::model::record::AttributeValue;
use crate::units::{bytes, duration};

/// Keys of the semantic conventions, current and deprecated, for byte counts; others are recognised by suffix.
const BYTES: [&str; 13] = [
    "http.request.body.size",
    "http.response.body.size",
    "http.request.size",
    "http.response.size",
    "http.request_content_length",
    "http.response_content_length",
    "http.request_content_length_uncompressed",
    "http.response_content_length_uncompressed",
    "messaging.message.body.size",
    "messaging.message.envelope.size",
    "rpc.message.compressed_size",
    "rpc.message.uncompressed_size",
    "file.size",
];

/// Suffixes of keys for byte counts.
const BYTE_ENDS: [&str; 4] = ["_bytes", ".bytes", "_size_bytes", "_length_bytes"];

/// Suffixes of keys for durations, with the unit in nanoseconds.
const TIME_ENDS: [(&str, f64); 13] = [
    ("_ns", 1.0),
    (".ns", 1.0),
    ("_nanos", 1.0),
    ("_us", 1e3),
    (".us", 1e3),
    ("_micros", 1e3),
    ("_ms", 1e6),
    (".ms", 1e6),
    ("_millis", 1e6),
    ("_seconds", 1e9),
    (".seconds", 1e9),
    ("_secs", 1e9),
    ("_sec", 1e9),
];

/// A number with its unit, if the key implies one and the result is more readable: `1.2 MB`, `3 min 20 s`.
pub fn quantity(key: &str, value: &AttributeValue) -> Option<String> {
    let number = match value {
        AttributeValue::Int(number) => *number as f64,
        AttributeValue::Double(number) => *number,
        // Headers and many libraries send numbers as strings.
        AttributeValue::String(text) if text.len() <= 20 => text.parse().ok()?,
        _ => return None,
    };
    if !(0.0..9e18).contains(&number) {
        return None;
    }
    if BYTES.contains(&key) || BYTE_ENDS.iter().any(|end| key.ends_with(end)) {
        return (number >= 1_000.0).then(|| bytes(number as u64));
    }
    // More than ten years is a point in time, not a duration.
    let (_, unit) = TIME_ENDS.iter().find(|(end, _)| key.ends_with(end))?;
    let time = number * unit;
    (time < 3.2e17 && number > 0.0).then(|| duration(time as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_determines_the_unit() {
        let text = |text: &str| AttributeValue::String(text.into());
        for (key, value, expected) in [
            ("http.response.body.size", AttributeValue::Int(1_234_567), Some("1.23 MB")),
            ("http.request_content_length", text("2048"), Some("2.05 kB")),
            ("heap_bytes", AttributeValue::Double(5e6), Some("5 MB")),
            ("http.response.body.size", AttributeValue::Int(17), None),
            ("http.response.body.size", AttributeValue::Int(-1), None),
            ("retry.wait_ms", AttributeValue::Int(90_000), Some("1 min 30 s")),
            ("wait_seconds", AttributeValue::Double(0.25), Some("250 ms")),
            ("started_ms", AttributeValue::Int(1_700_000_000_000), None),
            ("wait_ms", AttributeValue::Double(f64::NAN), None),
            ("wait_ms", text("soon"), None),
            ("items", AttributeValue::Int(2_000), None),
        ] {
            assert_eq!(quantity(key, &value).as_deref(), expected, "{key}");
        }
    }
}
