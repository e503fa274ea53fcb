//! How fast spans become durable: OTLP protobuf over loopback, 512 spans a batch, 8 attributes a span, 32 spans a
//! trace, 4 connections, answered when on disk; as a ratio to a server that reads the body and answers, in the same
//! run with the same load. Then how long the usual questions take over what was stored.
//!
//! Bounded in count and time: `SPANDREL_BENCH_SPANS` (default 1,000,000) or `SPANDREL_BENCH_SECONDS` (default 10) each.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use axum::Router;
use clap::Parser;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use spandrel_server::config::Config;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const BATCH: usize = 512;
const TRACE: usize = 32;
const CONNECTIONS: usize = 4;

/// A batch in protobuf and the places of its trace ids, so that each sending can be of new traces.
#[derive(Clone)]
struct Batch {
    bytes: Vec<u8>,
    ids: Vec<usize>,
}

fn text(key: &str, value: String) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Any::StringValue(value)) }),
        ..KeyValue::default()
    }
}

fn batch(seed: usize) -> Batch {
    const MARK: [u8; 8] = [0xf0, 0x9f, 0xa6, 0x80, 0xde, 0xad, 0xbe, 0xef];
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let spans = (0..BATCH).map(|n| {
        let (trace, within) = (n / TRACE, n % TRACE);
        let mut trace_id = MARK.to_vec();
        trace_id.extend_from_slice(&(trace as u64).to_be_bytes());
        Span {
            trace_id,
            span_id: ((seed * BATCH + n + 1) as u64).to_be_bytes().to_vec(),
            parent_span_id: if within == 0 {
                Vec::new()
            } else {
                ((seed * BATCH + n - within + 1) as u64).to_be_bytes().to_vec()
            },
            name: format!("GET /api/resource/{}", n % 23),
            kind: 2 + (n % 2) as i32,
            start_time_unix_nano: now + (n as u64) * 1_000,
            end_time_unix_nano: now + (n as u64) * 1_000 + 500_000,
            attributes: vec![
                text("http.request.method", "GET".to_owned()),
                text("url.path", format!("/api/resource/{}/{}", n % 23, n * 7919 % 1000)),
                text("http.response.status_code", (200 + n % 3 * 100).to_string()),
                text("server.address", format!("host-{}.example.org", n % 7)),
                text("user.id", (seed * 31 + n * 104_729 % 100_000).to_string()),
                text("db.system", "postgresql".to_owned()),
                text("thread.name", format!("worker-{}", n % 16)),
                KeyValue {
                    key: "retry".to_owned(),
                    value: Some(AnyValue { value: Some(Any::IntValue((n % 4) as i64)) }),
                    ..KeyValue::default()
                },
            ],
            ..Span::default()
        }
    });
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![
                    text("service.name", format!("service-{seed}")),
                    text("host.name", "bench".to_owned()),
                ],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    };
    let bytes = request.encode_to_vec();
    let ids = bytes.windows(8).enumerate().filter(|(_, window)| *window == MARK).map(|(at, _)| at).collect();
    Batch { bytes, ids }
}

struct Measured {
    spans_a_second: f64,
    answer: Vec<Duration>,
}

/// Sends batches over the connections until the count or the time is reached.
fn load(address: &str, spans: u64, time: Duration) -> Measured {
    let next = Arc::new(AtomicU64::new(0));
    let answers = Arc::new(Mutex::new(Vec::new()));
    let start = Instant::now();
    let batches = spans.div_ceil(BATCH as u64);
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let (next, answers) = (next.clone(), answers.clone());
            let mut batch = batch(connection);
            scope.spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                let head = format!(
                    "POST /v1/traces HTTP/1.1\r\nhost: bench\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
                    batch.bytes.len()
                );
                let mut own = Vec::new();
                let mut buffer = [0; 4096];
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= batches || start.elapsed() > time {
                        break;
                    }
                    for at in &batch.ids {
                        batch.bytes[*at..at + 8].copy_from_slice(&(number + 1).to_be_bytes());
                    }
                    let sent = Instant::now();
                    stream.write_all(head.as_bytes()).unwrap();
                    stream.write_all(&batch.bytes).unwrap();
                    let mut got = Vec::new();
                    while !got.windows(4).any(|window| window == b"\r\n\r\n") || !got.ends_with(b"\n\0") {
                        let read = stream.read(&mut buffer).unwrap();
                        assert!(read > 0, "the server closed the connection");
                        got.extend_from_slice(&buffer[..read]);
                    }
                    assert!(got.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&got));
                    own.push(sent.elapsed());
                }
                answers.lock().unwrap().append(&mut own);
            });
        }
    });
    let took = start.elapsed().as_secs_f64();
    let mut answer = std::mem::take(&mut *answers.lock().unwrap());
    answer.sort_unstable();
    Measured { spans_a_second: (answer.len() * BATCH) as f64 / took, answer }
}

fn percentile(sorted: &[Duration], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}

/// Milliseconds of the median of some requests.
fn ask(address: &str, path: &str) -> (f64, usize) {
    let mut times = Vec::new();
    let mut length = 0;
    for _ in 0..9 {
        let start = Instant::now();
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").as_bytes())
            .unwrap();
        let mut got = Vec::new();
        stream.read_to_end(&mut got).unwrap();
        assert!(
            got.starts_with(b"HTTP/1.1 200"),
            "{path}: {}",
            String::from_utf8_lossy(&got[..got.len().min(300)])
        );
        times.push(start.elapsed());
        length = got.len();
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

fn main() {
    let spans = number("SPANDREL_BENCH_SPANS", 1_000_000);
    let time = Duration::from_secs(number("SPANDREL_BENCH_SECONDS", 10));
    let data = tempfile::tempdir_in(
        std::env::var_os("SPANDREL_BENCH_DIR").unwrap_or_else(|| std::env::temp_dir().into()),
    )
    .unwrap();
    let directory = data.path().to_str().unwrap();
    let flags =
        ["bench", "--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0", "--data-dir", directory];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let floor = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(|body: bytes::Bytes| async move {
            std::hint::black_box(&body);
            "\n\0"
        });
        let router = router.layer(axum::extract::DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    });
    let floor = load(&floor, spans, time);
    println!(
        "ingest floor (read the body, answer): {:.0} spans/s, answer p50 {:.2} ms p99 {:.2} ms",
        floor.spans_a_second,
        percentile(&floor.answer, 0.5),
        percentile(&floor.answer, 0.99)
    );
    let server = runtime.block_on(spandrel_server::start(&Config::parse_from(flags))).unwrap();
    let durable = load(&server.otlp_http.to_string(), spans, time);
    let bytes: u64 =
        std::fs::read_dir(data.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    let stored = durable.answer.len() * BATCH;
    println!(
        "ingest durable: {:.0} spans/s, floor {:.0}, ratio {:.3}; answer p50 {:.2} ms p99 {:.2} ms; {stored} spans, \
         {:.0} bytes on disk a span, peak memory {} MB (generator included)",
        durable.spans_a_second,
        floor.spans_a_second,
        durable.spans_a_second / floor.spans_a_second,
        percentile(&durable.answer, 0.5),
        percentile(&durable.answer, 0.99),
        bytes as f64 / stored as f64,
        peak_memory()
    );
    let query = server.query.to_string();
    let window = "query.start_time_min=2020-01-01T00:00:00Z&query.start_time_max=2100-01-01T00:00:00Z";
    for (name, path) in [
        ("trace by id", "/api/v3/traces/00000000000000070000000000000003".to_owned()),
        (
            "summaries of the newest 20 of a service",
            format!("/api/v3/trace-summaries?query.service_name=service-1&query.num_traces=20&{window}"),
        ),
        (
            "summaries of 20 with an attribute",
            format!(
                "/api/v3/trace-summaries?query.attributes=%7B%22user.id%22:%2293%22%7D&query.num_traces=20&{window}"
            ),
        ),
        (
            "summaries with an attribute that nothing has",
            format!(
                "/api/v3/trace-summaries?query.attributes=%7B%22user.id%22:%22no%22%7D&query.num_traces=20&{window}"
            ),
        ),
        (
            "20 whole traces",
            format!("/api/v3/traces?query.service_name=service-1&query.num_traces=20&{window}"),
        ),
        ("service graph of all", "/api/dependencies".to_owned()),
        ("services", "/api/v3/services".to_owned()),
    ] {
        let (median, length) = ask(&query, &path);
        println!("query {name}: {median:.2} ms, {length} bytes");
    }
    let start = Instant::now();
    runtime.block_on(server.stop());
    println!("stop: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let server = runtime.block_on(spandrel_server::start(&Config::parse_from(flags))).unwrap();
    println!("open again: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    runtime.block_on(server.stop());
}
