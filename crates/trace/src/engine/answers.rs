//! Small answers of Jaeger's APIs, read by serde: services, operations, summaries, dependencies, errors.

use crate::model::{DependencyLink, Kind, Operation, ServiceCount, TraceSummary};
use crate::units::Order as _;
use crate::units::TraceId;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};

/// v1's envelope. `data` may be null where there is nothing (Jaeger before 2.16).
#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Option<Vec<EnvelopeError>>,
}

#[derive(Deserialize)]
struct EnvelopeError {
    #[serde(default)]
    msg: String,
}

#[derive(Deserialize)]
struct V3Error {
    error: V3ErrorBody,
}

#[derive(Deserialize)]
struct V3ErrorBody {
    #[serde(default)]
    message: String,
}

/// The backend's own words in an error of either API, whatever the content type says (Jaeger labels its
/// errors as plain text); `None` where the body is no such error.
pub fn message(body: &[u8]) -> Option<String> {
    if let Ok(V3Error { error }) = serde_json::from_slice(body) {
        return Some(error.message).filter(|message| !message.is_empty());
    }
    let envelope: Envelope<serde::de::IgnoredAny> = serde_json::from_slice(body).ok()?;
    envelope.errors?.into_iter().map(|error| error.msg).find(|message| !message.is_empty())
}

fn envelope<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, String> {
    let envelope: Envelope<T> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(envelope.data.unwrap_or_default())
}

/// v3 `{"services":[…]}` (or `{}`) and v1 `{"data":[…]}`, sorted.
pub fn services(body: &[u8]) -> Result<Vec<String>, String> {
    #[derive(Deserialize)]
    struct Shape {
        data: Option<Vec<String>>,
        services: Option<Vec<String>>,
    }
    let shape: Shape = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut names = shape.services.or(shape.data).unwrap_or_default();
    names.order();
    names.dedup();
    Ok(names)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOperation {
    name: String,
    #[serde(default)]
    span_kind: Option<String>,
}

/// v3 `{"operations":[…]}` and v1 `{"data":[{name, spanKind}]}`, sorted by name.
pub fn operations(body: &[u8]) -> Result<Vec<Operation>, String> {
    #[derive(Deserialize)]
    struct Shape {
        data: Option<Vec<WireOperation>>,
        operations: Option<Vec<WireOperation>>,
    }
    let shape: Shape = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut operations: Vec<Operation> = shape
        .operations
        .or(shape.data)
        .unwrap_or_default()
        .into_iter()
        .map(|operation| Operation {
            kind: Kind::from_name(operation.span_kind.as_deref().unwrap_or_default()),
            name: operation.name,
        })
        .collect();
    operations.order_by(|a, b| (&a.name, a.kind as u8).cmp(&(&b.name, b.kind as u8)));
    Ok(operations)
}

/// A number, or the text of one; absent is 0.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number<'a> {
        Number(u64),
        Text(#[serde(borrow)] std::borrow::Cow<'a, str>),
    }
    match Number::deserialize(deserializer)? {
        Number::Number(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSummary {
    #[serde(alias = "traceID")]
    trace_id: String,
    #[serde(default)]
    root_service_name: String,
    #[serde(default)]
    root_operation_name: String,
    #[serde(default, deserialize_with = "number")]
    min_start_time_unix_nano: u64,
    #[serde(default, deserialize_with = "number")]
    max_end_time_unix_nano: u64,
    #[serde(default)]
    span_count: u32,
    #[serde(default)]
    error_span_count: u32,
    #[serde(default)]
    orphan_span_count: u32,
    #[serde(default)]
    services: Vec<WireService>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireService {
    #[serde(default)]
    name: String,
    #[serde(default)]
    span_count: u32,
    #[serde(default)]
    error_span_count: u32,
}

/// v3 `{"summaries":[…]}` (Jaeger 2.19 and later), in the order of the answer.
pub fn summaries(body: &[u8]) -> Result<Vec<TraceSummary>, String> {
    #[derive(Deserialize)]
    struct Shape {
        #[serde(default)]
        summaries: Option<Vec<WireSummary>>,
    }
    let shape: Shape = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(shape.summaries.unwrap_or_default().into_iter().map(summary).collect())
}

fn summary(wire: WireSummary) -> TraceSummary {
    let id = TraceId::parse(&wire.trace_id);
    TraceSummary {
        trace_id: id.unwrap_or_default(),
        foreign_trace_id: if id.is_some() { String::new() } else { wire.trace_id },
        root_service: wire.root_service_name,
        root_operation: wire.root_operation_name,
        begin_unix: wire.min_start_time_unix_nano,
        duration: wire.max_end_time_unix_nano.saturating_sub(wire.min_start_time_unix_nano),
        spans: wire.span_count,
        errors: wire.error_span_count,
        orphans: wire.orphan_span_count,
        services: wire
            .services
            .into_iter()
            .map(|service| ServiceCount {
                name: service.name,
                spans: service.span_count,
                errors: service.error_span_count,
            })
            .collect(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLink {
    #[serde(default)]
    parent: String,
    #[serde(default)]
    child: String,
    #[serde(default)]
    call_count: u64,
    #[serde(default)]
    error_count: Option<u64>,
}

/// v1 `{"data":[{parent, child, callCount}]}`; `errorCount` is said by servers that know it.
pub fn dependencies(body: &[u8]) -> Result<Vec<DependencyLink>, String> {
    let wire: Vec<WireLink> = envelope(body)?;
    Ok(wire
        .into_iter()
        .map(|link| DependencyLink {
            parent: link.parent,
            child: link.child,
            calls: link.call_count,
            errors: link.error_count,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_services_are_read_and_nothing_is_nothing() {
        assert_eq!(services(br#"{"services":["b","a"]}"#).unwrap(), ["a", "b"]);
        assert_eq!(services(br#"{"data":["b","a"],"total":2,"errors":null}"#).unwrap(), ["a", "b"]);
        assert!(services(br#"{"data":null}"#).unwrap().is_empty());
        assert!(services(b"{}").unwrap().is_empty());
        assert!(services(b"<html>").is_err());
    }

    #[test]
    fn a_summary_may_lack_everything_but_its_id() {
        let found =
            summaries(br#"{"summaries":[{"traceID":"A1"},{"traceId":"trace-1","spanCount":2}]}"#).unwrap();
        assert_eq!(found[0].trace_id, TraceId(0xa1));
        assert_eq!(found[1].foreign_trace_id, "trace-1");
        assert_eq!(found[1].spans, 2);
    }

    #[test]
    fn the_backends_words_are_found_in_either_error() {
        let v3 = br#"{"error":{"httpCode":404,"message":"No traces found"}}"#;
        let v1 = br#"{"data":null,"total":0,"errors":[{"code":404,"msg":"trace not found"}]}"#;
        assert_eq!(message(v3).unwrap(), "No traces found");
        assert_eq!(message(v1).unwrap(), "trace not found");
        assert_eq!(message(b"404 page not found"), None);
        assert_eq!(message(br#"{"data":[]}"#), None);
    }

    #[test]
    fn links_may_know_their_errors() {
        let links =
            dependencies(br#"{"data":[{"parent":"a","child":"b","callCount":3},{"parent":"a","child":"c","callCount":1,"errorCount":1}]}"#)
                .unwrap();
        assert_eq!((links[0].calls, links[0].errors), (3, None));
        assert_eq!(links[1].errors, Some(1));
        assert!(dependencies(br#"{"data":null}"#).unwrap().is_empty());
    }
}
