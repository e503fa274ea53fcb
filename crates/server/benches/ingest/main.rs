//! How fast spans become durable: OTLP protobuf over loopback, 512 spans a request, 8 attributes a span, 32 spans a
//! trace, 4 connections, answered when on disk; as a ratio to a server that reads the body and answers, in the same
//! run with the same load. First with one request a trace, then with sixteen; then at a fixed rate beside two readers
//! that search; then how long the usual questions take over what was stored, and how long the server takes to stop and
//! to start again. The server is a process of its own, whose memory is measured.
//!
//! Bounded in count and time: `SPANDREL_BENCH_SPANS` (default 1,000,000) or `SPANDREL_BENCH_SECONDS` (default 10) each.
//! Files are below `SPANDREL_BENCH_DIR`, or where temporary files are.
//!
//! With `SPANDREL_BENCH_STORE=DIRECTORY` it only asks: of a store that is filled with `SPANDREL_BENCH_SPANS` spans where
//! the directory is empty or missing, half of them in one request a trace and half in sixteen, and that stays.
//!
//! With `SPANDREL_BENCH_SERVER=HOST:PORT` it only sends, to a server that runs already (also an older one, to compare with):
//! each trace in as many requests as `SPANDREL_BENCH_PARTS` says (default 1).

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod batch;
mod load;
mod questions;
mod server;

use axum::Router;
use load::{Load, Measured, send, send_one_trace};
use questions::{LARGE, WINDOW, ask_all, text};
use server::{Server, drop_page_cache};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Spans a second of the load beside which readers search.
const STEADY: u64 = 50_000;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
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
    let metrics = text(query, "/metrics");
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

fn print_memory(server: &Server) {
    let [resident, peak, anonymous] = server.memory();
    let [spans, parts, index, files] = ["store_spans", "store_parts", "index_bytes", "index_files"]
        .map(|name| metric(&server.query, &format!("spandrel_{name}")));
    println!(
        "memory of the server: {resident:.0} MB resident ({anonymous:.0} without files), at most {peak:.0}; {spans} spans in \
         {parts} parts, index {:.0} MB and {files} files",
        index as f64 / (1 << 20) as f64
    );
}

/// Sends at a fixed rate alone, then beside two readers that search all the time.
fn beside_readers(server: &Server, load: Load) {
    let alone = send(&server.otlp, Load { rate: Some(STEADY), ..load });
    let stop = AtomicBool::new(false);
    let beside = std::thread::scope(|scope| {
        let services =
            format!("/api/v3/trace-summaries?query.service_name=service-2&query.num_traces=20&{WINDOW}");
        let miss = format!(
            "/api/v3/trace-summaries?query.attributes=%7B%22no%22:%22no%22%7D&query.num_traces=20&{WINDOW}"
        );
        for path in [services, miss] {
            let stop = &stop;
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    text(&server.query, &path);
                }
            });
        }
        let beside = send(&server.otlp, Load { rate: Some(STEADY), first: load.first + (1 << 32), ..load });
        stop.store(true, Ordering::Relaxed);
        beside
    });
    println!(
        "at {STEADY} spans/s: p99 {:.2} ms alone, {:.2} ms beside two searching readers",
        alone.percentile(0.99),
        beside.percentile(0.99)
    );
}

/// Measures taking spans in.
fn ingest(server: &Server, directory: &Path, whole: Load) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let floor = send(&runtime.block_on(start_floor()), whole);
    drop(runtime);
    let durable = send(&server.otlp, whole);
    print_load("ingest, one request a trace", &durable, &floor);
    let bytes = disk(directory);
    let in_parts = send(&server.otlp, Load { parts: 16, first: 1 << 40, ..whole });
    print_load("ingest, sixteen requests a trace", &in_parts, &floor);
    let unmerged = disk(directory);
    let took = wait_for_merging(&server.query);
    println!(
        "{:.0} bytes on disk a span of those in sixteen requests before merging, which took {:.1} s more; {} parts",
        (unmerged - bytes) as f64 / in_parts.spans as f64,
        took.as_secs_f64(),
        metric(&server.query, "spandrel_store_parts")
    );
    println!(
        "{:.0} and {:.0} bytes on disk a span",
        bytes as f64 / durable.spans as f64,
        (disk(directory) - bytes) as f64 / in_parts.spans as f64,
    );
    beside_readers(server, Load { first: 1 << 48, ..whole });
}

/// Fills a store whose questions are to be measured.
fn fill(server: &Server, whole: Load) {
    let half = Load { spans: whole.spans / 2, time: Duration::MAX, ..whole };
    for load in [half, Load { parts: 16, first: 1 << 40, ..half }] {
        let sent = send(&server.otlp, load);
        println!("filled with {} spans, {:.0} a second", sent.spans, sent.spans_a_second);
    }
    println!("merged after {:.1} s", wait_for_merging(&server.query).as_secs_f64());
}

fn main() {
    let time = Duration::from_secs(number("SPANDREL_BENCH_SECONDS", 10));
    let spans = number("SPANDREL_BENCH_SPANS", 1_000_000);
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
    let below = std::env::var_os("SPANDREL_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let temporary = tempfile::tempdir_in(below).unwrap();
    let kept = std::env::var_os("SPANDREL_BENCH_STORE").map(PathBuf::from);
    let directory = kept.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(directory).unwrap();
    let is_empty = std::fs::read_dir(directory).unwrap().next().is_none();
    let server = Server::start(directory);
    if kept.is_none() {
        ingest(&server, directory, whole);
    } else if is_empty {
        fill(&server, whole);
    }
    if kept.is_none() || is_empty {
        LARGE.into_iter().for_each(|(group, spans)| send_one_trace(&server.otlp, group, spans));
        wait_for_merging(&server.query);
    }
    print_memory(&server);
    ask_all(&server);
    print_memory(&server);
    println!("stop: {:.0} ms", server.stop().as_secs_f64() * 1e3);
    let is_cold = drop_page_cache();
    let server = Server::start(directory);
    let cache = if is_cold { "from the disk" } else { "with what the system keeps in memory of the files" };
    println!("start again, {cache}: {:.0} ms", server.started.as_secs_f64() * 1e3);
    print_memory(&server);
    println!("stop: {:.0} ms", server.stop().as_secs_f64() * 1e3);
}
