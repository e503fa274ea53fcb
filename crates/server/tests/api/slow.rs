//! Clients that are slow, silent or many: each loses its own connection, and nobody else notices.

use crate::support::{Server, request, send, span, text};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Far longer than anything below takes: a limit for a test that would hang.
const HANG: Duration = Duration::from_secs(60);

fn connect(address: &str, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(HANG)).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// What comes until the server ends the connection.
fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the connection is still open: {error}"),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A trace of about 4 MB in JSON.
fn fill(server: &Server, trace: u128) {
    for first in (0..10_000).step_by(2_500) {
        let spans = (first..first + 2_500).map(|id| {
            let mut span = span(trace, id + 1, "step");
            span.attributes = vec![text("text", &format!("{id:0>200}"))];
            span
        });
        assert_eq!(server.export(&request("big", spans.collect())).status, 200);
    }
}

#[test]
fn silent_and_dribbling_clients_lose_their_connections() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--client-time", "1"]);
    let json = "content-type: application/json\r\n";
    for address in [&server.viewer, &server.otlp_http] {
        let post =
            format!("POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n{json}content-length: 100\r\n\r\n{{");
        let silent = connect(address, "");
        let half = connect(address, "GET /api/services HTTP/1.1\r\nhost: ");
        let body = connect(address, &post);
        let idle = connect(address, "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(rest(silent), "");
        assert!(!rest(half).contains(" 200 "));
        assert!(rest(body).starts_with("HTTP/1.1 408 "));
        assert!(rest(idle).starts_with("HTTP/1.1 "));
    }
    let transform =
        format!("POST /api/transform HTTP/1.1\r\nhost: localhost\r\n{json}content-length: 100\r\n\r\n{{");
    assert!(rest(connect(&server.viewer, &transform)).starts_with("HTTP/1.1 408 "));
    assert_eq!(server.export_json("{}").status, 200);
}

#[test]
fn a_reader_that_reads_nothing_loses_its_connection() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--client-time", "1"]);
    fill(&server, 7);
    let get = "GET /api/v3/traces/7 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut stalled = connect(&server.viewer, get);
    let mut some = [0; 1000];
    stalled.read_exact(&mut some).unwrap();
    // The server gives up on it while nothing is read; what is in the sockets' buffers is not the whole answer.
    while server.get("/metrics").text().lines().all(|line| line != "spandrel_streams 0") {
        std::thread::sleep(Duration::from_millis(20));
    }
    let got = rest(stalled);
    assert!(!got.ends_with("0\r\n\r\n"), "it was cut off in the middle");
    assert!(server.get("/api/v3/traces/7").body.len() > 3_000_000, "who reads gets it all");
}

#[test]
fn readers_that_do_not_read_neither_starve_others_nor_keep_the_server_from_ending() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    fill(&server, 7);
    assert_eq!(server.export(&request("small", vec![span(8, 1, "x")])).status, 200);
    let get = "GET /api/traces/7 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    // More than threads that may block, of which each used to take one for good.
    let stalled: Vec<TcpStream> = (0..530).map(|_| connect(&server.viewer, get)).collect();
    for path in ["/api/services", "/api/traces/8", "/health", "/metrics"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    assert_eq!(server.export_json("{}").status, 200);
    let big = server.get("/api/traces/7");
    assert!(big.status == 200 || big.header("retry-after") == "1", "{}", big.status);
    let told = Instant::now();
    assert!(server.terminate());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    drop(stalled);
}

#[test]
fn a_search_ends_when_its_time_is_up() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--query-time", "0"]);
    fill(&server, 7);
    // No time at all: the search ends in the index, or while it reads traces.
    let stopped = server.get(&format!("/api/traces?service=big&tag=text:{:0>200}", 9_999));
    assert_eq!((stopped.status, stopped.header("retry-after")), (503, "30"), "{}", stopped.text());
    assert!(stopped.text().contains("time limit"), "{}", stopped.text());
}

#[test]
fn bodies_that_nobody_wants_are_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    for path in ["/api/services", "/api/traces/1", "/metrics", "/search"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 67108864\r\n\r\n"
        );
        let answer = rest(connect(&server.viewer, &head));
        assert!(answer.starts_with("HTTP/1.1 40"), "{path} waits for its body: {answer}");
    }
    let large = [("content-length", "67108864"), ("content-type", "application/json")];
    assert_ne!(send(&server.viewer, "GET", "/api/services", &large, b"").status, 0);
}
