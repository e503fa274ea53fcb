//! What answers say: partial success, the time to wait, statuses.

use crate::wire::{TypedField, Walk, WireError};
use std::time::Duration;

/// The longest time that a target may ask to wait.
const LONGEST: Duration = Duration::from_secs(3600);

/// What of an accepted request was not kept, in an `ExportTraceServiceResponse` or `ExportLogsServiceResponse`: spans or
/// lines, and why. An answer that cannot be
/// read says nothing.
pub fn partial_success(answer: &[u8]) -> (u64, String) {
    let read = || -> Result<_, WireError> {
        let (mut rejected, mut why) = (0, String::new());
        let mut walk = Walk::new(answer);
        while let Some((number, field)) = walk.next()? {
            if number != 1 {
                continue;
            }
            let mut partial = Walk::new(field.bytes(1)?);
            while let Some((number, field)) = partial.next()? {
                match number {
                    1 => rejected = field.number(1)?,
                    2 => why = String::from_utf8_lossy(field.bytes(2)?).into_owned(),
                    _ => {}
                }
            }
        }
        Ok((rejected, why))
    };
    read().unwrap_or_default()
}

/// The same of an answer in JSON.
pub fn partial_success_json(answer: &[u8]) -> (u64, String) {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    let partial = &answer["partialSuccess"];
    let rejected = partial.get("rejectedSpans").unwrap_or(&partial["rejectedLogRecords"]);
    let rejected = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok()).unwrap_or(0);
    (rejected, partial["errorMessage"].as_str().unwrap_or_default().to_owned())
}

/// The delay of a `google.rpc.RetryInfo` among the details of a `google.rpc.Status`.
pub fn retry_delay(status: &[u8]) -> Option<Duration> {
    let read = || -> Result<Option<Duration>, WireError> {
        let mut walk = Walk::new(status);
        while let Some((number, field)) = walk.next()? {
            if number != 3 {
                continue;
            }
            let (mut is_retry, mut info): (_, &[u8]) = (false, &[]);
            let mut any = Walk::new(field.bytes(3)?);
            while let Some((number, field)) = any.next()? {
                match number {
                    1 => is_retry = field.bytes(1)?.ends_with(b"/google.rpc.RetryInfo"),
                    2 => info = field.bytes(2)?,
                    _ => {}
                }
            }
            if !is_retry {
                continue;
            }
            let (mut seconds, mut nanoseconds) = (0, 0);
            let mut info = Walk::new(info);
            while let Some((number, field)) = info.next()? {
                if number == 1 {
                    let mut delay = Walk::new(field.bytes(1)?);
                    while let Some((number, field)) = delay.next()? {
                        match number {
                            1 => seconds = field.number(1)?,
                            2 => nanoseconds = field.number(2)?,
                            _ => {}
                        }
                    }
                }
            }
            let nanoseconds = u32::try_from(nanoseconds).unwrap_or(0).min(999_999_999);
            return Ok(Some(Duration::new(seconds.min(LONGEST.as_secs()), nanoseconds)));
        }
        Ok(None)
    };
    read().ok().flatten()
}

/// The value of `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
pub fn retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let then = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
            Duration::try_from(then.duration_since(jiff::Timestamp::now())).unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST))
}

/// Whether a request with this HTTP status is sent again: those that OTLP names, 408 and 500, which Datadog's intake asks
/// to send again.
pub fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Whether a call with this gRPC status is made again. What is exhausted is only so with a time to wait.
pub fn is_passing_call(code: tonic::Code, delay: Option<Duration>) -> bool {
    use tonic::Code;
    match code {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => true,
        Code::ResourceExhausted => delay.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{Refusal, status_of};

    #[test]
    fn the_time_to_wait_is_read_from_both_forms() {
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("99999999"), Some(LONGEST));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let then = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(100);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&then).unwrap();
        assert!((90..=100).contains(&retry_after(&date).unwrap().as_secs()), "{date}");
        assert_eq!(retry_after("soon"), None);
        assert_eq!(retry_delay(&status_of(&Refusal::Full(String::new()))), Some(Duration::from_secs(30)));
        assert_eq!(retry_delay(&status_of(&Refusal::TooLarge(1))), None);
        assert_eq!(retry_delay(b"nonsense"), None);
    }

    #[test]
    fn partial_success_is_read_from_both_forms() {
        assert_eq!(partial_success(b"\x0a\x07\x08\x02\x12\x03why"), (2, "why".to_owned()));
        assert_eq!(partial_success(b"\x0a\x00"), (0, String::new()));
        assert_eq!(partial_success(b"<html>"), (0, String::new()));
        let json = |rejected: &str| {
            format!(r#"{{"partialSuccess":{{"rejectedSpans":{rejected},"errorMessage":"why"}}}}"#)
        };
        for rejected in ["2", "\"2\""] {
            assert_eq!(partial_success_json(json(rejected).as_bytes()), (2, "why".to_owned()));
        }
        let lines = br#"{"partialSuccess":{"rejectedLogRecords":"3"}}"#;
        assert_eq!(partial_success_json(lines), (3, String::new()));
        assert_eq!(partial_success_json(b"{}"), (0, String::new()));
    }
}
