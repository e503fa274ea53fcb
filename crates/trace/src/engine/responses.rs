//! Parses small responses of Jaeger's APIs: services, operations, summaries, dependencies, errors. `null` is the same
//! as an absent member, and numbers may be strings.

mod fields;
mod log_lines;
mod summaries;

use super::records::sorted;
use crate::model::{DependencyLink, Operation, ServiceRequests, SpanKind};
pub(super) use fields::object;
use fields::{number, text};
pub use log_lines::logs;
use serde::Deserialize;
pub use summaries::{LiveSummaries, live_summaries, summaries};

/// The server's message in an error response of either API, whatever its content type (Jaeger sends errors as plain
/// text); `None` if the body is not an error.
pub fn message(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Errors {
        error: Option<Message>,
        errors: Option<Vec<Message>>,
        detail: Option<Detail>,
    }
    /// The format of FastAPI.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Detail {
        Text(String),
        List(Vec<Message>),
    }
    #[derive(Deserialize)]
    struct Message {
        #[serde(default, alias = "msg", deserialize_with = "text")]
        message: String,
    }
    let errors: Errors = object(body).ok()?;
    let details = match errors.detail {
        Some(Detail::Text(message)) => vec![Message { message }],
        Some(Detail::List(messages)) => messages,
        None => Vec::new(),
    };
    let all = errors.error.into_iter().chain(errors.errors.unwrap_or_default()).chain(details);
    all.map(|error| error.message).find(|message| !message.is_empty())
}

/// Service names, sorted and without duplicates. v3: `{"services":[…]}` or `{}`; v1: `{"data":[…]}`. Any other
/// object is not from a Jaeger.
pub fn services(body: &[u8]) -> Result<Vec<String>, String> {
    let mut members: serde_json::Map<String, serde_json::Value> = object(body)?;
    let Some(names) = ["services", "data"].iter().find_map(|name| members.remove(*name)) else {
        let names: Vec<&str> = members.keys().take(3).map(String::as_str).collect();
        return match names.is_empty() {
            true => Ok(Vec::new()),
            false => Err(format!("expected a list of services, found {}", names.join(", "))),
        };
    };
    let names: Option<Vec<String>> = serde_json::from_value(names).map_err(|error| error.to_string())?;
    let mut names = names.unwrap_or_default();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Operations, sorted by name and kind. v3: `{"operations":[…]}`; v1: `{"data":[{name, spanKind}]}`.
pub fn operations(body: &[u8]) -> Result<Vec<Operation>, String> {
    #[derive(Deserialize)]
    struct Operations {
        #[serde(alias = "data")]
        operations: Option<Vec<OperationEntry>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct OperationEntry {
        name: String,
        #[serde(default, deserialize_with = "text")]
        span_kind: String,
    }
    let list = object::<Operations>(body)?.operations.unwrap_or_default();
    let operations = list
        .into_iter()
        .map(|named| Operation { name: named.name, kind: SpanKind::from_name(&named.span_kind) });
    Ok(sorted(operations.collect()))
}

/// Calls between services, and requests of each service. v1: `{"data":[{parent, child, callCount}]}`; Spandrel's
/// server adds `errorCount` to links, and `"services":[{service, requestCount, errorCount}]` beside `data`.
pub fn dependencies(body: &[u8]) -> Result<(Vec<DependencyLink>, Vec<ServiceRequests>), String> {
    #[derive(Deserialize)]
    struct Dependencies {
        data: Option<Vec<Link>>,
        services: Option<Vec<Requests>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Requests {
        #[serde(deserialize_with = "text")]
        service: String,
        #[serde(deserialize_with = "number")]
        request_count: u64,
        #[serde(deserialize_with = "number")]
        error_count: u64,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Link {
        #[serde(deserialize_with = "text")]
        parent: String,
        #[serde(deserialize_with = "text")]
        child: String,
        #[serde(deserialize_with = "number")]
        call_count: u64,
        error_count: Option<u64>,
    }
    let answer = object::<Dependencies>(body)?;
    let links = answer.data.unwrap_or_default().into_iter();
    let requests = answer.services.unwrap_or_default().into_iter().map(|counted| ServiceRequests {
        service: counted.service,
        requests: counted.request_count,
        errors: counted.error_count,
    });
    let link = |link: Link| DependencyLink {
        parent: link.parent,
        child: link.child,
        calls: link.call_count,
        errors: link.error_count,
    };
    Ok((links.map(link).collect(), requests.collect()))
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
        for wrong in ["<html>", "[]", r#"{"data":[1]}"#, r#"{"services":"a"}"#] {
            assert!(services(wrong.as_bytes()).is_err(), "{wrong}");
        }
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
    fn null_is_an_absent_member_and_an_array_is_no_object() {
        let summary =
            br#"{"summaries":[{"traceId":"1","rootServiceName":null,"spanCount":null,"services":null}]}"#;
        assert_eq!(summaries(summary).unwrap()[0].spans, 0);
        assert_eq!(operations(br#"{"data":[{"name":"a","spanKind":null}]}"#).unwrap()[0].name, "a");
        for wrong in [&b"[]"[..], b" [[]]", b"null", b""] {
            assert!(summaries(wrong).is_err() && dependencies(wrong).is_err() && operations(wrong).is_err());
            assert_eq!(message(wrong), None);
        }
    }

    #[test]
    fn links_may_know_their_errors() {
        let links =
            dependencies(br#"{"data":[{"parent":"a","child":"b","callCount":3},{"parent":"a","child":"c","callCount":1,"errorCount":1}]}"#)
                .unwrap();
        let (links, requests) = links;
        assert_eq!((links[0].calls, links[0].errors), (3, None));
        assert_eq!(links[1].errors, Some(1));
        assert!(requests.is_empty());
        assert!(dependencies(br#"{"data":null}"#).unwrap().0.is_empty());
        let counted = br#"{"data":[],"services":[{"service":"a","requestCount":3,"errorCount":1}]}"#;
        let expected = ServiceRequests { service: "a".into(), requests: 3, errors: 1 };
        assert_eq!(dependencies(counted).unwrap().1, [expected]);
    }
}
