//! Converts a record to a span.

use super::fields::RecordFields;
use super::link;
use crate::format::json::{Cursor, plain_value, text_of, unescape};
use crate::model::record::{Attribute, AttributeValue, Resource};
use crate::model::{Piece, Sink, SpanKind, StatusCode, ValueRef};
use crate::units::{SpanId, TraceId};

/// Name of the scope of these spans, and of the service of records that have none.
pub const SCOPE: &str = "eval-track";
/// Attribute that all these spans have, with the value [`KIND_RECORD`].
pub const KIND: &str = "eval_track.kind";
/// See [`KIND`].
pub const KIND_RECORD: &str = "record";
/// Attribute with the id of the record.
pub const RECORD_ID: &str = "eval_track.record_id";
/// Attribute with the time of receipt, nanoseconds since the Unix epoch.
pub const RECEIVED: &str = "eval_track.received_unix_nano";
/// Attribute with the `traceparent` of the request header, if any.
pub const TRACEPARENT: &str = "eval_track.header.traceparent";
/// Attribute with the record as sent.
pub const RAW: &str = "eval_track.record";
/// Maximum size in bytes of all members that become attributes; further ones are in [`RAW`] only.
const MOST: usize = 256 << 10;

/// Ids and time of receipt of a record.
#[derive(Clone, Copy, Debug)]
pub struct RecordPlace<'a> {
    /// Id of the record.
    pub id: &'a str,
    /// Trace with all versions of the record.
    pub trace: TraceId,
    /// The id of the trace as written if it is not hexadecimal, else empty.
    pub trace_text: &'a str,
    /// Span of this version.
    pub span: SpanId,
    /// Time of receipt, nanoseconds since the Unix epoch; 0 if unknown.
    pub received: u64,
    /// The `traceparent` of the request header; empty if there was none.
    pub traceparent: &'a str,
}

/// Emits a record as a span and returns its resource. `record` is a JSON object; for anything else only the
/// [`RecordPlace`] is emitted. Members become attributes `eval_track.*`; those of an HTTP call are emitted under the
/// names of OpenTelemetry's semantic conventions, too.
pub fn emit_span(place: &RecordPlace<'_>, record: &str, sink: &mut dyn Sink) -> Resource {
    sink.piece(Piece::Trace(place.trace, place.trace_text));
    sink.piece(Piece::Id(place.span, ""));
    let (mut fields, mut members) = (RecordFields::default(), Vec::new());
    // The members before damage count.
    let _ = Cursor::new(record.as_bytes()).object(|cursor, key| {
        let value = cursor.value()?;
        fields.take(key.bytes, value);
        members.push((key, value));
        Ok(())
    });
    let (method, path) = (fields.request_text(b"method"), fields.request_text(b"path"));
    sink.piece(Piece::Name(&name(&fields, &method, &path)));
    sink.piece(Piece::Kind(if method.is_empty() { SpanKind::Internal } else { SpanKind::Server }));
    let (start, end) = fields.times(place.received);
    sink.piece(Piece::Times(start, end));
    match fields.failure() {
        Some(why) => sink.piece(Piece::Status(StatusCode::Error, &why)),
        None => sink.piece(Piece::Status(StatusCode::Unset, "")),
    }
    let mut text = |key: &str, text: &str| {
        if !text.is_empty() {
            sink.piece(Piece::Attribute(key, ValueRef::Str(text)));
        }
    };
    text(KIND, KIND_RECORD);
    text(RECORD_ID, place.id);
    text("http.request.method", &method);
    text("url.path", &path);
    text("url.query", &fields.request_text(b"query"));
    text(TRACEPARENT, place.traceparent);
    if let Some(status) = fields.status() {
        sink.piece(Piece::Attribute("http.response.status_code", ValueRef::Int(status)));
    }
    if let Ok(received @ 1..) = i64::try_from(place.received) {
        sink.piece(Piece::Attribute(RECEIVED, ValueRef::Int(received)));
    }
    let mut left = MOST;
    for (key, value) in members {
        let is_said = value == b"null" || key.bytes == b"id" && text_of(value) == place.id;
        if is_said || value.len() > left {
            continue;
        }
        left -= value.len();
        let key = format!("eval_track.{}", unescape(key));
        match plain_value(value) {
            AttributeValue::String(text) => sink.piece(Piece::Attribute(&key, ValueRef::Str(&text))),
            AttributeValue::Bool(flag) => sink.piece(Piece::Attribute(&key, ValueRef::Bool(flag))),
            AttributeValue::Int(number) => sink.piece(Piece::Attribute(&key, ValueRef::Int(number))),
            AttributeValue::Double(number) => sink.piece(Piece::Attribute(&key, ValueRef::Double(number))),
            other => sink.piece(Piece::Attribute(&key, ValueRef::Nested(other))),
        }
    }
    sink.piece(Piece::Attribute(RAW, ValueRef::Str(record)));
    let mut linked = None;
    for traceparent in [text_of(fields.traceparent).as_str(), place.traceparent] {
        let link = link::parse(traceparent).filter(|link| linked != Some(*link));
        if let Some((trace, span)) = link {
            sink.piece(Piece::Link(trace, span, "", 0, 0));
            linked = link;
        }
    }
    resource(&text_of(fields.service))
}

fn name(fields: &RecordFields<'_>, method: &str, path: &str) -> String {
    let function = text_of(fields.function_name);
    match (function.is_empty(), method.is_empty()) {
        (false, _) => function,
        (true, false) => format!("{method} {path}").trim_end().to_owned(),
        (true, true) => KIND_RECORD.to_owned(),
    }
}

fn resource(service: &str) -> Resource {
    let service = if service.is_empty() { SCOPE } else { service };
    let attribute =
        Attribute { key: "service.name".to_owned(), value: AttributeValue::String(service.to_owned()) };
    Resource { service: service.to_owned(), attributes: vec![attribute], ..Resource::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::SpanRecord;

    fn span(record: &str) -> (Resource, SpanRecord) {
        let place = RecordPlace {
            id: "r1",
            trace: TraceId(7),
            trace_text: "",
            span: SpanId(8),
            received: 5_000,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };
        let mut span = SpanRecord::default();
        let resource = emit_span(&place, record, &mut span);
        (resource, span)
    }

    fn attribute<'a>(span: &'a SpanRecord, key: &str) -> Option<&'a AttributeValue> {
        span.attributes.iter().find(|attribute| attribute.key == key).map(|attribute| &attribute.value)
    }

    #[test]
    fn an_http_call_is_a_server_span_with_its_request_and_response() {
        let record = r#"{"id":"r1","function_name":"POST /orders","service":"orders","created_at":"2023-11-14T22:13:20Z",
            "updated_at":"2023-11-14T22:13:20.25Z","request":{"method":"POST","path":"/orders","query":"a=1"},
            "response":{"status":502,"body":"no"},"traceparent":"00-00000000000000000000000000000001-0000000000000002-01"}"#;
        let (resource, span) = span(record);
        assert_eq!((resource.service.as_str(), span.name.as_str()), ("orders", "POST /orders"));
        assert_eq!((span.trace_id, span.span_id, span.kind), (TraceId(7), SpanId(8), SpanKind::Server));
        assert_eq!(
            (span.end_unix - span.start_unix, span.start_unix),
            (250_000_000, 1_700_000_000_000_000_000)
        );
        assert_eq!((span.status, span.status_message.as_str()), (StatusCode::Error, "status 502"));
        let text = |text: &str| Some(AttributeValue::String(text.to_owned()));
        assert_eq!(attribute(&span, KIND).cloned(), text(KIND_RECORD));
        assert_eq!(attribute(&span, RECORD_ID).cloned(), text("r1"));
        assert_eq!(attribute(&span, "url.query").cloned(), text("a=1"));
        assert_eq!(attribute(&span, "http.response.status_code"), Some(&AttributeValue::Int(502)));
        assert_eq!(attribute(&span, RECEIVED), Some(&AttributeValue::Int(5_000)));
        assert_eq!(attribute(&span, RAW).cloned(), text(record));
        let Some(AttributeValue::Map(response)) = attribute(&span, "eval_track.response") else { panic!() };
        assert_eq!(response[1].value, AttributeValue::String("no".to_owned()));
        let links: Vec<_> = span.links.iter().map(|link| (link.trace_id.0, link.span_id.0)).collect();
        assert_eq!(links, [(1, 2), (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, 0xb7ad_6b71_6920_3331)]);
    }

    #[test]
    fn any_object_is_a_span_of_the_time_at_which_it_came() {
        for record in ["{}", r#"{"answer":42,"function_name":7}"#, "", "[1]", r#"{"answer":42,"#] {
            let (resource, span) = span(record);
            assert_eq!((resource.service.as_str(), span.name.as_str()), ("eval-track", "record"), "{record}");
            assert_eq!((span.start_unix, span.end_unix, span.status), (5_000, 5_000, StatusCode::Unset));
            assert!(attribute(&span, RAW).is_some());
        }
        assert_eq!(
            attribute(&span(r#"{"answer":42}"#).1, "eval_track.answer"),
            Some(&AttributeValue::Int(42))
        );
    }

    #[test]
    fn large_members_are_in_the_record_alone() {
        let record = format!(r#"{{"small":1,"large":"{}","other":[2]}}"#, "x".repeat(MOST));
        let (_, span) = span(&record);
        assert!(attribute(&span, "eval_track.large").is_none());
        assert!(
            attribute(&span, "eval_track.small").is_some() && attribute(&span, "eval_track.other").is_some()
        );
        assert_eq!(attribute(&span, RAW), Some(&AttributeValue::String(record)));
    }
}
