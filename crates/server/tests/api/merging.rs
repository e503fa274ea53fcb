//! Parts of a trace are merged when their segment is closed: nothing changes but the room that they take, also when the
//! server is killed at any moment meanwhile. What is acknowledged is forwarded, too, whatever becomes of it in the store.

use crate::forwarding::target;
use crate::receiver::{Receiver, spans_of, wait_until};
use crate::support::{Server, command, metric, request, send, span, text, try_send, window};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TRACES: u128 = 300;
const REQUESTS: u64 = 16;
/// Spans of one trace in one request.
const SPANS: u64 = 2;
/// Times that a server is killed in one directory, and directories.
const ROUNDS: u64 = 10;
const GROUPS: u64 = 5;

/// Why segments of a directory are deleted.
#[derive(Clone, Copy, PartialEq)]
enum Deletion {
    Never,
    /// More came than it may hold.
    BySize,
    /// They are older than the retention.
    ByAge,
}

/// Of each directory.
const DELETIONS: [Deletion; GROUPS as usize] =
    [Deletion::Never, Deletion::Never, Deletion::Never, Deletion::BySize, Deletion::ByAge];

/// Posts sixteen requests, each with two spans of every trace: services call each other, spans have eight attributes.
fn send_in_sixteen(server: &Server, first_trace: u128) {
    for part in 0..REQUESTS {
        let spans = (0..TRACES).flat_map(|trace| {
            (0..SPANS).map(move |n| {
                let id = part * SPANS + n + 1;
                let mut span = span(trace + first_trace, id, &format!("GET /api/resource/{}", id % 7));
                span.parent_span_id = if id == 1 { Vec::new() } else { (id - 1).to_be_bytes().to_vec() };
                let value = |number: u64| (trace as u64 * 31 + id * 7 + number) % 100;
                span.attributes =
                    ["user.id", "http.method", "net.peer", "db.table", "queue", "shard", "zone"]
                        .iter()
                        .enumerate()
                        .map(|(at, key)| text(key, &format!("{key}-{}", value(at as u64))))
                        .collect();
                span.attributes.push(text("only", &format!("{trace}-{id}")));
                span
            })
        });
        let answer = server.export(&request(&format!("service-{}", part % 4), spans.collect()));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn files(directory: &Path, prefix: &str) -> usize {
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with(prefix)).count()
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Everything that is asked, as it is answered.
fn answers(server: &Server) -> Vec<serde_json::Value> {
    let window = window();
    let mut answers = vec![
        server.get_json("/api/v3/services"),
        server.get_json("/api/v3/operations?service=service-1"),
        server.get_json("/api/dependencies"),
    ];
    for search in [
        "query.service_name=service-2&query.num_traces=1000",
        "query.service_name=service-3&query.operation_name=GET%20/api/resource/3&query.num_traces=1000",
        "query.attributes=%7B%22only%22:%22217-9%22%7D",
        "query.attributes=%7B%22only%22:%22no%22%7D",
    ] {
        let answer = server.get_json(&format!("/api/v3/trace-summaries?{search}&{window}"));
        let mut summaries = answer["summaries"].as_array().unwrap().clone();
        summaries.sort_by_key(|summary| summary["traceId"].to_string());
        answers.push(summaries.into());
    }
    for trace in [1, 57, TRACES] {
        answers.push(server.get_json(&format!("/api/v3/traces/{trace:032x}?raw_traces=true")));
    }
    // Calls come in no order.
    let mut calls = answers[2]["data"].as_array().unwrap().clone();
    calls.sort_by_key(|call| call.to_string());
    answers[2] = calls.into();
    answers
}

#[test]
fn merged_parts_are_answered_as_they_were_and_take_less_room() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    send_in_sixteen(&server, 1);
    let before = answers(&server);
    assert_eq!(metric(&server, "spandrel_store_parts"), TRACES as u64 * REQUESTS);
    let index_before = metric(&server, "spandrel_index_bytes");
    assert!(server.terminate());
    let bytes = |name: &str| std::fs::metadata(directory.path().join(name)).map_or(0, |meta| meta.len());
    let bytes_before = bytes("segment-00000001.sqlite");

    // One more request closes the segment, which has its size; and one more comes after that.
    let server = Server::start(directory.path(), &["--segment-size", "100K"]);
    for trace in [1 << 100, 2 << 100] {
        assert_eq!(server.export(&request("other", vec![span(trace, 1, "x")])).status, 200);
    }
    // The one trace of the other request is in the segment that is merged.
    wait_for("merging", || metric(&server, "spandrel_store_parts") == TRACES as u64 + 2);
    let spans = TRACES as u64 * REQUESTS * SPANS;
    assert_eq!(metric(&server, "spandrel_store_spans"), spans + 2);
    wait_for("the old file to go", || files(directory.path(), "before-") == 0);
    assert_eq!(files(directory.path(), "merging-"), 0);
    let ours = |answers: Vec<serde_json::Value>| {
        let mut answers = answers;
        answers[0]["services"].as_array_mut().unwrap().retain(|service| service != "other");
        answers
    };
    assert_eq!(ours(answers(&server)), before);
    let index_after = metric(&server, "spandrel_index_bytes");
    assert!(index_after * 2 < index_before, "{index_after} bytes of index instead of {index_before}");
    let bytes_after = bytes("segment-00000001.sqlite");
    assert!(bytes_after * 10 < bytes_before * 6, "{bytes_after} bytes instead of {bytes_before}");
    assert!(server.terminate());

    let check = Command::new(env!("CARGO_BIN_EXE_spandrel-server"))
        .args(["check", "--data-dir"])
        .arg(directory.path())
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    let server = Server::start(directory.path(), &[]);
    assert_eq!(ours(answers(&server)), before, "after a restart");
    assert_eq!(metric(&server, "spandrel_store_missing_parts"), 0);
}

type Acknowledged = Arc<Mutex<BTreeMap<u128, BTreeSet<u64>>>>;

/// Posts one span of each of 32 traces at a time, sixteen times, then of the next 32.
fn load(
    address: String,
    (connection, round): (u64, u64),
    acknowledged: Acknowledged,
    count: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) {
    for batch in 0u64.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let first =
            u128::from(round) << 96 | u128::from(connection) << 64 | u128::from(batch / 16 * 32) | 1 << 120;
        let id = batch % 16 + 1;
        let spans = (0..32).map(|n| {
            let mut span = span(first + n, id, &format!("work {id}"));
            span.parent_span_id = if id == 1 { Vec::new() } else { 1u64.to_be_bytes().to_vec() };
            span.attributes = vec![text("number", &format!("{:x}", (first + n).wrapping_mul(0x9e37_79b9)))];
            span
        });
        let body = request(&format!("service-{connection}"), spans.collect()).encode_to_vec();
        let headers = [("content-type", "application/x-protobuf")];
        match try_send(&address, "POST", "/v1/traces", &headers, &body) {
            Ok(answer) if answer.status == 200 => {
                let mut kept = acknowledged.lock().unwrap();
                (0..32).for_each(|n| {
                    kept.entry(first + n).or_default().insert(id);
                });
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => panic!("{}: {}", answer.status, answer.text()),
            Err(_) => return,
        }
    }
}

/// A server that forwards to a receiver, too.
fn forwarding(directory: &Path, flags: &[&str], receiver: &Receiver) -> Server {
    let file = directory.join("settings.toml");
    std::fs::write(&file, target(receiver.address.port(), "")).unwrap();
    let mut command = command(directory, flags);
    command.arg("--config").arg(&file);
    Server::of(command)
}

/// Ids of the spans that were delivered, by trace.
fn delivered(receiver: &Receiver) -> BTreeMap<u128, BTreeSet<u64>> {
    receiver.seen(|seen| {
        let mut all: BTreeMap<u128, BTreeSet<u64>> = BTreeMap::new();
        for span in seen.iter().filter(|seen| seen.status == 200).flat_map(|seen| spans_of(&seen.request)) {
            let trace = u128::from_be_bytes(span.trace_id.as_slice().try_into().unwrap());
            all.entry(trace)
                .or_default()
                .insert(u64::from_be_bytes(span.span_id.as_slice().try_into().unwrap()));
        }
        all
    })
}

/// Acknowledged spans that were not delivered.
fn undelivered(receiver: &Receiver, acknowledged: &BTreeMap<u128, BTreeSet<u64>>) -> usize {
    let delivered = delivered(receiver);
    let missing = |(trace, ids): (&u128, &BTreeSet<u64>)| {
        delivered.get(trace).map_or(ids.len(), |delivered| ids.difference(delivered).count())
    };
    acknowledged.iter().map(missing).sum()
}

/// The lowest number of a segment.
fn oldest_segment(directory: &Path) -> Option<u64> {
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let number = |name: std::ffi::OsString| {
        name.to_str()?.strip_prefix("segment-")?.strip_suffix(".sqlite")?.parse().ok()
    };
    names.filter_map(number).min()
}

/// Makes the two oldest segments as old as possible, where the server that was killed had closed them and their logs are
/// empty. Their indexes say when they were created, too.
fn make_oldest_old(directory: &Path) {
    let Some(oldest) = oldest_segment(directory) else { return };
    for number in oldest..oldest + 2 {
        let file = |extension: &str| directory.join(format!("segment-{number:08}.{extension}"));
        let is_closed = directory.join(format!("segment-{:08}.sqlite", number + 1)).exists();
        let log = std::fs::metadata(file("sqlite-wal")).map_or(0, |log| log.len());
        if is_closed && log == 0 && file("sqlite").exists() {
            let segment = rusqlite::Connection::open(file("sqlite")).unwrap();
            segment.execute("UPDATE meta SET value = 1 WHERE key = 'created'", []).unwrap();
            let _ = std::fs::remove_file(file("index"));
        }
    }
}

/// What was going on when a server was killed.
#[derive(Default)]
struct Met {
    /// Kills that left files of merging behind.
    merging: u64,
    /// Kills before all that was acknowledged was delivered.
    forwarding: u64,
    /// Kills of servers that had deleted segments for their size, and for their age.
    deleting: [u64; 2],
}

/// Starts, loads and kills a server.
fn round(
    directory: &Path,
    (flags, deletion): (&[&str], Deletion),
    number: u64,
    acknowledged: &Acknowledged,
    receiver: &Receiver,
    met: &mut Met,
) {
    let oldest = oldest_segment(directory);
    if deletion == Deletion::ByAge {
        make_oldest_old(directory);
    }
    let server = forwarding(directory, flags, receiver);
    // Some batches have to be sent again.
    receiver.tell(&[(503, None)]);
    let (count, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let threads: Vec<_> = (0..2)
        .map(|connection| {
            let address = server.otlp_http.clone();
            let (acknowledged, count, stop) = (acknowledged.clone(), count.clone(), stop.clone());
            std::thread::spawn(move || load(address, (connection, number), acknowledged, count, stop))
        })
        .collect();
    let most = 60 + number * 13 % 60;
    // Half of the time in the middle of merging or of what follows it, else wherever it is.
    let is_met =
        || number.is_multiple_of(2) && files(directory, "merging-") + files(directory, "before-") > 0;
    while count.load(Ordering::Relaxed) < 32 || (count.load(Ordering::Relaxed) < most && !is_met()) {
        assert!(threads.iter().any(|thread| !thread.is_finished()), "the load ended before the kill");
        std::thread::sleep(Duration::from_micros(200));
    }
    server.kill();
    stop.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    met.merging += u64::from(files(directory, "merging-") + files(directory, "before-") > 0);
    if let Some(deleting) = [Deletion::BySize, Deletion::ByAge].iter().position(|by| *by == deletion) {
        met.deleting[deleting] += u64::from(oldest_segment(directory) > oldest);
    }
    met.forwarding += u64::from(undelivered(receiver, &acknowledged.lock().unwrap()) > 0);
}

fn compare(server: &Server, trace: u128, ids: &BTreeSet<u64>) {
    let mut found = BTreeSet::new();
    for (service, span) in server.spans(&format!("{trace:032x}")) {
        let id = u64::from_str_radix(span["spanId"].as_str().unwrap(), 16).unwrap();
        assert!(found.insert(id), "span {id} of {trace:032x} is there twice");
        assert_eq!(span["name"], format!("work {id}"));
        let number = format!("{:x}", trace.wrapping_mul(0x9e37_79b9));
        assert_eq!(span["attributes"][0]["value"]["stringValue"], number);
        assert_eq!(service, format!("service-{}", trace >> 64 & 0xffff_ffff));
    }
    assert!(found.is_superset(ids), "{trace:032x}: acknowledged {ids:?}, found {found:?}");
}

/// The traces that came last of each connection are there.
fn compare_newest(server: &Server, acknowledged: &BTreeMap<u128, BTreeSet<u64>>) {
    for connection in 0..2 {
        let of = |trace: &u128| trace >> 64 & 0xffff_ffff == connection;
        for (trace, ids) in acknowledged.iter().rev().filter(|(trace, _)| of(trace)).take(32) {
            compare(server, *trace, ids);
        }
    }
}

#[test]
fn acknowledged_spans_survive_fifty_kills_while_segments_are_sealed_merged_deleted_and_forwarded() {
    let mut met = Met::default();
    // Several directories: a server starts faster where there is less to read.
    for group in 0..GROUPS {
        let directory = tempfile::tempdir().unwrap();
        let (receiver, deletion) = (Receiver::http(0), DELETIONS[group as usize]);
        let deletes = deletion != Deletion::Never;
        let limit: &[&str] = if deletion == Deletion::BySize { &["--max-disk", "2M"] } else { &[] };
        let flags = [&["--segment-size", "400K"], limit].concat();
        let mut all = BTreeMap::new();
        for number in group * ROUNDS..(group + 1) * ROUNDS {
            let acknowledged = Acknowledged::default();
            round(directory.path(), (&flags, deletion), number, &acknowledged, &receiver, &mut met);
            let mut acknowledged = acknowledged.lock().unwrap();
            if deletes {
                let server = forwarding(directory.path(), &flags, &receiver);
                assert_eq!(metric(&server, "spandrel_store_damaged_segments"), 0);
                let bytes = metric(&server, "spandrel_store_bytes");
                assert!(deletion == Deletion::ByAge || bytes <= 5 << 19, "{bytes} bytes");
                compare_newest(&server, &acknowledged);
            }
            all.append(&mut acknowledged);
        }
        assert!(files(directory.path(), "segment-") > 5, "segments were sealed under load");

        let server = forwarding(directory.path(), &flags, &receiver);
        assert_eq!(metric(&server, "spandrel_store_missing_parts"), 0);
        assert_eq!(send(&server.viewer, "GET", "/health", &[], b"").text(), r#"{"status":"ok"}"#);
        let spans: usize = all.values().map(BTreeSet::len).sum();
        assert!(spans as u64 >= ROUNDS * 32 * 32, "{spans} spans were acknowledged");
        // How many segments were merged before a kill depends on the machine; the last server merges the rest.
        wait_for("merging", || metric(&server, "spandrel_store_unmerged_segments") == 0);
        let strays = || files(directory.path(), "merging-") + files(directory.path(), "before-");
        wait_for("what was merged to go", || strays() == 0);
        if !deletes {
            all.iter().for_each(|(trace, ids)| compare(&server, *trace, ids));
            let parts = metric(&server, "spandrel_store_parts");
            assert!(parts * 4 < spans as u64 * 3, "{parts} parts of {spans} spans: most were merged");
        }
        // What was deleted from the store was not deleted from the queue.
        wait_until("everything is delivered", || undelivered(&receiver, &all) == 0);
    }
    let (Met { merging, forwarding, deleting: [by_size, by_age] }, kills) = (met, GROUPS * ROUNDS);
    println!(
        "of {kills} kills {merging} while merging, {forwarding} while forwarding, {by_size} after deleting by size, \
         {by_age} by age"
    );
    assert!(merging >= 3, "{merging} of {kills} servers were killed while they merged");
    assert!(forwarding >= kills / 2, "{forwarding} of {kills} servers were killed while they forwarded");
    assert!(by_size >= 2, "{by_size} of {ROUNDS} servers were killed after they deleted by size");
    assert!(by_age >= 2, "{by_age} of {ROUNDS} servers were killed after they deleted by age");
}
