//! OTLP over HTTP: what is taken, what is refused and how.

use crate::support::{Server, gzip, request, send, span};
use prost::Message;

#[test]
fn every_refusal_is_said_as_otlp_says_it() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let json: &[(&str, &str)] = &[("content-type", "application/json")];
    let protobuf: &[(&str, &str)] = &[("content-type", "application/x-protobuf")];
    let squeezed: &[(&str, &str)] = &[("content-type", "application/json"), ("content-encoding", "gzip")];
    let unknown: &[(&str, &str)] = &[("content-type", "application/json"), ("content-encoding", "rot13")];
    let parameter: &[(&str, &str)] = &[("content-type", "Application/JSON; charset=utf-8")];
    let text: &[(&str, &str)] = &[("content-type", "text/plain")];
    let packed = gzip(b"{}");
    let good = request("s", vec![span(1, 1, "x")]).encode_to_vec();
    let table: &[(&str, &str, &[(&str, &str)], &[u8], u16, &str, &str)] = &[
        ("POST", "/v1/traces", json, b"{}", 200, "application/json", r#"{"partialSuccess":{}}"#),
        ("POST", "/v1/traces", parameter, b"{}", 200, "application/json", "partialSuccess"),
        ("POST", "/v1/traces", squeezed, &packed, 200, "application/json", "partialSuccess"),
        ("POST", "/v1/traces", protobuf, b"", 200, "application/x-protobuf", "\n\0"),
        ("POST", "/v1/traces", protobuf, &good, 200, "application/x-protobuf", "\n\0"),
        ("POST", "/v1/traces", json, b"", 400, "application/json", r#""code":3"#),
        ("POST", "/v1/traces", json, b"{\"resourceSpans\":7}", 400, "application/json", r#""message":"#),
        ("POST", "/v1/traces", squeezed, b"{}", 400, "application/json", r#""code":3"#),
        (
            "POST",
            "/v1/traces",
            unknown,
            b"{}",
            415,
            "application/json",
            "rot13 is not supported, supported: gzip, zstd",
        ),
        (
            "POST",
            "/v1/traces",
            protobuf,
            b"\xff\xff\xff\x01garbage",
            400,
            "application/x-protobuf",
            "wireType 7",
        ),
        ("POST", "/v1/traces", protobuf, &good[..good.len() - 3], 400, "application/x-protobuf", "proto:"),
        ("POST", "/v1/traces", text, b"hi", 415, "text/plain", "415 unsupported media type"),
        ("POST", "/v1/traces", &[], b"{}", 415, "text/plain", "application/x-protobuf"),
        ("GET", "/v1/traces", &[], b"", 405, "text/plain", "405 method not allowed, supported: [POST]"),
        ("PUT", "/v1/traces", json, b"{}", 405, "text/plain", "405"),
        ("POST", "/v1/metrics", json, b"{}", 404, "text/plain", "404 page not found"),
    ];
    for port in [&server.otlp_http, &server.viewer] {
        for (method, path, headers, body, status, content_type, has) in table {
            let answer = send(port, method, path, headers, body);
            let what = format!("{method} {path} {headers:?}: {} {}", answer.status, answer.text());
            assert_eq!(answer.status, *status, "{what}");
            assert!(answer.header("content-type").starts_with(content_type), "{what}");
            assert!(answer.text().contains(has), "{what}");
            assert_eq!(answer.header("allow"), if *status == 405 { "POST" } else { "" }, "{what}");
            assert_eq!(answer.header("access-control-allow-origin"), "", "{what}");
        }
    }
}

#[test]
fn bodies_are_taken_compressed_by_either_name_and_below_doubled_slashes() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--base-path", "/tracing"]);
    let mut trace = 0u128;
    let mut post = |port: &str, path: &str, content_type: &str, encoding: &str| {
        trace += 1;
        let body = request("s", vec![span(trace, 1, "x")]).encode_to_vec();
        let body = match encoding.to_ascii_lowercase().as_str() {
            "gzip" => gzip(&body),
            "zstd" => ruzstd::encoding::compress_to_vec(&*body, ruzstd::encoding::CompressionLevel::Fastest),
            _ => body,
        };
        let mut headers = vec![("content-type", content_type)];
        if !encoding.is_empty() {
            headers.push(("content-encoding", encoding));
        }
        let answer = send(port, "POST", path, &headers, &body);
        let spans =
            send(&server.viewer, "GET", &format!("/tracing/api/v3/traces/{trace:x}"), &[], b"").status;
        assert_eq!(spans == 200, answer.status == 200, "{path} {encoding}: {}", answer.text());
        answer
    };
    for encoding in ["", "identity", "gzip", "GZIP", "zstd"] {
        for content_type in ["application/x-protobuf", "application/protobuf", "Application/Protobuf;x=y"] {
            let answer = post(&server.otlp_http, "/v1/traces", content_type, encoding);
            assert_eq!(answer.status, 200, "{content_type} {encoding}: {}", answer.text());
            let answered = answer.header("content-type").to_ascii_lowercase();
            assert!(content_type.to_ascii_lowercase().starts_with(&answered), "{answered}");
        }
    }
    for encoding in ["deflate", "snappy", "lz4", "br", "gzip, zstd"] {
        let refused = post(&server.otlp_http, "/v1/traces", "application/protobuf", encoding);
        assert_eq!((refused.status, refused.header("accept-encoding")), (415, "gzip, zstd"), "{encoding}");
        assert!(refused.text().contains("gzip, zstd"), "{}", refused.text());
    }
    for path in ["//v1/traces", "/v1/traces/", "//v1//traces//", "/v1/traces?a=b", "//v1/traces/?a=b"] {
        let answer = post(&server.otlp_http, path, "application/x-protobuf", "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let answer = post(&server.viewer, &format!("/tracing{path}"), "application/x-protobuf", "");
        assert_eq!(answer.status, 200, "/tracing{path}: {}", answer.text());
    }
    for path in ["/v1/tracesx", "/v1/traces/x", "/x/v1/traces", "/", "//"] {
        assert_eq!(post(&server.otlp_http, path, "application/x-protobuf", "").status, 404, "{path}");
    }
    let evil = [("host", "evil.example"), ("content-type", "application/json")];
    assert_eq!(send(&server.otlp_http, "POST", "//v1/traces", &evil, b"{}").status, 421);
    let absolute = "http://evil.example//v1/traces";
    assert_eq!(send(&server.otlp_http, "POST", absolute, &evil[1..], b"{}").status, 421);
    let foreign = [("sec-fetch-site", "cross-site"), ("content-type", "application/json")];
    for (port, path) in [(&server.otlp_http, "//v1/traces/"), (&server.viewer, "/tracing//v1/traces")] {
        assert_eq!(send(port, "POST", path, &foreign, b"{}").status, 403, "{path}");
    }
}

#[test]
fn only_the_own_page_may_post_from_another_port() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let own = format!("http://{}", server.viewer);
    let ask = |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        send(&server.otlp_http, "OPTIONS", "/v1/traces", &headers, b"")
    };
    let allowed = ask(&own);
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (204, own.as_str()));
    let foreign = ask("http://evil.example");
    assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (405, ""));
    let headers = [("origin", own.as_str()), ("content-type", "application/json")];
    let posted = send(&server.otlp_http, "POST", "/v1/traces", &headers, b"{}");
    assert_eq!((posted.status, posted.header("access-control-allow-origin")), (200, own.as_str()));
}

#[test]
fn a_resent_batch_does_not_double_its_spans() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--segment-size", "64K"]);
    let batch = request("s", vec![span(9, 1, "a"), span(9, 2, "b")]);
    for _ in 0..3 {
        assert_eq!(server.export(&batch).status, 200);
    }
    // Something else in between, so that the repetition lands in another segment.
    for id in 0..200 {
        let mut filler = span(u128::from(id) + 1000, id + 1, "filler");
        filler.trace_state = format!("{id:0>2000}");
        assert_eq!(server.export(&request("filler", vec![filler])).status, 200);
    }
    assert_eq!(server.export(&batch).status, 200);
    assert_eq!(server.spans("9").len(), 2);
    let summaries = server
        .get_json(&format!("/api/v3/trace-summaries?query.service_name=s&{}", crate::support::window()));
    assert_eq!(summaries["summaries"][0]["spanCount"], 2);
}

#[test]
fn a_client_that_disconnects_is_harmless() {
    use std::io::Write;
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    for _ in 0..20 {
        let mut stream = std::net::TcpStream::connect(&server.otlp_http).unwrap();
        let head = "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
        stream.write_all(head.as_bytes()).unwrap();
    }
    assert_eq!(server.export_json("{}").status, 200);
}
