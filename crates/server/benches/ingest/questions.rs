//! The usual questions to a store that is full, over HTTP, and how long their answers take.

use crate::batch::group_id;
use crate::load::percentile;
use crate::server::Server;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A window that covers everything.
pub const WINDOW: &str =
    "query.start_time_min=2020-01-01T00:00:00Z&query.start_time_max=2100-01-01T00:00:00Z";
/// Number of times that a question is asked, and time after which it is not asked again.
const TIMES: (usize, Duration) = (9, Duration::from_secs(4));
/// Groups of the traces of very many spans, and their spans.
pub const LARGE: [(u64, usize); 2] = [(1 << 60, 200_000), (1 << 61, 1_000_000)];

/// An answer that was read to its end.
struct Answer {
    /// Time until the first byte of the body, and until the last.
    times: [Duration; 2],
    /// Bytes of the head and the body.
    bytes: usize,
    /// The start of the answer.
    start: Vec<u8>,
}

/// Sends a GET request and reads the whole answer, of which only the first 64 KiB are kept.
fn ask(address: &str, path: &str) -> Answer {
    let asked = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let (mut buffer, mut start, mut bytes, mut first) = (vec![0; 256 << 10], Vec::new(), 0, None);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        bytes += read;
        if start.len() < 64 << 10 {
            start.extend_from_slice(&buffer[..read]);
            let head = start.windows(4).position(|window| window == b"\r\n\r\n");
            if first.is_none() && head.is_some_and(|head| start.len() > head + 4) {
                first = Some(asked.elapsed());
            }
        }
    }
    let text = String::from_utf8_lossy(&start[..start.len().min(300)]);
    assert!(text.starts_with("HTTP/1.1 200"), "{path}: {text}");
    Answer { times: [first.unwrap_or(asked.elapsed()), asked.elapsed()], bytes, start }
}

/// The start of an answer.
pub fn text(address: &str, path: &str) -> String {
    String::from_utf8_lossy(&ask(address, path).start).into_owned()
}

/// Asks several times: medians of the times until the first and the last byte in milliseconds, the first time until the
/// last byte, bytes.
fn median(address: &str, path: &str) -> ([f64; 3], usize) {
    let (mut times, mut bytes, start) = ([Vec::new(), Vec::new()], 0, Instant::now());
    let mut cold = 0.0;
    while times[0].len() < TIMES.0 && (times[0].is_empty() || start.elapsed() < TIMES.1) {
        let answer = ask(address, path);
        bytes = answer.bytes;
        if times[0].is_empty() {
            cold = answer.times[1].as_secs_f64() * 1e3;
        }
        times.iter_mut().zip(answer.times).for_each(|(times, time)| times.push(time));
    }
    times.iter_mut().for_each(|times| times.sort_unstable());
    ([percentile(&times[0], 0.5), percentile(&times[1], 0.5), cold], bytes)
}

/// Asks everything.
pub fn ask_all(server: &Server) {
    let summaries = format!("/api/v3/trace-summaries?{WINDOW}&query.num_traces");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    for (name, path) in [
        ("trace by id", format!("/api/v3/traces/{:016x}0000000000000003", group_id(7))),
        ("summaries of the newest 20 of a service", format!("{summaries}=20&query.service_name=service-1")),
        (
            "summaries of 20 of an operation",
            format!("{summaries}=20&query.service_name=service-1&query.operation_name=GET%20/api/resource/7"),
        ),
        (
            "summaries of 20 above a duration that nothing has",
            format!("{summaries}=20&query.service_name=service-1&query.duration_min=10s"),
        ),
        (
            "summaries of 20 with an attribute",
            format!("{summaries}=20&query.attributes=%7B%22user.id%22:%2293%22%7D"),
        ),
        (
            "summaries with an attribute that nothing has",
            format!("{summaries}=20&query.attributes=%7B%22user.id%22:%22no%22%7D"),
        ),
        (
            "summaries with a name of a scope that nothing has",
            format!("{summaries}=20&query.attributes=%7B%22scope.name%22:%22no%22%7D"),
        ),
        (
            "summaries with a status that does not exist",
            format!("{summaries}=20&query.attributes=%7B%22span.status%22:%22no%22%7D"),
        ),
        ("summaries of 1,000", format!("{summaries}=1000&query.service_name=service-1")),
        (
            "20 whole traces",
            format!("/api/v3/traces?query.service_name=service-1&query.num_traces=20&{WINDOW}"),
        ),
        ("service graph of a day", format!("/api/dependencies?endTs={now}&lookback=86400000")),
        ("services", "/api/v3/services".to_owned()),
    ] {
        let ([_, median, first], bytes) = median(&server.query, &path);
        println!("query {name}: {median:.2} ms (the first time {first:.2}), {bytes} bytes");
    }
    for (group, spans) in LARGE {
        server.forget_peak();
        let [before, ..] = server.memory();
        let path = format!("/api/v3/traces/{:016x}0000000000000000", group_id(group));
        let ([first, all, _], bytes) = median(&server.query, &path);
        let [_, peak, _] = server.memory();
        println!(
            "query trace of {spans} spans: first byte {first:.2} ms, last {all:.0} ms, {bytes} bytes; {:.0} MB of memory more",
            peak - before
        );
    }
}
