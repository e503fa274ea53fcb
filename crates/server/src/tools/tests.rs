//! The tools on real directories, whole and damaged, with and without a server beside them.

#![allow(clippy::unwrap_used)]

use super::{StoreTool, ToolResult};
use crate::ingest::memory::Memory;
use crate::ingest::regroup::regroup;
use crate::ingest::zipkin::to_protobuf;
use crate::store::{Limits, Store};
use clap::Parser;
use std::path::Path;

#[derive(clap::Parser)]
struct CommandLine {
    #[command(subcommand)]
    tool: StoreTool,
}

fn run(args: &[&str], directory: &Path) -> (Result<ToolResult, String>, String) {
    let path = directory.to_str().unwrap();
    let line = [&["x", args[0], "--data-dir", path], &args[1..]].concat();
    let mut out = Vec::new();
    let result = CommandLine::parse_from(line).tool.run(&mut out);
    (result, String::from_utf8(out).unwrap())
}

/// Twelve traces of three spans, in segments of their own or in one.
fn filled(directory: &Path, segment_bytes: u64) -> Store {
    let store = Store::open(directory, Limits { segment_bytes, ..Limits::default() }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for trace in 1..=12 {
        let span = |id: u32, service: &str, parent: &str| {
            format!(
                r#"{{"traceId":"{trace:x}","id":"{id:x}","name":"n","timestamp":{},"duration":5,{parent}
                    "tags":{{"filler":"{}"}},"localEndpoint":{{"serviceName":"{service}"}}}}"#,
                1_700_000_000_000_000u64 + trace,
                "x".repeat(300)
            )
        };
        let parent = r#""parentId":"1","#;
        let list =
            format!("[{},{},{}]", span(1, "front", ""), span(2, "back", parent), span(3, "back", parent));
        let mut reserved = Memory::new(64 << 20).reservation();
        let parts = regroup(&to_protobuf(list.as_bytes(), 0, &mut reserved).unwrap(), &mut reserved).unwrap();
        runtime.block_on(store.append(parts)).unwrap();
    }
    store
}

#[test]
fn a_whole_store_is_well_also_while_it_is_open() {
    for segment_bytes in [1, 128 << 20] {
        let directory = tempfile::tempdir().unwrap();
        let store = filled(directory.path(), segment_bytes);
        for _ in 0..2 {
            let (result, said) = run(&["check"], directory.path());
            assert_eq!(result, Ok(ToolResult::Well), "{said}");
            assert!(said.contains("36 spans, 0 segments damaged"), "{said}");
            let (result, said) = run(&["stats", "--json"], directory.path());
            let stats: serde_json::Value = serde_json::from_str(&said).unwrap();
            assert_eq!(result, Ok(ToolResult::Well));
            assert_eq!((&stats["spans"], &stats["parts"]), (&36.into(), &12.into()));
            assert_eq!(stats["services"], serde_json::json!(["back", "front"]));
            assert_eq!(stats["firstStart"], "2023-11-14T22:13:20.000001Z");
            let (_, text) = run(&["stats"], directory.path());
            assert!(text.contains("services   2: back, front"), "{text}");
            store.close();
        }
    }
}

#[test]
fn what_is_exported_is_imported_once() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(from.path(), 1).close();
    let file = to.path().join("spans.jsonl");
    let data = to.path().join("data");
    let (result, lines) = run(&["export"], from.path());
    assert_eq!((result, lines.lines().count()), (Ok(ToolResult::Well), 12));
    std::fs::write(&file, &lines).unwrap();
    let (result, said) = run(&["import", file.to_str().unwrap()], &data);
    assert_eq!(result, Ok(ToolResult::Well), "{said}");
    assert!(said.ends_with("12 traces, 36 spans taken, 0 were stored already\n"), "{said}");
    let (_, said) = run(&["import", file.to_str().unwrap()], &data);
    assert!(said.ends_with("12 traces, 0 spans taken, 36 were stored already\n"), "{said}");
    let (_, again) = run(&["export"], &data);
    let sorted = |text: &str| {
        let mut spans: Vec<String> = Vec::new();
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            for resource in line["resourceSpans"].as_array().unwrap() {
                for scope in resource["scopeSpans"].as_array().unwrap() {
                    let of = &resource["resource"];
                    spans
                        .extend(scope["spans"].as_array().unwrap().iter().map(|span| format!("{of} {span}")));
                }
            }
        }
        spans.sort();
        spans
    };
    assert_eq!(sorted(&again), sorted(&lines));

    let protobuf = to.path().join("spans.pb");
    let path = protobuf.to_str().unwrap();
    assert_eq!(run(&["export", "--protobuf", "--output", path], from.path()).0, Ok(ToolResult::Well));
    let (result, said) = run(&["import", path], &to.path().join("other"));
    assert_eq!(result, Ok(ToolResult::Well));
    assert!(said.contains("36 spans taken"), "{said}");
}

#[test]
fn import_into_a_directory_that_a_server_uses_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let store = filled(directory.path(), 1);
    let file = directory.path().join("spans.json");
    std::fs::write(&file, r#"[{"traceId":"1","id":"2","timestamp":1}]"#).unwrap();
    let (result, _) = run(&["import", file.to_str().unwrap()], directory.path());
    assert!(result.unwrap_err().contains("--to http://"));
    store.close();
}

#[test]
fn damage_is_named_with_its_file() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 1).close();
    let path = |number: u32| directory.path().join(format!("segment-{number:08}.sqlite"));
    // A flipped byte within a blob, a file of something else, an empty one.
    let mut bytes = std::fs::read(path(2)).unwrap();
    let at = bytes.windows(6).position(|window| window == b"filler").unwrap();
    bytes[at] ^= 1;
    std::fs::write(path(2), bytes).unwrap();
    std::fs::write(path(4), b"this is no database".repeat(1000)).unwrap();
    std::fs::write(path(6), b"").unwrap();
    let (result, said) = run(&["check"], directory.path());
    assert_eq!(result, Ok(ToolResult::Damage));
    assert!(said.ends_with("12 segments, 30 spans, 3 segments damaged\n"), "{said}");
    for name in ["segment-00000002", "segment-00000004", "segment-00000006"] {
        assert!(said.contains(&format!("{name}.sqlite: DAMAGED")), "{said}");
    }
    assert!(
        said.contains("trace 00000000000000000000000000000002): the store is damaged: the checksum"),
        "{said}"
    );
    let (result, lines) = run(&["export"], directory.path());
    assert_eq!((result, lines.lines().count()), (Ok(ToolResult::Damage), 9));
    assert_eq!(run(&["stats"], directory.path()).0, Ok(ToolResult::Damage));
    let missing = directory.path().join("missing");
    for tool in ["check", "stats", "export"] {
        assert!(run(&[tool], &missing).0.is_err(), "{tool}");
    }
}
