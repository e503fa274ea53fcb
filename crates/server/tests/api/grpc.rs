//! OTLP over gRPC, spoken by the generated client.

use crate::support::{Server, request, span};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
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
    assert!(refused.details().is_empty(), "without RetryInfo, so that it does not come again");

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
