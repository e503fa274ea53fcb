//! The viewer's files and pages, the prefix, and the way to the demo.

use crate::support::{Server, command, gzip, peak_memory, send};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

const PAGE: &str = "<!doctype html><script>let own = 1;</script><script src=\"static/a.js\"></script>";

fn dist(directory: &Path) -> String {
    let files = directory.join("static/0123456789abcdef");
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(directory.join("index.html"), PAGE).unwrap();
    std::fs::write(directory.join("favicon.svg"), "<svg/>").unwrap();
    std::fs::write(files.join("app.js"), "let a = 1;\n".repeat(500)).unwrap();
    std::fs::write(files.join("app.wasm"), "\0asm".repeat(1000)).unwrap();
    directory.to_str().unwrap().to_owned()
}

#[test]
fn pages_and_files_are_served_compressed_cached_and_under_a_policy() {
    let (data, built) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(data.path(), &["--viewer", &dist(built.path())]);
    for path in [
        "/",
        "/search?service=x",
        "/trace/00ab",
        "/trace/a...b",
        "/dependencies",
        "/index.html",
        "/demo",
        "/shop",
        "/x.y",
    ] {
        let page = server.get(path);
        assert_eq!((page.status, page.text().as_str()), (200, PAGE), "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-cache");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let policy = page.header("content-security-policy");
        // sha256 of "let own = 1;" in base64.
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-"), "{policy}");
        assert_eq!(policy.matches("sha256-").count(), 1, "{policy}");
    }
    let page = server.get("/");
    let again = send(&server.viewer, "GET", "/search", &[("if-none-match", page.header("etag"))], b"");
    assert_eq!((again.status, again.body.len()), (304, 0));

    let script = "/static/0123456789abcdef/app.js";
    let plain = server.get(script);
    assert_eq!((plain.status, plain.header("content-encoding")), (200, ""));
    assert!(plain.header("content-type").starts_with("text/javascript"));
    assert!(plain.header("cache-control").contains("immutable"));
    let packed = send(&server.viewer, "GET", script, &[("accept-encoding", "gzip, br")], b"");
    assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
    assert!(packed.body.len() < plain.body.len() / 5);
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    assert_eq!(server.get("/static/0123456789abcdef/app.wasm").header("content-type"), "application/wasm");
    assert_eq!(server.get("/favicon.svg").header("cache-control"), "no-cache");
    assert_eq!(server.get("/static/none.js").status, 404);
    assert_eq!(server.get("/static/../../secret").status, 404);
    assert_eq!(server.get("/static/%2e%2e/%2e%2e/secret").status, 404);
    assert_eq!(send(&server.viewer, "POST", "/search", &[], b"").status, 405);
    let head = send(&server.viewer, "HEAD", "/", &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));

    // A file that changes is served changed.
    std::fs::write(built.path().join("index.html"), "<p>new").unwrap();
    let new = send(&server.viewer, "GET", "/", &[("if-none-match", page.header("etag"))], b"");
    assert_eq!((new.status, new.text().as_str()), (200, "<p>new"));
    // A better compression beside the file is used.
    std::fs::write(built.path().join("static/0123456789abcdef/b.js"), "x".repeat(2000)).unwrap();
    std::fs::write(built.path().join("static/0123456789abcdef/b.js.gz"), gzip(&[b'x'; 2000])).unwrap();
    std::fs::write(built.path().join("static/0123456789abcdef/b.js.br"), "brotli").unwrap();
    let best =
        send(&server.viewer, "GET", "/static/0123456789abcdef/b.js", &[("accept-encoding", "gzip, br")], b"");
    assert_eq!((best.header("content-encoding"), best.text().as_str()), ("br", "brotli"));
}

/// A path in one of many spellings that lead to the same file.
fn spelled(number: usize) -> String {
    let file = "static/0123456789abcdef/large.wasm";
    let (slashes, dots) = ("/".repeat(number % 12 + 1), "./".repeat(number / 12));
    let letter = format!("%{:02x}", b'l');
    let file =
        if number.is_multiple_of(2) { file.replace("/l", &format!("/{letter}")) } else { file.to_owned() };
    file.replacen('/', &format!("{slashes}{dots}"), 1)
}

#[test]
fn spellings_of_a_path_take_no_memory() {
    let (data, built) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = dist(built.path());
    let wasm = built.path().join("static/0123456789abcdef/large.wasm");
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&wasm, &bytes).unwrap();
    std::fs::write(wasm.with_extension("wasm.br"), &bytes[..2_000_000]).unwrap();
    let server = Server::start(data.path(), &["--viewer", &directory]);
    let spellings: std::collections::BTreeSet<String> = (0..150).map(spelled).collect();
    assert_eq!(spellings.len(), 150);
    assert_eq!(server.get(&format!("/{}", spelled(0))).body, bytes);
    let before = peak_memory(server.id());
    for path in &spellings {
        let head = send(&server.viewer, "HEAD", &format!("/{path}"), &[("accept-encoding", "br")], b"");
        assert!(matches!(head.status, 200 | 404) && head.body.is_empty(), "{path}: {}", head.status);
    }
    let grown = peak_memory(server.id()).saturating_sub(before);
    assert!(grown < 4 << 20, "150 requests took {} KB", grown >> 10);
}

#[test]
fn everything_lies_below_the_prefix() {
    let (data, built) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(data.path(), &["--base-path", "/a/b/", "--viewer", &dist(built.path())]);
    assert!(server.ready.contains(&format!("viewer=http://{}/a/b ", server.viewer)), "{}", server.ready);
    let moved = server.get("/a/b");
    assert_eq!((moved.status, moved.header("location")), (307, "/a/b/"));
    for (path, status) in [
        ("/a/b/", 200),
        ("/a/b/search", 200),
        ("/a/b/api/services", 200),
        ("/a/b/health", 200),
        ("/a/b/api/nope", 404),
        ("/", 404),
        ("/a/bc", 404),
        ("/api/services", 404),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    let json = [("content-type", "application/json")];
    assert_eq!(send(&server.viewer, "POST", "/a/b/v1/traces", &json, b"{}").status, 200);
}

#[test]
fn without_a_viewer_the_page_says_how_to_get_one() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let page = server.get("/");
    if page.status == 200 {
        assert!(page.text().contains("<html"), "the viewer came with the binary");
    } else {
        assert!(page.text().contains("--viewer"), "{}", page.text());
    }
    let refused = command(data.path(), &["--viewer", "nowhere"]).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("nowhere has no index.html"));
}

#[test]
fn the_demo_is_reached_through_the_server_or_named_as_down() {
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", gateway.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = gateway.accept().unwrap();
        let mut got = Vec::new();
        let mut buffer = [0; 4096];
        while !got.ends_with(b"{\"order\":1}") {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&got));
            got.extend_from_slice(&buffer[..read]);
        }
        stream.write_all(b"HTTP/1.1 201 Created\r\nx-order: 7\r\ncontent-length: 2\r\n\r\nok").unwrap();
        String::from_utf8(got).unwrap()
    });
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--demo", &address]);
    let trace = "00-000102030405060708090a0b0c0d0e0f-0001020304050607-01";
    let headers = [("content-type", "application/json"), ("traceparent", trace)];
    let answer = send(&server.viewer, "POST", "/demo/orders?x=1", &headers, b"{\"order\":1}");
    assert_eq!((answer.status, answer.header("x-order"), answer.text().as_str()), (201, "7", "ok"));
    let got = served.join().unwrap();
    assert!(got.starts_with("POST /orders?x=1 HTTP/1.1\r\n"), "{got}");
    assert!(got.contains(trace), "{got}");

    let down = send(&server.viewer, "GET", "/demo/health", &[], b"");
    assert_eq!(down.status, 502);
    let why = down.json()["error"].as_str().unwrap().to_owned();
    assert!(why.contains(&address) && why.contains("cannot be reached"), "{why}");
}

/// A gateway that answers every request with the same bytes, and tells what it was asked.
fn gateway(answer: &'static [u8]) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/base", listener.local_addr().unwrap());
    let (said, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut got) = (stream.unwrap(), Vec::new());
            let mut buffer = [0; 4096];
            while !got.windows(4).any(|window| window == b"\r\n\r\n") {
                match stream.read(&mut buffer).unwrap() {
                    0 => break,
                    read => got.extend_from_slice(&buffer[..read]),
                }
            }
            let _ = stream.write_all(answer);
            if said.send(String::from_utf8(got).unwrap()).is_err() {
                return;
            }
        }
    });
    (address, heard)
}

#[test]
fn there_is_no_demo_unless_it_is_asked_for() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let answer = server.get("/demo/health");
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("--demo"), "{}", answer.text());
}

#[test]
fn the_demo_gets_no_secrets_and_gives_no_orders() {
    let (address, heard) = gateway(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nset-cookie: a=b\r\naccess-control-allow-origin: *\r\n\
          connection: close, x-hop\r\nx-hop: 1\r\nx-order: 7\r\ncontent-length: 25\r\n\r\n<script>alert(1)</script>",
    );
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--demo", &address]);
    let headers = [
        ("cookie", "session=secret"),
        ("authorization", "Basic secret"),
        ("connection", "close, x-mine"),
        ("x-mine", "1"),
        ("x-kept", "1"),
    ];
    let answer = send(&server.viewer, "GET", "/demo/orders?x=1", &headers, b"");
    let got = heard.recv().unwrap();
    assert!(got.starts_with("GET /base/orders?x=1 HTTP/1.1\r\n"), "{got}");
    assert!(got.contains("x-kept: 1"), "{got}");
    for gone in ["secret", "x-mine"] {
        assert!(!got.contains(gone), "{got}");
    }
    assert_eq!((answer.status, answer.header("x-order")), (200, "7"));
    for gone in ["set-cookie", "access-control-allow-origin", "x-hop"] {
        assert_eq!(answer.header(gone), "", "{gone}");
    }
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("sandbox") && policy.contains("default-src 'none'"),
        "its page runs nothing: {policy}"
    );
    for path in ["/demo/../x", "/demo/%2e%2e/x", "/demo/a/..%2f..%2fx", "/demo/%252e%252e/x"] {
        let status = send(&server.viewer, "GET", path, &[], b"").status;
        assert!(matches!(status, 400 | 404), "{path}: {status}");
        assert!(heard.try_recv().is_err(), "{path} reached the demo");
    }
}

#[test]
fn an_endless_answer_of_the_demo_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let mut written = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while written.is_ok() {
            written = stream.write_all(&[b'x'; 65_536]);
        }
    });
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--demo", &address]);
    let cut = crate::support::try_send(&server.viewer, "GET", "/demo/", &[], b"");
    assert!(cut.is_err(), "it is broken off, not ended: {:?}", cut.map(|answer| answer.body.len()));
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn the_page_has_the_ports_that_take_spans_and_whether_there_is_a_demo() {
    let (data, built) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let marked = "SPANDREL_DEMO = DEFAULT_DEMO;\nSPANDREL_OTLP_PORTS = DEFAULT_OTLP_PORTS;\n";
    std::fs::write(built.path().join("index.html"), marked).unwrap();
    std::fs::write(built.path().join("index.html.br"), "of the page without facts").unwrap();
    let viewer = built.path().to_str().unwrap();
    for (flags, demo) in [(&[][..], "DEFAULT_DEMO"), (&["--demo", "http://127.0.0.1:1"], "true")] {
        let server = Server::start(data.path(), &[&["--viewer", viewer], flags].concat());
        let page = send(&server.viewer, "GET", "/", &[], b"").text();
        let port = server.otlp_http.rsplit(':').next().unwrap();
        assert!(
            page.starts_with(&format!("SPANDREL_DEMO = {demo};\nSPANDREL_OTLP_PORTS = {port} ")),
            "{page}"
        );
    }
}
