//! Jaeger's times: microseconds, or nanoseconds if microseconds would be beyond any date.

use crate::format::json::{Cursor, Number, Scan, number, numeric, small};
use crate::format::times::{WrittenTime, written_time};

/// Microseconds: the year 5138; nanoseconds: 1973.
const SURELY_NANOSECONDS: i128 = 100_000_000_000_000_000;

/// A time, and its unit in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct JaegerTime {
    /// Nanoseconds since the Unix epoch; not positive if absent.
    pub(super) unix: i64,
    /// Whether the unit was nanoseconds.
    pub(super) in_nanoseconds: bool,
}

/// Reads a time.
#[inline]
pub(super) fn read_time(cursor: &mut Cursor<'_>, member: &'static str) -> Scan<JaegerTime> {
    let mut ahead = cursor.clone();
    if let Ok(text) = ahead.word()
        && text.len() < 18
        && let Some(unix) = small(text).and_then(|micro| micro.checked_mul(1000))
    {
        *cursor = ahead;
        return Ok(JaegerTime { unix, in_nanoseconds: false });
    }
    lenient_time(cursor, member)
}

#[cold]
fn lenient_time(cursor: &mut Cursor<'_>, member: &'static str) -> Scan<JaegerTime> {
    Ok(match written_time(cursor, member)? {
        WrittenTime::Absent => JaegerTime::default(),
        WrittenTime::Date(unix) => {
            JaegerTime { unix: i64::try_from(unix).unwrap_or(i64::MAX), in_nanoseconds: false }
        }
        WrittenTime::Number(number) => match unwrapped(number) {
            number if number.scaled(1).is_some_and(|whole| whole > SURELY_NANOSECONDS) => {
                JaegerTime { unix: scaled(number, 1), in_nanoseconds: true }
            }
            number => JaegerTime { unix: scaled(number, 1000), in_nanoseconds: false },
        },
    })
}

/// Converts a duration to nanoseconds.
pub(super) fn duration(cursor: &mut Cursor<'_>, text: &[u8], in_nanoseconds: bool) -> i64 {
    let unit = if in_nanoseconds { 1 } else { 1000 };
    if let Some(nano) = small(text).and_then(|number| number.checked_mul(unit)) {
        return nano;
    }
    match number(text) {
        Some(number) => scaled(unwrapped(number), unit.into()),
        None => {
            if !matches!(text, b"" | b"null") {
                cursor.damage("duration");
            }
            0
        }
    }
}

/// Converts negative numbers that were written as unsigned.
fn unwrapped(number: Number) -> Number {
    match number {
        Number::Whole(whole) if whole > i128::from(i64::MAX) => Number::Whole(whole - (1 << 64)),
        number => number,
    }
}

fn scaled(number: Number, scale: i128) -> i64 {
    let nano = number.scaled(scale).unwrap_or(0);
    nano.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// A duration as written, because its unit depends on the start; lists and objects are damage.
#[inline]
pub(super) fn duration_text<'a>(cursor: &mut Cursor<'a>) -> Scan<&'a [u8]> {
    if matches!(cursor.peek()?, b'{' | b'[') {
        cursor.damage("duration");
    }
    numeric(cursor)
}

/// W3C flags; 0 if invalid.
#[inline]
pub(super) fn flags(text: &[u8]) -> u32 {
    let flags = match small(text) {
        Some(flags) => Some(i128::from(flags)),
        None => number(text).and_then(|number| number.scaled(1)),
    };
    flags.and_then(|flags| u32::try_from(flags).ok()).unwrap_or(0)
}

/// Start and end from start and duration, in nanoseconds: a start of 0 if it is invalid, and then the duration as the
/// end; an end before the start for a negative duration.
pub(super) fn times(start: i64, duration: i64) -> (u64, u64) {
    match u64::try_from(start) {
        Ok(start) if start > 0 => (start, start.saturating_add_signed(duration).min(i64::MAX as u64)),
        _ => (0, duration.max(0) as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_unsigned_numbers_are_negative_again() {
        let micro = |text: &str| {
            read_time(&mut Cursor::new(format!("{text},").as_bytes()), "startTime").unwrap().unix
        };
        assert_eq!(micro("18446744073709550616"), -1_000_000);
        assert_eq!(micro("1.7e15"), 1_700_000_000_000_000_000);
        assert_eq!(micro("12.5"), 12_500);
        assert_eq!(micro("\"12\""), 12_000);
        assert_eq!(micro("null"), 0);
        assert_eq!(micro("1767225600000000000"), 1_767_225_600_000_000_000, "surely nanoseconds");
        assert_eq!(micro("{\"low\":5,\"high\":0}"), 5_000);
        assert_eq!(times(5_000, -1_000), (5_000, 4_000));
        assert_eq!(times(-616_000, 7), (0, 7));
        assert_eq!(times(5, i64::MAX), (5, i64::MAX as u64));
    }
}
