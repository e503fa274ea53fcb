//! RFC 3339 timestamps in nanoseconds since the Unix epoch.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Formats `unix` nanoseconds as RFC 3339 in UTC with as many decimals as needed: `2026-11-21T11:22:33.5Z`.
pub fn rfc3339(unix: u64) -> String {
    timestamp(unix).to_string()
}

/// Parses RFC 3339 (`T` or space, up to nine decimals, `Z` or an offset) as nanoseconds since the Unix epoch.
/// `None` for anything else, for days that do not exist, and for times before 1970 or after 2554.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let time: Timestamp = text.parse().ok()?;
    u64::try_from(time.as_nanosecond()).ok()
}

/// Date and time of day of `unix` nanoseconds at an offset of `east` minutes from UTC.
pub fn date_time(unix: u64, east: i32) -> DateTime {
    // An offset that is out of range counts as 0.
    let offset = Offset::from_seconds(east.saturating_mul(60)).unwrap_or(Offset::UTC);
    offset.to_datetime(timestamp(unix))
}

/// Abbreviated name of a month, 1 to 12.
pub fn month_name(month: i8) -> &'static str {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default()
}

/// `Timestamp` ends in the year 9999, `u64` nanoseconds in 2554.
fn timestamp(unix: u64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(unix)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_are_written_in_utc_without_needless_decimals() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_700_000_000_500_000_000), "2023-11-14T22:13:20.5Z");
        assert_eq!(rfc3339(951_782_400_000_000_001), "2000-02-29T00:00:00.000000001Z");
    }

    #[test]
    fn offsets_and_decimals_are_read() {
        let half = Some(1_700_000_000_500_000_000);
        for text in [
            "2023-11-14T22:13:20.5Z",
            "2023-11-14t22:13:20.500z",
            "2023-11-14 22:13:20.500000000Z",
            "2023-11-14T17:13:20.5-05:00",
            "2023-11-15T00:13:20.5+02:00",
        ] {
            assert_eq!(parse_rfc3339(text), half, "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "yesterday",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-11-14T24:00:00Z",
            "2023-11-14T22:13:20",
            "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20Zx",
            "1969-12-31T23:59:59Z",
            "2023-11-14T22:13:20+2:00",
            "2023-11-14T22:13:20é",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(unix: u64) {
            prop_assert_eq!(parse_rfc3339(&rfc3339(unix)), Some(unix));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = parse_rfc3339(&text);
        }
    }
}
