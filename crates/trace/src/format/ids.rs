//! Ids as senders write them: hexadecimal of any case and length, base64, or any text at all.

use crate::units::{SpanId, TraceId, base64_decode, parse_hex};
use std::borrow::Cow;

/// Two digits a byte; 0xff for what is no digit.
fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => 0xff,
    }
}

fn sixteen(text: &[u8; 16]) -> Option<u64> {
    let (mut number, mut bad) = (0u64, 0u8);
    for byte in text {
        let digit = digit(*byte);
        bad |= digit & 0xf0;
        number = number << 4 | u64::from(digit & 0x0f);
    }
    (bad == 0).then_some(number)
}

/// A trace id; the text itself where it is neither hexadecimal nor the base64 of 16 bytes (else empty).
pub(super) fn trace_id(text: &[u8]) -> (TraceId, Cow<'_, str>) {
    let read = match text.len() {
        0 => return (TraceId(0), Cow::Borrowed("")),
        32 => {
            let (high, low) = text.split_at(16);
            match (high.first_chunk().and_then(sixteen), low.first_chunk().and_then(sixteen)) {
                (Some(high), Some(low)) => Some(u128::from(high) << 64 | u128::from(low)),
                _ => None,
            }
        }
        16 => text.first_chunk().and_then(sixteen).map(u128::from),
        _ => parse_hex(text, 32),
    };
    if let Some(number) = read {
        return (TraceId(number), Cow::Borrowed(""));
    }
    if text.ends_with(b"==")
        && let Some(bytes) = base64_decode(text)
        && let Ok(bytes) = <[u8; 16]>::try_from(bytes.as_slice())
    {
        return (TraceId(u128::from_be_bytes(bytes)), Cow::Borrowed(""));
    }
    (TraceId::of_text(text), String::from_utf8_lossy(text))
}

/// A span id; the text itself where it is neither hexadecimal nor the base64 of 8 bytes (else empty).
pub(super) fn span_id(text: &[u8]) -> (SpanId, Cow<'_, str>) {
    let read = match text.len() {
        0 => return (SpanId(0), Cow::Borrowed("")),
        16 => text.first_chunk().and_then(sixteen),
        _ => parse_hex(text, 16).map(|number| number as u64),
    };
    if let Some(number) = read {
        return (SpanId(number), Cow::Borrowed(""));
    }
    if text.ends_with(b"=")
        && let Some(bytes) = base64_decode(text)
        && let Ok(bytes) = <[u8; 8]>::try_from(bytes.as_slice())
    {
        return (SpanId(u64::from_be_bytes(bytes)), Cow::Borrowed(""));
    }
    (SpanId::of_text(text), String::from_utf8_lossy(text))
}

/// A trace id as bytes: 16, or fewer of a short one. Others are taken for text.
pub(super) fn trace_bytes(bytes: &[u8]) -> (TraceId, String) {
    match bytes.len() {
        0 => (TraceId(0), String::new()),
        8 | 16 => {
            (TraceId(bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))), String::new())
        }
        _ => (TraceId::of_text(bytes), hex(bytes)),
    }
}

/// A span id as bytes: 8. Others are taken for text.
pub(super) fn span_bytes(bytes: &[u8]) -> (SpanId, String) {
    match bytes.len() {
        0 => (SpanId(0), String::new()),
        8 => (SpanId(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))), String::new()),
        _ => (SpanId::of_text(bytes), hex(bytes)),
    }
}

/// With a mark in front, so that it reads back as the text that it is.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_in_hexadecimal_base64_and_as_any_text() {
        let id = TraceId(0x5b8e_fff7_9803_8103_d269_b633_813f_c60c);
        assert_eq!(trace_id(b"5B8EFFF798038103D269B633813FC60C"), (id, "".into()));
        assert_eq!(trace_id(b"W47/95gDgQPSabYzgT/GDA=="), (id, "".into()));
        assert_eq!(span_id(b"7uGbfsPBsXQ="), (SpanId(0xeee1_9b7e_c3c1_b174), "".into()));
        assert_eq!(span_id(b"01").0, SpanId(1));
        let (hash, text) = trace_id(b"trace-123");
        assert_eq!((hash, &*text), (TraceId::of_text(b"trace-123"), "trace-123"));
        assert_ne!(span_id(b"s1").0, span_id(b"s2").0);
        assert_eq!(trace_bytes(&[1; 3]).1, "0x010101");
    }
}
