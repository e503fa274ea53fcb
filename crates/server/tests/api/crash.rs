//! A span acknowledged is a span on disk: killed with SIGKILL in mid-load, again and again, also while segments are
//! sealed, the server that comes after answers every acknowledged span. (This says nothing of a power cut.)

use crate::support::{Server, command, request, send, span, text, try_send};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const CONNECTIONS: u64 = 4;
const SPANS: u64 = 16;
const ROUNDS: u64 = 4;

type Acknowledged = Arc<Mutex<BTreeMap<u128, BTreeSet<u64>>>>;

/// Posts batches of two traces (each trace comes in several batches) until the server is gone.
fn load(
    address: String,
    connection: u64,
    round: u64,
    acknowledged: Acknowledged,
    count: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) {
    for batch in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let traces = [0, 1].map(|n| {
            u128::from(round) << 96 | u128::from(connection) << 64 | u128::from(batch / 3 * 2 + n) | 1 << 120
        });
        let ids: Vec<u64> = (0..SPANS).map(|n| batch * SPANS + n + 1).collect();
        let spans = ids.iter().map(|id| {
            let trace = traces[(id % 2) as usize];
            let mut span = span(trace, *id, &format!("work {id}"));
            // Hardly compressible, so that files fill and segments are sealed.
            span.attributes =
                vec![text("noise", &noise(trace as u64 ^ *id, 300)), text("number", &id.to_string())];
            span
        });
        let body = request(&format!("service-{connection}"), spans.collect()).encode_to_vec();
        let headers = [("content-type", "application/x-protobuf")];
        match try_send(&address, "POST", "/v1/traces", &headers, &body) {
            Ok(answer) if answer.status == 200 => {
                let mut kept = acknowledged.lock().unwrap();
                ids.iter().for_each(|id| {
                    kept.entry(traces[(id % 2) as usize]).or_default().insert(*id);
                });
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => panic!("{}: {}", answer.status, answer.text()),
            Err(_) => return,
        }
    }
}

fn noise(mut seed: u64, length: usize) -> String {
    let mut out = String::new();
    while out.len() < length {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.push_str(&format!("{:016x}", seed ^ seed >> 29));
    }
    out
}

#[test]
fn every_acknowledged_span_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let acknowledged: Acknowledged = Arc::default();
    for round in 0..ROUNDS {
        let server = Server::start(directory.path(), &["--segment-size", "400K"]);
        let count = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let address = server.otlp_http.clone();
                let (acknowledged, count, stop) = (acknowledged.clone(), count.clone(), stop.clone());
                std::thread::spawn(move || load(address, connection, round, acknowledged, count, stop))
            })
            .collect();
        // Ends at different points of a segment's life in each round.
        while count.load(Ordering::Relaxed) < 150 + round * 37 {
            assert!(threads.iter().any(|thread| !thread.is_finished()), "the load ended before the kill");
            std::thread::sleep(Duration::from_millis(1));
        }
        server.kill();
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
    let sealed = std::fs::read_dir(directory.path()).unwrap();
    let segments =
        sealed.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "sqlite"));
    assert!(segments.count() > 4, "segments were sealed under load");

    let server = Server::start(directory.path(), &["--segment-size", "400K"]);
    let acknowledged = acknowledged.lock().unwrap();
    let mut compared = 0;
    for (trace, ids) in acknowledged.iter() {
        let spans = server.spans(&format!("{trace:032x}"));
        let mut found = BTreeSet::new();
        for (service, span) in &spans {
            let id = u64::from_str_radix(span["spanId"].as_str().unwrap(), 16).unwrap();
            assert!(found.insert(id), "span {id} of {trace:032x} is there twice");
            assert_eq!(span["name"], format!("work {id}"));
            assert_eq!(span["attributes"][0]["value"]["stringValue"], noise(*trace as u64 ^ id, 300));
            assert_eq!(span["attributes"][1]["value"]["stringValue"], id.to_string());
            assert_eq!(*service, format!("service-{}", trace >> 64 & 0xffff_ffff));
        }
        // What was on its way when the server died may be there too; what was acknowledged must be.
        assert!(found.is_superset(ids), "{trace:032x}: acknowledged {ids:?}, found {found:?}");
        compared += ids.len();
    }
    assert!(compared as u64 >= ROUNDS * 150 * SPANS, "{compared} spans were acknowledged and found");
}

#[test]
fn sigterm_exits_cleanly_and_data_survives_restart() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.export(&request("first", vec![span(7, 1, "a")])).status, 200);
    let mut second = command(directory.path(), &[]);
    let refused = second.output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("in use by another server"), "{refused:?}");
    assert!(server.terminate());

    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.export(&request("second", vec![span(7, 2, "b")])).status, 200);
    assert_eq!(server.get_json("/api/v3/services")["services"], serde_json::json!(["first", "second"]));
    assert_eq!(server.spans("7").len(), 2, "late spans join their trace");
    let health = send(&server.viewer, "GET", "/health", &[], b"");
    assert_eq!(health.text(), r#"{"status":"ok"}"#);
}

#[test]
fn a_taken_port_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let port = server.otlp_http.rsplit(':').next().unwrap();
    let other = tempfile::tempdir().unwrap();
    let refused = command(other.path(), &[]).args(["--otlp-http-port", port]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains(port) && why.contains("--otlp-http-port"), "{why}");
}

#[test]
fn what_is_acknowledged_is_answered_at_once_while_others_write() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--segment-size", "300K"]);
    std::thread::scope(|scope| {
        for connection in 0..6u64 {
            let server = &server;
            scope.spawn(move || {
                for batch in 0..40u64 {
                    let trace = u128::from(connection) << 64 | u128::from(batch + 1);
                    for id in [1, 2] {
                        let mut span = span(trace, id, "now");
                        span.attributes =
                            vec![text("noise", &noise(trace as u64 ^ connection << 20 ^ id, 4000))];
                        let answer = server.export(&request(&format!("service-{connection}"), vec![span]));
                        assert_eq!(answer.status, 200, "{}", answer.text());
                        assert_eq!(server.spans(&format!("{trace:032x}")).len() as u64, id);
                    }
                }
            });
        }
    });
    let services = server.get_json("/api/v3/services");
    assert_eq!(services["services"].as_array().unwrap().len(), 6);
    let graph = server.get("/metrics").text();
    assert!(
        graph.contains("spandrel_spans_accepted_total 480\n") && graph.contains("spandrel_store_spans 480\n"),
        "{graph}"
    );
}
