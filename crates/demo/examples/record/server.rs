//! What our server answers about a recording, in both of Jaeger's shapes.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::story::Recording;

/// The answers to a request for one trace.
pub struct Answers {
    /// Of `/api/traces/{id}`.
    pub v1: Vec<u8>,
    /// Of `/api/v3/traces/{id}`.
    pub v3: Vec<u8>,
}

struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        // A process that is gone already cannot be stopped, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server with an empty store, feeds it, asks it, stops it.
pub async fn ask(binary: &Path, recording: &Recording) -> Answers {
    let store = tempfile::tempdir().unwrap();
    let child = Command::new(binary)
        .args(["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0", "--query-grpc-port", "0"])
        .arg("--data-dir")
        .arg(store.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut server = Stopped(child);
    let mut ready = String::new();
    let mut out = BufReader::new(server.0.stdout.take().unwrap());
    out.read_line(&mut ready).unwrap();
    let address = |name: &str| {
        let found = ready.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("no {name} in `{ready}`")).to_owned()
    };
    // Fails where it was done before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client
        .post(format!("{}/v1/traces", address("otlp_http")))
        .header("content-type", "application/x-protobuf")
        .body(recording.protobuf.clone())
        .send()
        .await
        .unwrap();
    assert!(sent.status().is_success(), "{sent:?}");
    let viewer = address("viewer");
    let get = async |path: &str| {
        let url = format!("{viewer}{path}/{}", recording.trace_id);
        let answer = client.get(url).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        answer.bytes().await.unwrap().to_vec()
    };
    Answers { v1: get("/api/traces").await, v3: get("/api/v3/traces").await }
}
