//! Lines as an `ExportLogsServiceRequest`, for forwarding what did not arrive as one.

use super::line::LogLine;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The request that holds these lines, those of one program and scope together.
pub(super) fn request(lines: &[LogLine]) -> Vec<u8> {
    let mut programs: HashMap<(&str, &str), usize> = HashMap::new();
    let mut scopes: HashMap<(usize, String), usize> = HashMap::new();
    let mut all: Vec<ResourceLogs> = Vec::new();
    for line in lines {
        let mut attributes = object(&line.attributes);
        let scope = taken(&mut attributes, "otel.scope.name");
        let program = *programs.entry((&line.service, &line.resource)).or_insert_with(|| {
            all.push(ResourceLogs { resource: Some(resource(line)), ..ResourceLogs::default() });
            all.len() - 1
        });
        let Some(of_program) = all.get_mut(program) else { continue };
        let place = *scopes.entry((program, scope.clone())).or_insert_with(|| {
            let named = (!scope.is_empty())
                .then(|| InstrumentationScope { name: scope, ..InstrumentationScope::default() });
            of_program.scope_logs.push(ScopeLogs { scope: named, ..ScopeLogs::default() });
            of_program.scope_logs.len() - 1
        });
        if let Some(of_scope) = of_program.scope_logs.get_mut(place) {
            of_scope.log_records.push(record(line, attributes));
        }
    }
    ExportLogsServiceRequest { resource_logs: all }.encode_to_vec()
}

fn resource(line: &LogLine) -> Resource {
    let mut attributes = pairs(object(&line.resource));
    if !line.service.is_empty() {
        attributes.insert(0, pair("service.name".to_owned(), line.service.clone().into()));
    }
    Resource { attributes, ..Resource::default() }
}

fn record(line: &LogLine, mut attributes: Map<String, Value>) -> LogRecord {
    LogRecord {
        time_unix_nano: line.time,
        severity_number: line.severity.into(),
        severity_text: taken(&mut attributes, "severity_text"),
        event_name: taken(&mut attributes, "event.name"),
        body: Some(any(line.body.clone().into())),
        attributes: pairs(attributes),
        trace_id: line.trace.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default(),
        span_id: line.span.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default(),
        ..LogRecord::default()
    }
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Takes a text out; empty where there is none.
fn taken(attributes: &mut Map<String, Value>, name: &str) -> String {
    match attributes.get(name) {
        Some(Value::String(text)) => {
            let text = text.clone();
            attributes.remove(name);
            text
        }
        _ => String::new(),
    }
}

fn pairs(attributes: Map<String, Value>) -> Vec<KeyValue> {
    attributes.into_iter().map(|(key, value)| pair(key, value)).collect()
}

fn pair(key: String, value: Value) -> KeyValue {
    KeyValue { key, value: Some(any(value)), ..KeyValue::default() }
}

/// Serde reads no JSON deeper than 128, so this recursion ends.
fn any(value: Value) -> AnyValue {
    AnyValue {
        value: match value {
            Value::Null => None,
            Value::Bool(flag) => Some(Any::BoolValue(flag)),
            Value::Number(number) => Some(match number.as_i64() {
                Some(whole) => Any::IntValue(whole),
                None => Any::DoubleValue(number.as_f64().unwrap_or_default()),
            }),
            Value::String(text) => Some(Any::StringValue(text)),
            Value::Array(values) => {
                Some(Any::ArrayValue(ArrayValue { values: values.into_iter().map(any).collect() }))
            }
            Value::Object(object) => Some(Any::KvlistValue(KeyValueList { values: pairs(object) })),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::otlp;
    use super::*;
    use crate::ingest::memory::Memory;

    #[test]
    fn lines_are_the_same_after_they_were_a_request() {
        let line = |service: &str, scope: &str, body: &str| LogLine {
            time: 1_758_449_472_000_000_001,
            severity: 17,
            service: service.to_owned(),
            trace: Some(0xabcd),
            span: Some(7),
            body: body.to_owned(),
            attributes: format!(
                r#"{{"event.name":"e","k":[1,-2.5,true,null,{{"n":"v"}}],"otel.scope.name":"{scope}","severity_text":"ERR"}}"#
            ),
            resource: r#"{"host.name":"h"}"#.to_owned(),
        };
        let plain = LogLine {
            time: 5,
            body: "x".to_owned(),
            attributes: "{}".to_owned(),
            resource: "{}".to_owned(),
            ..LogLine::default()
        };
        let lines = vec![line("a", "s", "1"), line("a", "t", "2"), line("b", "s", "3"), plain];
        let mut reserved = Memory::new(1 << 20).reservation();
        let (again, _) = otlp::from_protobuf(&request(&lines), &mut reserved).unwrap();
        assert_eq!(again, lines);
    }
}
