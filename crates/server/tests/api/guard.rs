//! Who is answered and who is not: other names, other sites, other machines, other users of this machine.

use crate::support::{Answer, Server, command, request, send, span};
use base64::Engine;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use tonic::Code;

const JSON: (&str, &str) = ("content-type", "application/json");

/// Every kind of thing that can be read or changed, with the port: (address, method, path, headers, body).
fn doors(server: &Server) -> Vec<(&str, &str, &str, Vec<(&str, &str)>, &[u8])> {
    vec![
        (&server.viewer, "GET", "/api/services", vec![], b""),
        (&server.viewer, "GET", "/api/v3/services", vec![], b""),
        (&server.viewer, "GET", "/api/traces/1", vec![], b""),
        (&server.viewer, "GET", "/metrics", vec![], b""),
        (&server.viewer, "GET", "/api/logs?traceID=1", vec![], b""),
        (&server.viewer, "POST", "/v1/logs", vec![JSON], b"{}"),
        (&server.otlp_http, "POST", "/v1/logs", vec![JSON], b"{}"),
        (&server.viewer, "POST", "/api/archive/1", vec![], b""),
        (&server.viewer, "POST", "/api/transform", vec![JSON], b"{}"),
        (&server.viewer, "POST", "/v1/traces", vec![JSON], b"{}"),
        (&server.otlp_http, "POST", "/v1/traces", vec![JSON], b"{}"),
    ]
}

fn ask_all(server: &Server, more: &[(&str, &str)]) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for (address, method, path, mut headers, body) in doors(server) {
        headers.extend(more);
        answers.push((format!("{method} {path}"), send(address, method, path, &headers, body)));
    }
    answers
}

#[test]
fn only_requests_that_name_this_server_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--allow-host", "traces.example"]);
    assert_eq!(server.export(&request("s", vec![span(1, 1, "x")])).status, 200);
    for host in ["evil.example", "evil.example:16686", "127.0.0.1.evil.example"] {
        for (what, answer) in ask_all(&server, &[("host", host)]) {
            assert_eq!(answer.status, 421, "{host}: {what}");
            assert!(answer.text().contains("--allow-host"), "{}", answer.text());
        }
        assert_eq!(send(&server.viewer, "GET", "/", &[("host", host)], b"").status, 421);
    }
    for host in ["localhost:16686", "[::1]", "traces.example", "192.168.1.2:80"] {
        for (what, answer) in ask_all(&server, &[("host", host)]) {
            assert_eq!(answer.status, 200, "{host}: {what}: {}", answer.text());
        }
    }
}

#[test]
fn other_sites_can_link_to_pages_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--cors-origin", "https://shop.example"]);
    assert_eq!(server.export(&request("s", vec![span(1, 1, "x")])).status, 200);
    for (what, answer) in
        ask_all(&server, &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")])
    {
        assert_eq!(answer.status, 403, "{what}");
    }
    for site in ["same-origin", "none"] {
        for (what, answer) in ask_all(&server, &[("sec-fetch-site", site)]) {
            assert_eq!(answer.status, 200, "{what}");
        }
    }
    let link =
        [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_ne!(send(&server.viewer, "GET", "/trace/1", &link, b"").status, 403);

    // A page of an origin that is named may post its spans, and read nothing.
    let page = [JSON, ("sec-fetch-site", "cross-site"), ("origin", "https://shop.example")];
    let posted = send(&server.otlp_http, "POST", "/v1/traces", &page, b"{}");
    assert_eq!(
        (posted.status, posted.header("access-control-allow-origin")),
        (200, "https://shop.example"),
        "{}",
        posted.text()
    );
    let read = send(&server.viewer, "GET", "/api/services", &page, b"");
    assert_eq!(read.header("access-control-allow-origin"), "");
}

#[test]
fn listening_wider_than_loopback_needs_a_token_or_a_word() {
    let directory = tempfile::tempdir().unwrap();
    let refused = command(directory.path(), &["--host", "0.0.0.0"]).output().unwrap();
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && why.contains("--token") && why.contains("--insecure"), "{why}");
    let open = Server::start(directory.path(), &["--host", "0.0.0.0", "--insecure"]);
    let port = open.viewer.rsplit(':').next().unwrap();
    assert_eq!(send(&format!("127.0.0.1:{port}"), "GET", "/api/services", &[], b"").status, 200);
}

#[tokio::test]
async fn with_a_token_every_request_must_carry_it() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--token", "secret"]);
    for more in [vec![], vec![("authorization", "Bearer wrong")]] {
        for (what, answer) in ask_all(&server, &more) {
            assert_eq!(answer.status, 401, "{what}");
            assert!(answer.header("www-authenticate").starts_with("Basic "), "{what}");
        }
        assert_eq!(send(&server.viewer, "GET", "/", &more, b"").status, 401);
    }
    assert_eq!(server.get("/health").status, 200, "whether it lives is no secret");
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("me:secret"));
    let post = [JSON, ("authorization", "Bearer secret")];
    let body = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001"}]}]}]}"#;
    assert_eq!(send(&server.otlp_http, "POST", "/v1/traces", &post, body.as_bytes()).status, 200);
    for authorization in ["Bearer secret", &basic] {
        for (what, answer) in ask_all(&server, &[("authorization", authorization)]) {
            assert_eq!(answer.status, 200, "{what}");
        }
    }

    let mut client = TraceServiceClient::connect(format!("http://{}", server.otlp_grpc)).await.unwrap();
    let refused = client.export(request("s", vec![span(2, 1, "x")])).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut export = tonic::Request::new(request("s", vec![span(2, 1, "x")]));
    export.metadata_mut().insert("authorization", "Bearer secret".parse().unwrap());
    client.export(export).await.unwrap();
}

#[test]
fn browsers_keep_every_answer_from_other_origins() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut answers = ask_all(&server, &[]);
    answers.extend(ask_all(&server, &[("host", "evil.example")]));
    answers.extend(ask_all(&server, &[("sec-fetch-site", "cross-site")]));
    for path in ["/", "/search", "/static/none.js", "/health", "/api/none", "/demo/x"] {
        answers.push((path.to_owned(), server.get(path)));
    }
    for (what, answer) in answers {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}: {}", answer.status);
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{what}: {}", answer.status);
    }
}

#[cfg(unix)]
#[test]
fn spans_on_disk_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for data in [directory.path().to_owned(), directory.path().join("new/data")] {
        let server = Server::start(&data, &[]);
        assert_eq!(server.export(&request("s", vec![span(1, 1, "x")])).status, 200);
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
        let files: Vec<_> = std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty());
        for file in files.iter().filter(|file| file.is_file()) {
            assert_eq!(mode(file), 0o600, "{}", file.display());
        }
    }
}
