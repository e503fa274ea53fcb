//! `ExportLogsServiceRequest`, in protobuf and in JSON, as lines. Protobuf is taken apart record by record, so that what
//! a small body unfolds to is paid for before it is in memory.

use super::fields;
use super::line::{LogLine, now, severity_number};
use crate::ingest::memory::MemoryReservation;
use crate::ingest::{PartialSuccess, Refusal};
use crate::wire::{TypedField, Walk};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use serde_json::{Map, Number, Value};

/// Bytes of memory that a byte of a message may unfold to: an empty attribute of two bytes is a structure of eighty.
const UNFOLDED: usize = 48;

/// The service and the attributes of a resource.
struct Program {
    service: String,
    attributes: String,
}

/// Reads protobuf. Memory is taken from `room` before it is used.
pub(super) fn from_protobuf(
    request: &[u8],
    reserved: &mut MemoryReservation,
) -> Result<(Vec<LogLine>, PartialSuccess), Refusal> {
    let mut lines = Vec::new();
    let mut partial_success = PartialSuccess::default();
    let mut walk = Walk::new(request);
    while let Some((number, field)) = walk.next()? {
        if number == 1 {
            resource_logs(field.bytes(number)?, reserved, &mut lines, &mut partial_success)?;
        }
    }
    Ok((lines, partial_success))
}

fn resource_logs(
    message: &[u8],
    reserved: &mut MemoryReservation,
    lines: &mut Vec<LogLine>,
    partial_success: &mut PartialSuccess,
) -> Result<(), Refusal> {
    // The resource may stand after its records.
    let mut resource = Resource::default();
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        if number == 1 {
            resource = decoded(field.bytes(number)?, reserved)?;
        }
    }
    let program = program(object(resource.attributes));
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        if number == 2 {
            scope_logs(field.bytes(number)?, &program, reserved, lines, partial_success)?;
        }
    }
    Ok(())
}

fn scope_logs(
    message: &[u8],
    program: &Program,
    reserved: &mut MemoryReservation,
    lines: &mut Vec<LogLine>,
    partial_success: &mut PartialSuccess,
) -> Result<(), Refusal> {
    let mut scope = InstrumentationScope::default();
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        if number == 1 {
            scope = decoded(field.bytes(number)?, reserved)?;
        }
    }
    let mut walk = Walk::new(message);
    while let Some((number, field)) = walk.next()? {
        if number == 2 {
            let record: LogRecord = decoded(field.bytes(number)?, reserved)?;
            let line = from_record(record, &scope.name, program, partial_success);
            reserved.take(line.weight())?;
            lines.push(line);
        }
    }
    Ok(())
}

/// A message whose memory is taken while it is decoded.
fn decoded<M: Message + Default>(bytes: &[u8], reserved: &mut MemoryReservation) -> Result<M, Refusal> {
    let most = bytes.len().saturating_mul(UNFOLDED).saturating_add(1024);
    reserved.take(most)?;
    let message = M::decode(bytes).map_err(|error| Refusal::Malformed(error.to_string()))?;
    reserved.release(most);
    Ok(message)
}

fn from_record(
    record: LogRecord,
    scope: &str,
    program: &Program,
    partial_success: &mut PartialSuccess,
) -> LogLine {
    let mut attributes = object(record.attributes);
    let trace =
        <[u8; 16]>::try_from(record.trace_id.as_slice()).ok().map(u128::from_be_bytes).filter(|id| *id != 0);
    let span =
        <[u8; 8]>::try_from(record.span_id.as_slice()).ok().map(u64::from_be_bytes).filter(|id| *id != 0);
    if !matches!(record.trace_id.len(), 0 | 16) || !matches!(record.span_id.len(), 0 | 8) {
        partial_success.add(format_args!(
            "ids of {} and {} bytes were left out",
            record.trace_id.len(),
            record.span_id.len()
        ));
    }
    describe(&mut attributes, scope, &record.event_name, &record.severity_text);
    LogLine {
        time: time_of(record.time_unix_nano, record.observed_time_unix_nano),
        severity: severity_of(record.severity_number.into(), &record.severity_text),
        service: program.service.clone(),
        trace,
        span,
        body: fields::body(record.body.map(json)),
        attributes: Value::Object(attributes).to_string(),
        resource: program.attributes.clone(),
    }
}

/// Attributes of a line that are fields of a log record or of its scope.
pub(super) const FIELDS: [&str; 3] = ["otel.scope.name", "event.name", "severity_text"];

/// Adds what a line has no column for.
fn describe(attributes: &mut Map<String, Value>, scope: &str, event: &str, severity: &str) {
    for (name, text) in FIELDS.into_iter().zip([scope, event, severity]) {
        if !text.is_empty() {
            attributes.entry(name).or_insert_with(|| text.into());
        }
    }
}

fn time_of(time: u64, observed: u64) -> u64 {
    match (time, observed) {
        (0, 0) => now(),
        (0, observed) => observed,
        (time, _) => time,
    }
}

fn severity_of(number: i64, text: &str) -> u8 {
    u8::try_from(number)
        .ok()
        .filter(|number| (1..=24).contains(number))
        .or_else(|| severity_number(text))
        .unwrap_or(0)
}

fn program(mut attributes: Map<String, Value>) -> Program {
    let service = attributes.remove("service.name").and_then(|name| fields::text(&name)).unwrap_or_default();
    Program { service, attributes: Value::Object(attributes).to_string() }
}

fn object(attributes: Vec<KeyValue>) -> Map<String, Value> {
    attributes.into_iter().map(|KeyValue { key, value, .. }| (key, value.map_or(Value::Null, json))).collect()
}

/// A value as JSON: bytes as base64, numbers that JSON has not as text. Prost reads no message deeper than 100.
fn json(AnyValue { value }: AnyValue) -> Value {
    match value {
        Some(Any::StringValue(text)) => text.into(),
        Some(Any::BoolValue(flag)) => flag.into(),
        Some(Any::IntValue(number)) => number.into(),
        Some(Any::DoubleValue(number)) => {
            Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
        }
        Some(Any::ArrayValue(array)) => array.values.into_iter().map(json).collect(),
        Some(Any::KvlistValue(list)) => Value::Object(object(list.values)),
        Some(Any::BytesValue(bytes)) => STANDARD.encode(bytes).into(),
        _ => Value::Null,
    }
}

/// Reads JSON: names in lower camel case, 64-bit numbers as text or numbers, ids in hexadecimal.
pub(super) fn from_json(
    request: Value,
    reserved: &mut MemoryReservation,
) -> Result<(Vec<LogLine>, PartialSuccess), Refusal> {
    let Value::Object(mut request) = request else {
        return Err(Refusal::Malformed("OTLP JSON: not an object".to_owned()));
    };
    let mut lines = Vec::new();
    let mut partial_success = PartialSuccess::default();
    for mut resource in list(&mut request, "resourceLogs")? {
        let attributes = match resource.remove("resource") {
            Some(Value::Object(mut resource)) => key_values(&mut resource)?,
            _ => Map::new(),
        };
        let program = program(attributes);
        for mut scope in list(&mut resource, "scopeLogs")? {
            let name =
                scope.get("scope").and_then(|scope| scope["name"].as_str()).unwrap_or_default().to_owned();
            for record in list(&mut scope, "logRecords")? {
                let line = from_json_record(record, &name, &program, &mut partial_success)?;
                reserved.take(line.weight())?;
                lines.push(line);
            }
        }
    }
    Ok((lines, partial_success))
}

fn from_json_record(
    mut record: Map<String, Value>,
    scope: &str,
    program: &Program,
    partial_success: &mut PartialSuccess,
) -> Result<LogLine, Refusal> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = |name: &str| record.get(name).cloned().unwrap_or_default();
    let (trace, span) = (id("traceId"), id("spanId"));
    let (event, severity) = (text("eventName"), text("severityText"));
    let number =
        |name: &str| record.get(name).and_then(fields::text).and_then(|text| text.parse().ok()).unwrap_or(0);
    let time = time_of(number("timeUnixNano"), number("observedTimeUnixNano"));
    let severity_number = record.get("severityNumber").and_then(Value::as_i64).unwrap_or(0);
    let ids = (fields::json_trace_id(&trace), fields::json_span_id(&span));
    let is_blank = |id: &Value| match id {
        Value::String(text) => text.bytes().all(|byte| byte == b'0'),
        id => id.is_null() || id.as_u64() == Some(0),
    };
    if ids.0.is_none() && !is_blank(&trace) || ids.1.is_none() && !is_blank(&span) {
        partial_success.add(format_args!("the ids {trace} and {span} were left out"));
    }
    let mut attributes = key_values(&mut record)?;
    describe(&mut attributes, scope, &event, &severity);
    Ok(LogLine {
        time,
        severity: severity_of(severity_number, &severity),
        service: program.service.clone(),
        trace: ids.0,
        span: ids.1,
        body: fields::body(record.remove("body").map(plain)),
        attributes: Value::Object(attributes).to_string(),
        resource: program.attributes.clone(),
    })
}

/// The objects of a list; an absent list is empty.
fn list(object: &mut Map<String, Value>, name: &str) -> Result<Vec<Map<String, Value>>, Refusal> {
    let wrong = || Refusal::Malformed(format!("OTLP JSON: {name} is not a list of objects"));
    match object.remove(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::Object(item) => Ok(item),
                _ => Err(wrong()),
            })
            .collect(),
        Some(_) => Err(wrong()),
    }
}

fn key_values(object: &mut Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let pairs = list(object, "attributes")?.into_iter();
    Ok(pairs
        .filter_map(|mut pair| {
            let Some(Value::String(key)) = pair.remove("key") else { return None };
            Some((key, pair.remove("value").map_or(Value::Null, plain)))
        })
        .collect())
}

/// An `AnyValue` in JSON as the value that it is. Serde reads no JSON deeper than 128.
fn plain(value: Value) -> Value {
    let Value::Object(mut object) = value else { return Value::Null };
    let Some((name, value)) = object.iter_mut().next() else { return Value::Null };
    let value = value.take();
    match (name.as_str(), value) {
        ("intValue", Value::String(text)) => text.parse::<i64>().map_or(Value::String(text), Value::from),
        ("arrayValue", Value::Object(mut array)) => match array.remove("values") {
            Some(Value::Array(values)) => values.into_iter().map(plain).collect(),
            _ => Value::Array(Vec::new()),
        },
        ("kvlistValue", Value::Object(mut list)) => match list.remove("values") {
            Some(Value::Array(pairs)) => {
                let pairs = pairs.into_iter().filter_map(|pair| {
                    let Value::Object(mut pair) = pair else { return None };
                    let Some(Value::String(key)) = pair.remove("key") else { return None };
                    Some((key, pair.remove("value").map_or(Value::Null, plain)))
                });
                Value::Object(pairs.collect())
            }
            _ => Value::Object(Map::new()),
        },
        (_, value) => value,
    }
}
