//! Requests that are too large, too many at once, or find no room: the status of each response tells whether to retry.

use crate::support::{
    Server, command, gzip, heavy, metric, read_answer, request, send, span, text, try_send, window,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Stdio;

#[test]
fn a_request_over_the_limit_is_413_however_it_comes() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--max-request", "64K"]);
    let body = heavy(1, 80_000).encode_to_vec();
    let plain =
        send(&server.otlp_http, "POST", "/v1/traces", &[("content-type", "application/x-protobuf")], &body);
    assert_eq!(plain.status, 413, "{}", plain.text());
    assert_eq!(plain.header("content-type"), "application/x-protobuf");
    assert_eq!(plain.header("retry-after"), "", "it must not retry");
    assert!(plain.text().contains("larger than 65536 bytes"), "{}", plain.text());

    let chunked = [("content-type", "application/json"), ("transfer-encoding", "chunked")];
    let mut chunks = Vec::new();
    for chunk in body.chunks(10_000) {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    let answer = send(&server.otlp_http, "POST", "/v1/traces", &chunked, &chunks);
    assert_eq!((answer.status, answer.json()["code"].as_u64()), (413, Some(8)));

    let bomb = gzip(&vec![b' '; 50 << 20]);
    assert!(bomb.len() < 64 << 10, "the bomb itself is small: {}", bomb.len());
    let packed = [("content-type", "application/json"), ("content-encoding", "gzip")];
    assert_eq!(send(&server.otlp_http, "POST", "/v1/traces", &packed, &bomb).status, 413);

    assert_eq!(server.export(&heavy(2, 40_000)).status, 200, "what fits is taken");
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("spandrel_requests_refused_total 3\n"), "{metrics}");
    assert!(metrics.contains("spandrel_spans_accepted_total 1\n"), "{metrics}");
}

#[test]
fn a_full_store_is_503_with_retry_after_and_keeps_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--max-disk", "2M", "--retention-hours", "0"]);
    let mut taken = 0;
    let refusal = loop {
        let answer = server.export(&heavy(taken + 1, 100_000));
        if answer.status != 200 {
            break answer;
        }
        taken += 1;
        assert!(taken < 100, "two megabytes hold no hundred of these");
    };
    assert!(taken > 3, "{taken} were taken before it was full");
    assert_eq!(refusal.status, 503, "{}", refusal.text());
    assert!(refusal.header("retry-after").parse::<u64>().unwrap() > 0);
    assert!(refusal.text().contains("the store is full"), "{}", refusal.text());
    assert!(refusal.text().contains("google.rpc.RetryInfo"));
    let state = &heavy(1000, 200_000).resource_spans[0].scope_spans[0].spans[0].trace_state;
    let span = serde_json::json!({ "name": "x", "traceState": state });
    let body = serde_json::json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] });
    let json = server.export_json(&body.to_string());
    assert_eq!(json.status, 503);
    assert_eq!(json.json()["code"], 8);
    for trace in 1..=taken {
        assert_eq!(server.spans(&format!("{trace:x}")).len(), 1, "trace {trace} was acknowledged");
    }
    assert!(server.spans(&format!("{:x}", taken + 1)).is_empty(), "what was refused is not there");
}

#[test]
fn with_a_retention_the_oldest_segments_go_and_nothing_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--max-disk", "4M", "--segment-size", "300K"]);
    let mut most = 0;
    for trace in 1..=80 {
        let answer = server.export(&heavy(trace, 100_000));
        assert_eq!(answer.status, 200, "{trace}: {}", answer.text());
        most = most.max(bytes_in(directory.path()));
    }
    assert!(server.spans("1").is_empty(), "the first is gone");
    assert_eq!(server.spans(&format!("{:x}", 80)).len(), 1, "the last is there");
    assert!((2 << 20..=4 << 20).contains(&most), "{most} bytes were on disk");
    assert_eq!(server.get_json("/api/v3/services")["services"], serde_json::json!(["heavy"]));
}

/// Bytes of all files in a directory.
fn bytes_in(directory: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(directory).unwrap();
    // One may be deleted meanwhile.
    files.filter_map(|file| Some(file.unwrap().metadata().ok()?.len())).sum()
}

#[test]
fn a_request_larger_than_the_budget_is_413_and_deletes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--max-disk", "2M"]);
    for trace in 1..=5 {
        assert_eq!(server.export(&heavy(trace, 50_000)).status, 200);
    }
    let refused = server.export(&heavy(9, 3_000_000));
    assert_eq!((refused.status, refused.header("retry-after")), (413, ""), "{}", refused.text());
    assert!(refused.text().contains("--max-disk"), "{}", refused.text());
    for trace in 1..=5 {
        assert_eq!(server.spans(&format!("{trace:x}")).len(), 1, "trace {trace} is still there");
    }
}

#[test]
fn more_than_may_wait_is_told_to_come_again_and_is_then_taken() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--max-request", "64K", "--max-waiting", "420K"]);
    let body = heavy(1, 60_000).encode_to_vec();
    let mut slow: Vec<TcpStream> = Vec::new();
    let head = |stream: &mut TcpStream| {
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/x-protobuf\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
    };
    // Memory is taken as bytes arrive, not as they are announced: these hold what they sent.
    let (last, most) = body.split_last().unwrap();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(&server.otlp_http).unwrap();
        head(&mut stream);
        stream.write_all(most).unwrap();
        slow.push(stream);
    }
    let waiting = || {
        let metrics = server.get("/metrics").text();
        let line =
            metrics.lines().find(|line| line.starts_with("spandrel_intake_bytes ")).unwrap().to_owned();
        line.split(' ').nth(1).unwrap().parse::<usize>().unwrap()
    };
    while waiting() < 4 * most.len() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let headers = [("content-type", "application/x-protobuf")];
    let refused = try_send(&server.otlp_http, "POST", "/v1/traces", &headers, &body).unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    for mut stream in slow {
        stream.write_all(&[*last]).unwrap();
        assert_eq!(read_answer(stream).unwrap().status, 200);
    }
    assert_eq!(server.export(&heavy(2, 60_000)).status, 200, "the reserved was given back");
    assert_eq!(server.spans("1").len(), 1);
}

#[test]
fn limits_on_disk_and_memory_have_defaults_that_are_printed_and_in_the_metrics() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let (disk, index) =
        (metric(&server, "spandrel_store_max_bytes"), metric(&server, "spandrel_index_max_bytes"));
    assert!(disk > 0 && (64 << 20..=4 << 30).contains(&index), "{disk} {index}");
    assert!(metric(&server, "spandrel_index_bytes") < 1 << 20);
    drop(server);

    let mut told = command(directory.path(), &["--max-disk", "50M", "--max-index-memory", "3M"]);
    let mut child =
        told.env("RUST_LOG", "info").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    child.kill().unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(said.contains("50 MiB on disk (--max-disk)"), "{said}");
    assert!(said.contains("3 MiB of memory (--max-index-memory)"), "{said}");
}

#[test]
fn what_a_request_holds_beyond_the_limits_is_left_out_and_said_over_http_json_and_grpc() {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--max-spans", "2", "--max-attributes", "2", "--max-attribute-size", "10"];
    let server = Server::start(directory.path(), &flags);
    let large = |first: u64| {
        let mut spans: Vec<_> = (first..first + 3).map(|id| span(9, id, "x")).collect();
        spans[0].attributes = vec![text("a", "0123456789abc"), text("b", ""), text("c", "")];
        request("s", spans)
    };
    let expected = "1 spans beyond the first 2 of the request (--max-spans); 1 attributes beyond the first 2 \
                    (--max-attributes); 1 texts cut after 10 bytes (--max-attribute-size)";
    let answer = server.export(&large(1));
    assert_eq!(answer.status, 200);
    let partial = ExportTraceServiceResponse::decode(&*answer.body).unwrap().partial_success.unwrap();
    assert_eq!((partial.rejected_spans, partial.error_message.as_str()), (1, expected));
    let spans = server.spans(&format!("{:032x}", 9));
    assert_eq!(spans.len(), 2);
    let first = spans.iter().find(|(_, span)| span["spanId"] == format!("{:016x}", 1)).unwrap();
    assert_eq!(first.1["droppedAttributesCount"], 1);
    assert_eq!(first.1["attributes"][0]["value"]["stringValue"], "0123456789");
    let body = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"1"},{"name":"2"},{"name":"3"}]}]}]}"#;
    let answer = server.export_json(body).json();
    assert_eq!(answer["partialSuccess"]["rejectedSpans"], "1", "{answer}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let partial = runtime.block_on(async {
        let mut client = TraceServiceClient::connect(format!("http://{}", server.otlp_grpc)).await.unwrap();
        client.export(large(4)).await.unwrap().into_inner().partial_success.unwrap()
    });
    assert_eq!((partial.rejected_spans, partial.error_message.as_str()), (1, expected));
}

#[test]
fn an_index_beyond_its_memory_is_read_from_files() {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--max-index-memory", "150K", "--segment-size", "1M"];
    let server = Server::start(directory.path(), &flags);
    for first in (1..=6000u128).step_by(300) {
        let spans = (first..first + 300).map(|trace| {
            let mut span = span(trace, 1, "x");
            span.attributes = vec![text("number", &trace.to_string())];
            span
        });
        assert_eq!(server.export(&request(&format!("service-{}", first % 7), spans.collect())).status, 200);
    }
    let check = |server: &Server| {
        // What a request brings is moved into files after it is answered.
        let start = std::time::Instant::now();
        loop {
            let (bytes, files) =
                (metric(server, "spandrel_index_bytes"), metric(server, "spandrel_index_files"));
            if bytes <= 188 << 10 && files > 2 {
                break;
            }
            assert!(start.elapsed().as_secs() < 20, "{bytes} bytes and {files} files");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(metric(server, "spandrel_store_spans"), 6000);
        for trace in [1u128, 2999, 6000] {
            assert_eq!(server.spans(&format!("{trace:x}")).len(), 1, "{trace}");
            let tag =
                format!("/api/v3/traces?query.attributes=%7B%22number%22:%22{trace}%22%7D&{}", window());
            assert!(server.get(&tag).text().contains(&format!("{trace:032x}")), "{trace}");
        }
        assert_eq!(server.get_json("/api/services")["total"], 7);
        let newest = server.get_json(&format!("/api/v3/trace-summaries?query.searchDepth=5000&{}", window()));
        assert_eq!(newest["summaries"].as_array().unwrap().len(), 5000);
    };
    check(&server);
    assert!(server.terminate());
    check(&Server::start(directory.path(), &flags));
}
