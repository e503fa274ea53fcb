//! OTLP over gRPC, spoken by the generated client.

use crate::support::{Server, command, metric, peak_memory, request, span};
use futures_util::stream::StreamExt;
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use std::convert::Infallible;
use std::time::Duration;
use tonic::Code;
use tonic::codec::CompressionEncoding;

#[tokio::test]
async fn spans_are_taken_plain_and_compressed() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let address = format!("http://{}", server.otlp_grpc);
    let mut client = TraceServiceClient::connect(address.clone()).await.unwrap();
    let answer = client.export(request("grpc", vec![span(1, 1, "plain")])).await.unwrap();
    assert_eq!(answer.into_inner().partial_success.unwrap_or_default().rejected_spans, 0);
    let mut client =
        TraceServiceClient::connect(address).await.unwrap().send_compressed(CompressionEncoding::Gzip);
    let many = (1..2000).map(|id| span(2, id, "compressed")).collect();
    client.export(request("grpc", many)).await.unwrap();
    assert_eq!(server.spans("1").len(), 1);
    assert_eq!(server.spans("2").len(), 1999);
}

#[tokio::test]
async fn refusals_carry_the_code_that_tells_whether_to_come_again() {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--max-request", "64K", "--max-disk", "500K", "--retention-hours", "0"];
    let server = Server::start(directory.path(), &flags);
    let mut client = TraceServiceClient::connect(format!("http://{}", server.otlp_grpc)).await.unwrap();

    let mut bad = span(1, 1, "x");
    bad.trace_id = vec![1, 2];
    let refused = client.export(request("s", vec![bad])).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");

    let mut big = span(1, 1, "x");
    big.trace_state = "x".repeat(70_000);
    let refused = client.export(request("s", vec![big])).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "too large: {refused}");
    assert!(refused.details().is_empty(), "without RetryInfo, so that it does not retry");

    for trace in 1..1000u128 {
        let mut span = span(trace, 1, "x");
        span.trace_state =
            (0..2000).map(|n| char::from(b'!' + ((trace * 7919 + n * n * 31) % 90) as u8)).collect();
        match client.export(request("s", vec![span])).await {
            Ok(_) => continue,
            Err(refused) => {
                assert_eq!(refused.code(), Code::ResourceExhausted, "full: {refused}");
                let details = String::from_utf8_lossy(refused.details()).into_owned();
                assert!(details.contains("google.rpc.RetryInfo"), "{details}");
                return;
            }
        }
    }
    panic!("half a megabyte took a thousand batches");
}

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// A call whose message has so many bytes and lacks more, which never come; the status that it is answered with.
async fn unfinished(address: String, authority: String, headers: Vec<(&str, &str)>, bytes: usize) -> String {
    let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let connected = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = connected.unwrap();
    let connection = tokio::spawn(connection);
    let head = [&[0][..], &(bytes as u32 + 1).to_be_bytes()].concat();
    let pieces =
        std::iter::once(Bytes::from(head)).chain((0..bytes >> 14).map(|_| Bytes::from(vec![0; 1 << 14])));
    let frames = futures_util::stream::iter(pieces.map(|piece| Ok::<_, Infallible>(Frame::data(piece))));
    let body = StreamBody::new(Box::pin(frames.chain(futures_util::stream::pending())));
    let mut request = hyper::Request::post(format!("http://{authority}{EXPORT}"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.header("content-type", "application/grpc").body(body).unwrap();
    let answer = sender.send_request(request).await;
    connection.abort();
    match answer {
        Ok(answer) => answer.headers().get("grpc-status").unwrap().to_str().unwrap().to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_messages_take_no_more_memory_than_requests_may() {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--max-request", "24M", "--max-waiting", "96M", "--client-time", "600"];
    // What is freed goes back to the system at once instead of within a second (docs/adr/0029): the peak is what is in use.
    let mut at_once = command(directory.path(), &flags);
    at_once.env("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0");
    let server = Server::of(at_once);
    let before = peak_memory(server.id());
    let call = |_| unfinished(server.otlp_grpc.clone(), "localhost".to_owned(), Vec::new(), 20 << 20);
    let calls: Vec<_> = (0..24).map(|number| tokio::spawn(call(number))).collect();
    // Those for which there is no memory are asked to retry; the others wait for the rest of their messages.
    let mut refused = 0;
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        refused = calls.iter().filter(|call| call.is_finished()).count();
        let held = metric(&server, "spandrel_intake_bytes");
        assert!(held <= 96 << 20, "{held}");
        if refused >= 18 && held >= 60 << 20 {
            break;
        }
    }
    let grown = peak_memory(server.id()) - before;
    assert!((18..24).contains(&refused), "{refused} of 24 messages of 20 MiB were refused");
    assert!(grown <= 160 << 20, "the server grew by {} MB", grown >> 20);
    let mut left = Vec::new();
    for call in calls {
        if call.is_finished() {
            assert_eq!(call.await.unwrap(), "8", "resource exhausted");
        } else {
            left.push(call);
        }
    }
    left.iter().for_each(tokio::task::JoinHandle::abort);
    drop(left);
    for _ in 0..600 {
        if metric(&server, "spandrel_intake_bytes") == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(metric(&server, "spandrel_intake_bytes"), 0, "what is broken off takes no memory");
    let mut client = TraceServiceClient::connect(format!("http://{}", server.otlp_grpc)).await.unwrap();
    client.export(request("s", vec![span(1, 1, "x")])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_does_not_arrive_in_time_is_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--client-time", "1"]);
    let call = unfinished(server.otlp_grpc.clone(), "localhost".to_owned(), Vec::new(), 1 << 14);
    let status = tokio::time::timeout(Duration::from_secs(20), call).await.unwrap();
    assert_eq!(status, "4", "deadline exceeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_for_other_hosts_and_of_other_sites_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--allow-host", "traces.example", "--client-time", "1"]);
    let call = |authority: &str, headers: &[(&'static str, &'static str)]| {
        unfinished(server.otlp_grpc.clone(), authority.to_owned(), headers.to_vec(), 0)
    };
    let foreign = [("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")];
    assert_eq!(call("evil.example:4317", &[]).await, "7", "permission denied");
    assert_eq!(call("localhost", &foreign).await, "7");
    for own in ["traces.example:4317", "127.0.0.1:4317", "localhost"] {
        assert_eq!(call(own, &[]).await, "4", "{own} is let in, and its message does not end");
    }
}
