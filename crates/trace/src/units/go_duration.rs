//! Go durations (`1h2m3.5s`, `100ms`, `500us`), as used by Jaeger's query parameters.

use std::fmt;

/// Why a text is not a Go duration. [`GoDurationError::in_text`] has Go's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoDurationError<'t> {
    /// Empty, not a number where one has to be, negative, or beyond 292 years.
    Invalid,
    /// A number without a unit.
    MissingUnit,
    /// A number with a unit that does not exist.
    UnknownUnit(&'t str),
}

impl GoDurationError<'_> {
    /// The message of Go's `time.ParseDuration` for `text`, the whole text that was parsed.
    pub fn in_text(self, text: &str) -> impl fmt::Display {
        fmt::from_fn(move |f| match self {
            GoDurationError::Invalid => write!(f, "time: invalid duration {text:?}"),
            GoDurationError::MissingUnit => write!(f, "time: missing unit in duration {text:?}"),
            GoDurationError::UnknownUnit(unit) => {
                write!(f, "time: unknown unit {unit:?} in duration {text:?}")
            }
        })
    }
}

/// Parses a Go duration as nanoseconds; parts of a nanosecond are cut off, as in Go. Negative durations are invalid.
pub fn parse_go_duration(text: &str) -> Result<u64, GoDurationError<'_>> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(GoDurationError::Invalid);
    }
    let mut sum = 0u64;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(GoDurationError::Invalid);
        }
        let end = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let unit = unit_nanoseconds(name)?;
        sum = term(whole, fraction, unit)
            .and_then(|term| sum.checked_add(term))
            .ok_or(GoDurationError::Invalid)?;
        rest = after;
    }
    if sum <= i64::MAX as u64 { Ok(sum) } else { Err(GoDurationError::Invalid) }
}

/// Splits after the leading decimal digits.
fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn unit_nanoseconds(name: &str) -> Result<u64, GoDurationError<'_>> {
    Ok(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(GoDurationError::MissingUnit),
        _ => return Err(GoDurationError::UnknownUnit(name)),
    })
}

/// `whole.fraction` units in nanoseconds; `None` if they do not fit.
fn term(whole: &str, fraction: &str, unit: u64) -> Option<u64> {
    let whole = whole
        .bytes()
        .try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))?;
    // Further digits are below a nanosecond in every unit.
    let fraction = &fraction[..fraction.len().min(19)];
    let digits = fraction.bytes().fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
    let part = digits * u128::from(unit) / 10u128.pow(fraction.len() as u32);
    whole.checked_mul(unit)?.checked_add(u64::try_from(part).ok()?)
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
            ("1.9ns", 1),
            ("000000000000000000000001s", 1_000_000_000),
        ] {
            assert_eq!(parse_go_duration(text), Ok(nanoseconds), "{text}");
        }
    }

    #[test]
    fn errors_name_what_is_wrong() {
        use GoDurationError::{Invalid, MissingUnit, UnknownUnit};
        for (text, error) in [
            ("", Invalid),
            ("fast", Invalid),
            ("1", MissingUnit),
            ("-1s", Invalid),
            ("1.2.3s", MissingUnit),
            (".s", Invalid),
            ("1x", UnknownUnit("x")),
            ("s", Invalid),
            ("1 s", UnknownUnit(" s")),
            ("99999999999h", Invalid),
            ("2562048h", Invalid),
            ("9999999999999999999999s", Invalid),
            ("1é", UnknownUnit("é")),
        ] {
            assert_eq!(parse_go_duration(text), Err(error), "{text}");
        }
    }

    #[test]
    fn errors_are_printed_as_go_prints_them() {
        for (text, message) in [
            ("fast", "time: invalid duration \"fast\""),
            ("1", "time: missing unit in duration \"1\""),
            ("1x2s", "time: unknown unit \"x\" in duration \"1x2s\""),
        ] {
            let error = parse_go_duration(text).map_err(|error| error.in_text(text).to_string());
            assert_eq!(error, Err(message.to_owned()));
        }
    }

    #[test]
    fn durations_printed_are_read_back() {
        for ns in [0, 1, 999, 1000, 1_500_000, 2_000_000_000, 3_600_000_000_000, 5_400_000_000_000] {
            assert_eq!(parse_go_duration(&print_go_duration(ns)), Ok(ns));
        }
        assert_eq!(print_go_duration(5_400_000_000_000), "90m");
    }
}
