//! One trace through three languages: the services of `examples/python` and `examples/node`, with the stock SDKs of their
//! languages, are called by the demo's orchestrator.
//!
//! `cargo xtask test` installs their packages and says where in `SPANDREL_PYTHON`, `SPANDREL_NODE` and `SPANDREL_NPM`.
//! Without them this test says so and counts for nothing, or fails where `SPANDREL_STRICT` is 1.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[allow(dead_code, reason = "not everything of the receiver is needed here")]
mod receiver;
#[allow(dead_code, reason = "not everything of the stage is needed here")]
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use receiver::{Received, Receiver, resources, text};
use serde_json::{Value, json};
use stage::{Stage, Trace, answer, hex, is_error};

/// A service in another language, stopped when dropped.
struct Foreign {
    child: Child,
    url: String,
}

impl Foreign {
    fn start(program: &OsString, script: &str, service: &str, receiver: &Receiver) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(script);
        let mut child = Command::new(program)
            .arg(script)
            .args(["--port", "0"])
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url)
            .env("OTEL_BSP_SCHEDULE_DELAY", "100")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let url = ready.trim().strip_prefix(&format!("ready {service}="));
        let url = url.unwrap_or_else(|| panic!("`{ready}` of {service}")).to_owned();
        Self { child, url }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(variable: &str) -> Option<OsString> {
    let found = std::env::var_os(variable).filter(|value| !value.is_empty());
    if found.is_none() {
        let strict = std::env::var_os("SPANDREL_STRICT").is_some_and(|value| value == "1");
        assert!(!strict, "{variable} is not set");
        println!("skipped: languages: {variable} is not set: no packages of other languages");
    }
    found
}

const QUESTION: &str = "What is the critical path of a trace?";
const CASE: &str = "case-7";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_one_trace_through_three_languages() {
    let (Some(python), Some(node), Some(_)) =
        (program("SPANDREL_PYTHON"), program("SPANDREL_NODE"), program("SPANDREL_NPM"))
    else {
        return;
    };
    // Where the spans of all go: the receiver of the stage is not open before the demo starts.
    let receiver = Receiver::open().await;
    let classifier = Foreign::start(&python, "python/classifier.py", "classifier", &receiver);
    let reading_time = Foreign::start(&node, "node/reading_time.cjs", "reading-time", &receiver);
    let stage = Stage::with(|settings| {
        settings.destinations[0].endpoint = Some(receiver.url.clone());
        settings.python_url = Some(classifier.url.clone());
        settings.node_url = Some(reading_time.url.clone());
    })
    .await;
    let request = stage.post("/ask").header("x-correlation-id", CASE).json(&json!({"question": QUESTION}));
    let (status, asked) = answer(request).await;
    assert_eq!((status, &asked["topic"]), (200, &json!("performance")), "{asked}");
    assert!(asked["reading_seconds"].as_f64().unwrap() > 1.0, "{asked}");
    let orchestrator = format!("http://{}", stage.demo.addresses().of("orchestrator").unwrap());
    let (_, health) = answer(stage.client.get(format!("{orchestrator}/health"))).await;
    for name in ["classifier", "reading-time"] {
        assert_eq!(health["downstream"][name]["status"], "ok", "{health}");
    }

    let trace_id = asked["trace_id"].as_str().unwrap().to_owned();
    let of_trace = |r: &&Received| hex(&r.span.trace_id) == trace_id;
    let has = |spans: &[Received], service: &str| {
        spans.iter().filter(of_trace).filter(|r| r.service == service).count() == 2
    };
    receiver.wait(|spans| has(spans, "classifier") && has(spans, "reading-time")).await;
    assert!(stage.demo.close().await.is_empty());
    let trace = Trace(receiver.spans().iter().filter(of_trace).cloned().collect());
    assert!(trace.orphans().is_empty());
    assert_eq!(trace.root().service, "gateway");
    assert_eq!(trace.failed(), BTreeSet::new());
    let shape = trace.shape();
    for (span, parent) in [
        ("classifier POST /classify", "orchestrator POST /classify"),
        ("classifier score topics", "classifier POST /classify"),
        ("orchestrator POST /classify", "orchestrator POST /answer"),
        ("reading-time POST /estimate", "orchestrator POST /estimate"),
        ("reading-time count words", "reading-time POST /estimate"),
        ("orchestrator POST /estimate", "orchestrator POST /answer"),
    ] {
        assert!(shape.contains(&(span.into(), parent.into())), "{span} below {parent}: {shape:?}");
    }
    for (service, name) in [("classifier", "POST /classify"), ("reading-time", "POST /estimate")] {
        let server = &trace.one(service, name).span;
        assert_eq!(server.kind(), SpanKind::Server);
        for (key, value) in [
            ("http.request.method", "POST"),
            ("http.response.status_code", "200"),
            ("http.route", name.strip_prefix("POST ").unwrap()),
            // Sent as baggage.
            ("correlation.id", CASE),
        ] {
            assert_eq!(text(&server.attributes, key), value, "{key} of {service}");
        }
    }
    let languages: BTreeMap<String, String> = receiver
        .exports()
        .iter()
        .flat_map(resources)
        .map(|resource| (text(&resource, "service.name"), text(&resource, "telemetry.sdk.language")))
        .collect();
    for (service, language) in [("gateway", "rust"), ("classifier", "python"), ("reading-time", "nodejs")] {
        assert_eq!(languages.get(service).map(String::as_str), Some(language), "{languages:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_though_the_other_languages_are_down() {
    let nowhere = Some("http://127.0.0.1:9".to_owned());
    let stage = Stage::with(|settings| {
        settings.python_url.clone_from(&nowhere);
        settings.node_url = nowhere;
    })
    .await;
    let (status, asked) = answer(stage.post("/ask").json(&json!({"question": QUESTION}))).await;
    assert_eq!((status, &asked["topic"], &asked["reading_seconds"]), (200, &Value::Null, &Value::Null));
    let trace = stage.close(&asked).await;
    for name in ["POST /classify", "POST /estimate"] {
        let calls = trace.all("orchestrator", name);
        assert_eq!(calls.len(), 2, "one retry");
        assert!(calls.iter().all(|call| is_error(call)));
    }
    assert!(!is_error(trace.root()));
}
