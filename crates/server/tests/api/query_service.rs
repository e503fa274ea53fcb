//! `jaeger.api_v3.QueryService` over gRPC, asked by a generated client's codec.

use crate::support::{Server, command, now, request, span, text};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use spandrel_server::jaeger::filter::messages::{
    AttributeReference, Call, Expression, FieldReference, List, Scalar, Term,
};
use spandrel_server::jaeger::messages::{
    DependenciesResponse, FindTraceSummariesResponse, FindTracesRequest, GetDependenciesRequest,
    GetOperationsRequest, GetOperationsResponse, GetServicesResponse, GetTraceRequest, Seconds,
    TraceQueryParameters,
};
use std::collections::HashMap;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, IntoRequest, Request, Status};
use tonic_prost::ProstCodec;

pub async fn client(server: &Server) -> Grpc<Channel> {
    let channel =
        Channel::from_shared(format!("http://{}", server.query_grpc)).unwrap().connect().await.unwrap();
    let mut client = Grpc::new(channel);
    client.ready().await.unwrap();
    client
}

/// All messages of a call's answer.
async fn ask<Q, A>(client: &mut Grpc<Channel>, method: &str, request: Q) -> Result<Vec<A>, Status>
where
    Q: Message + Send + Sync + 'static,
    A: Message + Default + Send + Sync + 'static,
{
    send(client, method, request.into_request()).await
}

pub async fn send<Q, A>(
    client: &mut Grpc<Channel>,
    method: &str,
    request: Request<Q>,
) -> Result<Vec<A>, Status>
where
    Q: Message + Send + Sync + 'static,
    A: Message + Default + Send + Sync + 'static,
{
    client.ready().await.unwrap();
    let path = format!("/jaeger.api_v3.QueryService/{method}").parse().unwrap();
    let answer = client.server_streaming(request, path, ProstCodec::<Q, A>::default()).await?;
    let (mut messages, mut stream) = (Vec::new(), answer.into_inner());
    while let Some(message) = stream.message().await? {
        messages.push(message);
    }
    Ok(messages)
}

pub fn seconds(nanoseconds: u64) -> Option<Seconds> {
    let (seconds, nanos) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    Some(Seconds { seconds: seconds as i64, nanos: nanos as i32 })
}

pub fn query() -> TraceQueryParameters {
    TraceQueryParameters {
        start_time_min: seconds(now() - 3_600_000_000_000),
        start_time_max: seconds(now() + 60_000_000_000),
        ..TraceQueryParameters::default()
    }
}

pub fn find(query: TraceQueryParameters) -> FindTracesRequest {
    FindTracesRequest { query: Some(query) }
}

fn names(answer: &[TracesData]) -> Vec<String> {
    let resources = answer.iter().flat_map(|data| &data.resource_spans);
    let spans = resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans);
    let mut names: Vec<String> = spans.map(|span| span.name.clone()).collect();
    names.sort();
    names
}

/// Two traces: a call of `shop` to `stock`, and a lone one of `shop`.
fn fill(server: &Server) {
    let mut call = span(1, 1, "buy");
    call.kind = 3;
    call.attributes = vec![text("item", "tea")];
    let mut called = span(1, 2, "reserve");
    called.parent_span_id = call.span_id.clone();
    called.status =
        Some(opentelemetry_proto::tonic::trace::v1::Status { message: "none left".into(), code: 2 });
    assert_eq!(server.export(&request("shop", vec![call])).status, 200);
    assert_eq!(server.export(&request("stock", vec![called])).status, 200);
    assert_eq!(server.export(&request("shop", vec![span(2, 1, "look")])).status, 200);
}

#[tokio::test]
async fn every_method_answers_as_over_http() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    fill(&server);
    let mut client = client(&server).await;

    let services: Vec<GetServicesResponse> = ask(&mut client, "GetServices", ()).await.unwrap();
    assert_eq!(services[0].services, ["shop", "stock"]);
    let asked = GetOperationsRequest { service: "shop".into(), span_kind: "client".into() };
    let operations: Vec<GetOperationsResponse> = ask(&mut client, "GetOperations", asked).await.unwrap();
    let found: Vec<_> =
        operations[0].operations.iter().map(|o| (o.name.as_str(), o.span_kind.as_str())).collect();
    assert_eq!(found, [("buy", "client")]);

    let asked = GetTraceRequest { trace_id: "1".into(), ..GetTraceRequest::default() };
    let trace: Vec<TracesData> = ask(&mut client, "GetTrace", asked).await.unwrap();
    assert_eq!(names(&trace), ["buy", "reserve"]);
    let failed = &trace[0].resource_spans[1].scope_spans[0].spans[0];
    assert_eq!(failed.status.as_ref().unwrap().message, "none left");
    assert_eq!(failed.trace_id, 1u128.to_be_bytes());

    let found: Vec<TracesData> = ask(&mut client, "FindTraces", find(query())).await.unwrap();
    assert_eq!(names(&found), ["buy", "look", "reserve"]);
    let attributes = HashMap::from([("item".to_owned(), "tea".to_owned())]);
    let by_attribute = find(TraceQueryParameters { service_name: "shop".into(), attributes, ..query() });
    let found: Vec<TracesData> = ask(&mut client, "FindTraces", by_attribute.clone()).await.unwrap();
    assert_eq!(names(&found), ["buy", "reserve"]);
    let summaries: Vec<FindTraceSummariesResponse> =
        ask(&mut client, "FindTraceSummaries", by_attribute).await.unwrap();
    let summary = &summaries[0].summaries[0];
    assert_eq!((summary.span_count, summary.error_span_count, summary.orphan_span_count), (2, 1, 0));
    assert_eq!((&*summary.root_service_name, &*summary.root_operation_name), ("shop", "buy"));
    assert_eq!(summary.trace_id, format!("{:032x}", 1));
    let long = find(TraceQueryParameters { duration_min: seconds(60_000_000_000), ..query() });
    let none: Vec<TracesData> = ask(&mut client, "FindTraces", long).await.unwrap();
    assert!(none.is_empty(), "an empty stream is no failure");
    let one = find(TraceQueryParameters { search_depth: 1, ..query() });
    let one: Vec<TracesData> = ask(&mut client, "FindTraces", one).await.unwrap();
    assert_eq!(names(&one), ["look"], "the newest");

    let asked =
        GetDependenciesRequest { start_time: query().start_time_min, end_time: query().start_time_max };
    let calls: Vec<DependenciesResponse> = ask(&mut client, "GetDependencies", asked).await.unwrap();
    let call = &calls[0].dependencies[0];
    assert_eq!((&*call.parent, &*call.child, call.call_count), ("shop", "stock", 1));
}

/// A filter for an attribute.
fn has(key: &str, value: &str) -> Call {
    let key = AttributeReference { key: key.into(), level: String::new() };
    let value = Scalar { value: value.into(), r#type: String::new() };
    let args = [Term::Attr(key), Term::Scalar(value)].map(|term| Expression { term: Some(term) });
    Call { op: "eq".into(), args: args.into() }
}

#[tokio::test]
async fn a_structured_filter_is_decided_as_over_http() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    fill(&server);
    let mut client = client(&server).await;
    let mut found = async |filter: Call| {
        let filtered = find(TraceQueryParameters { filter: Some(filter), ..query() });
        names(&ask::<_, TracesData>(&mut client, "FindTraces", filtered).await.unwrap())
    };
    assert_eq!(found(has("item", "tea")).await, ["buy", "reserve"]);
    assert!(found(has("item", "coffee")).await.is_empty());
    let field = FieldReference { name: "name".into(), level: "span".into() };
    let list = List { values: vec!["look".into(), "no".into()], r#type: "string".into() };
    let args = [Term::Field(field), Term::List(list)].map(|term| Expression { term: Some(term) });
    let named = Call { op: "in".into(), args: args.into() };
    assert_eq!(found(named.clone()).await, ["look"]);
    let args = [Term::Call(named), Term::Call(has("item", "tea"))];
    let either = Call { op: "or".into(), args: args.map(|term| Expression { term: Some(term) }).into() };
    assert_eq!(found(either).await, ["buy", "look", "reserve"]);
}

#[tokio::test]
async fn a_trace_is_found_by_the_start_of_its_id() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    for (trace, name) in [(0xabcd_ef01_u128 << 96 | 1, "first"), (0xabcd_ef02_u128 << 96 | 1, "second")] {
        assert_eq!(server.export(&request("shop", vec![span(trace, 1, name)])).status, 200);
    }
    let mut client = client(&server).await;
    let mut by = async |id: &str| {
        let asked = GetTraceRequest { trace_id: id.to_owned(), ..GetTraceRequest::default() };
        ask::<_, TracesData>(&mut client, "GetTrace", asked).await
    };
    assert_eq!(names(&by("abcdef01").await.unwrap()), ["first"]);
    assert_eq!(names(&by("abcdef02000000").await.unwrap()), ["second"]);
    let several = by("abcdef0").await.unwrap_err();
    assert_eq!(several.code(), Code::InvalidArgument);
    assert!(several.message().contains("more than one trace ID starts with abcdef0"), "{several}");
    assert_eq!(by("abcdef03").await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn what_cannot_be_answered_has_the_code_that_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    fill(&server);
    let mut client = client(&server).await;
    let mut code = async |method: &str, request: FindTracesRequest| {
        ask::<_, TracesData>(&mut client, method, request).await.unwrap_err().code()
    };
    assert_eq!(code("FindTraces", FindTracesRequest::default()).await, Code::InvalidArgument);
    let untimed = find(TraceQueryParameters { start_time_min: None, ..query() });
    assert_eq!(code("FindTraces", untimed).await, Code::InvalidArgument);
    let negative = find(TraceQueryParameters { search_depth: -1, ..query() });
    assert_eq!(code("FindTraces", negative).await, Code::InvalidArgument);
    let unknown = Call { op: "like".into(), args: Vec::new() };
    let filtered = find(TraceQueryParameters { filter: Some(unknown), ..query() });
    assert_eq!(code("FindTraces", filtered).await, Code::InvalidArgument);
    let both =
        TraceQueryParameters { filter: Some(has("item", "tea")), service_name: "shop".into(), ..query() };
    assert_eq!(code("FindTraces", find(both)).await, Code::InvalidArgument);
    let deep = (0..30).fold(has("item", "tea"), |call, _| Call {
        op: "not".into(),
        args: vec![Expression { term: Some(Term::Call(call)) }],
    });
    let deep = find(TraceQueryParameters { filter: Some(deep), ..query() });
    assert_eq!(code("FindTraces", deep).await, Code::InvalidArgument);
    assert_eq!(code("FindSpans", find(query())).await, Code::Unimplemented);
    for (id, expected) in [("3", Code::NotFound), ("x", Code::InvalidArgument), ("", Code::InvalidArgument)] {
        let asked = GetTraceRequest { trace_id: id.to_owned(), ..GetTraceRequest::default() };
        let refused = ask::<_, TracesData>(&mut client, "GetTrace", asked).await.unwrap_err();
        assert_eq!(refused.code(), expected, "{id:?}: {refused}");
    }
    // A message that is none.
    let odd =
        ask::<_, TracesData>(&mut client, "GetTrace", Seconds { seconds: 1, nanos: 0 }).await.unwrap_err();
    assert_eq!(odd.code(), Code::InvalidArgument);
    let big = GetTraceRequest { trace_id: "1".repeat(2 << 20), ..GetTraceRequest::default() };
    let big = ask::<_, TracesData>(&mut client, "GetTrace", big).await.unwrap_err();
    assert_eq!(big.code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn a_large_trace_comes_in_messages_that_clients_take() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    for part in 0..10u64 {
        let spans = (1..=2000).map(|id| {
            let mut span = span(9, part * 2000 + id, "work");
            span.attributes = vec![text("payload", &"p".repeat(500))];
            span
        });
        assert_eq!(server.export(&request("busy", spans.collect())).status, 200);
    }
    let mut client = client(&server).await;
    let asked = GetTraceRequest { trace_id: "9".into(), raw_traces: true, ..GetTraceRequest::default() };
    let answer: Vec<TracesData> = ask(&mut client, "GetTrace", asked).await.unwrap();
    assert!(answer.len() > 20, "{} messages", answer.len());
    assert!(answer.iter().all(|message| message.encoded_len() < 1 << 20));
    assert_eq!(names(&answer).len(), 20_000);
}

#[tokio::test]
async fn only_tokens_that_may_read_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    let settings = directory.path().join("settings.toml");
    let tokens = "[[tokens]]\nvalue = \"in\"\nscopes = [\"ingest\"]\n[[tokens]]\nvalue = \"out\"\nscopes = [\"read\"]\n";
    std::fs::write(&settings, tokens).unwrap();
    let mut command = command(directory.path(), &[]);
    command.arg("--config").arg(&settings);
    let server = Server::of(command);
    let mut client = client(&server).await;
    for (token, expected) in [
        (None, Some(Code::Unauthenticated)),
        (Some("Bearer in"), Some(Code::PermissionDenied)),
        (Some("Bearer out"), None),
    ] {
        let mut request = Request::new(());
        if let Some(token) = token {
            request.metadata_mut().insert("authorization", token.parse().unwrap());
        }
        let answer = send::<_, GetServicesResponse>(&mut client, "GetServices", request).await;
        assert_eq!(answer.err().map(|status| status.code()), expected, "{token:?}");
    }
}
