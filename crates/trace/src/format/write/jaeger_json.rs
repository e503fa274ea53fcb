//! Writes Jaeger JSON as in responses of `/api/traces` (the rules of the collector's OTLP to Jaeger translator).

use super::compose::{comma, jaeger_value, show, string};
use crate::model::record::{Attribute, AttributeValue, Link, Resource, Scope, SpanRecord};
use crate::model::{SpanKind, StatusCode};
use crate::units::{SpanId, TraceId};
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// Jaeger's service name for a resource without attributes.
const NO_SERVICE: &str = "OTLPResourceNoServiceName";

/// Writes `{"data":[trace, …],"total":0,"limit":0,"offset":0,"errors":null}` span by span.
///
/// For each trace call [`JaegerJson::begin_trace`], then [`JaegerJson::span`] for its spans in any order (equal
/// resources share a process), then start the next trace or call [`JaegerJson::finish`].
#[derive(Clone, Debug)]
pub struct JaegerJson<W> {
    out: W,
    buffer: Vec<u8>,
    first_trace: bool,
    open: Option<OpenTrace>,
}

/// The trace that is being written.
#[derive(Clone, Debug)]
struct OpenTrace {
    id: String,
    number: TraceId,
    warnings: Vec<String>,
    first_span: bool,
    processes: Vec<Vec<u8>>,
    known: FxHashMap<Vec<u8>, usize>,
    last: Option<(Resource, usize)>,
}

impl<W: Write> JaegerJson<W> {
    /// Writes the start of the envelope.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(b"{\"data\":[")?;
        Ok(Self { out, buffer: Vec::new(), first_trace: true, open: None })
    }

    /// Starts a trace; ends the one before. `foreign` is the id as written if it is not hexadecimal.
    pub fn begin_trace(&mut self, trace: TraceId, foreign: &str, warnings: &[String]) -> io::Result<()> {
        self.end_trace()?;
        let id = trace_text(trace, foreign);
        comma(&mut self.buffer, &mut self.first_trace);
        self.buffer.extend_from_slice(b"{\"traceID\":");
        string(&mut self.buffer, &id);
        self.buffer.extend_from_slice(b",\"spans\":[");
        self.open = Some(OpenTrace {
            id,
            number: trace,
            warnings: warnings.to_vec(),
            first_span: true,
            processes: Vec::new(),
            known: FxHashMap::default(),
            last: None,
        });
        self.flush()
    }

    /// Writes a span of the current trace; if there is none, starts one.
    pub fn span(&mut self, resource: &Resource, scope: &Scope, span: &SpanRecord) -> io::Result<()> {
        if self.open.is_none() {
            self.begin_trace(span.trace_id, &span.foreign_trace_id, &[])?;
        }
        if let Some(open) = &mut self.open {
            comma(&mut self.buffer, &mut open.first_span);
            let process = open.process(resource);
            write_span(&mut self.buffer, open, scope, span, process);
        }
        self.flush()
    }

    /// The writer.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Ends the last trace and the envelope, and returns the writer.
    pub fn finish(self) -> io::Result<W> {
        self.finish_with("null")
    }

    /// Like [`JaegerJson::finish`], with a JSON list of errors.
    pub fn finish_with(mut self, errors: &str) -> io::Result<W> {
        self.end_trace()?;
        self.out.write_all(b"],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":")?;
        self.out.write_all(errors.as_bytes())?;
        self.out.write_all(b"}")?;
        Ok(self.out)
    }

    fn end_trace(&mut self) -> io::Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        self.buffer.extend_from_slice(b"],\"processes\":{");
        let mut first = true;
        for (number, process) in open.processes.iter().enumerate() {
            comma(&mut self.buffer, &mut first);
            show(&mut self.buffer, format_args!("\"p{}\":", number + 1));
            self.buffer.extend_from_slice(process);
        }
        self.buffer.extend_from_slice(b"},\"warnings\":");
        texts(&mut self.buffer, &open.warnings);
        self.buffer.push(b'}');
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl OpenTrace {
    /// The index of the process for a resource.
    fn process(&mut self, resource: &Resource) -> usize {
        if let Some((last, number)) = &self.last
            && last == resource
        {
            return *number;
        }
        let mut text = Vec::new();
        write_process(&mut text, resource);
        let next = self.processes.len();
        let number = *self.known.entry(text).or_insert_with_key(|text| {
            self.processes.push(text.clone());
            next
        });
        self.last = Some((resource.clone(), number));
        number
    }
}

fn write_process(out: &mut Vec<u8>, resource: &Resource) {
    let service = match resource.service.as_str() {
        "" if resource.attributes.is_empty() => NO_SERVICE,
        service => service,
    };
    out.extend_from_slice(b"{\"serviceName\":");
    string(out, service);
    out.extend_from_slice(b",\"tags\":[");
    let mut first = true;
    for attribute in &resource.attributes {
        if attribute.key != "service.name" {
            tag(out, &mut first, &attribute.key, &attribute.value);
        }
    }
    out.extend_from_slice(b"]}");
}

fn write_span(out: &mut Vec<u8>, open: &OpenTrace, scope: &Scope, span: &SpanRecord, process: usize) {
    out.extend_from_slice(b"{\"traceID\":");
    string(out, &open.id);
    out.extend_from_slice(b",\"spanID\":");
    string(out, &span_text(span.span_id, &span.foreign_span_id));
    if span.flags & 0xff != 0 {
        show(out, format_args!(",\"flags\":{}", span.flags & 0xff));
    }
    out.extend_from_slice(b",\"operationName\":");
    string(out, &span.name);
    out.extend_from_slice(b",\"references\":[");
    references(out, open, span);
    let duration = (span.end_unix.wrapping_sub(span.start_unix) as i64 / 1000) as u64;
    show(out, format_args!("],\"startTime\":{},\"duration\":{duration},\"tags\":[", span.start_unix / 1000));
    tags(out, scope, span);
    out.extend_from_slice(b"],\"logs\":[");
    let mut first = true;
    for event in &span.events {
        comma(out, &mut first);
        show(out, format_args!("{{\"timestamp\":{},\"fields\":[", event.time_unix / 1000));
        let mut first = true;
        if !event.name.is_empty() && !has(&event.attributes, "event") {
            text_tag(out, &mut first, "event", &event.name);
        }
        for attribute in &event.attributes {
            tag(out, &mut first, &attribute.key, &attribute.value);
        }
        out.extend_from_slice(b"]}");
    }
    show(out, format_args!("],\"processID\":\"p{}\",\"warnings\":", process + 1));
    texts(out, &span.warnings);
    out.push(b'}');
}

fn references(out: &mut Vec<u8>, open: &OpenTrace, span: &SpanRecord) {
    let has_parent = !span.parent_span_id.is_none();
    let to_parent =
        |link: &Link| has_parent && link.trace_id == open.number && link.span_id == span.parent_span_id;
    let linked = span.links.iter().position(to_parent);
    let mut first = true;
    if has_parent {
        let child = linked.is_none_or(|at| is_child_of(&span.links[at]));
        let parent = span_text(span.parent_span_id, &span.foreign_parent_id);
        reference(out, &mut first, child, &open.id, &parent);
    }
    for (at, link) in span.links.iter().enumerate() {
        if linked == Some(at) {
            continue;
        }
        let same = link.trace_id == open.number;
        let trace = if same { open.id.clone() } else { trace_text(link.trace_id, "") };
        reference(out, &mut first, is_child_of(link), &trace, &span_text(link.span_id, ""));
    }
}

fn is_child_of(link: &Link) -> bool {
    let child = AttributeValue::String("child_of".to_owned());
    link.attributes
        .iter()
        .any(|attribute| attribute.key == "opentracing.ref_type" && attribute.value == child)
}

fn reference(out: &mut Vec<u8>, first: &mut bool, child: bool, trace: &str, span: &str) {
    comma(out, first);
    let kind = if child { "CHILD_OF" } else { "FOLLOWS_FROM" };
    show(out, format_args!("{{\"refType\":\"{kind}\",\"traceID\":"));
    string(out, trace);
    out.extend_from_slice(b",\"spanID\":");
    string(out, span);
    out.push(b'}');
}

/// In Jaeger's order: scope, attributes, kind, status, error, description, tracestate.
fn tags(out: &mut Vec<u8>, scope: &Scope, span: &SpanRecord) {
    let mut first = true;
    for (key, old, text) in [
        ("otel.scope.name", "otel.library.name", &scope.name),
        ("otel.scope.version", "otel.library.version", &scope.version),
    ] {
        if !text.is_empty() && !has(&span.attributes, key) && !has(&span.attributes, old) {
            text_tag(out, &mut first, key, text);
        }
    }
    for attribute in &span.attributes {
        tag(out, &mut first, &attribute.key, &attribute.value);
    }
    if span.kind != SpanKind::Unspecified {
        text_tag(out, &mut first, "span.kind", span.kind.name());
    }
    match span.status {
        StatusCode::Unset => {}
        StatusCode::Ok => text_tag(out, &mut first, "otel.status_code", "OK"),
        StatusCode::Error => {
            text_tag(out, &mut first, "otel.status_code", "ERROR");
            tag(out, &mut first, "error", &AttributeValue::Bool(true));
        }
    }
    if !span.status_message.is_empty() {
        text_tag(out, &mut first, "otel.status_description", &span.status_message);
    }
    if !span.trace_state.is_empty() {
        text_tag(out, &mut first, "w3c.tracestate", &span.trace_state);
    }
}

fn has(attributes: &[Attribute], key: &str) -> bool {
    attributes.iter().any(|attribute| attribute.key == key)
}

fn tag(out: &mut Vec<u8>, first: &mut bool, key: &str, value: &AttributeValue) {
    comma(out, first);
    out.extend_from_slice(b"{\"key\":");
    string(out, key);
    out.push(b',');
    jaeger_value(out, value);
    out.push(b'}');
}

fn text_tag(out: &mut Vec<u8>, first: &mut bool, key: &str, text: &str) {
    comma(out, first);
    out.extend_from_slice(b"{\"key\":");
    string(out, key);
    out.extend_from_slice(b",\"type\":\"string\",\"value\":");
    string(out, text);
    out.push(b'}');
}

/// A list of strings; null if it is empty.
fn texts(out: &mut Vec<u8>, list: &[String]) {
    if list.is_empty() {
        out.extend_from_slice(b"null");
        return;
    }
    out.push(b'[');
    let mut first = true;
    for text in list {
        comma(out, &mut first);
        string(out, text);
    }
    out.push(b']');
}

/// 16 digits if the upper half is zero, else 32; `foreign` if the id is not hexadecimal.
fn trace_text(id: TraceId, foreign: &str) -> String {
    match foreign {
        "" if id.0 >> 64 == 0 => format!("{:016x}", id.0),
        "" => id.to_string(),
        text => text.to_owned(),
    }
}

fn span_text(id: SpanId, foreign: &str) -> String {
    match foreign {
        "" => id.to_string(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::Event;

    fn text(value: &str) -> AttributeValue {
        AttributeValue::String(value.to_owned())
    }

    fn attribute(key: &str, value: AttributeValue) -> Attribute {
        Attribute { key: key.to_owned(), value }
    }

    fn written(span: &SpanRecord) -> serde_json::Value {
        let resource = Resource {
            service: "s".into(),
            attributes: vec![attribute("service.name", text("s")), attribute("host", text("h"))],
            ..Resource::default()
        };
        let scope = Scope { name: "lib".into(), version: "1".into(), ..Scope::default() };
        let mut writer = JaegerJson::new(Vec::new()).unwrap();
        writer.begin_trace(span.trace_id, "", &[]).unwrap();
        writer.span(&resource, &scope, span).unwrap();
        serde_json::from_slice(&writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn tags_come_in_the_order_of_the_translator() {
        let answer = written(&SpanRecord {
            trace_id: TraceId(0xab),
            span_id: SpanId(1),
            attributes: vec![attribute("a", AttributeValue::Array(vec![AttributeValue::Int(1), text("x")]))],
            kind: SpanKind::Client,
            status: StatusCode::Error,
            status_message: "m".into(),
            trace_state: "k=v".into(),
            ..SpanRecord::default()
        });
        let trace = &answer["data"][0];
        assert_eq!(trace["traceID"], "00000000000000ab");
        let tags: Vec<&str> = trace["spans"][0]["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| tag["key"].as_str().unwrap())
            .collect();
        assert_eq!(
            tags,
            [
                "otel.scope.name",
                "otel.scope.version",
                "a",
                "span.kind",
                "otel.status_code",
                "error",
                "otel.status_description",
                "w3c.tracestate"
            ]
        );
        assert_eq!(trace["spans"][0]["tags"][2]["value"], "[1,\"x\"]");
        assert_eq!(trace["processes"]["p1"]["serviceName"], "s");
        assert_eq!(trace["processes"]["p1"]["tags"].as_array().unwrap().len(), 1);
        assert_eq!(trace["spans"][0]["warnings"], serde_json::Value::Null);
    }

    #[test]
    fn a_link_to_the_parent_changes_the_reference_instead_of_adding_one() {
        let parent = Link { trace_id: TraceId(7), span_id: SpanId(2), ..Link::default() };
        let child_of = vec![attribute("opentracing.ref_type", text("child_of"))];
        let other =
            Link { trace_id: TraceId(8), span_id: SpanId(3), attributes: child_of, ..Link::default() };
        let answer = written(&SpanRecord {
            trace_id: TraceId(7),
            span_id: SpanId(1),
            parent_span_id: SpanId(2),
            links: vec![parent, other],
            ..SpanRecord::default()
        });
        let references = &answer["data"][0]["spans"][0]["references"];
        assert_eq!(references.as_array().unwrap().len(), 2);
        assert_eq!(references[0]["refType"], "FOLLOWS_FROM");
        assert_eq!(references[0]["spanID"], "0000000000000002");
        assert_eq!(references[1]["refType"], "CHILD_OF");
        assert_eq!(references[1]["traceID"], "0000000000000008");
    }

    #[test]
    fn an_event_name_is_a_field_unless_there_is_one() {
        let named = Event { time_unix: 5_000, name: "n".into(), ..Event::default() };
        let both = Event { attributes: vec![attribute("event", text("e"))], ..named.clone() };
        let answer = written(&SpanRecord { events: vec![named, both], ..SpanRecord::default() });
        let logs = &answer["data"][0]["spans"][0]["logs"];
        assert_eq!(logs[0]["timestamp"], 5);
        assert_eq!(logs[0]["fields"][0]["value"], "n");
        assert_eq!(logs[1]["fields"].as_array().unwrap().len(), 1);
        assert_eq!(logs[1]["fields"][0]["value"], "e");
    }
}
