//! Answers in protobuf where that is asked for, and answers that are not sent twice.

use crate::support::{Server, request, send, span, text, window};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use spandrel_server::jaeger::messages::{
    FindTraceSummariesResponse, GetOperationsResponse, GetServicesResponse,
};

const PROTOBUF: (&str, &str) = ("accept", "application/x-protobuf");

fn read<M: Message + Default>(server: &Server, path: &str) -> M {
    let answer = send(&server.viewer, "GET", path, &[PROTOBUF], b"");
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-protobuf");
    assert!(
        answer.headers.iter().any(|(name, value)| name == "vary" && value == "accept"),
        "{:?}",
        answer.headers
    );
    M::decode(&*answer.body).unwrap()
}

#[test]
fn answers_of_v3_are_protobuf_where_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut sent = span(5, 6, "work");
    sent.attributes = vec![text("key", "value")];
    assert_eq!(server.export(&request("shop", vec![sent.clone()])).status, 200);
    let window = window();
    let trace: TracesData = read(&server, "/api/v3/traces/5?raw_traces=true");
    assert_eq!(trace.resource_spans[0].scope_spans[0].spans, [sent], "bit for bit what was sent");
    let found: TracesData = read(&server, &format!("/api/v3/traces?query.service_name=shop&{window}"));
    assert_eq!(found.resource_spans[0].scope_spans[0].spans[0].span_id, 6u64.to_be_bytes());
    let summaries: FindTraceSummariesResponse = read(&server, &format!("/api/v3/trace-summaries?{window}"));
    assert_eq!(summaries.summaries[0].root_operation_name, "work");
    assert_eq!(read::<GetServicesResponse>(&server, "/api/v3/services").services, ["shop"]);
    let operations: GetOperationsResponse = read(&server, "/api/v3/operations?service=shop");
    assert_eq!(operations.operations[0].span_kind, "server");
    for accept in
        ["application/json", "*/*", "text/html, */*", "application/json, application/x-protobuf", "x"]
    {
        let answer = send(&server.viewer, "GET", "/api/v3/services", &[("accept", accept)], b"");
        assert_eq!(answer.header("content-type"), "application/json", "{accept}");
    }
    let none = send(&server.viewer, "GET", "/api/v3/traces/7", &[PROTOBUF], b"");
    assert_eq!(none.status, 404);
    assert_eq!(none.json()["error"]["httpCode"], 404, "failures stay what they are");
}

#[test]
fn what_a_client_has_is_not_sent_again_until_it_changes() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.export(&request("shop", vec![span(5, 1, "one")])).status, 200);
    let search = format!("/api/v3/trace-summaries?query.service_name=shop&{}", window());
    for path in ["/api/traces/5", "/api/v3/traces/5", &search] {
        let first = server.get(path);
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{path}: {tag}");
        let again = send(&server.viewer, "GET", path, &[("if-none-match", &tag)], b"");
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, &*tag), "{path}");
        assert_eq!(send(&server.viewer, "GET", path, &[("if-none-match", "\"other\"")], b"").status, 200);
    }
    let tag = server.get("/api/traces/5").header("etag").to_owned();
    assert_eq!(server.export(&request("shop", vec![span(5, 2, "two")])).status, 200);
    let changed = send(&server.viewer, "GET", "/api/traces/5", &[("if-none-match", &tag)], b"");
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(server.get("/api/traces/6").header("etag"), "", "a failure has none");
}
