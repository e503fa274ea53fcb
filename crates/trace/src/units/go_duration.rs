//! Go durations (`1h2m3.5s`, `100ms`, `500us`), as used by Jaeger's query parameters.

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
];
const HOUR: u64 = 3_600_000_000_000;

/// Parses a Go duration as nanoseconds. `None` for anything else, negative ones and those beyond 292 years.
pub fn parse_go_duration(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum = 0u128;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || whole.len() > 19 {
            return None;
        }
        let end = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let unit = match name {
            "h" => HOUR,
            _ => UNITS.iter().find(|(unit, _)| *unit == name)?.1,
        };
        let digits = |text: &str| text.bytes().fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
        sum += digits(whole) * u128::from(unit);
        // No unit has more than nineteen decimals of a nanosecond.
        let fraction = &fraction[..fraction.len().min(19)];
        sum += digits(fraction) * u128::from(unit) / 10u128.pow(fraction.len() as u32);
        rest = after;
    }
    u64::try_from(sum).ok().filter(|nanoseconds| *nanoseconds <= i64::MAX as u64)
}

/// Writes nanoseconds as the shortest exact Go duration with one unit: `1500us`, `2s`, `90m`.
pub fn print_go_duration(nanoseconds: u64) -> String {
    let units = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
    ];
    match units.into_iter().find(|(size, _)| nanoseconds >= *size && nanoseconds.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", nanoseconds / size),
        None => format!("{nanoseconds}ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gos_durations_are_read() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("1h2m3.5s", 3_723_500_000_000),
            ("100ms", 100_000_000),
            ("1.5us", 1_500),
            (".5s", 500_000_000),
            ("1µs", 1_000),
            ("1s1s", 2_000_000_000),
            ("+7ns", 7),
        ] {
            assert_eq!(parse_go_duration(text), Some(nanoseconds), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", "fast", "1", "-1s", "1.2.3s", ".s", "1x", "s", "1 s", "99999999999h", "1é"] {
            assert_eq!(parse_go_duration(text), None, "{text}");
        }
    }

    #[test]
    fn durations_printed_are_read_back() {
        for ns in [0, 1, 999, 1000, 1_500_000, 2_000_000_000, 3_600_000_000_000, 5_400_000_000_000] {
            assert_eq!(parse_go_duration(&print_go_duration(ns)), Some(ns));
        }
        assert_eq!(print_go_duration(5_400_000_000_000), "90m");
    }
}
