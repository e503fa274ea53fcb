//! Parses small responses of Jaeger's APIs: services, operations, summaries, dependencies, errors. `null` is the same
//! as an absent member, and numbers may be strings.

use super::records::sorted;
use crate::model::{
    DependencyLink, LogLine, Operation, ServiceCount, ServiceRequests, SpanKind, TraceLogs, TraceSummary,
};
use crate::units::{SpanId, TraceId};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

/// Parses an object. Derived deserializers alone would accept arrays, too.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err("expected a JSON object".to_owned());
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// An integer, its decimal digits in a string, or `null` for 0.
fn number<'de, D: Deserializer<'de>, N: TryFrom<u64>>(deserializer: D) -> Result<N, D::Error> {
    let number = some_number(deserializer)?.unwrap_or(0);
    N::try_from(number).map_err(|_| D::Error::custom("a number is too large"))
}

/// A number, or its digits as text.
fn some_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum NumberText {
        Number(u64),
        Text(String),
    }
    match Option::<NumberText>::deserialize(deserializer)? {
        None => Ok(None),
        Some(NumberText::Number(number)) => Ok(Some(number)),
        Some(NumberText::Text(text)) => text.parse().map(Some).map_err(D::Error::custom),
    }
}

/// A string; `null` is the empty string.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

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

/// Summaries in the order of the response. v3 of Jaeger 2.19 and later: `{"summaries":[…]}`.
pub fn summaries(body: &[u8]) -> Result<Vec<TraceSummary>, String> {
    #[derive(Deserialize)]
    struct Summaries {
        summaries: Option<Vec<Summary>>,
    }
    object::<Summaries>(body)?.summaries.unwrap_or_default().into_iter().map(Summary::read).collect()
}

/// What one message of Spandrel's live updates says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveSummaries {
    /// Traces that are new or have grown.
    pub summaries: Vec<TraceSummary>,
    /// Number of traces that arrived and were left out, whether they match or not.
    pub skipped: u64,
}

/// Parses a message of Spandrel's live updates: `{"summaries":[…],"skipped":n}`.
pub fn live_summaries(message: &[u8]) -> Result<LiveSummaries, String> {
    #[derive(Deserialize)]
    struct Message {
        summaries: Option<Vec<Summary>>,
        #[serde(default, deserialize_with = "number")]
        skipped: u64,
    }
    let Message { summaries, skipped } = object(message)?;
    let summaries: Result<_, String> = summaries.unwrap_or_default().into_iter().map(Summary::read).collect();
    Ok(LiveSummaries { summaries: summaries?, skipped })
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Summary {
    #[serde(alias = "traceID", deserialize_with = "text")]
    trace_id: String,
    #[serde(deserialize_with = "text")]
    root_service_name: String,
    #[serde(deserialize_with = "text")]
    root_operation_name: String,
    // From Spandrel's server only.
    #[serde(deserialize_with = "some_number")]
    root_duration_nano: Option<u64>,
    #[serde(deserialize_with = "number")]
    min_start_time_unix_nano: u64,
    #[serde(deserialize_with = "number")]
    max_end_time_unix_nano: u64,
    #[serde(deserialize_with = "number")]
    span_count: u32,
    #[serde(deserialize_with = "number")]
    error_span_count: u32,
    #[serde(deserialize_with = "number")]
    orphan_span_count: u32,
    services: Option<Vec<SummaryService>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SummaryService {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "number")]
    span_count: u32,
    #[serde(deserialize_with = "number")]
    error_span_count: u32,
}

impl Summary {
    fn read(self) -> Result<TraceSummary, String> {
        if self.trace_id.is_empty() {
            return Err("a summary has no trace id".to_owned());
        }
        let id = TraceId::parse(&self.trace_id);
        let service = |service: SummaryService| ServiceCount {
            name: service.name,
            spans: service.span_count,
            errors: service.error_span_count,
        };
        Ok(TraceSummary {
            trace_id: id.unwrap_or_default(),
            foreign_trace_id: if id.is_some() { String::new() } else { self.trace_id },
            root_service: self.root_service_name,
            root_operation: self.root_operation_name,
            root_duration: self.root_duration_nano,
            start_unix: self.min_start_time_unix_nano,
            duration: self.max_end_time_unix_nano.saturating_sub(self.min_start_time_unix_nano),
            spans: self.span_count,
            errors: self.error_span_count,
            orphans: self.orphan_span_count,
            services: self.services.unwrap_or_default().into_iter().map(service).collect(),
        })
    }
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
    fn a_summary_may_lack_everything_but_its_id() {
        let found =
            summaries(br#"{"summaries":[{"traceID":"A1"},{"traceId":"trace-1","spanCount":2}]}"#).unwrap();
        assert_eq!(found[0].trace_id, TraceId(0xa1));
        assert_eq!(found[1].foreign_trace_id, "trace-1");
        assert_eq!(found[1].spans, 2);
        let times = br#"{"summaries":[{"traceId":"1","minStartTimeUnixNano":"5","maxEndTimeUnixNano":7}]}"#;
        assert_eq!((summaries(times).unwrap()[0].start_unix, summaries(times).unwrap()[0].duration), (5, 2));
        let root = br#"{"summaries":[{"traceId":"1","rootDurationNano":"3"},{"traceId":"2","rootDurationNano":null}]}"#;
        assert_eq!(
            summaries(root).unwrap().iter().map(|found| found.root_duration).collect::<Vec<_>>(),
            [Some(3), None]
        );
        assert!(summaries(br#"{"summaries":[{"spanCount":2}]}"#).is_err());
        assert!(summaries(br#"{"summaries":[{"traceId":"1","spanCount":"many"}]}"#).is_err());
    }

    #[test]
    fn a_live_message_has_summaries_and_what_was_left_out() {
        let read = live_summaries(br#"{"summaries":[{"traceID":"A1","spanCount":3}],"skipped":2}"#).unwrap();
        assert_eq!(
            (read.summaries[0].trace_id, read.summaries[0].spans, read.skipped),
            (TraceId(0xa1), 3, 2)
        );
        assert_eq!(live_summaries(b"{}").unwrap(), LiveSummaries::default());
        for wrong in [&b"[]"[..], b"", br#"{"summaries":[{}]}"#, br#"{"skipped":-1}"#] {
            assert!(live_summaries(wrong).is_err());
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
