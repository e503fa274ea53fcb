//! Property: any bytes that a POST takes are answered by every query in whole valid JSON, in answers that are sent at
//! once and in answers that are streamed, and every span that was acknowledged is found.
//!
//! Real bodies of senders and odd ones, each under a trace id of its own, are mutated as bytes or as JSON, and sent plain
//! or compressed. `SPANDREL_SEED` and `SPANDREL_CASES` choose others and more of them.

use crate::asking::{EVER, Random, accepted, ask_everything, spans_of, whole};
use crate::mutated::rich;
use crate::support::{Server, gzip, request, send, text};
use prost::Message;
use spandrel_trace::format::Reader;
use spandrel_trace::testing::{odd_inputs, odd_inputs_folder};
use std::path::Path;

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";
/// What stands in JSON in place of something else.
const VALUES: [&str; 16] = [
    "null",
    "{}",
    "[]",
    "0",
    "-1",
    "1e400",
    "18446744073709551615",
    "\"\"",
    "\"NaN\"",
    "true",
    "[[{}]]",
    "{\"low\":1,\"high\":-1}",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "[null,{\"key\":null}]",
    "{\"arrayValue\":{\"values\":[{\"kvlistValue\":{\"values\":[{}]}}]}}",
];

/// A request, and the trace ids in it.
struct RealBody {
    name: String,
    content_type: &'static str,
    bytes: Vec<u8>,
    traces: Vec<u128>,
}

impl RealBody {
    fn new(name: &str, content_type: &'static str, bytes: Vec<u8>) -> Option<Self> {
        let mut reader = Reader::new();
        reader.push(&bytes).ok()?;
        let opened = reader.finish().ok()?;
        let traces = opened.traces.iter().map(|trace| trace.outline().trace_id.0).collect();
        let body = RealBody { name: name.to_owned(), content_type, bytes, traces };
        // Ids written in another way cannot be exchanged.
        (body.under(&mut |_| 0x1234_5678_9abc_def0).0 > 0).then_some(body)
    }

    /// The body with other trace ids; how many were exchanged.
    fn under(&self, id: &mut impl FnMut(u128) -> u128) -> (usize, Vec<u8>) {
        let (mut bytes, mut count) = (self.bytes.clone(), 0);
        for trace in self.traces.iter().filter(|trace| **trace != 0) {
            let new = id(*trace);
            // What is sent twice is kept once: in JSON a span stays another one even if its trace id is taken away.
            let (old, new) = match self.content_type {
                JSON => (
                    format!("{trace:032x}\"").into_bytes(),
                    format!("{new:032x}\",\"traceState\":\"{new:x}\"").into_bytes(),
                ),
                _ => (trace.to_be_bytes().to_vec(), new.to_be_bytes().to_vec()),
            };
            let mut at = 0;
            while let Some(found) =
                bytes[at..].windows(old.len()).position(|part| part.eq_ignore_ascii_case(&old))
            {
                at += found;
                bytes.splice(at..at + old.len(), new.iter().copied());
                at += new.len();
                count += 1;
            }
        }
        (count, bytes)
    }
}

/// Bodies of real senders, odd bodies, and one with something in every field.
fn real_bodies() -> Vec<RealBody> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut bodies = Vec::new();
    for name in ["order.otlp", "error.otlp", "node-json.otlp", "recorded/main/odd.otlp"] {
        let bytes = std::fs::read(fixtures.join(format!("{name}.json"))).unwrap();
        bodies.extend(RealBody::new(name, JSON, bytes));
    }
    for name in ["order", "error", "node-proto", "node-grpc", "python-http", "python-grpc"] {
        let bytes = std::fs::read(fixtures.join(format!("{name}.otlp.pb"))).unwrap();
        bodies.extend(RealBody::new(name, PROTOBUF, bytes));
    }
    let table = std::fs::read_to_string(odd_inputs_folder().join("table.tsv")).unwrap();
    for input in odd_inputs(&table) {
        let receiver = &input.receiver;
        if receiver.status == 200 && receiver.content_encoding.is_empty() {
            let bytes = std::fs::read(odd_inputs_folder().join(&input.file)).unwrap();
            bodies.extend(RealBody::new(&input.file, receiver.content_type, bytes));
        }
    }
    let rich = request("rich", vec![rich(77, 1), rich(77, 2), rich(78, 3)]).encode_to_vec();
    bodies.extend(RealBody::new("rich", PROTOBUF, rich));
    bodies
}

/// Where a number, text or word stands in JSON: the place of a member's or an element's value.
fn values_of(json: &[u8]) -> Vec<(usize, usize)> {
    let (mut values, mut at) = (Vec::new(), 0);
    while at < json.len() {
        let start = at;
        match json[at] {
            b'"' => {
                at += 1;
                while at < json.len() && json[at] != b'"' {
                    at += if json[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' => {
                at += 1;
                continue;
            }
            _ => {
                while at < json.len() && !b"{}[],: \n\r\t\"".contains(&json[at]) {
                    at += 1;
                }
            }
        }
        let behind = json.get(at..).unwrap_or_default().iter().find(|byte| !byte.is_ascii_whitespace());
        if behind != Some(&b':') {
            values.push((start, at.min(json.len())));
        }
    }
    values
}

/// One to three values of JSON replaced by others.
fn exchange_values(random: &mut Random, json: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let values = values_of(json);
        if !values.is_empty() {
            let (start, end) = values[random.below(values.len())];
            json.splice(start..end, VALUES[random.below(VALUES.len())].bytes());
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Sends mutants of the bodies; how many were taken.
fn send_mutants(server: &Server, bodies: &[RealBody], random: &mut Random, cases: u64) -> usize {
    let mut taken = 0;
    for _ in 0..cases {
        let body = &bodies[random.below(bodies.len())];
        // Spans under one id in two requests would be the same spans.
        let unique = (random.below(usize::MAX) as u128) << 64 | random.below(usize::MAX) as u128;
        let (_, mut bytes) = body.under(&mut |old| unique ^ old);
        match random.below(4) {
            0 => {}
            1 => random.mutate(&mut bytes),
            _ if body.content_type == JSON => exchange_values(random, &mut bytes),
            _ => random.mutate(&mut bytes),
        }
        let (encoding, mut bytes) = match random.below(3) {
            0 => ("identity", bytes),
            1 => ("gzip", gzip(&bytes)),
            _ => {
                let level = ruzstd::encoding::CompressionLevel::Fastest;
                ("zstd", ruzstd::encoding::compress_to_vec(&*bytes, level))
            }
        };
        if random.below(12) == 0 {
            random.mutate(&mut bytes);
        }
        let headers = [("content-type", body.content_type), ("content-encoding", encoding)];
        let before = accepted(server);
        let answer = send(&server.otlp_http, "POST", "/v1/traces", &headers, &bytes);
        assert!(matches!(answer.status, 200 | 400), "{} {encoding}: {}", body.name, answer.text());
        if answer.status == 400 {
            assert_eq!(accepted(server), before, "{} {encoding}: refused and taken", body.name);
        }
        taken += usize::from(answer.status == 200);
    }
    taken
}

#[test]
fn any_bytes_that_a_post_takes_are_answered_by_every_query() {
    let bodies = real_bodies();
    assert!(
        bodies.len() > 20,
        "{}",
        bodies.iter().map(|body| body.name.as_str()).collect::<Vec<_>>().join(" ")
    );
    let (seed, cases) = (number("SPANDREL_SEED", 0xb0d1e5), number("SPANDREL_CASES", 240));
    println!("SPANDREL_SEED={seed} SPANDREL_CASES={cases}");
    let mut random = Random(seed.max(1));
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--segment-size", "300K"]);
    let taken = send_mutants(&server, &bodies, &mut random, 40);
    assert!((8..40).contains(&taken), "{taken} of 40 mutants were taken: some must be, not all");
    let weight = ask_everything(&server, accepted(&server));
    assert!(weight < 2 << 20, "{weight} bytes are not streamed");
    let taken = send_mutants(&server, &bodies, &mut random, cases);
    assert!(taken as u64 > cases / 4, "{taken} of {cases} mutants were taken");
    let mut heavy = rich(0xabc_def, 1);
    heavy.attributes.push(text("filler", &"0123456789".repeat(250_000)));
    assert_eq!(server.export(&request("rich", vec![heavy])).status, 200);
    let weight = ask_everything(&server, accepted(&server));
    assert!(weight > 2 << 20, "{weight} bytes are streamed");
    let found = whole(&format!("/api/v3/traces?{EVER}&query.service_name=rich"), &server);
    assert!(!spans_of(&found).is_empty());
}
