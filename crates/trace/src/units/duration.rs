//! Formats durations: three significant digits with a unit, or every digit.

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `nanoseconds` in the largest unit that keeps it at 1 or above, with three significant digits and no
/// trailing zeros: `7 ns`, `1.5 µs`, `482 ms`, `59.9 s`, `1 min 12 s`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(nanoseconds: u64) -> String {
    // Rounding may carry into the next unit (999.7 ms is 1 s), so each unit ends where three digits do.
    match nanoseconds {
        0..MICRO => format!("{nanoseconds} ns"),
        MICRO..999_500 => three_digits(nanoseconds, MICRO, "µs"),
        999_500..999_500_000 => three_digits(nanoseconds, MILLI, "ms"),
        999_500_000..59_950_000_000 => three_digits(nanoseconds, SECOND, "s"),
        _ => two_units(nanoseconds),
    }
}

/// `nanoseconds` with every digit: `4.612345 ms`, `1.000000001 s`; from a minute on in minutes and seconds.
pub fn duration_exact(nanoseconds: u64) -> String {
    match nanoseconds {
        0..MICRO => format!("{nanoseconds} ns"),
        MICRO..MILLI => all_digits(nanoseconds, MICRO, 3, "µs"),
        MILLI..SECOND => all_digits(nanoseconds, MILLI, 6, "ms"),
        SECOND..MINUTE => all_digits(nanoseconds, SECOND, 9, "s"),
        _ => {
            let seconds = all_digits(nanoseconds % MINUTE, SECOND, 9, "s");
            let minutes = nanoseconds / MINUTE;
            match minutes / 60 {
                0 => format!("{minutes} min {seconds}"),
                hours => format!("{hours} h {} min {seconds}", minutes % 60),
            }
        }
    }
}

fn three_digits(nanoseconds: u64, unit: u64, name: &str) -> String {
    // Integer arithmetic: the first three digits determine the number of decimals.
    let whole = nanoseconds / unit;
    let decimals = match whole {
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    let scale = 10u64.pow(decimals);
    let scaled = (nanoseconds * scale + unit / 2) / unit;
    with_decimals(scaled / scale, scaled % scale, decimals as usize, name)
}

fn all_digits(nanoseconds: u64, unit: u64, decimals: usize, name: &str) -> String {
    with_decimals(nanoseconds / unit, nanoseconds % unit, decimals, name)
}

fn with_decimals(whole: u64, fraction: u64, decimals: usize, name: &str) -> String {
    if fraction == 0 {
        return format!("{whole} {name}");
    }
    let digits = format!("{fraction:0decimals$}");
    format!("{whole}.{} {name}", digits.trim_end_matches('0'))
}

fn two_units(nanoseconds: u64) -> String {
    let (big, big_name, small, small_name) = if nanoseconds < HOUR - SECOND / 2 {
        (MINUTE, "min", SECOND, "s")
    } else if nanoseconds < DAY - MINUTE / 2 {
        (HOUR, "h", MINUTE, "min")
    } else {
        (DAY, "d", HOUR, "h")
    };
    let smalls = nanoseconds / small + u64::from(nanoseconds % small >= small / 2);
    let per_big = big / small;
    match smalls % per_big {
        0 => format!("{} {big_name}", smalls / per_big),
        rest => format!("{} {big_name} {rest} {small_name}", smalls / per_big),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        for (nanoseconds, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_500, "1.5 µs"),
            (999_499, "999 µs"),
            (999_500, "1 ms"),
            (4_612_345, "4.61 ms"),
            (48_249_000, "48.2 ms"),
            (482_300_000, "482 ms"),
            (999_499_999, "999 ms"),
            (999_500_000, "1 s"),
            (59_949_000_000, "59.9 s"),
            (59_950_000_000, "1 min"),
            (72_000_000_000, "1 min 12 s"),
            (3_599_600_000_000, "1 h"),
            (7_500_000_000_000, "2 h 5 min"),
            (273_600_000_000_000, "3 d 4 h"),
        ] {
            assert_eq!(duration(nanoseconds), text, "{nanoseconds}");
        }
        assert_eq!(duration(u64::MAX), "213504 d");
    }

    #[test]
    fn every_digit() {
        for (nanoseconds, text) in [
            (7, "7 ns"),
            (1_001, "1.001 µs"),
            (4_612_345, "4.612345 ms"),
            (1_000_000_001, "1.000000001 s"),
            (60_000_000_000, "1 min 0 s"),
            (3_723_000_000_004, "1 h 2 min 3.000000004 s"),
        ] {
            assert_eq!(duration_exact(nanoseconds), text, "{nanoseconds}");
        }
    }
}
