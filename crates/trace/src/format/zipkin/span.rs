//! Converts a Zipkin span to OTLP.

use super::endpoint::Endpoint;
use crate::format::ids;
use crate::model::record::{Attribute, AttributeValue, Event, Resource, SpanRecord};
use crate::model::{SpanKind, StatusCode};
use crate::units::sort_by_number;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Why an object was not read as a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZipkinRefusal {
    /// A span of version 1: annotations with endpoints, binary annotations.
    Version1,
    /// Not a span.
    Malformed(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    trace_id: String,
    id: String,
    #[serde(default)]
    parent_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    duration: Value,
    #[serde(default)]
    debug: Option<bool>,
    #[serde(default)]
    shared: Option<bool>,
    #[serde(default)]
    local_endpoint: Option<Endpoint>,
    #[serde(default)]
    remote_endpoint: Option<Endpoint>,
    #[serde(default)]
    annotations: Option<Vec<Annotation>>,
    #[serde(default)]
    binary_annotations: Option<Value>,
    #[serde(default)]
    tags: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    value: String,
    #[serde(default)]
    endpoint: Option<Value>,
}

/// Reads a span and its resource. Attributes: the tags; `peer.service`, `network.peer.*` and `network.local.*` of the
/// endpoints; `zipkin.shared` and `zipkin.debug` if they are true. A tag `error` is an error status, with its value
/// as the message. Annotations are events. A span without a timestamp starts at its first annotation, or at 0.
pub fn read_span(object: &[u8]) -> Result<(Resource, SpanRecord), ZipkinRefusal> {
    let span: Span =
        serde_json::from_slice(object).map_err(|error| ZipkinRefusal::Malformed(error.to_string()))?;
    let annotations = span.annotations.unwrap_or_default();
    let is_old = span.binary_annotations.is_some() || annotations.iter().any(|one| one.endpoint.is_some());
    if is_old && span.local_endpoint.is_none() && span.tags.is_none() {
        return Err(ZipkinRefusal::Version1);
    }
    let (trace_id, foreign_trace_id) = ids::trace_id(span.trace_id.as_bytes());
    let (span_id, foreign_span_id) = ids::span_id(span.id.as_bytes());
    let parent = span.parent_id.unwrap_or_default();
    let (parent_span_id, foreign_parent_id) = ids::span_id(parent.as_bytes());
    let mut events: Vec<Event> = annotations
        .into_iter()
        .map(|one| Event {
            time_unix: nanoseconds(&one.timestamp).unwrap_or(0),
            name: one.value,
            ..Event::default()
        })
        .collect();
    sort_by_number(&mut events, |event| event.time_unix);
    let first_event = events.iter().map(|event| event.time_unix).find(|time| *time > 0);
    let start_unix = nanoseconds(&span.timestamp).filter(|start| *start > 0).or(first_event).unwrap_or(0);
    let end_unix = match nanoseconds(&span.duration) {
        Some(duration) => start_unix.saturating_add(duration),
        None => events.last().map_or(start_unix, |event| event.time_unix.max(start_unix)),
    };
    let mut record = SpanRecord {
        trace_id,
        span_id,
        parent_span_id,
        foreign_trace_id: foreign_trace_id.into_owned(),
        foreign_span_id: foreign_span_id.into_owned(),
        foreign_parent_id: foreign_parent_id.into_owned(),
        name: span.name.unwrap_or_default(),
        kind: span.kind.map_or(SpanKind::Unspecified, |kind| SpanKind::from_name(&kind)),
        start_unix,
        end_unix,
        events,
        ..SpanRecord::default()
    };
    add_tags(&mut record, span.tags.unwrap_or_default());
    if let Some(remote) = &span.remote_endpoint {
        if let Some(service) = remote.service.as_ref().filter(|service| !service.is_empty()) {
            record.attributes.push(text("peer.service", service));
        }
        remote.add_address(&mut record.attributes, "network.peer.address", "network.peer.port");
    }
    let local = span.local_endpoint.unwrap_or_default();
    local.add_address(&mut record.attributes, "network.local.address", "network.local.port");
    for (key, flag) in [("zipkin.shared", span.shared), ("zipkin.debug", span.debug)] {
        if flag == Some(true) {
            record.attributes.push(Attribute { key: key.to_owned(), value: AttributeValue::Bool(true) });
        }
    }
    let mut resource = Resource::default();
    if let Some(service) = local.service.filter(|service| !service.is_empty()) {
        resource.attributes.push(text("service.name", &service));
    }
    resource.find_service();
    Ok((resource, record))
}

/// Adds tags as attributes, except those that OpenTelemetry's exporters write for the status.
fn add_tags(record: &mut SpanRecord, tags: Map<String, Value>) {
    for (key, value) in tags {
        let value = match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        match (key.as_str(), value.as_str()) {
            ("otel.status_code", code) if code.eq_ignore_ascii_case("ok") => {
                if record.status == StatusCode::Unset {
                    record.status = StatusCode::Ok;
                }
                continue;
            }
            ("otel.status_code", code) if code.eq_ignore_ascii_case("error") => {
                record.status = StatusCode::Error;
                continue;
            }
            ("otel.status_description", _) => {
                record.status_message = value;
                continue;
            }
            // Any value is an error.
            ("error", said) => {
                record.status = StatusCode::Error;
                if record.status_message.is_empty() && !matches!(said, "" | "true" | "false") {
                    record.status_message = said.to_owned();
                }
            }
            _ => {}
        }
        record.attributes.push(Attribute { key, value: AttributeValue::String(value) });
    }
}

fn text(key: &str, value: &str) -> Attribute {
    Attribute { key: key.to_owned(), value: AttributeValue::String(value.to_owned()) }
}

/// Converts microseconds, as a number or in quotes, to nanoseconds; `None` if absent.
fn nanoseconds(value: &Value) -> Option<u64> {
    let whole = |text: &str| text.parse::<u64>().ok().and_then(|micros| micros.checked_mul(1000));
    match value {
        Value::String(text) => whole(text.trim()),
        Value::Number(number) => match number.as_u64() {
            Some(micros) => micros.checked_mul(1000),
            // Fractions of a microsecond.
            None => number
                .as_f64()
                .filter(|micros| (0.0..9e15).contains(micros))
                .map(|micros| (micros * 1e3) as u64),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'r>(record: &'r SpanRecord, key: &str) -> Option<&'r AttributeValue> {
        record.attributes.iter().find(|attribute| attribute.key == key).map(|attribute| &attribute.value)
    }

    #[test]
    fn a_span_is_read_with_its_endpoints_tags_and_annotations() {
        let (resource, span) = read_span(
            br#"{"traceId":"48485a3953bb6124","id":"000000000000000b","parentId":"a","kind":"SERVER","name":"get /",
                "timestamp":1521186011926119,"duration":2839,"shared":true,"debug":true,
                "localEndpoint":{"serviceName":"frontend","ipv4":"10.0.0.1","port":8080},
                "remoteEndpoint":{"serviceName":"redis","ipv6":"::1","port":0},
                "annotations":[{"timestamp":1521186011926200,"value":"ws"},{"timestamp":1521186011926150,"value":"wr"}],
                "tags":{"error":"timeout","http.path":"/"}}"#,
        )
        .unwrap();
        assert_eq!(resource.service, "frontend");
        assert_eq!(
            (span.trace_id.0, span.span_id.0, span.parent_span_id.0),
            (0x4848_5a39_53bb_6124, 0xb, 0xa)
        );
        assert_eq!((span.kind, span.name.as_str()), (SpanKind::Server, "get /"));
        assert_eq!((span.start_unix, span.end_unix), (1_521_186_011_926_119_000, 1_521_186_011_928_958_000));
        assert_eq!((span.status, span.status_message.as_str()), (StatusCode::Error, "timeout"));
        let names: Vec<&str> = span.events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["wr", "ws"], "in the order of their times");
        assert_eq!(value(&span, "peer.service"), Some(&AttributeValue::String("redis".to_owned())));
        assert_eq!(value(&span, "network.local.port"), Some(&AttributeValue::Int(8080)));
        assert_eq!(value(&span, "network.peer.address"), Some(&AttributeValue::String("::1".to_owned())));
        assert_eq!(value(&span, "network.peer.port"), None);
        assert_eq!(value(&span, "zipkin.shared"), Some(&AttributeValue::Bool(true)));
        assert_eq!(value(&span, "http.path"), Some(&AttributeValue::String("/".to_owned())));
    }

    #[test]
    fn times_that_are_not_there_come_from_annotations() {
        let times = |members: &str| {
            let object = format!(r#"{{"traceId":"1","id":"2"{members}}}"#);
            let (_, span) = read_span(object.as_bytes()).unwrap();
            (span.start_unix, span.end_unix)
        };
        assert_eq!(times(""), (0, 0));
        assert_eq!(times(r#","timestamp":"5","duration":1.5"#), (5000, 6500));
        assert_eq!(
            times(r#","timestamp":null,"duration":null,"annotations":[{"timestamp":7,"value":"x"}]"#),
            (7000, 7000)
        );
        assert_eq!(times(r#","timestamp":5,"annotations":[{"timestamp":9,"value":"x"}]"#), (5000, 9000));
    }

    #[test]
    fn a_status_of_opentelemetry_is_a_status() {
        let read = |tags: &str| {
            let object = format!(r#"{{"traceId":"1","id":"2","tags":{{{tags}}}}}"#);
            let (_, span) = read_span(object.as_bytes()).unwrap();
            (span.status, span.status_message, span.attributes.len())
        };
        assert_eq!(read(r#""otel.status_code":"OK""#), (StatusCode::Ok, String::new(), 0));
        assert_eq!(
            read(r#""otel.status_code":"ERROR","otel.status_description":"no""#),
            (StatusCode::Error, "no".to_owned(), 0)
        );
        assert_eq!(read(r#""error":"false""#), (StatusCode::Error, String::new(), 1));
    }

    #[test]
    fn what_is_no_span_of_version_2_is_refused() {
        let old = br#"{"traceId":"1","id":"2","annotations":[{"timestamp":1,"value":"sr","endpoint":{}}]}"#;
        assert_eq!(read_span(old), Err(ZipkinRefusal::Version1));
        assert!(matches!(read_span(br#"{"traceId":"1"}"#), Err(ZipkinRefusal::Malformed(_))));
        assert!(matches!(read_span(br#"{"traceId":1,"id":2}"#), Err(ZipkinRefusal::Malformed(_))));
        assert!(matches!(read_span(b"[]"), Err(ZipkinRefusal::Malformed(_))));
    }
}
