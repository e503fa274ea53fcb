//! How single values are written: sizes, durations, ports, counts. What is expected is said in words.

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::time::Duration;

/// What is printed for a secret.
pub const HIDDEN: &str = "(hidden)";

/// Reads `1048576`, `64K`, `500M`, `20G` (powers of 1024; a final `B` or `iB` may follow).
pub fn bytes(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let plain = upper.strip_suffix("IB").or_else(|| upper.strip_suffix('B')).unwrap_or(&upper);
    let digits = plain.trim_end_matches(['K', 'M', 'G', 'T']);
    let shift = match &plain[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err("a size is a number and one of K, M, G, T".to_owned()),
    };
    let number: u64 = digits.trim().parse().map_err(|_| format!("{text} is not a size such as 500M"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("{text} is too much"))
}

/// Reads `200ms`, `5s`, `2m`, `1h`.
pub fn time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.trim().parse().ok()?;
    let milliseconds = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

/// A whole number up to `most`, or a text that `read` understands.
struct Value {
    expected: &'static str,
    most: u64,
    read: fn(&str) -> Option<u64>,
}

impl Visitor<'_> for Value {
    type Value = u64;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.expected)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        let wrong = || E::invalid_value(Unexpected::Signed(number), &self);
        u64::try_from(number).ok().filter(|number| *number <= self.most).ok_or_else(wrong)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
        if number > self.most {
            return Err(E::invalid_value(Unexpected::Unsigned(number), &self));
        }
        Ok(number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        (self.read)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// Most of what a number may be: TOML's integers are signed.
const MAX_NUMBER: u64 = i64::MAX as u64;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size(pub u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |text: &str| bytes(text).ok();
        let value =
            Value { expected: "a size such as \"500M\", or a number of bytes", most: MAX_NUMBER, read };
        from.deserialize_any(value).map(Size)
    }
}

/// A number of bytes that may be missing.
pub fn size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Size::deserialize(from).map(|size| Some(size.0))
}

/// A port.
pub fn port<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let most = u64::from(u16::MAX);
    let value = Value { expected: "a port from 0 to 65535", most, read: |_| None };
    from.deserialize_any(value).map(|port| u16::try_from(port).ok())
}

/// A number of anything.
pub fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let value = Value { expected: "a whole number", most: MAX_NUMBER, read: |_| None };
    from.deserialize_any(value).map(Some)
}

/// A number of hours.
pub fn hours<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let value = Value { expected: "a whole number of hours", most: MAX_NUMBER / 3600, read: |_| None };
    from.deserialize_any(value).map(Some)
}

/// A number of seconds.
pub fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let value = Value { expected: "a whole number of seconds", most: u64::from(u32::MAX), read: |_| None };
    from.deserialize_any(value).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(bytes("1048576"), Ok(1 << 20));
        assert_eq!(bytes("64k"), Ok(64 << 10));
        assert_eq!(bytes("20GiB"), Ok(20 << 30));
        assert!(bytes("many").is_err());
        assert!(bytes("1MM").is_err());
        assert!(bytes("99999999999T").is_err());
    }

    #[test]
    fn durations_are_read_with_their_unit() {
        assert_eq!(time("200ms"), Some(Duration::from_millis(200)));
        assert_eq!(time("5s"), Some(Duration::from_secs(5)));
        assert_eq!(time("2 m"), Some(Duration::from_secs(120)));
        assert_eq!(time("1h"), Some(Duration::from_secs(3600)));
        for wrong in ["", "5", "s", "-1s", "5 days", "99999999999999999999h", "18446744073709551615h"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
