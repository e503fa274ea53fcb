//! Trace and span ids (W3C trace context: 16 and 8 bytes, lower-case hexadecimal).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A trace id; compared by number, so `a1b2` and `000…a1b2` are the same trace.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TraceId(pub u128);

/// A span id, unique within its trace; 0 means "none".
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SpanId(pub u64);

/// Reads 1 to `max_digits` significant hexadecimal digits in any case; leading zeros do not count.
/// `None` for anything else.
pub fn parse_hex(text: &[u8], max_digits: usize) -> Option<u128> {
    let significant = &text[text.iter().take_while(|b| **b == b'0').count()..];
    if text.is_empty() || significant.len() > max_digits {
        return None;
    }
    significant.iter().try_fold(0u128, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    })
}

impl TraceId {
    /// Reads up to 32 hexadecimal digits in any case, padded or not.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text.as_bytes(), 32).map(TraceId)
    }

    /// The first seven digits, as lists show them.
    pub fn short(self) -> String {
        self.to_string().chars().take(7).collect()
    }
}

impl SpanId {
    /// Reads up to 16 hexadecimal digits in any case, padded or not.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text.as_bytes(), 16).map(|number| SpanId(number as u64))
    }

    /// Whether this is 0, which means "no span".
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// 128-bit FNV-1a, for ids that are not hexadecimal.
fn fnv(text: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

impl TraceId {
    /// Hashes a non-hexadecimal id; never zero.
    pub fn of_text(text: &[u8]) -> Self {
        TraceId(fnv(text).max(1))
    }
}

impl SpanId {
    /// Hashes a non-hexadecimal id; never zero.
    pub fn of_text(text: &[u8]) -> Self {
        let hash = fnv(text);
        SpanId(((hash >> 64) as u64 ^ hash as u64).max(1))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Digits of a short ID.
const SHORT: usize = 7;

/// The first digits of a trace's ID that tell traces apart, for people: without the leading zeros of 64-bit IDs.
pub fn short_id(id: &str) -> &str {
    let significant = id.trim_start_matches('0');
    let shown = if significant.is_empty() { id } else { significant };
    &shown[..shown.floor_char_boundary(SHORT)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_any_case_and_padding_and_printed_in_one() {
        assert_eq!(TraceId::parse("A1b2"), TraceId::parse("0000000000000000000000000000a1b2"));
        assert_eq!(TraceId(0xa1b2).to_string(), "0000000000000000000000000000a1b2");
        assert_eq!(SpanId(0xa1b2).to_string(), "000000000000a1b2");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        assert_eq!(TraceId::parse(""), None);
        assert_eq!(TraceId::parse("trace-123"), None);
        assert_eq!(TraceId::parse(&"a".repeat(33)), None);
        assert_eq!(SpanId::parse(&"a".repeat(17)), None);
        assert_eq!(SpanId::parse(&format!("{}a", "0".repeat(30))), Some(SpanId(10)));
    }

    #[test]
    fn short_ids_leave_leading_zeros_out() {
        assert_eq!(short_id("4bf92f3577b34da6a3ce929d0e0e4736"), "4bf92f3");
        assert_eq!(short_id("0000000000000000a3ce929d0e0e4736"), "a3ce929");
        assert_eq!(short_id("00000000000000000000000000000000"), "0000000");
        assert_eq!(short_id("üüüüüü"), "üüü", "whole characters of what is no ID");
    }
}
