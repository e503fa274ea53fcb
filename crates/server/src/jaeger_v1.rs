//! Jaeger's legacy query API: `/api/{services,operations,services/{s}/operations,traces,traces/{id},dependencies}`,
//! `POST /api/archive/{id}` and `POST /api/transform`.

use crate::ingest::room::Memory;
use crate::ingest::{json, regroup};
use crate::jaeger::failure::Failure;
use crate::jaeger::params::{self, Params};
use crate::jaeger::stream;
use crate::jaeger::{Answering, dependencies, for_each_span, json as json_answer, not_found, text};
use crate::matching::{Tag, kind_name};
use crate::store::{Criteria, Store, Stored, compress};
use axum::body::Body;
use axum::http::{Method, Response, StatusCode};
use serde_json::{Value, json};
use spandrel_trace::format::write::JaegerJson;
use spandrel_trace::units::TraceId;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

const DAY: u64 = 86_400_000_000_000;
/// Traces that one search answers at most.
const MOST: i64 = 10_000;

/// Bytes that transforming one body may take.
const TRANSFORM_MEMORY: usize = 256 << 20;

/// What Jaeger says where it has no such trace.
const NOT_FOUND: &str = "trace not found";
/// What Jaeger says where it has no metrics backend; the viewer computes its figures from traces.
const NO_METRICS: &str = "trace metrics are currently disabled - no metrics backend configured";

/// A failure as this API says it.
fn refusal(failure: &Failure) -> Response<Body> {
    let (status, message) = failure.said();
    let errors = json!([{ "code": status.as_u16(), "msg": message }]);
    text(status, format!("{}\n", envelope(&Value::Null, 0, &errors)))
}

fn envelope(data: &Value, total: usize, errors: &Value) -> String {
    format!(r#"{{"data":{data},"total":{total},"limit":0,"offset":0,"errors":{errors}}}"#)
}

/// A list in the envelope; only services and operations say their number.
fn list(data: Vec<Value>) -> Result<Vec<u8>, Failure> {
    let total = data.len();
    Ok(envelope(&Value::Array(data), total, &Value::Null).into_bytes())
}

/// Answers a request below `/api/` that is not v3; `path` is what follows, still encoded. Blocks.
pub fn answer(store: &Store, method: &Method, path: &[&str], params: &Params, body: &[u8]) -> Response<Body> {
    let pretty = params.get(&["prettyPrint"]).is_some_and(|value| value != "false");
    let answered = match (method, path) {
        (&Method::GET, ["services"]) => list(store.services().into_iter().map(Value::from).collect()),
        (&Method::GET, ["services", service, "operations"]) => {
            // Jaeger unescapes the segment twice, so `+` is a space here.
            let service = params::form_decode(&params::path_decode(service));
            let names: BTreeSet<String> =
                store.operations(&service).into_iter().map(|(name, _)| name).collect();
            list(names.into_iter().map(Value::from).collect())
        }
        (&Method::GET, ["operations"]) => operations(store, params),
        (&Method::GET, ["traces"]) | (&Method::GET, ["traces", _]) => {
            match traces(store, path.get(1), params) {
                Ok(found) if !pretty && found.weight() > stream::WORTH_STREAMING => {
                    return json_answer(StatusCode::OK, stream::body(move |out| found.write(out)));
                }
                Ok(found) => found.write(Vec::new()).map_err(|error| Failure::Store(error.into())),
                Err(failure) => Err(failure),
            }
        }
        (&Method::GET, ["dependencies"]) => graph(store, params),
        (&Method::GET, ["metrics", kind @ ("calls" | "errors" | "latencies")]) => metrics(kind, params),
        (&Method::POST, ["archive", id]) => archive(store, id),
        (&Method::POST, ["transform"]) => transform(body),
        _ => return not_found(),
    };
    match answered {
        Ok(body) if pretty => json_answer(StatusCode::OK, indent(&body)),
        Ok(body) => json_answer(StatusCode::OK, body),
        Err(failure) => refusal(&failure),
    }
}

fn operations(store: &Store, params: &Params) -> Result<Vec<u8>, Failure> {
    let service = required(params, "service")?;
    let wanted = params.get(&["spanKind"]);
    let found = store.operations(service).into_iter().map(|(name, kind)| (name, kind_name(kind)));
    let found = found.filter(|(_, kind)| wanted.is_none_or(|wanted| wanted == *kind));
    list(found.map(|(name, kind)| json!({ "name": name, "spanKind": kind })).collect())
}

fn required<'p>(params: &'p Params, name: &'static str) -> Result<&'p str, Failure> {
    params.get(&[name]).ok_or_else(|| Failure::Parameter(format!("parameter '{name}' is required")))
}

/// Traces to answer, ids that were asked for in vain, and how to write them.
struct Found {
    traces: Vec<Stored>,
    missing: Vec<Value>,
    answering: Answering,
}

impl Found {
    fn weight(&self) -> usize {
        self.traces.iter().map(Stored::weight).sum()
    }

    fn write<W: Write>(&self, mut out: W) -> io::Result<W> {
        if self.missing.is_empty() {
            return self.write_traces(out);
        }
        const NO_ERRORS: &[u8] = b"null}";
        let mut body = self.write_traces(Vec::new())?;
        if body.ends_with(NO_ERRORS) {
            body.truncate(body.len() - NO_ERRORS.len());
            body.extend_from_slice(format!("{}}}", Value::Array(self.missing.clone())).as_bytes());
        }
        out.write_all(&body)?;
        Ok(out)
    }

    fn write_traces<W: Write>(&self, out: W) -> io::Result<W> {
        let mut out = JaegerJson::new(out)?;
        for stored in &self.traces {
            out.begin_trace(TraceId(stored.trace), "", &[])?;
            let mut result = Ok(());
            for_each_span(stored, self.answering, |resource, scope, span| {
                if result.is_ok() {
                    result = out.span(resource, scope, span);
                }
            });
            result?;
        }
        out.finish()
    }
}

fn traces(store: &Store, id: Option<&&str>, params: &Params) -> Result<Found, Failure> {
    let answering = answering(params)?;
    let from = micros(params, "start")?;
    let to = micros(params, "end")?;
    if let Some(id) = id {
        let id = params::trace_id(&params::path_decode(id)).map_err(Failure::Parameter)?;
        let found = store.trace(id.0)?.ok_or(Failure::NotFound(NOT_FOUND))?;
        return Ok(Found { traces: vec![found], missing: Vec::new(), answering });
    }
    let ids: Vec<&str> = params.all("traceID").filter(|id| !id.is_empty()).collect();
    if !ids.is_empty() {
        return several(store, &ids, answering);
    }
    let limit = match params.get(&["limit"]) {
        Some(text) => params::integer(text).map_err(Failure::Parameter)?,
        None => 100,
    };
    if limit < 1 {
        return Err(Failure::Parameter("limit must be at least 1".to_owned()));
    }
    let duration = |name: &'static str| match params.get(&[name]) {
        Some(text) => {
            let read = params::duration(text);
            read.map(Some).map_err(|why| Failure::Parameter(format!("unable to parse param '{name}': {why}")))
        }
        None => Ok(None),
    };
    let service = required(params, "service")?.to_owned();
    let (duration_from, duration_to) = (duration("minDuration")?, duration("maxDuration")?);
    if let (Some(least), Some(most)) = (duration_from, duration_to)
        && most < least
    {
        return Err(Failure::Parameter("'maxDuration' should be greater than 'minDuration'".to_owned()));
    }
    let tags = tags(params)?;
    let start_to = to.unwrap_or_else(params::now);
    let criteria = Criteria {
        service: Some(service),
        operation: params.get(&["operation"]).map(str::to_owned),
        start_from: from.unwrap_or_else(|| params::now().saturating_sub(2 * DAY)),
        start_to,
        duration_from,
        duration_to: duration_to.filter(|most| *most > 0),
        ..Criteria::default()
    };
    let traces = store.search(criteria, &tags, limit.min(MOST) as usize)?;
    Ok(Found { traces, missing: Vec::new(), answering })
}

fn several(store: &Store, ids: &[&str], answering: Answering) -> Result<Found, Failure> {
    let mut traces = Vec::new();
    let mut missing = Vec::new();
    let mut asked = BTreeSet::new();
    for id in ids {
        let id = params::trace_id(id).map_err(Failure::Parameter)?;
        if asked.insert(id) {
            match store.trace(id.0)? {
                Some(stored) => traces.push(stored),
                None => missing.push(json!({ "msg": "trace not found", "traceID": printed(id) })),
            }
        }
    }
    Ok(Found { traces, missing, answering })
}

/// Jaeger prints 16 digits when the upper half is zero.
fn printed(id: TraceId) -> String {
    if id.0 >> 64 == 0 { format!("{:016x}", id.0) } else { id.to_string() }
}

fn tags(params: &Params) -> Result<Vec<Tag>, Failure> {
    let mut tags = Vec::new();
    for text in params.all("tag") {
        let (key, value) = text.split_once(':').ok_or_else(|| {
            Failure::Parameter(format!("malformed 'tag' parameter, expecting key:value, received: {text}"))
        })?;
        tags.push(Tag { key: key.to_owned(), value: value.to_owned() });
    }
    for text in params.all("tags").filter(|text| !text.is_empty()) {
        let members: BTreeMap<String, String> = serde_json::from_str(text).map_err(|error| {
            Failure::Parameter(format!("malformed 'tags' parameter, cannot unmarshal JSON: {error}"))
        })?;
        tags.extend(members.into_iter().map(|(key, value)| Tag { key, value }));
    }
    Ok(tags)
}

fn graph(store: &Store, params: &Params) -> Result<Vec<u8>, Failure> {
    let millis = |name: &'static str| match params.get(&[name]) {
        Some(text) => match params::integer(text) {
            Ok(number) => Ok(Some(u64::try_from(number).unwrap_or(0).saturating_mul(1_000_000))),
            Err(why) => Err(Failure::Parameter(format!("unable to parse param '{name}': {why}"))),
        },
        None => Ok(None),
    };
    let to = millis("endTs")?.unwrap_or_else(params::now);
    let from = to.saturating_sub(millis("lookback")?.unwrap_or(DAY));
    let links = dependencies::count(store, from, to, params.get(&["service"]))?;
    let data = links.iter().map(|link| {
        json!({
            "parent": link.parent, "child": link.child, "callCount": link.calls,
            "errorCount": link.errors.unwrap_or(0),
        })
    });
    Ok(envelope(&data.collect(), 0, &Value::Null).into_bytes())
}

/// Checks the parameters as Jaeger does, then says that there is no metrics backend.
fn metrics(kind: &str, params: &Params) -> Result<Vec<u8>, Failure> {
    required(params, "service").map_err(|_| {
        Failure::Parameter(
            "unable to parse param 'service': please provide at least one service name".to_owned(),
        )
    })?;
    if kind == "latencies" {
        let quantile = params.get(&["quantile"]).and_then(|text| text.parse::<f64>().ok());
        if !quantile.is_some_and(|quantile| (0.0..=1.0).contains(&quantile)) {
            let why = "unable to parse param 'quantile': please provide a quantile between 0 and 1";
            return Err(Failure::Parameter(why.to_owned()));
        }
    }
    for name in ["endTs", "lookback", "step", "ratePer"] {
        if let Some(Err(why)) = params.get(&[name]).map(params::integer) {
            return Err(Failure::Parameter(format!("unable to parse param '{name}': {why}")));
        }
    }
    const KINDS: [&str; 6] = ["unspecified", "internal", "server", "client", "producer", "consumer"];
    let unknown = params.all("spanKind").find(|kind| !KINDS.contains(&kind.to_ascii_lowercase().as_str()));
    match unknown {
        Some(kind) => Err(Failure::Parameter(format!(
            "unable to parse param 'spanKind': unsupported span kind: '{kind}'"
        ))),
        None => Err(Failure::Unavailable(NO_METRICS)),
    }
}

/// There is no second storage: a trace is archived as long as it is kept.
fn archive(store: &Store, id: &str) -> Result<Vec<u8>, Failure> {
    let id = params::trace_id(&params::path_decode(id)).map_err(Failure::Parameter)?;
    store.trace(id.0)?.ok_or(Failure::NotFound(NOT_FOUND))?;
    Ok(envelope(&json!([]), 0, &json!([])).into_bytes())
}

/// Answers what sending this and asking for it would.
fn transform(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let bad = |why: String| Failure::Parameter(format!("cannot unmarshal OTLP : {why}"));
    let mut room = Memory::new(TRANSFORM_MEMORY).room();
    let request = json::to_protobuf(body, &mut room).map_err(|refusal| bad(refusal.to_string()))?;
    let parts = regroup::regroup(&request, &mut room).map_err(|refusal| bad(refusal.to_string()))?;
    let mut traces = Vec::new();
    for part in parts {
        traces.push(Stored::new(part.trace, compress::unpack(part.plain, part.spans)?));
    }
    let found = Found { traces, missing: Vec::new(), answering: Answering::Repaired };
    found.write(Vec::new()).map_err(|error| Failure::Store(error.into()))
}

fn micros(params: &Params, name: &'static str) -> Result<Option<u64>, Failure> {
    let Some(text) = params.get(&[name]) else { return Ok(None) };
    let number = params::integer(text)
        .map_err(|why| Failure::Parameter(format!("unable to parse param '{name}': {why}")))?;
    Ok(Some(u64::try_from(number).unwrap_or(0).saturating_mul(1000)))
}

fn answering(params: &Params) -> Result<Answering, Failure> {
    match params.flag(&["raw"]) {
        Ok(raw) => Ok(if raw { Answering::Repaired } else { Answering::Adjusted }),
        Err(why) => Err(Failure::Parameter(format!("unable to parse param 'raw': {why}"))),
    }
}

/// Puts JSON on lines, four spaces a level, as `prettyPrint` does.
fn indent(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() * 2);
    let mut depth = 0usize;
    let mut in_text = false;
    let mut escaped = false;
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', depth * 4));
    };
    for (index, byte) in json.iter().copied().enumerate() {
        if in_text {
            out.push(byte);
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                if !matches!(json.get(index + 1), Some(b'}' | b']')) {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                if !matches!(json.get(index.wrapping_sub(1)), Some(b'{' | b'[')) {
                    depth = depth.saturating_sub(1);
                    line(&mut out, depth);
                }
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            b'"' => {
                in_text = true;
                out.push(byte);
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretty_printing_changes_only_white_space() {
        let json = br#"{"a":[],"b":{},"c":"{\"x\":[1,2]}\\","d":[1,{"e":null}]}"#;
        let pretty = String::from_utf8(indent(json)).unwrap();
        assert!(pretty.starts_with("{\n    \"a\": [],\n    \"b\": {},"));
        let parse = |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap();
        assert_eq!(parse(pretty.as_bytes()), parse(json));
    }
}
