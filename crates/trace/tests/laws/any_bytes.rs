//! Any bytes, and valid files with bytes changed, cut out and put in.

use crate::read_in;
use proptest::prelude::*;
use proptest::sample::Index;
use std::path::Path;

/// Accesses everything that was read.
fn use_up(result: Result<spandrel_trace::model::ParsedTraces, spandrel_trace::format::Unreadable>) -> String {
    match result {
        Ok(mut opened) => {
            let mut text = format!("{:?}", opened.warnings);
            for trace in &mut opened.traces {
                for span in 0..trace.outline().len() as u32 {
                    text.push_str(&format!("{:?}{:?}", trace.record(span), trace.scope(span)));
                }
                while !trace.index_some(100) {}
                for span in 0..trace.outline().len() as u32 {
                    text.push_str(&format!("{:?}", trace.record(span)));
                }
            }
            text
        }
        Err(error) => {
            assert!(!error.why.is_empty() && !error.format.is_empty());
            error.to_string()
        }
    }
}

/// What a collector of the eval-track API answers, and what its clients send.
const RECORDS: &str = r#"[{"id":"b","trace_id":"0000000000000000000000000000000b","span_id":"0000000000000002",
"received_at":"2023-11-14T22:13:21Z","versions":2,"data":{"id":"b","timestamp":1700000000000,"function_name":"f",
"args":[1,{"a":"\u00e9"}],"response":{"status":500,"body":"no"},"error":"no"},"earlier":[{"span_id":"0000000000000001",
"received_at":"2023-11-14T22:13:20Z","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data":{}}]},
{"id":"r","request":{"args":"(1,)"},"response":{"data":[1.5,null]},"created_at":"2023-11-14T22:13:20Z"}]"#;

fn samples() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    ["error.otlp.pb", "error.otlp.json", "error.otlp.jsonl", "error.jaeger-v1.json", "error.otlp.pb.gz"]
        .iter()
        .map(|name| std::fs::read(folder.join(name)).unwrap())
        .chain([RECORDS.as_bytes().to_vec()])
        .collect()
}

/// A change of a file.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Cut(Index, usize),
    Insert(Index, Vec<u8>),
    Repeat(Index, usize),
    End(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let token = prop::sample::select(vec![
        &b"null"[..],
        b"{}",
        b"[]",
        b"\"",
        b"\\",
        b"[[[[",
        b"}}",
        b",",
        b"-1",
        b"1e999",
        b"18446744073709551615",
        b"\\ud800",
        b"\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x0a\x00",
    ]);
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), 1usize..200).prop_map(|(at, len)| Change::Cut(at, len)),
        (any::<Index>(), token).prop_map(|(at, token)| Change::Insert(at, token.to_vec())),
        (any::<Index>(), 1usize..400).prop_map(|(at, len)| Change::Repeat(at, len)),
        any::<Index>().prop_map(Change::End),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    match change {
        Change::Set(at, byte) => bytes[at.index(len)] = *byte,
        Change::Cut(at, count) => {
            let at = at.index(len);
            bytes.drain(at..(at + count).min(len));
        }
        Change::Insert(at, what) => {
            let at = at.index(len);
            bytes.splice(at..at, what.iter().copied());
        }
        Change::Repeat(at, count) => {
            let at = at.index(len);
            let piece = bytes[at..(at + count).min(len)].to_vec();
            bytes.splice(at..at, piece);
        }
        Change::End(at) => bytes.truncate(at.index(len)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, chunk in 1usize..64) {
        use_up(read_in(&bytes, &[chunk]));
        for start in [&b"{\"data\":[{\"spans\":["[..], b"{\"resourceSpans\":[", b"\x0a\x10\x0a\x04", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"] {
            use_up(read_in(&[start, &bytes].concat(), &[chunk]));
        }
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_and_always_alike(
        which in 0usize..6,
        changes in prop::collection::vec(change(), 1..6),
        chunks in prop::collection::vec(1usize..3000, 1..6),
    ) {
        let mut bytes = samples().swap_remove(which);
        for change in &changes {
            apply(&mut bytes, change);
        }
        let whole = use_up(read_in(&bytes, &[usize::MAX]));
        let parts = use_up(read_in(&bytes, &chunks));
        // How much a damaged stream yields before its damage is found depends on how it is cut.
        if !bytes.starts_with(&[0x1f, 0x8b]) {
            prop_assert_eq!(whole, parts);
        }
    }
}

#[test]
fn a_span_larger_than_any_block_is_read_in_any_chunks() {
    let long = "é\\\"x".repeat(1_200_000);
    let text = format!(
        "{{\"data\":[{{\"traceID\":\"a\",\"spans\":[{{\"spanID\":\"1\",\"tags\":[{{\"value\":\"{long}\",\"key\":\"k\"}}]}},\
         {{\"spanID\":\"2\"}}]}}]}}"
    );
    for chunk in [1 << 16, 1 << 20, 100_003] {
        let opened = read_in(text.as_bytes(), &[chunk]).unwrap();
        let record = opened.traces[0].record(0);
        assert_eq!(opened.traces[0].outline().len(), 2);
        assert_eq!(
            format!("{:?}", record.attributes[0].value).len(),
            "String(\"\")".len() + 1_200_000 * "é\\\"x".len()
        );
    }
}

#[test]
fn depth_is_data_everywhere() {
    let deep = 100_000;
    let value = format!("{}1{}", "[".repeat(deep), "]".repeat(deep));
    let any = format!("{}{{}}{}", "{\"arrayValue\":{\"values\":[".repeat(deep), "]}}".repeat(deep));
    for text in [
        format!(
            "{{\"data\":[{{\"traceID\":\"a\",\"spans\":[{{\"tags\":[{{\"key\":\"k\",\"value\":{value}}}]}}]}}]}}"
        ),
        format!(
            "{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{{\"attributes\":[{{\"key\":\"k\",\"value\":{any}}}]}}]}}]}}]}}"
        ),
        value,
        "{\"data\":".repeat(deep),
        "{\"result\":{\"data\":[".repeat(deep),
    ] {
        use_up(read_in(text.as_bytes(), &[1 << 20]));
    }
    let chain: Vec<String> = (1..=deep)
        .map(|span| {
            format!(
                "{{\"spanID\":\"{span:x}\",\"references\":[{{\"refType\":\"CHILD_OF\",\"spanID\":\"{:x}\"}}],\"startTime\":{span}}}",
                span - 1
            )
        })
        .collect();
    let text = format!("{{\"traceID\":\"a\",\"spans\":[{}]}}", chain.join(","));
    let opened = read_in(text.as_bytes(), &[1 << 18]).unwrap();
    assert_eq!(opened.traces[0].outline().depth.last(), Some(&(deep as u32 - 1)));
}

/// Found by fuzzing: a length near 2^64 overflowed the sniffer; of a field sent twice (an odd trace id, then an
/// empty one) the columns had the first and the bytes the last.
#[test]
fn inputs_found_by_fuzzing_neither_panic_nor_differ() {
    let huge = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x0a, 0x2a, 0x70];
    assert!(super::read_in(&huge, &[3]).is_err());
    let span = [0x0a, 0x01, 0x00, 0x0a, 0x00];
    let scope = [&[0x12, span.len() as u8], &span[..]].concat();
    let resource = [&[0x12, scope.len() as u8], &scope[..]].concat();
    let request = [&[0x0a, resource.len() as u8], &resource[..]].concat();
    let mut opened = super::read_in(&request, &[1]).unwrap();
    let before = opened.traces[0].record(0);
    while !opened.traces[0].index_some(1) {}
    assert_eq!(opened.traces[0].record(0), before);
}

/// A length of 2^63 and more made the sniffing overflow.
#[test]
fn lengths_beyond_all_measure_are_refused() {
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    for start in [&[0x0a][..], &[0x0a, 0x40, 0x12], &[0x0a, 0x80, 0x01, 0x0a, 0x40, 0x0a]] {
        let bytes = [start, &huge, &[b'a'; 60]].concat();
        assert!(read_in(&bytes, &[7]).is_err(), "{start:x?}");
    }
}

/// Of duplicate fields the last counts, decoded and interned alike; damaged fields cause a warning.
#[test]
fn members_said_twice_and_members_that_are_damaged_count_alike_decoded_and_interned() {
    let text = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"traceId":"a","spanId":"1","traceState":"x","flags":7,"traceState":"","flags":0,
         "status":{"code":2,"message":"m"},"status":{"message":""}},
        {"traceId":"a","spanId":"2","attributes":[{"key" 1}],"name":"n"}]}]}]}"#;
    let mut opened = read_in(text, &[50]).unwrap();
    let trace = &mut opened.traces[0];
    let before = [trace.record(0), trace.record(1)];
    assert!(trace.index_some(usize::MAX));
    assert_eq!(before, [trace.record(0), trace.record(1)]);
    assert_eq!(
        (before[0].trace_state.as_str(), before[0].flags, before[0].status_message.as_str()),
        ("", 0, "")
    );
    assert_eq!(before[0].status, spandrel_trace::model::StatusCode::Error);
    assert_eq!(before[1].name, "n");
    assert!(
        before[1].warnings.contains(&"a part of this span cannot be read".to_owned()),
        "{:?}",
        before[1].warnings
    );
}
