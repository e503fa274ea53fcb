//! Jaeger JSON, span by span: first what is drawn, later on demand everything.
//!
//! Jaeger hides kind, status and error in tags (`span.kind`, `otel.status_code`, `error`); `facts` finds them.
//! The parent is the first `CHILD_OF` reference within the trace, else the first `FOLLOWS_FROM`; further
//! references are links that keep their type in `opentracing.ref_type`.

mod facts;
mod first;
mod references;
mod whole;

pub(super) use first::{First, first};
pub(super) use whole::{decode, process};

use super::json::{Cursor, Number, Scan, number};
use super::otlp_json::numeric;

/// Microseconds (integers, floats, text) as nanoseconds; wrapped negative ones are negative again.
fn microseconds(cursor: &mut Cursor<'_>) -> Scan<i64> {
    let micro = match number(numeric(cursor)?) {
        Some(Number::Whole(whole)) if whole > i128::from(i64::MAX) => Number::Whole(whole - (1 << 64)),
        Some(number) => number,
        None => return Ok(0),
    };
    let nano = micro.scaled(1000).unwrap_or(0);
    Ok(nano.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}

/// Begin and end from start and duration, all nanoseconds: 0 for a begin that cannot be one, and then the
/// duration for the end; an end before the begin for a negative duration.
fn times(start: i64, duration: i64) -> (u64, u64) {
    match u64::try_from(start) {
        Ok(begin) if begin > 0 => (begin, begin.saturating_add_signed(duration).min(i64::MAX as u64)),
        _ => (0, duration.max(0) as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_unsigned_numbers_are_negative_again() {
        let micro = |text: &str| microseconds(&mut Cursor::new(format!("{text},").as_bytes())).unwrap();
        assert_eq!(micro("18446744073709550616"), -1_000_000);
        assert_eq!(micro("1.7e15"), 1_700_000_000_000_000_000);
        assert_eq!(micro("12.5"), 12_500);
        assert_eq!(micro("\"12\""), 12_000);
        assert_eq!(micro("null"), 0);
        assert_eq!(times(5_000, -1_000), (5_000, 4_000));
        assert_eq!(times(-616_000, 7), (0, 7));
        assert_eq!(times(5, i64::MAX), (5, i64::MAX as u64));
    }
}
