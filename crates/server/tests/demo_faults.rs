//! Each fault of the demo, as the advisor names it: the program of the demo sends to the server, and `explain` reads the
//! trace back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[path = "api/support.rs"]
#[allow(dead_code, reason = "not everything of it is needed here")]
mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Server, send};

/// How long a trace may take to arrive as a whole.
const PATIENCE: Duration = Duration::from_secs(30);

struct Demo {
    child: Child,
    gateway: String,
}

impl Demo {
    /// The program is built with the whole workspace, as `cargo xtask test` does.
    fn start(otlp: &str) -> Self {
        let program: PathBuf =
            Path::new(env!("CARGO_BIN_EXE_spandrel-server")).with_file_name("spandrel-demo");
        let mut command = Command::new(&program);
        command.args(["--base-port", "0", "--otlp", &format!("http://{otlp}")]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{}: {error}; build it with `cargo build --package spandrel-demo`", program.display())
        });
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let gateway = ready.split_whitespace().find_map(|word| word.strip_prefix("gateway=http://"));
        Self { child, gateway: gateway.unwrap_or_else(|| panic!("{ready}")).to_owned() }
    }

    /// Makes a request and gives the id of its trace.
    fn request(&self, path: &str, fault: &str, body: &Value) -> String {
        let body = body.to_string();
        let headers = [("content-type", "application/json"), ("x-demo-fault", fault)];
        let answer = send(&self.gateway, "POST", path, &headers, body.as_bytes());
        answer.header("traceresponse")[3..35].to_owned()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The findings about a trace, as `explain --json` gives them, once no more spans come.
fn findings(server: &Server, directory: &Path, trace: &str) -> Vec<Value> {
    let end = Instant::now() + PATIENCE;
    let (mut known, mut still) = (0, 0);
    while still < 3 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(400));
        let spans = server.spans(trace).len();
        still = if spans == known && spans > 0 { still + 1 } else { 0 };
        known = spans;
    }
    let file = directory.join(format!("{trace}.json"));
    let answer = server.get(&format!("/api/v3/traces/{trace}?raw_traces=true"));
    std::fs::write(&file, answer.text()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_spandrel-server"))
        .args(["explain", "--json"])
        .arg(&file)
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    said[0]["findings"].as_array().unwrap().clone()
}

fn order() -> Value {
    json!({
        "user_id": "ada",
        "items": [
            {"id": "item-1", "name": "Widget", "price": 29.99, "quantity": 2},
            {"id": "item-3", "name": "Bracket", "price": 12.5, "quantity": 1}
        ],
        "payment_method": "credit_card"
    })
}

#[test]
fn the_advisor_names_every_fault_first_and_nothing_where_there_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(&directory.path().join("data"), &[]);
    let demo = Demo::start(&server.otlp_http);
    let listed = send(&demo.gateway, "GET", "/demo/faults", &[], b"").json();
    let question = json!({"question": "What is the critical path of a trace?"});
    let mut complaints = Vec::new();
    for fault in listed.as_array().unwrap() {
        let Some(rule) = fault["rule"].as_str() else { continue };
        let name = fault["name"].as_str().unwrap();
        let (path, body) = match fault["request"].as_str().unwrap() {
            "POST /ask" => ("/ask", &question),
            _ => ("/orders", &order()),
        };
        let trace = demo.request(path, name, body);
        let found = findings(&server, directory.path(), &trace);
        let first = found.first().map_or(("nothing", String::new()), |first| {
            (first["rule"].as_str().unwrap(), first["headline"].to_string())
        });
        let severity = found.first().map_or("", |first| first["severity"].as_str().unwrap());
        if first.0 != rule || severity == "note" {
            complaints.push(format!("{name}: {rule} expected, {severity} {} found: {}", first.0, first.1));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    // The breaker that failures may have opened closes again.
    std::thread::sleep(Duration::from_secs(3));
    demo.request("/ask", "none", &question);
    for (path, body) in [("/orders", &order()), ("/ask", &question)] {
        let trace = demo.request(path, "none", body);
        let found = findings(&server, directory.path(), &trace);
        let above: Vec<&Value> = found.iter().filter(|finding| finding["severity"] != "note").collect();
        assert!(above.is_empty(), "{path}: {above:#?}");
    }
}
