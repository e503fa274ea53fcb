//! `ExportLogsServiceRequest` in OTLP's JSON: names in lower camel case, ids in hexadecimal, 64-bit numbers as text.
//! Source of the rules: <https://opentelemetry.io/docs/specs/otlp/>, "JSON Protobuf Encoding".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;
use serde_json::{Map, Value, json};

/// A request in JSON.
pub fn json(request: &[u8]) -> Result<Vec<u8>, String> {
    let request = ExportLogsServiceRequest::decode(request).map_err(|error| error.to_string())?;
    let resources: Vec<Value> = request.resource_logs.into_iter().map(resource_logs).collect();
    serde_json::to_vec(&json!({ "resourceLogs": resources })).map_err(|error| error.to_string())
}

fn resource_logs(logs: ResourceLogs) -> Value {
    let mut object = Map::new();
    if let Some(resource) = logs.resource {
        let attributes = pairs(resource.attributes);
        let dropped = resource.dropped_attributes_count;
        put(&mut object, "resource", json!({ "attributes": attributes, "droppedAttributesCount": dropped }));
    }
    put(&mut object, "scopeLogs", logs.scope_logs.into_iter().map(scope_logs).collect());
    put(&mut object, "schemaUrl", logs.schema_url.into());
    object.into()
}

fn scope_logs(logs: ScopeLogs) -> Value {
    let mut object = Map::new();
    if let Some(scope) = logs.scope {
        let scope = json!({
            "name": scope.name,
            "version": scope.version,
            "attributes": pairs(scope.attributes),
            "droppedAttributesCount": scope.dropped_attributes_count,
        });
        put(&mut object, "scope", scope);
    }
    put(&mut object, "logRecords", logs.log_records.into_iter().map(record).collect());
    put(&mut object, "schemaUrl", logs.schema_url.into());
    object.into()
}

fn record(record: LogRecord) -> Value {
    let mut object = Map::new();
    for (name, nanoseconds) in
        [("timeUnixNano", record.time_unix_nano), ("observedTimeUnixNano", record.observed_time_unix_nano)]
    {
        if nanoseconds > 0 {
            put(&mut object, name, nanoseconds.to_string().into());
        }
    }
    for (name, number) in [
        ("severityNumber", i64::from(record.severity_number)),
        ("droppedAttributesCount", record.dropped_attributes_count.into()),
        ("flags", record.flags.into()),
    ] {
        if number != 0 {
            put(&mut object, name, number.into());
        }
    }
    put(&mut object, "severityText", record.severity_text.into());
    put(&mut object, "eventName", record.event_name.into());
    if let Some(body) = record.body {
        put(&mut object, "body", any(body));
    }
    put(&mut object, "attributes", pairs(record.attributes));
    put(&mut object, "traceId", hexadecimal(&record.trace_id).into());
    put(&mut object, "spanId", hexadecimal(&record.span_id).into());
    object.into()
}

/// Adds a member; empty texts are left out, as what they are by default.
fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    if value != Value::String(String::new()) {
        object.insert(name.to_owned(), value);
    }
}

fn pairs(attributes: Vec<KeyValue>) -> Value {
    let pair =
        |KeyValue { key, value, .. }| json!({ "key": key, "value": value.map_or_else(|| json!({}), any) });
    attributes.into_iter().map(pair).collect()
}

/// Prost reads no message deeper than 100, so this recursion ends.
fn any(AnyValue { value }: AnyValue) -> Value {
    match value {
        Some(Any::StringValue(text)) => json!({ "stringValue": text }),
        Some(Any::BoolValue(flag)) => json!({ "boolValue": flag }),
        Some(Any::IntValue(number)) => json!({ "intValue": number.to_string() }),
        Some(Any::DoubleValue(number)) if number.is_finite() => json!({ "doubleValue": number }),
        Some(Any::DoubleValue(number)) => json!({ "doubleValue": not_finite(number) }),
        Some(Any::BytesValue(bytes)) => json!({ "bytesValue": STANDARD.encode(bytes) }),
        Some(Any::ArrayValue(array)) => {
            let values: Vec<Value> = array.values.into_iter().map(any).collect();
            json!({ "arrayValue": { "values": values } })
        }
        Some(Any::KvlistValue(list)) => json!({ "kvlistValue": { "values": pairs(list.values) } }),
        _ => json!({}),
    }
}

/// Numbers that JSON has not, as protobuf's JSON writes them.
fn not_finite(number: f64) -> &'static str {
    match number {
        number if number.is_nan() => "NaN",
        number if number > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
