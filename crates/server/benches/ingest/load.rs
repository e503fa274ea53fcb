//! Sends batches over several connections, as fast as they are answered or at a rate, and measures the answers.

use crate::batch::{BATCH, Batch};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const CONNECTIONS: u8 = 4;

/// How much is sent, and how fast.
#[derive(Clone, Copy)]
pub struct Load {
    /// Spans in all.
    pub spans: u64,
    /// Time after which no more are sent.
    pub time: Duration,
    /// In how many requests each trace comes: 1, 2, 4, … 32.
    pub parts: usize,
    /// Spans a second, or as many as are answered. Answers are then measured from when their request was due.
    pub rate: Option<u64>,
    /// Number of the first traces, so that several loads send different ones.
    pub first: u64,
}

/// What a load met.
pub struct Measured {
    /// Acknowledged spans a second.
    pub spans_a_second: f64,
    /// Acknowledged spans.
    pub spans: u64,
    /// Time of each answer, ascending.
    pub answers: Vec<Duration>,
}

impl Measured {
    /// Milliseconds within which this share of the answers came.
    pub fn percentile(&self, share: f64) -> f64 {
        percentile(&self.answers, share)
    }
}

/// Milliseconds at this share of ascending times.
pub fn percentile(sorted: &[Duration], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}

/// Sends until the count or the time is reached.
pub fn send(address: &str, load: Load) -> Measured {
    let next = Arc::new(AtomicU64::new(0));
    let answers = Arc::new(Mutex::new(Vec::new()));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let (next, answers) = (next.clone(), answers.clone());
            scope.spawn(move || {
                let mut times = connection_times(address, connection, load, &next, start);
                answers.lock().unwrap().append(&mut times);
            });
        }
    });
    let took = start.elapsed().as_secs_f64();
    let mut answers = std::mem::take(&mut *answers.lock().unwrap());
    answers.sort_unstable();
    let spans = (answers.len() * BATCH) as u64;
    Measured { spans_a_second: spans as f64 / took, spans, answers }
}

/// Sends spans of one trace; the first half of its id is that of `group`.
pub fn send_one_trace(address: &str, group: u64, spans: usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut batch = Batch::of_one_trace(100, true);
    for number in 0..spans.div_ceil(BATCH) {
        // The root comes once, and a seed has ids for 256 requests.
        if number == 1 || number > 0 && number.is_multiple_of(256) {
            batch = Batch::of_one_trace(100 + (number / 256) as u8, false);
        }
        batch.renumber(group, number as u8);
        post(&mut stream, batch.bytes());
    }
}

/// Sends over one connection. It takes a group of traces at a time and sends all of their requests.
fn connection_times(
    address: &str,
    connection: u8,
    load: Load,
    next: &AtomicU64,
    start: Instant,
) -> Vec<Duration> {
    let parts = load.parts as u64;
    let requests = load.spans.div_ceil(BATCH as u64);
    let mut first = Batch::new(connection, load.parts, true);
    let mut others = Batch::new(connection, load.parts, false);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut times = Vec::new();
    loop {
        let group = next.fetch_add(1, Ordering::Relaxed);
        for part in 0..parts {
            let number = group * parts + part;
            if number >= requests || start.elapsed() > load.time {
                return times;
            }
            let batch = if part == 0 { &mut first } else { &mut others };
            batch.renumber(load.first + group + 1, part as u8);
            let mut sent = Instant::now();
            if let Some(rate) = load.rate {
                sent = start + Duration::from_secs_f64((number * BATCH as u64) as f64 / rate as f64);
                std::thread::sleep(sent.saturating_duration_since(Instant::now()));
            }
            post(&mut stream, batch.bytes());
            times.push(sent.elapsed());
        }
    }
}

/// One request, and its whole answer: the two bytes of an empty success.
fn post(stream: &mut TcpStream, body: &[u8]) {
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut buffer = [0; 4096];
    let mut got = Vec::new();
    while !got.windows(4).any(|window| window == b"\r\n\r\n") || !got.ends_with(b"\n\0") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the server closed the connection: {}", String::from_utf8_lossy(&got));
        got.extend_from_slice(&buffer[..read]);
    }
    assert!(got.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&got));
}
