//! What a search asks for, and the two small notations people write it in: Go durations (`1.2s`, `100ms`)
//! and logfmt tags (`error=true http.status_code=500`), both as Jaeger's search form has them.

use serde::{Deserialize, Serialize};

/// A search over traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SearchQuery {
    /// Service; empty for all, which not every backend can do.
    pub service: String,
    /// Operation; empty for all.
    pub operation: String,
    /// Attributes that a span has to have, all of them.
    pub tags: Vec<(String, String)>,
    /// Start of the search window, microseconds since the Unix epoch.
    pub start_unix_us: u64,
    /// End of the search window, microseconds since the Unix epoch.
    pub end_unix_us: u64,
    /// Spans at least this long, nanoseconds.
    pub min_duration: Option<u64>,
    /// Spans at most this long, nanoseconds.
    pub max_duration: Option<u64>,
    /// Most traces to answer.
    pub limit: u32,
}

const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// Reads a Go duration (`1h2m`, `1.5s`, `300us`) into nanoseconds. `None` for anything else, negatives included.
pub fn parse_duration(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0.0f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == &rest[..unit_end])?;
        total += number * factor;
        rest = &rest[unit_end..];
    }
    (total.is_finite() && total < 9.2e18).then_some(total.round() as u64)
}

/// Writes nanoseconds as the shortest exact Go duration with one unit: `1500us`, `2s`, `90m`.
pub fn print_duration(nanoseconds: u64) -> String {
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

/// Reads logfmt: `key=value key="two words" flag`. A key alone means `key=true`, as in Jaeger's form.
/// The error says what could not be read.
pub fn parse_tags(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut tags = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(tags);
        }
        let key = word(&mut chars, true)?;
        if key.is_empty() {
            return Err("a tag has no name before its \"=\"".into());
        }
        let value = match chars.next_if_eq(&'=') {
            Some(_) => word(&mut chars, false)?,
            None => "true".into(),
        };
        tags.push((key, value));
    }
}

fn word(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    stop_at_equals: bool,
) -> Result<String, String> {
    let mut word = String::new();
    if chars.next_if_eq(&'"').is_none() {
        while let Some(c) = chars.next_if(|c| !(c.is_whitespace() || stop_at_equals && *c == '=')) {
            word.push(c);
        }
        return Ok(word);
    }
    loop {
        match chars.next() {
            Some('"') => return Ok(word),
            Some('\\') => word.extend(chars.next()),
            Some(c) => word.push(c),
            None => return Err(format!("the quotation mark before {word:?} is never closed")),
        }
    }
}

/// Writes tags as logfmt; what [`parse_tags`] reads back to the same tags.
pub fn print_tags(tags: &[(String, String)]) -> String {
    let quoted = |word: &str, bare: fn(char) -> bool| {
        if !word.is_empty() && word.chars().all(bare) {
            word.to_owned()
        } else {
            format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
        }
    };
    let key = |c: char| !c.is_whitespace() && c != '=' && c != '"' && c != '\\';
    let value = |c: char| !c.is_whitespace() && c != '"' && c != '\\';
    let words: Vec<String> =
        tags.iter().map(|(k, v)| format!("{}={}", quoted(k, key), quoted(v, value))).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(parse_duration("1.5s"), Some(1_500_000_000));
        assert_eq!(parse_duration(" 1h2m "), Some(3_720_000_000_000));
        assert_eq!(parse_duration("300µs"), Some(300_000));
        assert_eq!(parse_duration("0"), Some(0));
        for wrong in ["", "12", "s", "-1s", "1.2.3s", "1 s", "1x"] {
            assert_eq!(parse_duration(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn durations_printed_are_read_back() {
        for ns in [0, 1, 999, 1000, 1_500_000, 2_000_000_000, 3_600_000_000_000, 5_400_000_000_000] {
            assert_eq!(parse_duration(&print_duration(ns)), Some(ns));
        }
        assert_eq!(print_duration(5_400_000_000_000), "90m");
    }

    #[test]
    fn tags_are_logfmt() {
        let tags = parse_tags(r#"error=true http.url="a b=\"c\"" retried empty="""#);
        let expect = [("error", "true"), ("http.url", "a b=\"c\""), ("retried", "true"), ("empty", "")];
        assert_eq!(tags, Ok(expect.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec()));
        assert!(parse_tags("a=\"open").is_err());
        assert!(parse_tags("=x").is_err());
    }

    #[test]
    fn tags_printed_are_read_back() {
        for tags in [vec![("a b", "c=d")], vec![("k", ""), ("q\"", "\\")], vec![]] {
            let tags: Vec<(String, String)> = tags.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
            assert_eq!(parse_tags(&print_tags(&tags)), Ok(tags));
        }
    }
}
