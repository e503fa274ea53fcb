//! Small answers of Jaeger's APIs: services, operations, summaries, dependencies, errors.
//!
//! They are read as trees, which one reader makes for all of them: a derived reader of each shape would be compiled for
//! each, and weigh ten times as much.

use crate::model::{DependencyLink, Operation, ServiceCount, SpanKind, TraceSummary};
use crate::units::Order as _;
use crate::units::TraceId;
use serde_json::Value as Json;

fn tree(body: &[u8]) -> Result<Json, String> {
    let tree: Json = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if tree.is_object() { Ok(tree) } else { Err("an object should be here".to_owned()) }
}

/// A member; null is as good as absent.
fn member<'a>(object: &'a Json, name: &str) -> Option<&'a Json> {
    object.get(name).filter(|value| !value.is_null())
}

/// The elements of the first of these members that is there; none where there is none.
fn elements<'a>(object: &'a Json, names: &[&str]) -> Result<&'a [Json], String> {
    let Some((name, value)) = names.iter().find_map(|name| Some((name, member(object, name)?))) else {
        return Ok(&[]);
    };
    value.as_array().map(Vec::as_slice).ok_or_else(|| format!("{name} is no list"))
}

/// A text; empty where there is none.
fn text(object: &Json, name: &str) -> Result<String, String> {
    let Some(value) = member(object, name) else { return Ok(String::new()) };
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{name} is no text"))
}

/// A number, or the text of one; 0 where there is none.
fn number(object: &Json, name: &str) -> Result<u64, String> {
    let Some(value) = member(object, name) else { return Ok(0) };
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.ok_or_else(|| format!("{name} is no number"))
}

fn small_number(object: &Json, name: &str) -> Result<u32, String> {
    u32::try_from(number(object, name)?).map_err(|_| format!("{name} is too large"))
}

/// The backend's own words in an error of either API, whatever the content type says (Jaeger labels its
/// errors as plain text); `None` where the body is no such error.
pub fn message(body: &[u8]) -> Option<String> {
    let tree = tree(body).ok()?;
    let words = match member(&tree, "error") {
        Some(error) => text(error, "message").ok().filter(|words| !words.is_empty()),
        None => None,
    };
    let listed = || {
        let errors = elements(&tree, &["errors"]).ok()?;
        errors.iter().filter_map(|error| text(error, "msg").ok()).find(|words| !words.is_empty())
    };
    words.or_else(listed)
}

/// v3 `{"services":[…]}` (or `{}`) and v1 `{"data":[…]}`, sorted.
pub fn services(body: &[u8]) -> Result<Vec<String>, String> {
    let tree = tree(body)?;
    let name = |value: &Json| value.as_str().map(str::to_owned).ok_or("a service's name is no text");
    let mut names: Vec<String> =
        elements(&tree, &["services", "data"])?.iter().map(name).collect::<Result<_, _>>()?;
    names.order();
    names.dedup();
    Ok(names)
}

/// v3 `{"operations":[…]}` and v1 `{"data":[{name, spanKind}]}`, sorted by name.
pub fn operations(body: &[u8]) -> Result<Vec<Operation>, String> {
    let tree = tree(body)?;
    let mut operations = Vec::new();
    for operation in elements(&tree, &["operations", "data"])? {
        member(operation, "name").ok_or("an operation has no name")?;
        operations.push(Operation {
            name: text(operation, "name")?,
            kind: SpanKind::from_name(&text(operation, "spanKind")?),
        });
    }
    operations.order_by(|a, b| (&a.name, a.kind as u8).cmp(&(&b.name, b.kind as u8)));
    Ok(operations)
}

/// v3 `{"summaries":[…]}` (Jaeger 2.19 and later), in the order of the answer.
pub fn summaries(body: &[u8]) -> Result<Vec<TraceSummary>, String> {
    elements(&tree(body)?, &["summaries"])?.iter().map(summary).collect()
}

fn summary(wire: &Json) -> Result<TraceSummary, String> {
    let written = text(wire, if wire.get("traceId").is_some() { "traceId" } else { "traceID" })?;
    if written.is_empty() {
        return Err("a summary has no trace id".to_owned());
    }
    let id = TraceId::parse(&written);
    let start_unix = number(wire, "minStartTimeUnixNano")?;
    let mut services = Vec::new();
    for service in elements(wire, &["services"])? {
        services.push(ServiceCount {
            name: text(service, "name")?,
            spans: small_number(service, "spanCount")?,
            errors: small_number(service, "errorSpanCount")?,
        });
    }
    Ok(TraceSummary {
        trace_id: id.unwrap_or_default(),
        foreign_trace_id: if id.is_some() { String::new() } else { written },
        root_service: text(wire, "rootServiceName")?,
        root_operation: text(wire, "rootOperationName")?,
        start_unix,
        duration: number(wire, "maxEndTimeUnixNano")?.saturating_sub(start_unix),
        spans: small_number(wire, "spanCount")?,
        errors: small_number(wire, "errorSpanCount")?,
        orphans: small_number(wire, "orphanSpanCount")?,
        services,
    })
}

/// v1 `{"data":[{parent, child, callCount}]}`; `errorCount` is said by servers that know it.
pub fn dependencies(body: &[u8]) -> Result<Vec<DependencyLink>, String> {
    let tree = tree(body)?;
    let mut links = Vec::new();
    for link in elements(&tree, &["data"])? {
        links.push(DependencyLink {
            parent: text(link, "parent")?,
            child: text(link, "child")?,
            calls: number(link, "callCount")?,
            errors: member(link, "errorCount").map(|_| number(link, "errorCount")).transpose()?,
        });
    }
    Ok(links)
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
    fn a_summary_may_lack_everything_but_its_id() {
        let found =
            summaries(br#"{"summaries":[{"traceID":"A1"},{"traceId":"trace-1","spanCount":2}]}"#).unwrap();
        assert_eq!(found[0].trace_id, TraceId(0xa1));
        assert_eq!(found[1].foreign_trace_id, "trace-1");
        assert_eq!(found[1].spans, 2);
        let times = br#"{"summaries":[{"traceId":"1","minStartTimeUnixNano":"5","maxEndTimeUnixNano":7}]}"#;
        assert_eq!((summaries(times).unwrap()[0].start_unix, summaries(times).unwrap()[0].duration), (5, 2));
        assert!(summaries(br#"{"summaries":[{"spanCount":2}]}"#).is_err());
        assert!(summaries(br#"{"summaries":[{"traceId":"1","spanCount":"many"}]}"#).is_err());
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
