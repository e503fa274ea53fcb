//! The program itself: its ready line, the `OTEL_*` variables, and a stop that loses nothing.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "not everything of the receiver is needed here")]
mod receiver;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use receiver::{Receiver, text};

/// Spans of one good order.
const ORDER: usize = 27;

struct Program {
    child: Child,
    gateway: String,
}

impl Program {
    fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(arguments, variables).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.starts_with("ready gateway=http://127.0.0.1:"), "{ready}");
        for name in ["auth", "order", "payment", "inventory", "notification", "llm", "service2"] {
            assert!(ready.contains(&format!(" {name}=http://127.0.0.1:")), "{ready}");
        }
        let gateway = ready.split(['=', ' ']).nth(2).unwrap().to_owned();
        Self { child, gateway }
    }

    async fn order(&self) -> serde_json::Value {
        let order = serde_json::json!({
            "user_id": "ada",
            "items": [{"id": "item-1", "name": "Widget", "price": 29.99, "quantity": 2}],
            "payment_method": "paypal"
        });
        // Fails where it was done before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/orders", self.gateway);
        let response = client.post(url).json(&order).send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json().await.unwrap()
    }

    /// Asks it to stop and gives its exit code.
    fn stop(mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill $0 $1", signal, &id]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has stopped already cannot be stopped, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spandrel-demo"));
    for (name, _) in std::env::vars() {
        if name.starts_with("OTEL_") || name.starts_with("SPANDREL_DEMO_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .env("SPANDREL_DEMO_BASE_PORT", "0")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_sends_what_waits() {
    for signal in ["-TERM", "-INT"] {
        let receiver = Receiver::open().await;
        // So long a delay that only the stop can have sent them.
        let program = Program::start(&["--otlp", &receiver.url], &[("OTEL_BSP_SCHEDULE_DELAY", "3600000")]);
        program.order().await;
        assert!(receiver.spans().is_empty());
        assert_eq!(program.stop(signal), Some(0));
        assert_eq!(receiver.spans().len(), ORDER, "after kill {signal}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_variables_mean_what_the_specification_says() {
    let receiver = Receiver::open().await;
    let program = Program::start(
        &[],
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=shelf"),
            ("OTEL_SERVICE_NAME", "everything"),
            ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3"),
        ],
    );
    program.order().await;
    assert_eq!(program.stop("-TERM"), Some(0));
    let exports = receiver.exports();
    assert!(!exports.is_empty());
    for export in &exports {
        assert_eq!(export.content_type, "application/grpc");
        for resource in receiver::resources(export) {
            let environment = text(&resource, "deployment.environment.name");
            assert_eq!(environment, "shelf");
            // What the program says of itself wins over the environment: many services are not one.
            assert_ne!(text(&resource, "service.name"), "everything");
        }
    }
    let spans = receiver.spans();
    assert_eq!(spans.len(), ORDER);
    assert!(spans.iter().all(|s| s.span.attributes.len() <= 3));
    let dropped = spans.iter().map(|s| s.span.dropped_attributes_count);
    assert!(dropped.sum::<u32>() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_can_be_switched_off_in_three_ways() {
    for (variable, value, known) in [
        ("OTEL_SDK_DISABLED", "true", false),
        ("OTEL_TRACES_EXPORTER", "none", true),
        ("OTEL_TRACES_SAMPLER", "always_off", true),
    ] {
        let receiver = Receiver::open().await;
        let program = Program::start(&["--otlp", &receiver.url], &[(variable, value)]);
        let placed = program.order().await;
        assert_eq!(placed["trace_id"].is_string(), known, "{variable}: {placed}");
        assert_eq!(program.stop("-TERM"), Some(0));
        assert!(receiver.exports().is_empty(), "{variable}");
    }
}

#[test]
fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut child = command(&["--base-port", &port.to_string()], &[]).spawn().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.contains(&format!("127.0.0.1:{port}")), "{said}");
    assert!(said.contains("--base-port"), "{said}");
}
