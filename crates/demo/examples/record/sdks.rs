//! What the stock Python and JavaScript SDKs send: the bytes of their exporters, one file per exporter.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::receiver::Receiver;

/// The exporters that are recorded, and how their files end.
const PYTHON: [(&str, &str); 2] = [("python-http", "otlp.pb"), ("python-grpc", "otlp.pb")];
const NODE: [(&str, &str); 3] =
    [("node-json", "otlp.json"), ("node-proto", "otlp.pb"), ("node-grpc", "otlp.pb")];

/// File names and bytes; those whose SDK is not there are said and left out.
pub async fn record() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    match std::env::var_os("SPANDREL_PYTHON") {
        Some(python) => files.extend(run(&python, "emit.py", &PYTHON).await),
        None => println!("SPANDREL_PYTHON is not set: the files of the Python SDK stay as they are"),
    }
    match (std::env::var_os("SPANDREL_NODE"), std::env::var_os("SPANDREL_NPM")) {
        (Some(node), Some(_)) => files.extend(run(&node, "emit.mjs", &NODE).await),
        _ => println!(
            "SPANDREL_NODE and SPANDREL_NPM are not set: the files of the JavaScript SDK stay as they are"
        ),
    }
    files
}

async fn run(program: &OsString, script: &str, exporters: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (name, end) in exporters {
        let receiver = Receiver::open().await;
        // Blocks this thread only: the receiver is served by the runtime's.
        let done = Command::new(program)
            .arg(scripts().join(script))
            .args(["--http", &receiver.url, "--grpc", &receiver.url])
            .args(["--only", name])
            .output()
            .unwrap();
        assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
        let exports = receiver.exports();
        assert_eq!(exports.len(), 1, "{name} sent {} requests", exports.len());
        files.push((format!("{name}.{end}"), exports[0].body.to_vec()));
    }
    files
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk")
}
