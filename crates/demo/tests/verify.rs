//! Traces of a load, read back from the real server through its query API.
//!
//! The server is built with the whole workspace, beside the demo.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use spandrel_demo::load::{SPANS_OF_AN_ORDER, verify};
use spandrel_demo::telemetry::{Destination, Protocol};
use spandrel_demo::{Demo, Settings};

/// A server with an empty store, stopped when dropped.
struct Server {
    child: Child,
    viewer: String,
    otlp: String,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_spandrel-demo")).with_file_name("spandrel-server");
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(&program)
            .args([
                "--port",
                "0",
                "--otlp-http-port",
                "0",
                "--otlp-grpc-port",
                "0",
                "--query-grpc-port",
                "0",
                "--data-dir",
            ])
            .arg(folder.path().join("data"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; build the whole workspace", program.display()));
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let address = |name: &str| {
            let found = ready.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            found.unwrap_or_else(|| panic!("no {name} in `{ready}`")).trim_end_matches('/').to_owned()
        };
        Self { viewer: address("viewer"), otlp: address("otlp_http"), child, folder }
    }

    async fn demo(&self) -> (Demo, String) {
        let destination =
            Destination { endpoint: Some(self.otlp.clone()), protocol: Some(Protocol::HttpBinary) };
        let settings = Settings { destinations: vec![destination], ..Settings::default() };
        let demo = Demo::start(&settings).await.unwrap();
        let gateway = format!("http://{}", demo.addresses().of("gateway").unwrap());
        (demo, gateway)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has stopped already cannot be stopped, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_load_reports_that_every_trace_is_complete() {
    let server = Server::start();
    let (demo, gateway) = server.demo().await;
    let report = server.file("load.json");
    let program = Path::new(env!("CARGO_BIN_EXE_spandrel-demo"));
    let mut load = tokio::task::spawn_blocking({
        let (report, viewer) = (report.clone(), server.viewer.clone());
        move || {
            let mut load = Command::new(program);
            load.args(["load", "--requests", "100", "--rps", "50", "--gateway", &gateway]);
            load.args(["--verify", &viewer, "--json"]).arg(report).output().unwrap()
        }
    });
    let done = (&mut load).await.unwrap();
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{text}{}", String::from_utf8_lossy(&done.stderr));
    assert!(text.contains("| complete (27 spans, one root) | 100 |"), "{text}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["verified"], json!({"complete": 100, "incomplete": []}));
    demo.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_that_is_absent_or_has_other_spans_is_named() {
    let server = Server::start();
    let (demo, gateway) = server.demo().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let order = json!({"user_id": 1, "amount": 9.5});
    let request = client.post(format!("{gateway}/orders?fault=n-plus-one")).json(&order);
    let placed: Value = request.send().await.unwrap().json().await.unwrap();
    demo.close().await;
    let absent = "0af7651916cd43dd8448eb211c80319c".to_owned();
    let other = placed["trace_id"].as_str().unwrap().to_owned();
    let traces = [absent, other];
    let verified = verify(&server.viewer, &traces, Duration::from_secs(1), &|_| {}).await.unwrap();
    assert_eq!(verified.complete, 0);
    let named: Vec<&str> = verified.incomplete.iter().map(|trace| trace.trace_id.as_str()).collect();
    assert_eq!(named, traces);
    assert_eq!(verified.incomplete[0].why, "it has not arrived");
    let why = &verified.incomplete[1].why;
    assert!(why.ends_with(&format!("spans and not {SPANS_OF_AN_ORDER}")), "{why}");
}
