//! Formats counts, shares and rates.

/// With a comma at every third digit: `48,200`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// At most three significant digits with a suffix: `999`, `1.2k`, `52k`, `1.5M`, `9,010T`.
pub fn compact(number: u64) -> String {
    const STEPS: [(f64, &str); 4] = [(1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")];
    if number < 1_000 {
        return number.to_string();
    }
    let exact = number as f64;
    // Rounding may carry into the next step (999,950 is 1M, not 1,000k).
    let fits = |step: &&(f64, &str)| exact / step.0 < 999.5 || step.1 == "T";
    let (step, letter) = STEPS.iter().find(fits).copied().unwrap_or((1e12, "T"));
    let scaled = exact / step;
    if scaled < 9.95 {
        format!("{}{letter}", significant(scaled, 2))
    } else {
        format!("{}{letter}", count(scaled.round() as u64))
    }
}

/// A share from 0 to 1 in percent, two significant digits below ten: `0 %`, `0.042 %`, `6.1 %`, `99.9 %`, `100 %`. A
/// share below 1 is never rounded up to 100 %.
pub fn percent(share: f64) -> String {
    let percent = if share.is_finite() { (share * 100.0).max(0.0) } else { 0.0 };
    let text = match percent {
        p if p < 1e-9 => "0".to_owned(),
        p if p < 9.95 => significant(p, 2),
        p if p < 99.0 => format!("{p:.0}"),
        p if p < 100.0 => format!("{:.1}", p.min(99.9)),
        p => format!("{p:.0}"),
    };
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

/// The unit of rates that are shown together: per second, or per minute if the largest is below one per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateUnit {
    /// `31.2 /s`.
    Second,
    /// `9 /min`.
    Minute,
}

impl RateUnit {
    /// The unit for rates up to `most` per second.
    pub fn of(most: f64) -> Self {
        if most < 1.0 { RateUnit::Minute } else { RateUnit::Second }
    }

    /// How many seconds it has, and its sign.
    pub fn scale(self) -> (f64, &'static str) {
        match self {
            RateUnit::Second => (1.0, "/s"),
            RateUnit::Minute => (60.0, "/min"),
        }
    }

    /// A rate: `31.2 /s`, `0.15 /min`.
    pub fn text(self, per_second: f64) -> String {
        let (scale, sign) = self.scale();
        let rate = if per_second.is_finite() { (per_second * scale).max(0.0) } else { 0.0 };
        format!("{} {sign}", significant(rate, 3))
    }
}

/// Rounds to `digits` significant digits, without trailing zeros; all digits before the point are kept.
fn significant(number: f64, digits: i32) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let decimals = (digits - 1 - number.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{number:.decimals$}");
    if !text.contains('.') {
        return count(number.round() as u64);
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Units that follow a number after a space.
const UNITS: [&str; 15] =
    ["%", "ns", "µs", "ms", "s", "min", "h", "d", "B", "kB", "MB", "GB", "TB", "/s", "/min"];

/// `text` with no-break spaces between numbers and their units, so that no line ends between them.
pub fn unbroken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        out.push_str(word);
        let Some(next) = words.peek() else { break };
        let unit = next.trim_end_matches(['.', ',', ';', ':', ')']);
        let is_number = word.ends_with(|last: char| last.is_ascii_digit());
        out.push(if is_number && UNITS.contains(&unit) { '\u{a0}' } else { ' ' });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let texts = [0, 999, 1_000, 48_200, 9_007_199_254_740_993].map(count);
        assert_eq!(texts, ["0", "999", "1,000", "48,200", "9,007,199,254,740,993"]);
    }

    #[test]
    fn compact_counts_round_and_carry() {
        let numbers =
            [0, 999, 1_000, 1_249, 9_949, 9_950, 51_971, 999_499, 999_500, 1_500_000, 9_007_199_254_740_993];
        let expected = ["0", "999", "1k", "1.2k", "9.9k", "10k", "52k", "999k", "1M", "1.5M", "9,007T"];
        assert_eq!(numbers.map(compact), expected);
    }

    #[test]
    fn shares_never_round_to_all_or_nothing() {
        let shares = [0.0, 0.00042, 0.061, 0.0999, 0.5, 0.994, 0.99999, 1.0, f64::NAN];
        let expected = ["0 %", "0.042 %", "6.1 %", "10 %", "50 %", "99.4 %", "99.9 %", "100 %", "0 %"];
        assert_eq!(shares.map(percent), expected);
    }

    #[test]
    fn rates_of_one_page_have_one_unit() {
        let told = |most: f64, rates: &[f64]| -> Vec<String> {
            rates.iter().map(|rate| RateUnit::of(most).text(*rate)).collect()
        };
        assert_eq!(told(31.2, &[31.2, 1_234.4, 0.5, 0.0]), ["31.2 /s", "1,234 /s", "0.5 /s", "0 /s"]);
        assert_eq!(told(0.15, &[0.15, 0.0025, f64::INFINITY]), ["9 /min", "0.15 /min", "0 /min"]);
    }

    #[test]
    fn numbers_stay_with_their_units() {
        let shown = |text| unbroken(text).replace('\u{a0}', "_");
        assert_eq!(
            shown("76 % of 3 calls (31 ms in s), 5 s; 2 min"),
            "76_% of 3 calls (31_ms in s), 5_s; 2_min"
        );
        assert_eq!(shown("a 5 spans "), "a 5 spans ");
        assert_eq!(shown(""), "");
    }
}
