//! One log line, and the numbers and names of severities.

use std::time::{SystemTime, UNIX_EPOCH};

/// A log line as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogLine {
    /// Nanoseconds since the Unix epoch.
    pub time: u64,
    /// OTLP's severity number, 1 to 24; 0 where it is unknown.
    pub severity: u8,
    /// The service that logged; empty where it is unknown.
    pub service: String,
    /// The trace, where there is one.
    pub trace: Option<u128>,
    /// The span in which it was logged.
    pub span: Option<u64>,
    /// The text; a body of another type as JSON.
    pub body: String,
    /// What else was sent with it: a JSON object.
    pub attributes: String,
    /// Attributes of the program: a JSON object.
    pub resource: String,
}

impl LogLine {
    /// Memory that the line takes, in bytes, roughly.
    pub fn weight(&self) -> usize {
        let texts = [&self.service, &self.body, &self.attributes, &self.resource];
        size_of::<LogLine>() + texts.into_iter().map(String::len).sum::<usize>()
    }
}

/// Nanoseconds since the Unix epoch.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The names of OTLP's ranges of severity numbers, each of four.
const NAMES: [&str; 6] = ["trace", "debug", "info", "warning", "error", "fatal"];

/// The name of a severity number's range; empty for 0.
pub fn severity_name(number: u8) -> &'static str {
    match number {
        0 => "",
        number => NAMES[usize::from((number - 1) / 4).min(NAMES.len() - 1)],
    }
}

/// The number of a severity as programs write it, in any case.
pub fn severity_number(text: &str) -> Option<u8> {
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "trace" | "finest" | "verbose" => 1,
        "debug" | "fine" => 5,
        "info" | "information" | "informational" | "ok" | "notice" => 9,
        "warn" | "warning" => 13,
        "err" | "error" | "severe" => 17,
        "critical" | "crit" | "alert" => 19,
        "fatal" | "emerg" | "emergency" | "panic" => 21,
        other => return other.parse().ok().filter(|number| (1..=24).contains(number)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_of_severities_are_those_of_otlp() {
        for (number, name) in
            [(0, ""), (1, "trace"), (8, "debug"), (9, "info"), (13, "warning"), (20, "error"), (24, "fatal")]
        {
            assert_eq!(severity_name(number), name);
        }
        assert_eq!(severity_name(255), "fatal");
        for name in NAMES {
            assert_eq!(severity_name(severity_number(name).unwrap()), name);
        }
        assert_eq!(
            (severity_number("WARN"), severity_number("17"), severity_number("25")),
            (Some(13), Some(17), None)
        );
    }
}
