//! The table of odd inputs (`fixtures/hunt/table.tsv`), posted: each is answered as the table says, and what was taken
//! of it is what the file reader reads.

use crate::asking::accepted;
use crate::support::{Answer, Server, gzip, send};
use spandrel_server::ingest::json::to_protobuf;
use spandrel_server::ingest::memory::Memory;
use spandrel_trace::format::Reader;
use spandrel_trace::model::ParsedTraces;
use spandrel_trace::testing::{
    OddInput, Receiver, odd_inputs, odd_inputs_folder, spans_as_text, warnings_of,
};

const JSON: &str = "application/json";

fn read(bytes: &[u8]) -> ParsedTraces {
    let mut reader = Reader::new();
    reader.push(bytes).unwrap();
    reader.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn post(server: &Server, content_type: &str, content_encoding: &str, body: &[u8]) -> Answer {
    let mut headers = vec![("content-type", content_type)];
    if !content_encoding.is_empty() {
        headers.push(("content-encoding", content_encoding));
    }
    send(&server.otlp_http, "POST", "/v1/traces", &headers, body)
}

/// What the server has of these traces, read as the viewer reads it.
fn kept(server: &Server, of: &ParsedTraces) -> ParsedTraces {
    let mut kept = ParsedTraces::default();
    for trace in &of.traces {
        let id = trace.outline().trace_id;
        let answer = server.get(&format!("/api/v3/traces/{id}?rawTraces=true"));
        assert_eq!(answer.status, 200, "{id}: {}", answer.text());
        let mut opened = read(&answer.body);
        kept.traces.append(&mut opened.traces);
        kept.warnings.append(&mut opened.warnings);
    }
    kept
}

/// The partial_success of an answer in JSON.
fn partial_success(answer: &Answer) -> String {
    answer.json()["partialSuccess"]["errorMessage"].as_str().unwrap_or_default().to_owned()
}

/// Bytes without their `Content-Encoding`.
fn plain(bytes: &[u8], content_encoding: &str) -> Vec<u8> {
    match content_encoding {
        "" => bytes.to_vec(),
        encoding => {
            let mut reserved = Memory::new(64 << 20).reservation();
            spandrel_server::ingest::encoding::decode(bytes, encoding, 1 << 20, &mut reserved).unwrap()
        }
    }
}

/// What is wrong with how an input was taken.
fn check(input: &OddInput, receiver: &Receiver, bytes: &[u8]) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let answer = post(&server, receiver.content_type, &receiver.content_encoding, bytes);
    if answer.status != receiver.status {
        return Err(format!("{} instead of {}: {}", answer.status, receiver.status, answer.text()));
    }
    if answer.status != 200 {
        return if accepted(&server) == 0 { Ok(()) } else { Err("refused and taken".to_owned()) };
    }
    let of_file = read(bytes);
    let spans = of_file.traces.iter().map(|trace| trace.outline().len()).sum::<usize>();
    let message = partial_success(&answer);
    match &receiver.remark {
        Some(remark) if !message.contains(remark) => return Err(format!("{remark:?} is not in {message:?}")),
        None if !message.is_empty() => return Err(format!("partial_success {message:?}")),
        _ => {}
    }
    // The same spans, however they come.
    let json = plain(bytes, &receiver.content_encoding);
    let (protobuf, _) = to_protobuf(&json, &mut Memory::new(64 << 20).reservation()).unwrap();
    let mut times = 1;
    for (content_type, body) in [(JSON, &json), ("application/x-protobuf", &protobuf)] {
        for (encoding, body) in [("", body.clone()), ("gzip", gzip(body)), ("zstd", zstd(body))] {
            let answer = post(&server, content_type, encoding, &body);
            if answer.status != 200 {
                return Err(format!("{content_type} {encoding}: {} {}", answer.status, answer.text()));
            }
            times += 1;
            if accepted(&server) != spans * times {
                return Err(format!("{} of {} spans were accepted", accepted(&server), spans * times));
            }
        }
    }
    let of_server = kept(&server, &of_file);
    let (left, right) = (spans_as_text(&of_server), spans_as_text(&of_file));
    if left != right {
        return Err(format!("the receiver has\n{left}and the file\n{right}"));
    }
    let warnings = warnings_of(&of_server);
    match &input.warning {
        Some(part) if !warnings.iter().any(|warning| warning.contains(part)) => {
            Err(format!("no warning says {part:?}: {warnings:?}"))
        }
        None if !warnings.is_empty() => Err(format!("warns: {warnings:?}")),
        _ => Ok(()),
    }
}

#[test]
fn every_odd_input_is_taken_as_the_file_reader_reads_it() {
    let folder = odd_inputs_folder();
    let table = std::fs::read_to_string(folder.join("table.tsv")).unwrap();
    let inputs = odd_inputs(&table);
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(inputs.len() + 1, files, "every file is in the table");
    let (mut failures, mut taken) = (Vec::new(), 0);
    for input in &inputs {
        let bytes = std::fs::read(folder.join(&input.file)).unwrap();
        taken += usize::from(input.receiver.status == 200);
        if let Err(why) = check(input, &input.receiver, &bytes) {
            failures.push(format!("{}: {why}", input.file));
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(taken >= 18, "{taken} inputs are taken");
}

#[test]
fn a_span_whose_id_is_no_id_is_rejected_by_number_and_the_others_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let body = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"traceId":"0000000000000000000000000000000a","spanId":"000000000000000b","name":"kept"},
        {"traceId":"trace-1","spanId":"000000000000000c","name":"rejected"}]}]}]}"#;
    let answer = server.export_json(body);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["partialSuccess"]["rejectedSpans"], "1");
    assert!(partial_success(&answer).contains("\"trace-1\" is not hexadecimal"), "{}", answer.text());
    assert_eq!((accepted(&server), server.get("/api/v3/traces/0a").status), (1, 200));
}
