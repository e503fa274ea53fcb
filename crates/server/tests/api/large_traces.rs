//! Traces of very many spans leave in little memory, whichever way they are asked for: one part of them is in memory at
//! a time, not the whole, nor the whole answer.

use crate::support::{Server, metric, request, send, span, text, window};
use std::io::{Read, Write};
use std::net::TcpStream;

const REQUESTS: u64 = 100;
const SPANS: u64 = 400;
/// Bytes of text in a span; so many that a trace takes 80 MB.
const TEXT: usize = 2000;
/// Bytes of memory that an answer may take: a part, a hash of each span, chunks that are sent.
const MEMORY: u64 = 20 << 20;

/// Resident memory: now, and at most since the peak was forgotten.
fn memory(server: &Server) -> [u64; 2] {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    ["VmRSS:", "VmHWM:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    })
}

/// Reads an answer without keeping it; its bytes.
fn read(server: &Server, path: &str) -> u64 {
    let mut stream = TcpStream::connect(&server.viewer).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let (mut buffer, mut bytes, mut start) = (vec![0; 64 << 10], 0, Vec::new());
    loop {
        let length = stream.read(&mut buffer).unwrap();
        if length == 0 {
            break;
        }
        if bytes == 0 {
            start.extend_from_slice(&buffer[..length.min(100)]);
        }
        bytes += length as u64;
    }
    assert!(start.starts_with(b"HTTP/1.1 200"), "{path}: {}", String::from_utf8_lossy(&start));
    bytes
}

#[test]
fn answers_with_large_traces_take_little_memory() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    // Two of them, so that a search that holds what it has written is found out.
    for trace in [7, 8] {
        for number in 0..REQUESTS {
            let spans = (0..SPANS).map(|n| {
                let mut span = span(trace, number * SPANS + n + 1, "step");
                span.attributes = vec![text("text", &format!("{:0>TEXT$}", number * SPANS + n))];
                span
            });
            assert_eq!(server.export(&request("large", spans.collect())).status, 200);
        }
    }
    assert_eq!(metric(&server, "spandrel_store_spans"), 2 * REQUESTS * SPANS);
    let window = window();
    let trace_bytes = REQUESTS * SPANS * TEXT as u64;
    for (path, traces) in [
        (format!("/api/v3/traces/{:032x}", 7), 1),
        (format!("/api/traces/{:032x}", 7), 1),
        (format!("/api/v3/traces?query.service_name=large&{window}"), 2),
        ("/api/traces?service=large".to_owned(), 2),
        (format!("/api/v3/traces?query.service_name=large&query.duration_min=500us&{window}"), 2),
        (format!("/api/v3/trace-summaries?query.service_name=large&{window}"), 0),
        ("/api/dependencies".to_owned(), 0),
    ] {
        // From here on the peak is that of this answer.
        std::fs::write(format!("/proc/{}/clear_refs", server.id()), "5").unwrap();
        let [before, _] = memory(&server);
        let bytes = read(&server, &path);
        assert!(bytes >= traces * trace_bytes, "{path}: {bytes} bytes");
        let [_, peak] = memory(&server);
        let more = peak.saturating_sub(before);
        println!("{path}: {bytes} bytes, {} KiB of memory more than {} MiB", more >> 10, before >> 20);
        assert!(more <= MEMORY, "{path}: {} MiB", more >> 20);
    }
    assert_eq!(send(&server.viewer, "GET", "/health", &[], b"").status, 200);
}
