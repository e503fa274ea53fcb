//! Forwarding from outside: the real server, targets on real ports, which die, come back, refuse and ask to wait.

use crate::receiver::{Receiver, free_port, spans_of, wait_until};
use crate::support::{Server, command, heavy, metric, peak_memory, request, span, text, try_send};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Status;
use prost::Message;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// A server with these targets.
pub fn server(directory: &Path, targets: &str) -> Server {
    let file = directory.join("settings.toml");
    std::fs::write(&file, targets).unwrap();
    let mut command = command(directory, &["--config"]);
    command.arg(&file).env("TARGET_KEY", "secret key");
    Server::of(command)
}

/// A target by the name `t` at a port, with more settings.
pub fn target(port: u16, more: &str) -> String {
    format!(
        "[[forward]]\nname = \"t\"\nendpoint = \"http://127.0.0.1:{port}\"\n\
         batch.delay = \"50ms\"\nretry = {{ first = \"50ms\", most = \"200ms\" }}\n{more}\n"
    )
}

/// A request of so many spans with ids from `first` on.
fn numbered(first: u64, count: u64) -> ExportTraceServiceRequest {
    let spans = (first..first + count).map(|id| {
        let mut span = span(u128::from(id / 3 + 1), id, &format!("work {id}"));
        span.attributes = vec![text("number", &id.to_string())];
        span
    });
    request("numbered", spans.collect())
}

/// A number that the target counts.
pub fn of_target(server: &Server, name: &str) -> u64 {
    metric(server, &format!("spandrel_forward_{name}{{target=\"t\"}}"))
}

fn ids(receiver: &Receiver) -> BTreeSet<u64> {
    let id = |span: &opentelemetry_proto::tonic::trace::v1::Span| {
        u64::from_be_bytes(span.span_id.as_slice().try_into().unwrap())
    };
    receiver.spans().iter().map(id).collect()
}

#[test]
fn spans_are_delivered_as_they_came_with_headers_over_http_and_grpc() {
    let (http, grpc) = (Receiver::http(0), Receiver::grpc());
    let of = |name: &str, receiver: &Receiver, more: &str| {
        format!(
            "[[forward]]\nname = \"{name}\"\nendpoint = \"http://{}\"\nbatch.delay = \"50ms\"\n\
             headers = {{ X-Key = \"${{TARGET_KEY}}\" }}\n{more}\n",
            receiver.address
        )
    };
    let plain = Receiver::http(0);
    let targets = of("h", &http, "")
        + &of("g", &grpc, "protocol = \"grpc\"")
        + &of("p", &plain, "compression = \"none\"");
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &targets);
    let mut sent = Vec::new();
    for batch in 0..5 {
        let request = numbered(batch * 100 + 1, 100);
        assert_eq!(server.export(&request).status, 200);
        sent.extend(spans_of(&request));
    }
    for receiver in [&http, &grpc, &plain] {
        wait_until("all spans are delivered", || receiver.spans().len() >= sent.len());
        assert_eq!(receiver.spans(), sent);
        receiver.seen(|seen| {
            assert!(seen.iter().all(|seen| seen.headers["x-key"] == "secret key"));
            assert!(seen.iter().all(|seen| seen.request.resource_spans[0].resource.is_some()));
        });
    }
    http.seen(|seen| assert_eq!(seen[0].headers["content-encoding"], "gzip"));
    plain.seen(|seen| assert!(!seen[0].headers.contains_key("content-encoding")));
}

#[test]
fn another_server_of_ours_takes_every_protocol() {
    let there = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let targets = there.each_ref().map(|directory| Server::start(directory.path(), &[]));
    let [json, protobuf, grpc] = &targets;
    let settings: String = [
        ("json", &json.otlp_http, "http/json"),
        ("protobuf", &protobuf.otlp_http, "http/protobuf"),
        ("grpc", &grpc.otlp_grpc, "grpc"),
    ]
    .iter()
    .map(|(name, address, protocol)| {
        format!(
            "[[forward]]\nname = \"{name}\"\nendpoint = \"http://{address}\"\nprotocol = \"{protocol}\"\n\
             batch = {{ delay = \"50ms\", spans = 10 }}\n"
        )
    })
    .collect();
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings);
    let mut spans: Vec<_> = (1..=40).map(|id| span(7, id, &format!("work {id}"))).collect();
    spans[3].status = Some(Status { code: 2, message: "why".to_owned() });
    assert_eq!(server.export(&request("a", spans)).status, 200);
    let trace = format!("{:032x}", 7);
    let sorted = |server: &Server| {
        let mut spans = server.spans(&trace);
        spans.sort_by_key(|(_, span)| span["spanId"].to_string());
        spans
    };
    let expected = sorted(&server);
    assert_eq!(expected.len(), 40);
    for target in &targets {
        wait_until("the other server has all spans", || target.spans(&trace).len() >= 40);
        assert_eq!(sorted(target), expected);
    }
}

#[test]
fn a_dead_target_delays_nobody_and_gets_everything_when_it_is_back_also_after_a_restart() {
    let port = free_port();
    let directory = tempfile::tempdir().unwrap();
    let targets = target(port, "");
    let first = server(directory.path(), &targets);
    let started = Instant::now();
    for batch in 0..50 {
        assert_eq!(first.export(&numbered(batch * 20 + 1, 20)).status, 200);
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    wait_until("the failure is known", || of_target(&first, "failing") == 1);
    assert_eq!(of_target(&first, "queue_spans"), 1000);
    let health = first.get_json("/health");
    assert!(health["problems"][0].as_str().unwrap().starts_with("target t has failed for "), "{health}");
    let ready = first.get_json("/ready");
    assert_eq!(
        (&ready["forward"][0]["status"], &ready["forward"][0]["queuedSpans"]),
        (&"failing".into(), &1000.into())
    );
    assert!(first.terminate());

    let second = server(directory.path(), &targets);
    assert_eq!(of_target(&second, "queue_spans"), 1000);
    assert_eq!(second.export(&numbered(1001, 20)).status, 200);
    let receiver = Receiver::http(port);
    wait_until("everything is delivered", || ids(&receiver).len() == 1020);
    wait_until("the queue is empty", || of_target(&second, "queue_spans") == 0);
    assert_eq!((of_target(&second, "failing"), of_target(&second, "spans_sent_total")), (0, 1020));
    assert_eq!(receiver.spans().len(), 1020, "none came twice");
    assert_eq!(second.get_json("/health")["status"], "ok");
}

#[test]
fn what_was_acknowledged_is_delivered_whenever_the_server_is_killed() {
    let receiver = Receiver::http(0);
    let directory = tempfile::tempdir().unwrap();
    let targets = target(receiver.address.port(), "batch.spans = 60");
    let mut acknowledged = BTreeSet::new();
    // More for whoever has the time.
    let rounds = std::env::var("SPANDREL_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(6u64);
    for round in 0..rounds {
        let server = server(directory.path(), &targets);
        let address = server.otlp_http.clone();
        let load = std::thread::spawn(move || {
            let mut kept = BTreeSet::new();
            for batch in 0.. {
                let first = round * 1_000_000 + batch * 20 + 1;
                let body = numbered(first, 20).encode_to_vec();
                let headers = [("content-type", "application/x-protobuf")];
                match try_send(&address, "POST", "/v1/traces", &headers, &body) {
                    Ok(answer) if answer.status == 200 => kept.extend(first..first + 20),
                    _ => return kept,
                }
            }
            kept
        });
        std::thread::sleep(Duration::from_millis(300 + round * 110 % 900));
        server.kill();
        acknowledged.extend(load.join().unwrap());
    }
    assert!(acknowledged.len() > 500, "{}", acknowledged.len());
    let _last = server(directory.path(), &targets);
    wait_until("everything acknowledged is delivered", || acknowledged.is_subset(&ids(&receiver)));
}

#[test]
fn a_target_that_asks_to_wait_is_waited_for_and_what_it_refuses_is_dropped_and_counted() {
    let receiver = Receiver::http(0);
    receiver.tell(&[(429, Some("2")), (503, None), (400, None)]);
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &target(receiver.address.port(), ""));
    assert_eq!(server.export(&numbered(1, 5)).status, 200);
    wait_until("three attempts", || receiver.seen(|seen| seen.len() == 3));
    receiver.seen(|seen| {
        assert!(seen[1].at - seen[0].at >= Duration::from_secs(2), "{:?}", seen[1].at - seen[0].at);
        assert!(seen[2].at - seen[1].at >= Duration::from_millis(20));
    });
    wait_until("the refusal is counted", || of_target(&server, "spans_dropped_refused_total") == 5);
    assert_eq!(of_target(&server, "requests_failed_total"), 2);
    receiver.reject(2);
    assert_eq!(server.export(&numbered(10, 4)).status, 200);
    wait_until("the next is delivered", || of_target(&server, "spans_sent_total") == 4);
    assert_eq!(of_target(&server, "spans_rejected_total"), 2);
    receiver.seen(|seen| assert_eq!(seen.len(), 4, "400 is not sent again"));
}

#[test]
fn grpc_calls_are_made_again_or_not_as_their_status_says() {
    let receiver = Receiver::grpc();
    receiver.tell(&[(503, None), (400, None)]);
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &target(receiver.address.port(), "protocol = \"grpc\""));
    assert_eq!(server.export(&numbered(1, 5)).status, 200);
    wait_until("the refusal is counted", || of_target(&server, "spans_dropped_refused_total") == 5);
    assert_eq!(of_target(&server, "requests_failed_total"), 1);
    assert_eq!(server.export(&numbered(10, 4)).status, 200);
    wait_until("the next is delivered", || receiver.spans().len() == 4);
}

#[test]
fn a_full_queue_drops_the_oldest_and_disk_and_memory_stay_bounded() {
    let port = free_port();
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &target(port, "queue.bytes = \"4M\""));
    let (bytes, requests) = (200_000, 150);
    for trace in 1..=20 {
        assert_eq!(server.export(&heavy(trace, bytes)).status, 200);
    }
    let before = peak_memory(server.id());
    for trace in 21..=requests {
        assert_eq!(server.export(&heavy(trace, bytes)).status, 200);
        assert!(of_target(&server, "queue_bytes") <= 4 << 20);
    }
    let grown = peak_memory(server.id()) - before;
    assert!(grown < 24 << 20, "memory grew by {grown}");
    let files = std::fs::read_dir(directory.path().join("forward")).unwrap();
    let held: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(held < 14 << 20, "{held} bytes on disk of 30 MB that came");
    let (queued, dropped) =
        (of_target(&server, "queue_spans"), of_target(&server, "spans_dropped_full_total"));
    assert_eq!(u128::from(queued + dropped), requests);
    assert!(dropped > 100 && queued > 10, "{queued} queued, {dropped} dropped");
    let receiver = Receiver::http(port);
    wait_until("what is left is delivered", || receiver.spans().len() as u64 == queued);
    let last = receiver.spans().iter().map(|span| span.trace_id.clone()).max().unwrap();
    assert_eq!(last, requests.to_be_bytes(), "the youngest was kept");
}

#[test]
fn rules_hold_from_the_file_of_settings_to_the_target() {
    let receiver = Receiver::http(0);
    let directory = tempfile::tempdir().unwrap();
    let rules = "keep.without_services = [\"noise\"]\ntail = { wait = \"1s\", slower = \"5s\" }\n\
                 redact = { keys = [\"(?i)token\"], values = ['\\d{16}'] }";
    let server = server(directory.path(), &target(receiver.address.port(), rules));
    let mut failed = span(1, 11, "failed");
    failed.status = Some(Status { code: 2, message: "card 4111111111111111".to_owned() });
    failed.attributes = vec![text("Session.Token", "abc"), text("kept", "yes")];
    let mut slow = span(2, 21, "slow");
    slow.end_time_unix_nano = slow.start_time_unix_nano + 6_000_000_000;
    assert_eq!(server.export(&request("a", vec![span(1, 12, "ok"), slow, span(3, 31, "ok")])).status, 200);
    assert_eq!(server.export(&request("noise", vec![span(1, 13, "noise")])).status, 200);
    // The error comes later, within the wait.
    assert_eq!(server.export(&request("a", vec![failed])).status, 200);
    wait_until("all is decided", || of_target(&server, "queue_spans") == 0);
    assert_eq!(ids(&receiver).into_iter().collect::<Vec<_>>(), [11, 12, 21]);
    let failed = receiver.spans().into_iter().find(|span| span.name == "failed").unwrap();
    assert_eq!(failed.attributes, [text("Session.Token", "[redacted]"), text("kept", "yes")]);
    assert_eq!(failed.status.unwrap().message, "card [redacted]");
    assert_eq!(
        (of_target(&server, "spans_filtered_total"), of_target(&server, "spans_sampled_out_total")),
        (1, 1)
    );
    assert_eq!(server.spans(&format!("{:032x}", 1)).len(), 3, "the store keeps what it got");
}

#[test]
fn a_server_does_not_forward_to_itself() {
    let (directory, port) = (tempfile::tempdir().unwrap(), free_port());
    let file = directory.path().join("settings.toml");
    std::fs::write(&file, target(port, "").replace("127.0.0.1", "localhost")).unwrap();
    // The last port given counts.
    let mut command = command(directory.path(), &["--otlp-http-port", &port.to_string(), "--config"]);
    let output = command.arg(&file).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("target t of forwarding is this server itself"), "{said}");
}
