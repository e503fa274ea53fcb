//! Records as they are answered: what is known of them, and the record itself as it was sent.

use super::versions::Version;
use serde_json::Value;
use spandrel_trace::units::{SpanId, TraceId};
use std::io::{self, Write};

/// Writes a record: its newest version, and with `history` all earlier ones, oldest first.
pub fn write_record(
    out: &mut impl Write,
    trace: u128,
    versions: &[Version<'_>],
    history: bool,
) -> io::Result<()> {
    let Some((newest, earlier)) = versions.split_last() else { return Ok(()) };
    let (id, trace) = (Value::from(newest.id), TraceId(trace));
    write!(out, r#"{{"id":{id},"trace_id":"{trace}","versions":{},"#, versions.len())?;
    write_version(out, newest)?;
    if history {
        out.write_all(br#","earlier":["#)?;
        for (number, version) in earlier.iter().enumerate() {
            out.write_all(if number > 0 { b",{" } else { b"{" })?;
            write_version(out, version)?;
            out.write_all(b"}")?;
        }
        out.write_all(b"]")?;
    }
    out.write_all(b"}")
}

/// The members of a version.
fn write_version(out: &mut impl Write, version: &Version<'_>) -> io::Result<()> {
    write!(out, r#""span_id":"{}","received_at":"{}","#, SpanId(version.span), time(version.received))?;
    if !version.traceparent.is_empty() {
        write!(out, r#""traceparent":{},"#, Value::from(version.traceparent))?;
    }
    // The bytes that were sent: numbers of any size, repeated members and white space are kept.
    write!(out, r#""data":{}"#, version.data)
}

/// RFC 3339 in UTC with nanoseconds.
pub fn time(unix: u64) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(unix)).unwrap_or_default();
    format!("{time:.9}")
}
