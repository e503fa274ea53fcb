//! Damage on disk takes away what it hits and nothing else, and is said.

use crate::support::{Server, metric, request, span, window};
use std::path::{Path, PathBuf};

/// The files of the segments in a directory, oldest first.
fn segments(directory: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let mut found: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "sqlite")).collect();
    found.sort();
    found
}

#[test]
fn health_and_metrics_say_what_is_wrong_with_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--segment-size", "20K"];
    let server = Server::start(directory.path(), &flags);
    for trace in 1..=40u128 {
        let mut span = span(trace, 1, "x");
        span.trace_state = format!("{:x}", trace * 0x1234_5678_9abc_def1).repeat(100);
        assert_eq!(server.export(&request("s", vec![span])).status, 200);
    }
    assert_eq!(server.get_json("/health")["status"], "ok");
    assert_eq!(server.get_json("/ready")["status"], "ready");
    assert!(server.terminate());
    let files = segments(directory.path());
    assert!(files.len() > 2, "{files:?}");
    std::fs::write(&files[0], b"this is no database".repeat(1000)).unwrap();
    let server = Server::start(directory.path(), &flags);
    let health = server.get_json("/health");
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["problems"][0], "1 segments are damaged", "{health}");
    assert_eq!(server.get_json("/ready")["status"], "ready", "what is whole is answered");
    assert_eq!(metric(&server, "spandrel_store_damaged_segments"), 1);
    assert_eq!(metric(&server, "spandrel_store_unavailable_segments"), 0);
    assert_eq!(metric(&server, "spandrel_store_missing_parts"), 0);
    assert_eq!(metric(&server, "spandrel_store_failing"), 0);
    let on_disk = segments(directory.path()).iter().map(|path| path.metadata().unwrap().len()).sum::<u64>();
    assert!(metric(&server, "spandrel_store_bytes") >= on_disk, "what cannot be read is counted");
}

#[test]
fn a_damaged_blob_and_an_unreadable_span_are_left_out_of_answers_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    for trace in 1..=10u128 {
        let mut span = span(trace, 1, "x");
        span.trace_state = "state ".repeat(50);
        assert_eq!(server.export(&request("s", vec![span])).status, 200);
    }
    assert!(server.terminate());
    let file = rusqlite::Connection::open(&segments(directory.path())[0]).unwrap();
    let flipped = file.execute("UPDATE parts SET spans = zeroblob(length(spans)) WHERE row = 3", []).unwrap();
    // resource_spans { scope_spans { spans { 11: "cut" } spans { name: "fine" } } }, the first with a bad event.
    let blob = [0x0a, 15, 0x12, 13, 0x12, 3, 0x5a, 1, 0x0a, 0x12, 6, 0x2a, 4, b'f', b'i', b'n', b'e'];
    let mut crc = crc32fast::Hasher::new();
    crc.update(&5u128.to_be_bytes());
    crc.update(&0u32.to_le_bytes());
    crc.update(&blob);
    let replaced = file
        .execute(
            "UPDATE parts SET plain = 0, crc = ?1, spans = ?2 WHERE row = 5",
            rusqlite::params![crc.finalize(), &blob[..]],
        )
        .unwrap();
    assert_eq!((flipped, replaced), (1, 1));
    drop(file);

    let server = Server::start(directory.path(), &[]);
    for path in [
        format!("/api/v3/traces?query.service_name=s&{}", window()),
        format!("/api/v3/trace-summaries?query.service_name=s&{}", window()),
        format!("/api/v3/traces?query.attributes=%7B%22error%22:%22false%22%7D&{}", window()),
    ] {
        let answer = server.get_json(&path);
        let found = ["result", "summaries"].map(|key| answer[key].to_string()).concat();
        assert!(found.contains("00000000000000000000000000000002"), "{path}: {found}");
        assert!(found.contains("0000000000000000000000000000000a"), "{path}: {found}");
        assert!(!found.contains("00000000000000000000000000000003"), "{path}: {found}");
    }
    assert_eq!(server.get_json("/api/traces?service=s")["errors"], serde_json::Value::Null);
    server.get_json("/api/dependencies");
    assert_eq!(server.spans("5").len(), 1, "what can be read of a blob is answered");
    assert!(server.spans("3").is_empty());
    assert!(metric(&server, "spandrel_unreadable_blobs_total") >= 3);
    assert!(metric(&server, "spandrel_unreadable_spans_total") >= 1);
}
