//! Parses the log lines of a trace.

use super::fields::{number, object};
use crate::model::{LogLine, TraceLogs};
use crate::units::SpanId;
use serde::Deserialize;

/// Log lines from Spandrel's own server: `{"truncated":…,"logs":[…]}`. Attribute values that are not strings are kept
/// as JSON.
pub fn logs(body: &[u8]) -> Result<TraceLogs, String> {
    #[derive(Deserialize)]
    struct LogsResponse {
        #[serde(default)]
        truncated: bool,
        logs: Vec<LogEntry>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct LogEntry {
        #[serde(deserialize_with = "number")]
        time_unix_nano: u64,
        #[serde(default)]
        severity_number: u8,
        #[serde(default)]
        service: String,
        #[serde(default, rename = "spanID")]
        span: String,
        #[serde(default)]
        body: String,
        #[serde(default)]
        attributes: serde_json::Map<String, serde_json::Value>,
    }
    let answered: LogsResponse = object(body)?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let lines = answered.logs.into_iter().map(|line| LogLine {
        time_unix: line.time_unix_nano,
        severity: line.severity_number,
        service: line.service,
        span: SpanId::parse(&line.span),
        body: line.body,
        attributes: line.attributes.into_iter().map(|(key, value)| (key, text(value))).collect(),
    });
    Ok(TraceLogs { lines: lines.collect(), truncated: answered.truncated })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_are_read() {
        let body = br#"{"truncated":true,"logs":[{"timeUnixNano":"1758449472000000001","severity":"error",
            "severityNumber":17,"service":"a","traceID":"01","spanID":"00f067aa0ba902b7","body":"x",
            "attributes":{"k":"v","n":1,"o":{"p":[true]}},"resource":{}},{"timeUnixNano":"2","body":""}]}"#;
        let logs = logs(body).unwrap();
        assert!(logs.truncated);
        let line = &logs.lines[0];
        assert_eq!(
            (line.time_unix, line.severity_name(), line.service.as_str()),
            (1_758_449_472_000_000_001, "error", "a")
        );
        assert_eq!(line.span, SpanId::parse("00f067aa0ba902b7"));
        let attributes: Vec<(&str, &str)> =
            line.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(attributes, [("k", "v"), ("n", "1"), ("o", "{\"p\":[true]}")]);
        assert_eq!((logs.lines[1].span, logs.lines[1].severity_name()), (None, ""));
        assert!(super::logs(b"{}").is_err() && super::logs(b"[]").is_err());
    }
}
