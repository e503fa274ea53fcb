//! How fast spans become durable: OTLP protobuf over loopback, 512 spans a request, 8 attributes a span, 32 spans a
//! trace, 4 connections, answered when on disk; as a ratio to a server that reads the body and answers, in the same
//! run with the same load. First with one request a trace, then with sixteen; then at a fixed rate beside two readers
//! that search; then how long the usual questions take over what was stored.
//!
//! Bounded in count and time: `SPANDREL_BENCH_SPANS` (default 1,000,000) or `SPANDREL_BENCH_SECONDS` (default 10) each.
//!
//! With `SPANDREL_BENCH_SERVER=HOST:PORT` it only sends, to a server that runs already (also an older one, to compare with):
//! each trace in as many requests as `SPANDREL_BENCH_PARTS` says (default 1).

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod batch;
mod load;

use axum::Router;
use clap::Parser;
use load::{Load, Measured, percentile, send};
use spandrel_server::Running;
use spandrel_server::config::Config;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Spans a second of the load beside which readers search.
const STEADY: u64 = 50_000;
/// A window that covers everything.
const WINDOW: &str = "query.start_time_min=2020-01-01T00:00:00Z&query.start_time_max=2100-01-01T00:00:00Z";

/// Asks for a path; bytes of the answer.
fn get(address: &str, path: &str) -> usize {
    get_text(address, path).len()
}

fn get_text(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut got = Vec::new();
    stream.read_to_end(&mut got).unwrap();
    assert!(
        got.starts_with(b"HTTP/1.1 200"),
        "{path}: {}",
        String::from_utf8_lossy(&got[..got.len().min(300)])
    );
    String::from_utf8_lossy(&got).into_owned()
}

/// Milliseconds of the median of some requests, and bytes of the answer.
fn ask(address: &str, path: &str) -> (f64, usize) {
    let mut times = Vec::new();
    let mut length = 0;
    for _ in 0..9 {
        let start = Instant::now();
        length = get(address, path);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    (percentile(&times, 0.5), length)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Peak resident memory of this process (load generator included), MB; 0 where the system does not say.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Bytes of the files in a directory.
fn disk(directory: &Path) -> u64 {
    std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// Starts a server that reads each body and answers.
async fn start_floor() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = Router::new().fallback(|body: bytes::Bytes| async move {
        std::hint::black_box(&body);
        "\n\0"
    });
    let router = router.layer(axum::extract::DefaultBodyLimit::disable());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A number of the metrics page.
fn metric(query: &str, name: &str) -> u64 {
    let metrics = get_text(query, "/metrics");
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|number| number.trim().parse().ok()).unwrap()
}

/// Waits until the closed segments are merged, two minutes at most.
fn wait_for_merging(query: &str) -> Duration {
    let start = Instant::now();
    while metric(query, "spandrel_store_unmerged_segments") > 0 && start.elapsed() < Duration::from_secs(120)
    {
        std::thread::sleep(Duration::from_millis(50));
    }
    start.elapsed()
}

fn print_load(name: &str, measured: &Measured, floor: &Measured) {
    println!(
        "{name}: {:.0} spans/s, floor {:.0}, ratio {:.3}; answer p50 {:.2} ms p99 {:.2} ms; {} spans",
        measured.spans_a_second,
        floor.spans_a_second,
        measured.spans_a_second / floor.spans_a_second,
        measured.percentile(0.5),
        measured.percentile(0.99),
        measured.spans
    );
}

/// Sends at a fixed rate alone, then beside two readers that search all the time.
fn beside_readers(server: &Running, load: Load) {
    let otlp = server.otlp_http.to_string();
    let query = server.query.to_string();
    let alone = send(&otlp, Load { rate: Some(STEADY), ..load });
    let stop = AtomicBool::new(false);
    let beside = std::thread::scope(|scope| {
        let services =
            format!("/api/v3/trace-summaries?query.service_name=service-2&query.num_traces=20&{WINDOW}");
        let miss = format!(
            "/api/v3/trace-summaries?query.attributes=%7B%22no%22:%22no%22%7D&query.num_traces=20&{WINDOW}"
        );
        for path in [services, miss] {
            let (query, stop) = (&query, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    get(query, &path);
                }
            });
        }
        let beside = send(&otlp, Load { rate: Some(STEADY), first: load.first + (1 << 32), ..load });
        stop.store(true, Ordering::Relaxed);
        beside
    });
    println!(
        "at {STEADY} spans/s: p99 {:.2} ms alone, {:.2} ms beside two searching readers",
        alone.percentile(0.99),
        beside.percentile(0.99)
    );
}

/// The usual questions.
fn ask_all(query: &str) {
    let summaries = "/api/v3/trace-summaries";
    for (name, path) in [
        ("trace by id", "/api/v3/traces/00000000000000070000000000000003".to_owned()),
        (
            "summaries of the newest 20 of a service",
            format!("{summaries}?query.service_name=service-1&query.num_traces=20&{WINDOW}"),
        ),
        (
            "summaries of 20 of an operation",
            format!(
                "{summaries}?query.service_name=service-1&query.operation_name=GET%20/api/resource/7&query.num_traces=20&{WINDOW}"
            ),
        ),
        (
            "summaries of 20 above a duration that nothing has",
            format!(
                "{summaries}?query.service_name=service-1&query.duration_min=10s&query.num_traces=20&{WINDOW}"
            ),
        ),
        (
            "summaries of 20 with an attribute",
            format!("{summaries}?query.attributes=%7B%22user.id%22:%2293%22%7D&query.num_traces=20&{WINDOW}"),
        ),
        (
            "summaries with an attribute that nothing has",
            format!("{summaries}?query.attributes=%7B%22user.id%22:%22no%22%7D&query.num_traces=20&{WINDOW}"),
        ),
        (
            "summaries of 1,000",
            format!("{summaries}?query.service_name=service-1&query.num_traces=1000&{WINDOW}"),
        ),
        (
            "20 whole traces",
            format!("/api/v3/traces?query.service_name=service-1&query.num_traces=20&{WINDOW}"),
        ),
        ("service graph of all", "/api/dependencies?endTs=4102444800000&lookback=4102444800000".to_owned()),
        ("services", "/api/v3/services".to_owned()),
    ] {
        let (median, length) = ask(query, &path);
        println!("query {name}: {median:.2} ms, {length} bytes");
    }
}

fn main() {
    let spans = number("SPANDREL_BENCH_SPANS", 1_000_000);
    let time = Duration::from_secs(number("SPANDREL_BENCH_SECONDS", 10));
    let whole = Load { spans, time, parts: 1, rate: None, first: 0 };
    if let Ok(address) = std::env::var("SPANDREL_BENCH_SERVER") {
        let parts = number("SPANDREL_BENCH_PARTS", 1) as usize;
        let sent = send(&address, Load { parts, ..whole });
        println!(
            "{parts} requests a trace: {:.0} spans/s; answer p50 {:.2} ms p99 {:.2} ms; {} spans",
            sent.spans_a_second,
            sent.percentile(0.5),
            sent.percentile(0.99),
            sent.spans
        );
        return;
    }
    let data = tempfile::tempdir_in(
        std::env::var_os("SPANDREL_BENCH_DIR").unwrap_or_else(|| std::env::temp_dir().into()),
    )
    .unwrap();
    let directory = data.path().to_str().unwrap();
    let flags = [
        "bench",
        "--port=0",
        "--otlp-http-port=0",
        "--otlp-grpc-port=0",
        "--query-grpc-port=0",
        "--data-dir",
        directory,
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let floor = send(&runtime.block_on(start_floor()), whole);
    let start = || runtime.block_on(spandrel_server::start(&Config::parse_from(flags))).unwrap();
    let server = start();
    let otlp = server.otlp_http.to_string();
    let durable = send(&otlp, whole);
    print_load("ingest, one request a trace", &durable, &floor);
    let bytes = disk(data.path());
    let in_parts = send(&otlp, Load { parts: 16, first: 1 << 40, ..whole });
    print_load("ingest, sixteen requests a trace", &in_parts, &floor);
    let unmerged = disk(data.path());
    let query = server.query.to_string();
    let took = wait_for_merging(&query);
    println!(
        "{:.0} bytes on disk a span of those in sixteen requests before merging, which took {:.1} s more; {} parts",
        (unmerged - bytes) as f64 / in_parts.spans as f64,
        took.as_secs_f64(),
        metric(&query, "spandrel_store_parts")
    );
    println!(
        "{:.0} and {:.0} bytes on disk a span, peak memory {} MB (generator included)",
        bytes as f64 / durable.spans as f64,
        (disk(data.path()) - bytes) as f64 / in_parts.spans as f64,
        peak_memory()
    );
    beside_readers(&server, Load { first: 1 << 48, ..whole });
    ask_all(&server.query.to_string());
    let before = Instant::now();
    runtime.block_on(server.stop());
    println!("stop: {:.0} ms", before.elapsed().as_secs_f64() * 1e3);
    let before = Instant::now();
    let server = start();
    println!("open again: {:.0} ms", before.elapsed().as_secs_f64() * 1e3);
    runtime.block_on(server.stop());
}
