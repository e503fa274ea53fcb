//! How long questions about log lines take in a store of a million lines of a day, over HTTP on loopback: by trace, by text
//! within an hour, traces by text, lines without a trace; each beside `/health`, which reads nothing, in the same run.
//!
//! `cargo bench -p spandrel-server --bench logs`; `SPANDREL_BENCH_LINES` (default 1,000,000) lines.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use clap::Parser;
use spandrel_server::config::Config;
use spandrel_server::logs::{LogLimits, LogLine, LogStore};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const HOUR: u64 = 3_600_000_000_000;
/// Lines of a trace.
const TRACE: u64 = 20;
/// Lines of a request.
const BATCH: u64 = 5000;

/// Bytes of an answer on a connection that stays open, and how long it took.
fn ask(stream: &mut TcpStream, path: &str) -> (String, Duration) {
    let start = Instant::now();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let (mut got, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "{path}: the connection was closed");
        got.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&got);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let is_whole = match head.split("content-length: ").nth(1) {
            Some(rest) => body.len() >= rest.lines().next().unwrap().trim().parse::<usize>().unwrap(),
            None => body.ends_with("0\r\n\r\n"),
        };
        if is_whole {
            assert!(head.starts_with("http/1.1 200"), "{path}: {text}");
            return (body.to_owned(), start.elapsed());
        }
    }
}

/// Prints the median and the slowest of some requests for different things.
fn measure(address: &str, name: &str, bar: Option<u64>, path: impl Fn(u64) -> String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut times, mut bytes) = (Vec::new(), 0);
    for round in 0..21 {
        let (answer, took) = ask(&mut stream, &path(round));
        bytes = answer.len();
        times.push(took);
    }
    let first = times[0];
    times.sort_unstable();
    let milliseconds = |took: Duration| took.as_secs_f64() * 1e3;
    let bar = bar.map(|bar| format!(", bar {bar} ms")).unwrap_or_default();
    println!(
        "{name}: median {:.2} ms, slowest of 21 {:.2} ms, the first {:.2} ms{bar}; {bytes} bytes",
        milliseconds(times[10]),
        milliseconds(times[20]),
        milliseconds(first)
    );
}

fn main() {
    let lines: u64 =
        std::env::var("SPANDREL_BENCH_LINES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let data = tempfile::tempdir_in(
        std::env::var_os("SPANDREL_BENCH_DIR").unwrap_or_else(|| std::env::temp_dir().into()),
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let first = now - 24 * HOUR;
    let step = 24 * HOUR / lines;
    let start = Instant::now();
    let store = LogStore::open(&data.path().join("logs"), LogLimits::default()).unwrap();
    for batch in 0..lines / BATCH {
        let made = (batch * BATCH..(batch + 1) * BATCH).map(|n| LogLine {
            time: first + n * step,
            severity: if n % 50 == 0 { 17 } else { 9 },
            service: format!("service-{}", n % 12),
            // One in twenty belongs to no trace.
            trace: (n % 20 != 7).then_some(u128::from(n / TRACE + 1)),
            span: Some(n + 1),
            body: format!(
                "order {n} of customer {} was paid by card {}",
                n % 977,
                n.wrapping_mul(0x9e37_79b9)
            ),
            attributes: format!(r#"{{"customer":{},"code.function":"pay"}}"#, n % 977),
            resource: r#"{"host.name":"host-1"}"#.to_owned(),
        });
        runtime.block_on(store.append(made.collect())).unwrap();
    }
    let (wrote, status) = (start.elapsed(), store.status());
    store.close();
    println!(
        "{lines} lines written in {:.1} s, {:.0} lines/s, {} MiB in {} files",
        wrote.as_secs_f64(),
        lines as f64 / wrote.as_secs_f64(),
        status.bytes >> 20,
        status.segments
    );
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
    let server = runtime.block_on(spandrel_server::start(&Config::parse_from(flags))).unwrap();
    let query = server.query.to_string();
    let traces = lines / TRACE;
    let hour = format!("start={}&end={}", (first + 10 * HOUR) / 1000, (first + 11 * HOUR) / 1000);
    measure(&query, "/health", None, |_| "/health".to_owned());
    measure(&query, "by trace", Some(5), |round| {
        format!("/api/logs?traceID={:032x}&limit=10000", round * (traces / 22) + 1)
    });
    measure(&query, "by a trace that has no lines", Some(5), |round| {
        format!("/api/logs?traceID={:032x}", u64::MAX - round)
    });
    measure(&query, "an hour by a rare text", Some(300), |round| {
        format!("/api/logs?text=customer+{}+was&{hour}", 100 + round)
    });
    measure(&query, "an hour by a text of every line", Some(300), |_| {
        format!("/api/logs?text=paid+by&{hour}")
    });
    measure(&query, "an hour by a text of no line", Some(300), |_| format!("/api/logs?text=refunded&{hour}"));
    measure(&query, "a day by a text of no line", None, |_| "/api/logs?text=refunded".to_owned());
    measure(&query, "lines of 100 ms without a trace", None, |round| {
        let start = (first + round * HOUR) / 1000;
        format!("/api/logs?untraced=true&service=service-7&start={start}&end={}", start + 100_000)
    });
    runtime.block_on(server.stop());
}
