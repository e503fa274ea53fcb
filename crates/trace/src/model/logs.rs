//! Log lines of a trace, as the server answers them.

use crate::units::SpanId;
use serde::{Deserialize, Serialize};

/// The log lines of a trace in the order of their times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceLogs {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Whether the server has more.
    pub truncated: bool,
}

/// A log line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// Nanoseconds since the Unix epoch.
    pub time_unix: u64,
    /// OTLP's severity number, 1 to 24; 0 where it is unknown.
    pub severity: u8,
    /// The service that logged; may be empty.
    pub service: String,
    /// The span in which it was logged.
    pub span: Option<SpanId>,
    /// The text.
    pub body: String,
    /// Attributes with their values as text, in the order of their keys.
    pub attributes: Vec<(String, String)>,
}

/// The least severity numbers of OTLP's ranges, with their names.
pub const SEVERITIES: [(u8, &str); 6] =
    [(1, "trace"), (5, "debug"), (9, "info"), (13, "warning"), (17, "error"), (21, "fatal")];

impl LogLine {
    /// The name of the severity; empty where it is unknown.
    pub fn severity_name(&self) -> &'static str {
        let range = SEVERITIES.iter().rev().find(|(least, _)| self.severity >= *least);
        range.map_or("", |(_, name)| name)
    }

    /// Whether the line reports an error.
    pub fn is_error(&self) -> bool {
        self.severity >= 17
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_have_the_names_of_their_ranges() {
        let name = |severity| LogLine { severity, ..LogLine::default() }.severity_name();
        assert_eq!(
            [0, 1, 8, 9, 16, 17, 24, 255].map(name),
            ["", "trace", "debug", "info", "warning", "error", "fatal", "fatal"]
        );
    }
}
