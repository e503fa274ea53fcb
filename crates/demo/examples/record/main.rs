//! Records `fixtures/` anew: `cargo run -p spandrel-demo --example record -- --out fixtures [--server BINARY]`.
//!
//! An order and a failing order go through the real demo, whose SDK sends every span twice, as protobuf and as JSON. The
//! bytes that arrive are written down as they are; where the server's binary is given, it is fed the same bytes and its
//! Jaeger answers are written down too. With `SPANDREL_PYTHON` and with `SPANDREL_NODE` and `SPANDREL_NPM` the stock SDKs
//! of `tests/sdk` are recorded as well; what is not recorded this time stays as it is. At last `index.tsv` counts what the
//! files hold, with readers that are not ours.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod index;
#[path = "../../tests/receiver/mod.rs"]
#[allow(dead_code, reason = "the recorder needs bytes only, the tests spans too")]
mod receiver;
mod sdks;
mod server;
mod story;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// The binary of the server, for the Jaeger answers.
    #[arg(long)]
    server: Option<PathBuf>,
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let out = &arguments.out;
    std::fs::create_dir_all(out).unwrap();
    for (stem, path) in [("order", "/orders"), ("error", "/orders/simulate-error")] {
        let recording = story::record(path).await;
        write_both(out, &format!("{stem}.otlp.pb"), &recording.protobuf);
        write_both(out, &format!("{stem}.otlp.json"), &recording.json);
        write_both(out, &format!("{stem}.otlp.jsonl"), &recording.json_lines);
        if let Some(binary) = &arguments.server {
            let answers = server::ask(binary, &recording).await;
            write_both(out, &format!("{stem}.jaeger-v1.json"), &answers.v1);
            write_both(out, &format!("{stem}.jaeger-v3.json"), &answers.v3);
        }
    }
    for (name, bytes) in sdks::record().await {
        write(out, &name, &bytes);
    }
    write(out, "index.tsv", index::of(out).as_bytes());
}

/// The bytes, and the same compressed.
fn write_both(out: &Path, name: &str, bytes: &[u8]) {
    write(out, name, bytes);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    write(out, &format!("{name}.gz"), &packed.finish().unwrap());
}

fn write(out: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(out.join(name), bytes).unwrap();
    println!("{name}: {} bytes", bytes.len());
}
