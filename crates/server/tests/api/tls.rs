//! TLS on all ports, and tokens with scopes, from outside.

use crate::receiver::wait_until;
use crate::support::{Server, command, request, send, span, try_send};
use prost::Message;
use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A certificate of `127.0.0.1` and its key, in files.
fn certificate(directory: &Path) -> (PathBuf, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (directory.join("certificate.pem"), directory.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

/// A server with TLS; its certificate is in the directory.
fn secured(directory: &Path, flags: &[&str]) -> Server {
    let (certificate, key) = certificate(directory);
    let mut command = command(&directory.join("data"), flags);
    command.arg("--tls-cert").arg(certificate).arg("--tls-key").arg(key);
    Server::of(command)
}

/// A plain server with these settings.
fn with_settings(directory: &Path, settings: &str) -> Server {
    let file = directory.join("settings.toml");
    std::fs::write(&file, settings).unwrap();
    let mut command = command(directory, &["--config"]);
    command.arg(&file);
    Server::of(command)
}

#[test]
fn http_and_grpc_are_spoken_over_tls_to_whom_trusts_the_certificate() {
    let there = tempfile::tempdir().unwrap();
    let target = secured(there.path(), &[]);
    assert!(target.ready.contains("viewer=https://127.0.0.1:"), "{}", target.ready);
    let ca = there.path().join("certificate.pem");
    let of = |name: &str, address: &str, more: &str| {
        format!(
            "[[forward]]\nname = \"{name}\"\nendpoint = \"https://{address}\"\nbatch.delay = \"50ms\"\n{more}\n"
        )
    };
    let trusted = format!("ca = {:?}", ca.display().to_string());
    let settings = of("http", &target.otlp_http, &trusted)
        + &of("grpc", &target.otlp_grpc, &format!("protocol = \"grpc\"\n{trusted}"))
        + &of("untrusting", &target.otlp_http, "");
    let here = tempfile::tempdir().unwrap();
    let server = with_settings(here.path(), &settings);
    assert_eq!(server.export(&request("a", vec![span(1, 1, "x"), span(1, 2, "y")])).status, 200);
    let sent = |name: &str| {
        let line = format!("spandrel_forward_spans_sent_total{{target=\"{name}\"}} 2");
        server.get("/metrics").text().contains(&line)
    };
    wait_until("both ways deliver", || sent("http") && sent("grpc"));
    let failing = || {
        let ready = server.get_json("/ready");
        ready["forward"][2]["why"].as_str().unwrap_or_default().to_owned()
    };
    wait_until("the certificate is not trusted", || failing().contains("certificate"));
    assert!(try_send(&target.viewer, "GET", "/health", &[], b"").is_err(), "no plain HTTP");
}

#[test]
fn a_client_that_never_agrees_on_tls_loses_its_connection() {
    let directory = tempfile::tempdir().unwrap();
    let server = secured(directory.path(), &["--client-time", "1"]);
    for address in [&server.viewer, &server.otlp_http, &server.otlp_grpc] {
        let mut silent = TcpStream::connect(address).unwrap();
        silent.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let started = Instant::now();
        assert!(matches!(silent.read(&mut [0]), Ok(0)), "closed, not timed out");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}

#[test]
fn a_certificate_without_its_key_is_no_start() {
    let directory = tempfile::tempdir().unwrap();
    let (certificate, _) = certificate(directory.path());
    let mut command = command(directory.path(), &["--tls-cert"]);
    let output = command.arg(certificate).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("--tls-key"), "{said}");
}

#[test]
fn a_token_allows_what_its_scopes_say() {
    let directory = tempfile::tempdir().unwrap();
    let settings = "token = \"all\"\n[[tokens]]\nvalue = \"writes\"\nscopes = [\"ingest\"]\n\
                    [[tokens]]\nvalue = \"reads\"\nscopes = [\"read\"]\n";
    let server = with_settings(directory.path(), settings);
    let body = request("a", vec![span(1, 1, "x")]).encode_to_vec();
    let asked = |token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/x-protobuf")];
        let post = |address: &str| send(address, "POST", "/v1/traces", &headers, &body).status;
        let read = send(&server.viewer, "GET", "/api/services", &headers, b"").status;
        (post(&server.otlp_http), post(&server.viewer), read)
    };
    assert_eq!(asked("all"), (200, 200, 200));
    assert_eq!(asked("writes"), (200, 200, 403));
    assert_eq!(asked("reads"), (403, 403, 200));
    assert_eq!(asked("wrong"), (401, 401, 401));
    assert_eq!(send(&server.viewer, "GET", "/health", &[], b"").status, 200);
}
