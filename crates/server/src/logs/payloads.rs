//! What clients of Datadog, CloudWatch Logs and plain JSON endpoints send, as lines. Whatever has no column of its
//! own stays with the line as an attribute.

use super::fields::{body, json_span_id, json_trace_id, take, text, time, trace_id};
use super::json_body::parse_text;
use super::line::{LogLine, now, severity_number};
use crate::ingest::Refusal;
use serde_json::{Map, Value};

fn malformed(why: impl Into<String>) -> Refusal {
    Refusal::Malformed(why.into())
}

/// An object of any of these as a line. Names are those that the intakes document and their clients use.
pub(super) fn from_object(mut object: Map<String, Value>) -> LogLine {
    let message = take(&mut object, &["message", "msg", "body", "log", "text"]);
    let stamp =
        take(&mut object, &["timestamp", "@timestamp", "time", "date", "ts", "timestamp_ns", "timestamp_ms"]);
    let severity = take(&mut object, &["status", "level", "severity", "severity_text"]);
    let service = take(&mut object, &["service", "service_name", "service.name"]);
    let mut ids = [
        take(&mut object, &["trace_id", "traceId", "traceID"]),
        take(&mut object, &["span_id", "spanId", "spanID"]),
    ];
    // Datadog's own names: the trace in hexadecimal (or its lower half in decimal), the span in decimal.
    let datadog = match object.get("dd") {
        Some(Value::Object(dd)) => [dd.get("trace_id").cloned(), dd.get("span_id").cloned()],
        _ => [object.get("dd.trace_id").cloned(), object.get("dd.span_id").cloned()],
    };
    // Some handlers nest them.
    if let Some(Value::Object(trace)) = object.get("trace") {
        ids = [
            ids[0].take().or_else(|| trace.get("trace_id").cloned()),
            ids[1].take().or_else(|| trace.get("span_id").cloned()),
        ];
    }
    let datadog = datadog.map(|id| id.as_ref().and_then(text));
    let trace = ids[0].as_ref().and_then(json_trace_id).or_else(|| {
        let text = datadog[0].as_ref()?;
        let hexadecimal =
            Some(text).filter(|text| matches!(text.len(), 16 | 32)).and_then(|text| trace_id(text));
        hexadecimal.or_else(|| text.parse::<u64>().ok().map(u128::from).filter(|id| *id != 0))
    });
    let span = ids[1]
        .as_ref()
        .and_then(json_span_id)
        .or_else(|| datadog[1].as_ref()?.parse::<u64>().ok().filter(|id| *id != 0));
    // Attributes that are apart from the other members are attributes like these.
    if let Some(attributes) = object.remove("attributes") {
        match attributes {
            Value::Object(apart) => apart.into_iter().for_each(|(name, value)| {
                object.entry(name).or_insert(value);
            }),
            other => drop(object.insert("attributes".to_owned(), other)),
        }
    }
    object.retain(|_, value| !value.is_null());
    LogLine {
        time: stamp.as_ref().and_then(time).unwrap_or_else(now),
        severity: severity.as_ref().and_then(text).and_then(|text| severity_number(&text)).unwrap_or(0),
        service: service.as_ref().and_then(text).unwrap_or_default(),
        trace,
        span,
        body: body(message),
        attributes: Value::Object(object).to_string(),
        resource: "{}".to_owned(),
    }
}

/// Datadog and plain JSON: one object, or an array of them.
pub(super) fn objects(value: Value) -> Result<Vec<LogLine>, Refusal> {
    let items = match value {
        Value::Array(items) => items,
        object @ Value::Object(_) => vec![object],
        _ => return Err(malformed("not a JSON object or an array of objects")),
    };
    items
        .into_iter()
        .map(|item| match item {
            Value::Object(object) => Ok(from_object(object)),
            other => Err(malformed(format!("an entry is not an object: {other}"))),
        })
        .collect()
}

/// What a request of CloudWatch's JSON protocol asks for.
pub(super) enum CloudWatch {
    /// Lines to keep.
    Put(Vec<LogLine>),
    /// Something that needs not be done here: groups and streams need not be made.
    Nothing,
    /// An action that is not served.
    Unknown,
}

/// CloudWatch Logs, by the action after the point of `X-Amz-Target`.
pub(super) fn cloudwatch(target: &str, value: Value) -> Result<CloudWatch, Refusal> {
    match target.rsplit('.').next().unwrap_or_default() {
        "PutLogEvents" => {}
        "CreateLogGroup" | "CreateLogStream" => return Ok(CloudWatch::Nothing),
        _ => return Ok(CloudWatch::Unknown),
    }
    let mut put = as_object(value).ok_or_else(|| malformed("not an object"))?;
    let name = |put: &Map<String, Value>, name: &str| put.get(name).and_then(text);
    let group = name(&put, "logGroupName").ok_or_else(|| malformed("logGroupName is missing"))?;
    let stream = name(&put, "logStreamName").ok_or_else(|| malformed("logStreamName is missing"))?;
    let Some(Value::Array(events)) = put.remove("logEvents") else {
        return Err(malformed("logEvents is missing"));
    };
    let mut lines = Vec::with_capacity(events.len());
    for event in events {
        let mut event = as_object(event).ok_or_else(|| malformed("an event is not an object"))?;
        let stamp = event.remove("timestamp").filter(|stamp| !stamp.is_null());
        let stamp = stamp.ok_or_else(|| malformed("an event has no timestamp"))?;
        let time = time(&stamp).ok_or_else(|| {
            malformed(format!("the timestamp {stamp} of an event is not a time in milliseconds after 2001"))
        })?;
        let Some(Value::String(message)) = event.remove("message") else {
            return Err(malformed("an event has no message"));
        };
        // A message that is a JSON object has its fields taken out, as Logs Insights does.
        let fields = parse_text(&message).and_then(as_object);
        let mut fields = fields.unwrap_or_else(|| Map::from_iter([("message".to_owned(), message.into())]));
        // The event's own time stands for the line's.
        take(&mut fields, &["timestamp"]);
        fields.insert("log_group".to_owned(), group.clone().into());
        fields.insert("log_stream".to_owned(), stream.clone().into());
        let line = from_object(fields);
        let service = if line.service.is_empty() { group.clone() } else { line.service.clone() };
        lines.push(LogLine { time, service, ..line });
    }
    Ok(CloudWatch::Put(lines))
}

fn as_object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn an_entry_of_datadog_keeps_its_ids_and_attributes() {
        let entry = json!([{
            "message": "late", "status": "warning", "timestamp": 1_758_449_472_000_u64, "service": "billing",
            "dd": {"trace_id": TRACE, "span_id": "67667974448284343"}, "ddtags": "env:test", "gone": null,
        }]);
        let line = objects(entry).unwrap().remove(0);
        assert_eq!((line.body.as_str(), line.severity, line.service.as_str()), ("late", 13, "billing"));
        assert_eq!((line.trace, line.span), (trace_id(TRACE), Some(67_667_974_448_284_343)));
        assert_eq!(line.time, 1_758_449_472_000_000_000);
        let attributes: Value = serde_json::from_str(&line.attributes).unwrap();
        assert_eq!(attributes["ddtags"], "env:test");
        assert_eq!(attributes.get("gone"), None);
    }

    #[test]
    fn short_ids_are_hexadecimal_and_those_of_datadog_decimal() {
        let ids = |entry: Value| {
            let line = objects(entry).unwrap().remove(0);
            (line.trace, line.span)
        };
        assert_eq!(ids(json!({"trace_id": "abc", "span_id": "12"})), (Some(0xabc), Some(0x12)));
        assert_eq!(ids(json!({"trace": {"trace_id": "abc", "span_id": 12}})), (Some(0xabc), Some(12)));
        assert_eq!(ids(json!({"dd.trace_id": "123", "dd.span_id": "12"})), (Some(123), Some(12)));
        assert_eq!(ids(json!({"trace_id": "run-7", "dd": {"trace_id": 123}})), (Some(123), None));
    }

    #[test]
    fn attributes_that_stand_apart_are_not_nested() {
        let entry = json!({"message": "x", "attributes": {"user": "ada", "level": 7}, "job": "nightly"});
        let line = objects(entry).unwrap().remove(0);
        let attributes: Value = serde_json::from_str(&line.attributes).unwrap();
        assert_eq!(attributes, json!({"user": "ada", "level": 7, "job": "nightly"}));
        let line = objects(json!({"message": "x", "attributes": "none"})).unwrap().remove(0);
        assert_eq!(line.attributes, r#"{"attributes":"none"}"#);
    }

    #[test]
    fn events_of_cloudwatch_are_text_or_json() {
        let put = json!({"logGroupName": "/g", "logStreamName": "s", "logEvents": [
            {"timestamp": 1_758_449_472_000_u64, "message": "plain"},
            {"timestamp": 1_758_449_472_001_u64, "message": "{\"message\":\"m\",\"level\":\"error\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}"},
        ]});
        let CloudWatch::Put(lines) = cloudwatch("Logs_20140328.PutLogEvents", put).unwrap() else { panic!() };
        assert_eq!((lines[0].body.as_str(), lines[0].service.as_str()), ("plain", "/g"));
        assert_eq!((lines[1].body.as_str(), lines[1].severity), ("m", 17));
        assert!(lines[1].trace.is_some());
        let said = |event: Value| {
            let put = json!({"logGroupName": "/g", "logStreamName": "s", "logEvents": [event]});
            cloudwatch("Logs_20140328.PutLogEvents", put).err().unwrap().to_string()
        };
        assert_eq!(said(json!({"message": "x"})), "an event has no timestamp");
        assert_eq!(said(json!({"timestamp": null, "message": "x"})), "an event has no timestamp");
        assert_eq!(
            said(json!({"timestamp": 1, "message": "x"})),
            "the timestamp 1 of an event is not a time in milliseconds after 2001"
        );
        assert_eq!(said(json!({"timestamp": 1_758_449_472_000_u64})), "an event has no message");
        assert!(matches!(cloudwatch("Logs_20140328.CreateLogGroup", json!({})), Ok(CloudWatch::Nothing)));
        assert!(matches!(cloudwatch("Logs_20140328.DeleteLogGroup", json!({})), Ok(CloudWatch::Unknown)));
    }
}
