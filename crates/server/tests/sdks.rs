//! The stock OpenTelemetry SDKs of Python and JavaScript send to a really running server, with every exporter that they
//! have, and every span comes back through the query API with all that it carried.
//!
//! `cargo xtask test` installs the SDKs and says where in `SPANDREL_PYTHON`, `SPANDREL_NODE` and `SPANDREL_NPM`. Without
//! them these tests say so and count for nothing, or fail where `SPANDREL_STRICT` is 1.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Map, Value, json};

/// Spans beside the telling ones: more than one batch of every SDK (512).
const BULK: usize = 600;
/// The telling ones.
const STORY: usize = 5;

#[tokio::test]
async fn the_stock_python_sdk_is_taken() {
    let Some(python) = program("SPANDREL_PYTHON") else {
        return;
    };
    let exporters = ["python-http", "python-http-gzip", "python-grpc", "python-grpc-gzip"];
    check(&python, "emit.py", &exporters).await;
}

#[tokio::test]
async fn the_stock_javascript_sdk_is_taken() {
    let (Some(node), Some(_)) = (program("SPANDREL_NODE"), program("SPANDREL_NPM")) else {
        return;
    };
    let exporters =
        ["node-json", "node-json-gzip", "node-proto", "node-proto-gzip", "node-grpc", "node-grpc-gzip"];
    check(&node, "emit.mjs", &exporters).await;
}

fn program(variable: &str) -> Option<OsString> {
    let found = std::env::var_os(variable).filter(|value| !value.is_empty());
    if found.is_none() {
        let strict = std::env::var_os("SPANDREL_STRICT").is_some_and(|value| value == "1");
        assert!(!strict, "{variable} is not set");
        println!("{variable} is not set: the stock SDK was not there, so nothing was tested");
    }
    found
}

async fn check(program: &OsString, script: &str, exporters: &[&str]) {
    let server = Server::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk").join(script);
    let sent = Command::new(program)
        .arg(script)
        .args(["--http", &server.otlp_http, "--grpc", &server.otlp_grpc])
        .args(["--bulk", &BULK.to_string()])
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&sent.stderr);
    assert!(sent.status.success(), "{complaints}");
    // An exporter that is refused says so here and nowhere else.
    assert_eq!(complaints, "");
    let mut seen = Vec::new();
    for line in sent.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let story: Value = serde_json::from_slice(line).unwrap();
        let exporter = story["exporter"].as_str().unwrap();
        let spans = story["spans"].as_array().unwrap();
        assert_eq!(spans.len(), STORY + BULK, "{exporter}");
        server.holds(exporter, spans).await;
        seen.push(exporter.to_owned());
    }
    assert_eq!(seen, exporters);
}

/// A server with an empty store, stopped when dropped.
struct Server {
    child: Child,
    viewer: String,
    otlp_http: String,
    otlp_grpc: String,
    client: reqwest::Client,
    _store: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let store = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_spandrel-server"))
            .args(["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0", "--query-grpc-port", "0"])
            .arg("--data-dir")
            .arg(store.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let address = |name: &str| {
            let found = ready.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            found.unwrap_or_else(|| panic!("no {name} in `{ready}`")).to_owned()
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            viewer: address("viewer"),
            otlp_http: address("otlp_http"),
            otlp_grpc: address("otlp_grpc"),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            child,
            _store: store,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.viewer.trim_end_matches('/'));
        let answer = self.client.get(url).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Compares what the SDK kept with what both APIs answer.
    async fn holds(&self, exporter: &str, sent: &[Value]) {
        let trace = sent[0]["trace_id"].as_str().unwrap();
        let answer = self.get(&format!("/api/v3/traces/{trace}")).await;
        let got = spans_of(&answer["result"]);
        assert_eq!(got.len(), sent.len(), "{exporter}");
        for span in sent {
            let expected = as_sent(span);
            let id = expected["span_id"].as_str().unwrap();
            let name = &expected["name"];
            assert_eq!(got.get(id), Some(&expected), "{exporter} {name}");
        }

        let answer = self.get(&format!("/api/traces/{trace}")).await;
        let spans = answer["data"][0]["spans"].as_array().unwrap();
        let facts = |id: &Value, events: &Value, links: usize| {
            let events = events.as_array().map_or(0, Vec::len);
            (id.as_str().unwrap().to_owned(), events, links)
        };
        let got: BTreeSet<_> = spans
            .iter()
            .map(|s| facts(&s["spanID"], &s["logs"], s["references"].as_array().map_or(0, Vec::len)))
            .collect();
        let expected: BTreeSet<_> = sent
            .iter()
            .map(|s| {
                let parent = usize::from(s["parent_id"] != "");
                let links = s["links"].as_array().map_or(0, Vec::len);
                facts(&s["span_id"], &s["events"], parent + links)
            })
            .collect();
        assert_eq!(got, expected, "{exporter}: references and logs in /api/traces");

        let services = self.get("/api/v3/services").await;
        let named = services["services"].as_array().unwrap().iter();
        assert!(named.into_iter().any(|name| name == exporter), "{services}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A process that is gone already cannot be stopped, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A span as the script printed it, numbers of nanoseconds as text.
fn as_sent(span: &Value) -> Value {
    let mut span = span.clone();
    let text = |value: &Value| match value {
        Value::Number(number) => json!(number.to_string()),
        other => other.clone(),
    };
    for time in ["start", "end"] {
        span[time] = text(&span[time]);
    }
    for event in span["events"].as_array_mut().unwrap() {
        event["time"] = text(&event["time"]);
    }
    span
}

/// The spans of an OTLP JSON answer in the same shape, by id.
fn spans_of(answer: &Value) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for group in list(answer, "resourceSpans") {
        for scoped in list(group, "scopeSpans") {
            for span in list(scoped, "spans") {
                let plain = plain(&group["resource"], &scoped["scope"], span);
                let id = span["spanId"].as_str().unwrap().to_owned();
                assert!(all.insert(id, plain).is_none(), "twice: {span}");
            }
        }
    }
    all
}

fn plain(resource: &Value, scope: &Value, span: &Value) -> Value {
    let kinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
    let statuses = ["UNSET", "OK", "ERROR"];
    let events: Vec<Value> = list(span, "events")
        .map(|event| {
            json!({
                "name": event["name"],
                "time": event["timeUnixNano"],
                "attributes": attributes(event),
            })
        })
        .collect();
    let links: Vec<Value> = list(span, "links")
        .map(|link| {
            json!({
                "trace_id": link["traceId"],
                "span_id": link["spanId"],
                "state": text(&link["traceState"]),
                "attributes": attributes(link),
            })
        })
        .collect();
    json!({
        "trace_id": span["traceId"],
        "span_id": span["spanId"],
        "parent_id": text(&span["parentSpanId"]),
        "name": span["name"],
        "kind": kinds[number(&span["kind"])],
        "start": span["startTimeUnixNano"],
        "end": span["endTimeUnixNano"],
        "status": statuses[number(&span["status"]["code"])],
        "message": text(&span["status"]["message"]),
        "attributes": attributes(span),
        "events": events,
        "links": links,
        "resource": attributes(resource),
        "scope": {"name": text(&scope["name"]), "version": text(&scope["version"])},
    })
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value[name].as_array().into_iter().flatten()
}

/// Text, empty where there is none.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A small number, 0 where there is none.
fn number(value: &Value) -> usize {
    value.as_u64().unwrap_or_default().try_into().unwrap()
}

fn attributes(holder: &Value) -> Value {
    let mut map = Map::new();
    for attribute in list(holder, "attributes") {
        let key = attribute["key"].as_str().unwrap().to_owned();
        map.insert(key, any(&attribute["value"]));
    }
    Value::Object(map)
}

fn any(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|members| members.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        // Written as text, because a number of JavaScript cannot hold it.
        "intValue" => match inner {
            Value::String(digits) => json!(digits.parse::<i64>().unwrap()),
            other => other.clone(),
        },
        "doubleValue" => json!(inner.as_f64().unwrap()),
        "arrayValue" => list(inner, "values").map(any).collect(),
        _ => inner.clone(),
    }
}
