//! Responses of a collector (records with metadata), and files of records as clients send them.

use super::span::{RecordPlace, SCOPE, emit_span};
use crate::build::TraceBuilder;
use crate::format::ids;
use crate::format::json::{Cursor, Scan, Stop, text_of};
use crate::model::record::{Scope, SpanRecord};
use crate::units::parse_rfc3339;

/// Members of a record of which one follows its `id`.
const SECOND: [&[u8]; 8] = [
    b"trace_id",
    b"timestamp",
    b"function_name",
    b"service",
    b"args",
    b"request",
    b"response",
    b"created_at",
];

/// Whether the object at the cursor may be a record: a string `id`, followed by one of [`SECOND`].
pub(in crate::format) fn begins(cursor: &Cursor<'_>) -> Scan<bool> {
    match first_two(cursor.clone()) {
        Err(Stop::Bad(..)) => Ok(false),
        other => other,
    }
}

fn first_two(mut ahead: Cursor<'_>) -> Scan<bool> {
    ahead.at += 1;
    if ahead.peek()? != b'"' || ahead.string()?.bytes != b"id" {
        return Ok(false);
    }
    ahead.expect(b':', "")?;
    ahead.string()?;
    ahead.expect(b',', "")?;
    Ok(SECOND.contains(&ahead.string()?.bytes))
}

/// A version of a record.
#[derive(Clone, Copy, Default)]
struct Version<'a> {
    span: &'a [u8],
    received: &'a [u8],
    traceparent: &'a [u8],
    data: &'a [u8],
}

impl<'a> Version<'a> {
    fn take(&mut self, key: &[u8], value: &'a [u8]) {
        let member = match key {
            b"span_id" => &mut self.span,
            b"received_at" => &mut self.received,
            b"traceparent" => &mut self.traceparent,
            b"data" => &mut self.data,
            _ => return,
        };
        *member = value;
    }
}

/// Adds the versions of a record to the builder. Returns whether the object is a record.
pub(in crate::format) fn read(object: &[u8], builder: &mut TraceBuilder) -> bool {
    let (mut id, mut trace, mut earlier): (&[u8], &[u8], &[u8]) = (b"", b"", b"");
    let (mut newest, mut is_record) = (Version::default(), false);
    let walked = Cursor::new(object).object(|cursor, key| {
        let value = cursor.value()?;
        newest.take(key.bytes, value);
        match key.bytes {
            b"id" => id = value,
            b"trace_id" => trace = value,
            b"earlier" => earlier = value,
            b"function_name" | b"request" | b"response" | b"args" => is_record = true,
            _ => {}
        }
        Ok(())
    });
    if walked.is_err() {
        return false;
    }
    let (id, mut versions) = (text_of(id), Vec::new());
    if newest.data.starts_with(b"{") && !newest.received.is_empty() && !trace.is_empty() {
        // Unreadable versions are skipped.
        let _ = Cursor::new(earlier).array(|cursor| {
            let mut version = Version::default();
            cursor.object(|cursor, key| {
                let value = cursor.value()?;
                version.take(key.bytes, value);
                Ok(())
            })?;
            versions.push(version);
            Ok(())
        });
        versions.push(newest);
    } else if is_record {
        versions.push(Version { data: object, ..Version::default() });
    } else {
        return false;
    }
    let trace = if trace.is_empty() { id.clone() } else { text_of(trace) };
    let (trace, trace_text) = ids::trace_id(trace.as_bytes());
    let scope = builder.scope(Scope { name: SCOPE.to_owned(), ..Scope::default() });
    for version in versions {
        let Ok(data) = std::str::from_utf8(version.data) else { continue };
        let span = text_of(version.span);
        // A file of records has no span ids: they are hashes of the versions.
        let span = ids::span_id(if span.is_empty() { version.data } else { span.as_bytes() }).0;
        let traceparent = text_of(version.traceparent);
        let place = RecordPlace {
            id: &id,
            trace,
            trace_text: &trace_text,
            span,
            received: parse_rfc3339(&text_of(version.received)).unwrap_or(0),
            traceparent: &traceparent,
        };
        let mut record = SpanRecord::default();
        let resource = builder.resource(emit_span(&place, data, &mut record));
        builder.record(resource, scope, &record);
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::format::Reader;
    use crate::model::ParsedTraces;

    fn open(json: &str) -> ParsedTraces {
        let mut reader = Reader::new();
        json.as_bytes().chunks(7).for_each(|chunk| {
            reader.push(chunk).unwrap();
        });
        reader.finish().unwrap()
    }

    #[test]
    fn a_list_of_a_collector_is_a_trace_for_each_record() {
        let opened = open(
            r#"[{"id":"b","trace_id":"0000000000000000000000000000000b","span_id":"0000000000000002",
                "received_at":"2023-11-14T22:13:21Z","versions":1,"data":{"function_name":"f","error":"no"}},
                {"id":"a","trace_id":"0000000000000000000000000000000a","span_id":"0000000000000004",
                "received_at":"2023-11-14T22:13:22Z","versions":2,"data":{"id":5,"service":"s"},
                "earlier":[{"span_id":"0000000000000003","received_at":"2023-11-14T22:13:20Z","data":{}}]}]"#,
        );
        let ids: Vec<_> = opened.traces.iter().map(|trace| trace.outline().trace_id.0).collect();
        assert_eq!(ids, [11, 10]);
        assert_eq!((opened.traces[0].outline().len(), opened.traces[1].outline().len()), (1, 2));
        let first = opened.traces[0].record(0);
        assert_eq!((first.name.as_str(), first.status_message.as_str(), first.span_id.0), ("f", "no", 2));
        assert_eq!(opened.traces[1].record(1).start_unix, 1_700_000_002_000_000_000);
    }

    #[test]
    fn records_of_the_typescript_and_rust_clients_are_read_from_a_file() {
        let lines = "{\"id\":\"01HZ\",\"timestamp\":1700000000000,\"function_name\":\"f\",\"args\":[1],\"response\":2}\n\
                     {\"id\":\"r-7\",\"request\":{\"args\":\"(1,)\"},\"response\":{\"error\":\"x\"},\
                     \"created_at\":\"2023-11-14T22:13:20Z\",\"updated_at\":\"2023-11-14T22:13:21Z\"}\n";
        let opened = open(lines);
        assert_eq!(opened.traces.len(), 2);
        assert_eq!(opened.traces[0].record(0).foreign_trace_id, "01HZ");
        let second = opened.traces[1].record(0);
        assert_eq!(
            (second.status_message.as_str(), second.end_unix - second.start_unix),
            ("x", 1_000_000_000)
        );
    }

    #[test]
    fn what_is_no_record_is_left_to_other_readers() {
        for (json, expected) in [
            (
                r#"{"id":"x","data":[{"traceID":"1","spans":[{"traceID":"1","spanID":"2","operationName":"o","references":[],"startTime":1,"duration":1,"tags":[],"logs":[],"processID":"p"}],"processes":{"p":{"serviceName":"s","tags":[]}}}]}"#,
                true,
            ),
            (
                r#"[{"id":"352bff9a74ca9ad2","traceId":"5af7183fb1d4cf5f","name":"get"}]                              "#,
                true,
            ),
            (r#"{"id":"x","timestamp":"but nothing that a record has, and no other format either"}"#, false),
        ] {
            let mut reader = Reader::new();
            let read = reader.push(json.as_bytes()).and_then(|_| reader.finish());
            assert_eq!(read.is_ok(), expected, "{json}: {read:?}");
        }
    }
}
