//! Parses times: numbers, numbers in quotes, pairs of 32-bit numbers, RFC 3339.

use super::json::{Cursor, Number, Scan, exact, number, numeric};
use crate::units::parse_rfc3339;

/// A time as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum WrittenTime {
    /// None, or invalid.
    Absent,
    /// A number, in the unit of the format.
    Number(Number),
    /// A date and time of day, in nanoseconds since the Unix epoch.
    Date(u64),
}

/// Reads a time in any form; anything else is damage.
pub(super) fn written_time(cursor: &mut Cursor<'_>, member: &'static str) -> Scan<WrittenTime> {
    if cursor.peek()? == b'{' {
        return halves(cursor, member);
    }
    let text = numeric(cursor)?;
    if let Some(number) = number(text) {
        let exact = if matches!(number, Number::Real(_)) { exact(text).map(Number::Whole) } else { None };
        return Ok(WrittenTime::Number(exact.unwrap_or(number)));
    }
    Ok(date(cursor, text, member))
}

/// A date and time of day. Not part of what reads numbers: a browser optimises a function as a whole.
#[cold]
#[inline(never)]
fn date(cursor: &mut Cursor<'_>, text: &[u8], member: &'static str) -> WrittenTime {
    match std::str::from_utf8(text).ok().and_then(parse_rfc3339) {
        Some(unix) => WrittenTime::Date(unix),
        None => {
            if !matches!(text, b"" | b"null") {
                cursor.damage(member);
            }
            WrittenTime::Absent
        }
    }
}

/// `{"low": …, "high": …}`: a 64-bit number as JavaScript protobuf libraries write it.
#[cold]
#[inline(never)]
fn halves(cursor: &mut Cursor<'_>, member: &'static str) -> Scan<WrittenTime> {
    let (mut low, mut high) = (None, None);
    cursor.object(|cursor, key| {
        let half = match key.bytes {
            b"low" => &mut low,
            b"high" => &mut high,
            _ => return cursor.skip(),
        };
        *half = number(numeric(cursor)?).and_then(|number| number.scaled(1));
        Ok(())
    })?;
    match (low, high) {
        (Some(low), Some(high)) => {
            // The lower half may be signed.
            let bits = (high as u64) << 32 | low as u64 & 0xffff_ffff;
            Ok(WrittenTime::Number(Number::Whole(i128::from(bits))))
        }
        _ => {
            cursor.damage(member);
            Ok(WrittenTime::Absent)
        }
    }
}

/// Nanoseconds since the Unix epoch; 0 if absent. Times before 1970 or after 2262 are damage.
pub(super) fn nanoseconds(cursor: &mut Cursor<'_>, member: &'static str) -> Scan<u64> {
    let whole = match written_time(cursor, member)? {
        WrittenTime::Absent => return Ok(0),
        WrittenTime::Date(unix) => return Ok(unix),
        WrittenTime::Number(number) => number.scaled(1),
    };
    let time = whole.and_then(|whole| u64::try_from(whole).ok()).filter(|time| *time <= i64::MAX as u64);
    if time.is_none() {
        cursor.damage(member);
    }
    Ok(time.unwrap_or(0))
}
