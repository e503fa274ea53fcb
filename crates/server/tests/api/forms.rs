//! Answers in protobuf where that is asked for, answers that are not sent twice, and large traces in little memory.

use crate::support::{Server, peak_memory, request, send, span, text, window};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use spandrel_server::jaeger::messages::{
    FindTraceSummariesResponse, GetOperationsResponse, GetServicesResponse,
};
use std::io::{Read, Write};
use std::net::TcpStream;

const PROTOBUF: (&str, &str) = ("accept", "application/x-protobuf");

fn read<M: Message + Default>(server: &Server, path: &str) -> M {
    let answer = send(&server.viewer, "GET", path, &[PROTOBUF], b"");
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-protobuf");
    assert!(
        answer.headers.iter().any(|(name, value)| name == "vary" && value == "accept"),
        "{:?}",
        answer.headers
    );
    M::decode(&*answer.body).unwrap()
}

#[test]
fn answers_of_v3_are_protobuf_where_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut sent = span(5, 6, "work");
    sent.attributes = vec![text("key", "value")];
    assert_eq!(server.export(&request("shop", vec![sent.clone()])).status, 200);
    let window = window();
    let trace: TracesData = read(&server, "/api/v3/traces/5?raw_traces=true");
    assert_eq!(trace.resource_spans[0].scope_spans[0].spans, [sent], "bit for bit what was sent");
    let found: TracesData = read(&server, &format!("/api/v3/traces?query.service_name=shop&{window}"));
    assert_eq!(found.resource_spans[0].scope_spans[0].spans[0].span_id, 6u64.to_be_bytes());
    let summaries: FindTraceSummariesResponse = read(&server, &format!("/api/v3/trace-summaries?{window}"));
    assert_eq!(summaries.summaries[0].root_operation_name, "work");
    assert_eq!(read::<GetServicesResponse>(&server, "/api/v3/services").services, ["shop"]);
    let operations: GetOperationsResponse = read(&server, "/api/v3/operations?service=shop");
    assert_eq!(operations.operations[0].span_kind, "server");
    for accept in
        ["application/json", "*/*", "text/html, */*", "application/json, application/x-protobuf", "x"]
    {
        let answer = send(&server.viewer, "GET", "/api/v3/services", &[("accept", accept)], b"");
        assert_eq!(answer.header("content-type"), "application/json", "{accept}");
    }
    let none = send(&server.viewer, "GET", "/api/v3/traces/7", &[PROTOBUF], b"");
    assert_eq!(none.status, 404);
    assert_eq!(none.json()["error"]["httpCode"], 404, "failures stay what they are");
}

#[test]
fn what_a_client_has_is_not_sent_again_until_it_changes() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.export(&request("shop", vec![span(5, 1, "one")])).status, 200);
    let search = format!("/api/v3/trace-summaries?query.service_name=shop&{}", window());
    for path in ["/api/traces/5", "/api/v3/traces/5", &search] {
        let first = server.get(path);
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{path}: {tag}");
        let again = send(&server.viewer, "GET", path, &[("if-none-match", &tag)], b"");
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, &*tag), "{path}");
        assert_eq!(send(&server.viewer, "GET", path, &[("if-none-match", "\"other\"")], b"").status, 200);
    }
    let tag = server.get("/api/traces/5").header("etag").to_owned();
    assert_eq!(server.export(&request("shop", vec![span(5, 2, "two")])).status, 200);
    let changed = send(&server.viewer, "GET", "/api/traces/5", &[("if-none-match", &tag)], b"");
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(server.get("/api/traces/6").header("etag"), "", "a failure has none");
}

#[test]
fn a_streamed_trace_that_a_client_has_is_not_sent_again_until_it_changes() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let part = |first: u64| {
        let spans = (first..first + 300).map(|id| {
            let mut span = span(5, id, "one");
            span.attributes = vec![text("payload", &"p".repeat(2000))];
            span
        });
        assert_eq!(server.export(&request("shop", spans.collect())).status, 200);
    };
    part(1);
    let protobuf = ("accept", "application/x-protobuf");
    let mut tags = Vec::new();
    for (path, accept) in [
        ("/api/traces/5", ("accept", "*/*")),
        ("/api/v3/traces/5", ("accept", "*/*")),
        ("/api/v3/traces/5", protobuf),
        ("/api/v3/traces/00005", ("accept", "*/*")),
    ] {
        let first = send(&server.viewer, "GET", path, &[accept], b"");
        assert_eq!((first.status, first.header("transfer-encoding")), (200, "chunked"), "{path} is streamed");
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\"") && first.header("cache-control") == "no-cache", "{path}: {tag}");
        let asked = |tag: &str| send(&server.viewer, "GET", path, &[accept, ("if-none-match", tag)], b"");
        let again = asked(&tag);
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, &*tag), "{path}");
        assert_eq!(asked("\"other\"").body, first.body);
        tags.push((path, accept, tag));
    }
    assert_ne!(tags[1].2, tags[2].2, "JSON and protobuf");
    part(1000);
    for (path, accept, tag) in tags {
        let changed = send(&server.viewer, "GET", path, &[accept, ("if-none-match", &tag)], b"");
        assert_eq!(changed.status, 200, "{path}");
        assert_ne!(changed.header("etag"), tag, "{path}");
    }
    let search = format!("/api/v3/traces?query.service_name=shop&{}", window());
    let search = server.get(&search);
    assert_eq!((search.header("transfer-encoding"), search.header("etag")), ("chunked", ""));
}

/// Reads an answer without keeping it; bytes of it and how often a text occurs.
fn count(server: &Server, path: &str, needle: &[u8]) -> (usize, usize) {
    let mut stream = TcpStream::connect(&server.viewer).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").unwrap();
    let (mut buffer, mut kept) = (vec![0; 1 << 20], Vec::new());
    let (mut bytes, mut found) = (0, 0);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        if read == 0 {
            return (bytes, found);
        }
        bytes += read;
        kept.extend_from_slice(&buffer[..read]);
        found += kept.windows(needle.len()).filter(|window| *window == needle).count();
        kept.drain(..kept.len() - (needle.len() - 1).min(kept.len()));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_trace_of_many_spans_is_answered_in_a_fraction_of_its_size() {
    const SPANS: u64 = 200_000;
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    for part in 0..SPANS / 2000 {
        let spans = (1..=2000).map(|id| {
            let mut span = span(9, part * 2000 + id, "work");
            span.attributes = vec![text("payload", &"p".repeat(400))];
            span
        });
        assert_eq!(server.export(&request("busy", spans.collect())).status, 200);
    }
    let before = peak_memory(server.id());
    for (path, needle) in [
        ("/api/v3/traces/9?raw_traces=true", &b"\"spanId\""[..]),
        ("/api/traces/9?raw=true", b"\"spanID\":\""),
    ] {
        let (bytes, spans) = count(&server, path, needle);
        assert_eq!(spans as u64, SPANS, "{path}");
        assert!(bytes > 100 << 20, "{path}: {bytes} bytes");
    }
    let grown = peak_memory(server.id()) - before;
    eprintln!(
        "{SPANS} spans, 100 MB as they are stored, more as JSON: the server grew by {} MB",
        grown >> 20
    );
    assert!(grown < 40 << 20, "the server grew by {} MB", grown >> 20);
}
