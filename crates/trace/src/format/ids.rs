//! Parses ids: hexadecimal of any case and length, base64, or arbitrary text.

use super::json::{Cursor, Scalar, Scan, scalar, small};
use crate::units::{SpanId, TraceId, base64_decode, parse_hex};
use std::borrow::Cow;

/// An id as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct IdText<'a> {
    /// The text.
    pub(super) bytes: &'a [u8],
    /// Whether it is a JSON number, which is decimal, not hexadecimal.
    is_number: bool,
}

impl<'a> IdText<'a> {
    /// An id from a string.
    pub(super) fn text(bytes: &'a [u8]) -> Self {
        IdText { bytes, is_number: false }
    }

    /// Whether there is no id.
    pub(super) fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// The trace id, and the text if it is not hexadecimal (else empty).
    #[inline]
    pub(super) fn trace(self) -> (TraceId, Cow<'a, str>) {
        match self.number() {
            Some(number) => (TraceId(number), Cow::Borrowed("")),
            None => trace_id(self.bytes),
        }
    }

    /// The span id, and the text if it is not hexadecimal (else empty).
    #[inline]
    pub(super) fn span(self) -> (SpanId, Cow<'a, str>) {
        match self.number().map(u64::try_from) {
            Some(Ok(number)) => (SpanId(number), Cow::Borrowed("")),
            _ => span_id(self.bytes),
        }
    }

    #[inline]
    fn number(self) -> Option<u128> {
        if !self.is_number {
            return None;
        }
        match small(self.bytes) {
            Some(small) => u128::try_from(small).ok(),
            None => std::str::from_utf8(self.bytes).ok()?.parse().ok(),
        }
    }
}

/// Reads an id: a string or a number. Anything else is damage.
#[inline]
pub(super) fn id<'a>(cursor: &mut Cursor<'a>, member: &'static str) -> Scan<IdText<'a>> {
    if cursor.peek()? == b'"' {
        return Ok(IdText::text(cursor.string()?.bytes));
    }
    match scalar(cursor, member)? {
        Scalar::Nothing => Ok(IdText::default()),
        Scalar::Word(bytes) => Ok(IdText { bytes, is_number: true }),
    }
}

/// The digits after `0x` if there are exactly `digits`: with other lengths it may be our own encoding of invalid ids.
fn behind_0x(text: &[u8], digits: usize) -> Option<&[u8]> {
    text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")).filter(|rest| rest.len() == digits)
}

/// A word with all bytes set to `byte`.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Parses eight hexadecimal digits at once.
fn eight(text: [u8; 8]) -> Option<u32> {
    const HIGH: u64 = each(0x80);
    let word = u64::from_le_bytes(text);
    let small = word | each(0x20);
    // Sets the highest bit of each byte between two others; no byte borrows from the next.
    let between = |word: u64, first: u8, last: u8| {
        ((word | HIGH) - each(first)) & ((each(last) | HIGH) - (word & !HIGH)) & HIGH
    };
    let letters = between(small, b'a', b'f');
    if word & HIGH != 0 || between(word, b'0', b'9') | letters != HIGH {
        return None;
    }
    let digits = (word & each(0x0f)) + (letters >> 7) * 9;
    let pairs = (digits << 4 | digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    Some(((quads | quads >> 16) as u32).swap_bytes())
}

fn sixteen(text: &[u8; 16]) -> Option<u64> {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *text;
    Some(u64::from(eight([a, b, c, d, e, f, g, h])?) << 32 | u64::from(eight(rest)?))
}

/// Parses a trace id; the text is returned if it is neither hexadecimal nor the base64 of 16 bytes (else empty).
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
    if let Some(number) =
        behind_0x(text, 32).or_else(|| behind_0x(text, 16)).and_then(|hex| parse_hex(hex, 32))
    {
        return (TraceId(number), String::from_utf8_lossy(text));
    }
    (TraceId::of_text(text), String::from_utf8_lossy(text))
}

/// Parses a span id; the text is returned if it is neither hexadecimal nor the base64 of 8 bytes (else empty).
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
    if let Some(number) = behind_0x(text, 16).and_then(|hex| parse_hex(hex, 16)) {
        return (SpanId(number as u64), String::from_utf8_lossy(text));
    }
    (SpanId::of_text(text), String::from_utf8_lossy(text))
}

/// A trace id from 16 or fewer bytes. Longer ones are treated as text.
pub(super) fn trace_bytes(bytes: &[u8]) -> (TraceId, String) {
    let number = match (<[u8; 16]>::try_from(bytes), <[u8; 8]>::try_from(bytes)) {
        (Ok(bytes), _) => u128::from_be_bytes(bytes),
        (_, Ok(bytes)) => u64::from_be_bytes(bytes).into(),
        _ if bytes.is_empty() => 0,
        _ => return (TraceId::of_text(bytes), hex(bytes)),
    };
    (TraceId(number), String::new())
}

/// A span id from 8 bytes. Other lengths are treated as text.
pub(super) fn span_bytes(bytes: &[u8]) -> (SpanId, String) {
    match <[u8; 8]>::try_from(bytes) {
        Ok(bytes) => (SpanId(u64::from_be_bytes(bytes)), String::new()),
        _ if bytes.is_empty() => (SpanId(0), String::new()),
        _ => (SpanId::of_text(bytes), hex(bytes)),
    }
}

/// Prefixed with `0x`, so that it is read back as text.
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
    fn every_digit_counts_and_nothing_else_does() {
        for number in [0, 1, 0x0123_4567_89ab_cdef, u64::MAX, 0xa0b1_c2d3_e4f5_0617] {
            for text in [format!("{number:016x}"), format!("{number:016X}")] {
                assert_eq!(text.as_bytes().first_chunk().and_then(sixteen), Some(number), "{text}");
            }
        }
        for at in 0..16 {
            for byte in (0..=255u8).filter(|byte| !byte.is_ascii_hexdigit()) {
                let mut text = *b"0123456789abcdef";
                text[at] = byte;
                assert_eq!(sixteen(&text), None, "{byte} at {at}");
            }
        }
    }

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
