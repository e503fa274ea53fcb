//! Parses numbers: integers beyond 2^53, floats and exponents in place of integers.

/// Can be multiplied by at most `FINE` without overflow of 64 bits.
const SMALL: u64 = 1 << 52;
const FINE: u64 = 1 << 10;
/// Number of digits that always fit into 64 bits.
const SMALL_DIGITS: usize = 18;

/// A parsed number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer, exactly.
    Whole(i128),
    /// Anything else, including infinities and NaN.
    Real(f64),
}

/// Parses a JSON number, `NaN`, `Infinity` or `-Infinity`. `None` for anything else.
pub fn number(text: &[u8]) -> Option<Number> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    // 128-bit arithmetic is slow, so it is used for the remaining digits only.
    let (head, tail) = digits.split_at(digits.len().min(SMALL_DIGITS));
    if digits.len() < 38
        && tail.iter().all(u8::is_ascii_digit)
        && let Some(head) = small(head)
    {
        let whole = tail.iter().fold(i128::from(head), |sum, digit| sum * 10 + i128::from(digit - b'0'));
        return Some(Number::Whole(if negative { -whole } else { whole }));
    }
    let text = std::str::from_utf8(text).ok()?;
    match text {
        "NaN" => Some(Number::Real(f64::NAN)),
        "Infinity" => Some(Number::Real(f64::INFINITY)),
        "-Infinity" => Some(Number::Real(f64::NEG_INFINITY)),
        _ if digits.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.') => {
            text.parse().ok().map(Number::Real)
        }
        _ => None,
    }
}

/// The exact value of an integer with an exponent (`1.5e3`), which a double would round; `None` for other numbers.
pub fn exact(text: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(text).ok()?;
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    digits.checked_mul(10i128.checked_pow(u32::try_from(zeros).ok()?)?)
}

/// Parses 1 to 18 digits, which always fit.
#[inline]
pub fn small(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > SMALL_DIGITS {
        return None;
    }
    let mut sum = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        sum = sum * 10 + i64::from(digit);
    }
    Some(sum)
}

impl Number {
    /// The number times `scale`, as an integer. Integers are exact; fractions as exact as doubles.
    pub fn scaled(self, scale: i128) -> Option<i128> {
        match self {
            // Most factors are small, and 128-bit products are slow.
            Number::Whole(whole) => match (i64::try_from(whole), i64::try_from(scale)) {
                (Ok(small), Ok(scale)) if small.unsigned_abs() <= SMALL && scale.unsigned_abs() <= FINE => {
                    Some(i128::from(small * scale))
                }
                _ => whole.checked_mul(scale),
            },
            Number::Real(real) if real.is_finite() => Some((real * scale as f64).round() as i128),
            Number::Real(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_exact_and_the_rest_is_a_double() {
        assert_eq!(number(b"18446744073709551615"), Some(Number::Whole(u64::MAX as i128)));
        assert_eq!(number(b"-9223372036854775808"), Some(Number::Whole(i64::MIN as i128)));
        assert_eq!(number(b"1.7e15").and_then(|n| n.scaled(1000)), Some(1_700_000_000_000_000_000));
        assert_eq!(number(b"12.5").and_then(|n| n.scaled(1000)), Some(12_500));
        assert_eq!(number(b"1e-300"), Some(Number::Real(1e-300)));
        assert!(matches!(number(b"NaN"), Some(Number::Real(real)) if real.is_nan()));
        assert_eq!(exact(b"1.767225600001E18"), Some(1_767_225_600_001_000_000));
        assert_eq!((exact(b"1e+3"), exact(b"-2.5e1")), (Some(1_000), Some(-25)));
        assert_eq!((exact(b"1.5e0"), exact(b"15"), exact(b"1e99"), exact(b"e5")), (None, None, None, None));
        for bad in ["", "-", "true", "inf", "nan", "1x", "0x10", "infinity"] {
            assert_eq!(number(bad.as_bytes()), None, "{bad}");
        }
    }
}
