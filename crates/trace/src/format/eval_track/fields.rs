//! Parses the members of a record that determine name, times, error and service of the span.

use crate::format::json::{Cursor, number, text_of};
use crate::units::parse_rfc3339;

/// The known members of a record, as JSON; empty where absent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RecordFields<'a> {
    pub(super) function_name: &'a [u8],
    pub(super) service: &'a [u8],
    pub(super) request: &'a [u8],
    pub(super) response: &'a [u8],
    pub(super) traceparent: &'a [u8],
    timestamp: &'a [u8],
    created_at: &'a [u8],
    updated_at: &'a [u8],
    error: &'a [u8],
    state: &'a [u8],
}

impl<'a> RecordFields<'a> {
    /// Sets a member.
    pub(super) fn take(&mut self, key: &[u8], value: &'a [u8]) {
        let member = match key {
            b"function_name" => &mut self.function_name,
            b"service" => &mut self.service,
            b"request" => &mut self.request,
            b"response" => &mut self.response,
            b"traceparent" => &mut self.traceparent,
            b"timestamp" => &mut self.timestamp,
            b"created_at" | b"createdAt" => &mut self.created_at,
            b"updated_at" | b"updatedAt" => &mut self.updated_at,
            b"error" => &mut self.error,
            b"state" => &mut self.state,
            _ => return,
        };
        *member = value;
    }

    /// Start and end, nanoseconds since the Unix epoch. Where the record has neither, the time of receipt.
    pub(super) fn times(&self, received: u64) -> (u64, u64) {
        let end = time(self.updated_at);
        let start = time(self.created_at).or_else(|| time(self.timestamp)).or(end).unwrap_or(received);
        (start, end.unwrap_or(start))
    }

    /// The error message; `None` without an error. An error is a `state`, a non-empty `error` in the record or in
    /// `response`, or a status of 500 and above.
    pub(super) fn failure(&self) -> Option<String> {
        let state = text_of(self.state);
        if matches!(state.as_str(), "ok" | "cancelled") {
            return None;
        }
        let error = error_text(self.error).or_else(|| error_text(member(self.response, b"error")));
        let status = self.status().filter(|status| *status >= 500);
        error
            .or_else(|| status.map(|status| format!("status {status}")))
            .or_else(|| (state == "error").then(String::new))
    }

    /// HTTP status of the response.
    pub(super) fn status(&self) -> Option<i64> {
        let status = number(member(self.response, b"status"))?.scaled(1)?;
        i64::try_from(status).ok().filter(|status| (100..1000).contains(status))
    }

    /// A string member of the request.
    pub(super) fn request_text(&self, name: &[u8]) -> String {
        text_of(member(self.request, name))
    }
}

/// The value of a member of an object; empty where there is none.
fn member<'a>(object: &'a [u8], name: &[u8]) -> &'a [u8] {
    let mut found: &[u8] = b"";
    if object.first() == Some(&b'{') {
        // Damaged JSON has no further members.
        let _ = Cursor::new(object).object(|cursor, key| {
            let value = cursor.value()?;
            if key.bytes == name {
                found = value;
            }
            Ok(())
        });
    }
    found
}

/// The error as text or JSON; `None` for values that mean "no error".
fn error_text(error: &[u8]) -> Option<String> {
    match error {
        b"" | b"null" | b"false" | b"0" | b"\"\"" | b"{}" | b"[]" => None,
        [b'"', ..] => Some(text_of(error)),
        other => Some(String::from_utf8_lossy(other).into_owned()),
    }
}

/// Parses a time as nanoseconds since the Unix epoch: RFC 3339, or a number, also in quotes, whose magnitude
/// determines its unit (seconds below 10^11, milliseconds below 10^14, microseconds below 10^17, else nanoseconds).
fn time(value: &[u8]) -> Option<u64> {
    let text = text_of(value);
    if let Some(unix) = parse_rfc3339(&text) {
        return within_range(i128::from(unix));
    }
    let number = number(if text.is_empty() { value } else { text.as_bytes() })?;
    let size = number.scaled(1)?;
    let scale = match size {
        ..=0 => return None,
        1..100_000_000_000 => 1_000_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    within_range(number.scaled(scale)?)
}

/// Times of spans end in the year 2262.
fn within_range(unix: i128) -> Option<u64> {
    u64::try_from(unix).ok().filter(|unix| *unix > 0 && *unix <= i64::MAX as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_magnitude_of_a_time_determines_its_unit() {
        let same = Some(1_700_000_000_500_000_000);
        for text in [
            "1700000000.5",
            "1700000000500",
            "1700000000500000",
            "1700000000500000000",
            "\"1700000000500\"",
            "\"2023-11-14T22:13:20.5Z\"",
            "\"2023-11-14T23:13:20.5+01:00\"",
        ] {
            assert_eq!(time(text.as_bytes()), same, "{text}");
        }
        for none in ["", "null", "0", "-5", "\"soon\"", "{}", "1e40", "\"1969-01-01T00:00:00Z\""] {
            assert_eq!(time(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn failures_are_those_of_all_clients() {
        let failure = |members: &[(&str, &'static str)]| {
            let mut fields = RecordFields::default();
            members.iter().for_each(|(key, value)| fields.take(key.as_bytes(), value.as_bytes()));
            fields.failure()
        };
        assert_eq!(failure(&[("error", r#""no\nway""#)]).as_deref(), Some("no\nway"));
        assert_eq!(failure(&[("error", r#"{"code":7}"#)]).as_deref(), Some(r#"{"code":7}"#));
        assert_eq!(failure(&[("response", r#"{"error":"x"}"#)]).as_deref(), Some("x"));
        assert_eq!(failure(&[("response", r#"{"status":503}"#)]).as_deref(), Some("status 503"));
        assert_eq!(failure(&[("state", r#""error""#)]).as_deref(), Some(""));
        for none in [
            [("error", "null"), ("response", r#"{"status":404}"#)],
            [("error", r#""""#), ("response", r#"{"error":null}"#)],
            [("state", r#""cancelled""#), ("response", "[1]")],
        ] {
            assert_eq!(failure(&none), None, "{none:?}");
        }
    }
}
