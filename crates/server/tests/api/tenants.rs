//! Tenants do not see each other: two of them send the same trace id, and every route of every port is asked by each, for
//! its own data, for the other's, and for data that nobody has. The last two answers must be the same. Routes and methods are
//! compared with those of the sources, so that a new one must be listed here.

use crate::live::Page;
use crate::query_service;
use crate::support::{Answer, Server, command, now, request, send, span, text, window};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use serde_json::json;
use spandrel_server::jaeger::messages::{
    DependenciesResponse, FindTraceSummariesResponse, GetDependenciesRequest, GetOperationsRequest,
    GetOperationsResponse, GetServicesResponse, GetTraceRequest, TraceQueryParameters,
};
use std::collections::BTreeSet;
use std::path::Path;
use tonic::{Code, Request};

/// Two tenants, and a name of the same length that nobody has.
pub const TENANTS: [&str; 2] = ["alpha", "bravo"];
const NOBODY: &str = "nobod";

const JSON: (&str, &str) = ("content-type", "application/json");

/// Settings of both tenants: for each a token for everything, one to read and one to send; and one of the default tenant.
pub fn settings() -> String {
    let token = |name: &str, what: &str, scopes: &str| {
        format!("[[tokens]]\nvalue = \"{name}-{what}\"\nscopes = [{scopes}]\ntenant = \"{name}\"\n")
    };
    let of = |name: &&str| {
        token(name, "all", "\"ingest\", \"read\"")
            + &token(name, "read", "\"read\"")
            + &token(name, "ingest", "\"ingest\"")
    };
    format!("token = \"operator\"\n{}", TENANTS.iter().map(of).collect::<String>())
}

/// A server with these settings; its data is in the folder `data`.
pub fn server(directory: &Path, settings: &str) -> Server {
    let file = directory.join("settings.toml");
    std::fs::write(&file, settings).unwrap();
    let mut command = command(&directory.join("data"), &["--eval-track-secret", "sesame", "--config"]);
    command.arg(&file);
    Server::of(command)
}

/// A request with a token to the query port (`false`) or the OTLP port.
pub fn with(server: &Server, otlp: bool, token: &str, method: &str, path: &str, body: &[u8]) -> Answer {
    let authorization = format!("Bearer {token}");
    let address = if otlp { &server.otlp_http } else { &server.viewer };
    send(address, method, path, &[JSON, ("authorization", &authorization)], body)
}

pub fn get(server: &Server, token: &str, path: &str) -> Answer {
    with(server, false, token, "GET", path, b"")
}

/// Sends a tenant's trace 1 (a call of `…-shop` to `…-stock`), a log line of it and a record.
pub fn fill(server: &Server, name: &str) {
    let token = format!("{name}-all");
    let mut call = span(1, 1, &format!("{name}-buy"));
    call.attributes = vec![text("owner", name)];
    let mut called = span(1, 2, &format!("{name}-reserve"));
    called.parent_span_id = call.span_id.clone();
    for (service, span) in [("shop", call), ("stock", called)] {
        let authorization = format!("Bearer {token}");
        let headers = [("content-type", "application/x-protobuf"), ("authorization", authorization.as_str())];
        let body = request(&format!("{name}-{service}"), vec![span]).encode_to_vec();
        assert_eq!(send(&server.otlp_http, "POST", "/v1/traces", &headers, &body).status, 200);
    }
    let line = json!([{ "message": format!("{name} line"), "service": format!("{name}-shop"), "trace_id": format!("{:032x}", 1),
        "timestamp_ms": now() / 1_000_000 }]);
    let sent = with(server, true, &token, "POST", "/api/logs", line.to_string().as_bytes());
    assert_eq!(sent.status, 204, "{}", sent.text());
    let record = json!({ "id": "same", "function_name": format!("{name}_f"), "owner": name }).to_string();
    let sent = with(server, false, &token, "PUT", "/eval-track/traces/same", record.as_bytes());
    assert_eq!(sent.status, 200, "{}", sent.text());
}

/// What routes of the sources a question is about (file and path), and the question; `{m}` is a tenant's name.
struct Asked {
    routes: &'static [&'static str],
    path: String,
    /// Whether the answer shows the tenant's data.
    shows: bool,
}

/// Everything that can be read.
fn reads() -> Vec<Asked> {
    let end = now() / 1_000_000 + 60_000;
    let ask =
        |routes: &'static [&'static str], path: &str, shows| Asked { routes, path: path.to_owned(), shows };
    let v3 = |path: &str| format!("{path}?{}&query.service_name={{m}}-shop", window());
    vec![
        ask(&["jaeger_v1 /services"], "/api/services", true),
        ask(&["jaeger_v1 /services/{service}/operations"], "/api/services/{m}-shop/operations", true),
        ask(&["jaeger_v1 /operations"], "/api/operations?service={m}-shop", true),
        ask(&["jaeger_v1 /traces"], "/api/traces?service={m}-shop", true),
        ask(&["jaeger_v1 /traces"], "/api/traces?traceID=1", true),
        ask(&["jaeger_v1 /traces/{id}"], "/api/traces/1", true),
        ask(&["jaeger_v1 /dependencies"], &format!("/api/dependencies?endTs={end}&lookback=3600000"), true),
        ask(&["jaeger_v1 /metrics/minstep"], "/api/metrics/minstep", false),
        ask(
            &["jaeger_v1 /metrics/{kind}"],
            &format!("/api/metrics/calls?service={{m}}-shop&endTs={end}&lookback=3600000&step=60000"),
            true,
        ),
        ask(
            &["jaeger_v1 /metrics/{kind}"],
            &format!(
                "/api/metrics/latencies?service={{m}}-shop&endTs={end}&lookback=3600000&step=60000&quantile=0.5"
            ),
            true,
        ),
        ask(&["jaeger_v3 /services"], "/api/v3/services", true),
        ask(&["jaeger_v3 /operations"], "/api/v3/operations?service={m}-shop", true),
        ask(&["jaeger_v3 /traces"], &v3("/api/v3/traces"), true),
        ask(&["jaeger_v3 /traces"], &format!("/api/v3/traces?{}", window()), true),
        ask(&["jaeger_v3 /traces/{id}"], "/api/v3/traces/1", true),
        ask(&["jaeger_v3 /trace-summaries"], &v3("/api/v3/trace-summaries"), true),
        ask(
            &["jaeger_v3 /trace-summaries"],
            &format!("/api/v3/trace-summaries?{}&query.log_text={{m}}%20line", window()),
            true,
        ),
        ask(&["routes /logs"], "/api/logs?traceID=1", true),
        ask(&["routes /logs"], "/api/logs?service={m}-shop", true),
        ask(&["routes /logs"], "/api/logs?text={m}", true),
        ask(&["eval_track /traces", "eval_track /traces/"], "/eval-track/traces", true),
        ask(&["eval_track /traces/{id}"], "/eval-track/traces/same", true),
        ask(&["eval_track /health", "eval_track /eval-track/health"], "/eval-track/health", false),
        ask(&["routes /metrics"], "/metrics", true),
        ask(&["routes /health"], "/health", false),
        ask(&["routes /ready"], "/ready", false),
    ]
}

/// A way in: routes of the sources, whether on the OTLP port, method, path, headers, body. `{m}` is a tenant's name.
type Sent = (&'static [&'static str], bool, &'static str, &'static str, Option<&'static str>, String);

/// Everything that can be written.
fn writes() -> Vec<Sent> {
    let nanoseconds = now();
    let traces = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "{m}-posted" } }] },
        "scopeSpans": [{ "spans": [{ "traceId": format!("{:032x}", 9), "spanId": format!("{:016x}", 1), "name": "{m}",
            "startTimeUnixNano": nanoseconds.to_string(), "endTimeUnixNano": nanoseconds.to_string() }] }] }] });
    let logs = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [
        { "timeUnixNano": nanoseconds.to_string(), "body": { "stringValue": "{m}" } }] }] }] });
    let zipkin = json!([{ "traceId": "000000000000000a", "id": "0000000000000001", "name": "{m}",
        "timestamp": nanoseconds / 1000, "duration": 1, "localEndpoint": { "serviceName": "{m}-posted" } }]);
    let record = json!({ "id": "r", "function_name": "{m}" });
    let loki = json!({ "streams": [{ "stream": { "service_name": "{m}-posted" },
        "values": [[nanoseconds.to_string(), "{m}"]] }] });
    let cloudwatch = json!({ "logGroupName": "{m}", "logStreamName": "s",
        "logEvents": [{ "timestamp": nanoseconds / 1_000_000, "message": "{m}" }] });
    let plain = json!([{ "message": "{m}", "service": "{m}-posted" }]);
    let mut all: Vec<Sent> = Vec::new();
    let mut add = |routes: &'static [&'static str], otlp, method, path, body: &serde_json::Value| {
        let target = (path == "/").then_some("Logs_20140328.PutLogEvents");
        all.push((routes, otlp, method, path, target, body.to_string()));
    };
    for otlp in [false, true] {
        add(&["routes /traces"], otlp, "POST", "/v1/traces", &traces);
        add(&["routes /logs"], otlp, "POST", "/v1/logs", &logs);
        add(&["routes ZIPKIN"], otlp, "POST", "/api/v2/spans", &zipkin);
        add(
            &["eval_track /traces", "eval_track {prefix}/traces"],
            otlp,
            "POST",
            "/eval-track/traces",
            &record,
        );
        let named = &["eval_track /traces/{id}", "eval_track {prefix}/traces/{id}"];
        add(named, otlp, "PUT", "/eval-track/traces/r", &record);
        add(&["routes /traces"], otlp, "POST", "/traces", &record);
        add(&["routes /traces/{id}"], otlp, "PUT", "/traces/r", &record);
    }
    add(&["eval_track {prefix}/traces/"], true, "POST", "/traces/", &record);
    add(&["routes /api/v2/logs"], true, "POST", "/api/v2/logs", &plain);
    add(&["routes /loki/api/v1/push"], true, "POST", "/loki/api/v1/push", &loki);
    add(&["routes /api/logs"], true, "POST", "/api/logs", &plain);
    add(&["routes /"], true, "POST", "/", &cloudwatch);
    all
}

/// Routes that neither read nor write what is stored of traces, or are asked by tests of their own.
const OTHERS: [&str; 6] = [
    // `a_page_that_watches_is_told_of_its_own_traces`
    "routes /live",
    // `what_is_neither_read_nor_written_says_nothing_of_the_other`
    "jaeger_v1 /archive/{id}",
    "jaeger_v1 /transform",
    // The demo and the viewer are the same for everybody.
    "routes /demo/{*path}",
    "routes /demo/",
    "routes {prefix}/",
];

/// Every route of the sources, with the module that has it.
fn routes_of_sources() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut open, mut found) = (vec![source.clone()], BTreeSet::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let module = path.strip_prefix(&source).unwrap().with_extension("");
        let module = module.iter().next().unwrap().to_string_lossy().into_owned();
        let code = std::fs::read_to_string(path).unwrap();
        for (at, call) in code.match_indices(".route(") {
            let given = code[at + call.len()..].trim_start();
            let given = given.strip_prefix("&format!(").unwrap_or(given);
            let route = match given.strip_prefix('"') {
                Some(text) => text.split('"').next().unwrap().replace("{{", "{").replace("}}", "}"),
                None => given.split([',', '.']).next().unwrap().to_owned(),
            };
            found.insert(format!("{module} {route}"));
        }
    }
    // The loop over paths that are never pages, which answer 404.
    assert!(found.remove("routes path"));
    found
}

#[test]
fn every_route_is_asked_here() {
    let (reads, writes) = (reads(), writes());
    let listed = reads.iter().flat_map(|asked| asked.routes).chain(writes.iter().flat_map(|sent| sent.0));
    let listed: BTreeSet<String> = listed.chain(&OTHERS).map(|route| (*route).to_owned()).collect();
    assert_eq!(listed, routes_of_sources());
}

#[test]
fn each_reads_its_own_and_of_the_other_as_much_as_of_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings());
    TENANTS.iter().for_each(|name| fill(&server, name));
    for [own, other] in [TENANTS, [TENANTS[1], TENANTS[0]]] {
        for token in ["all", "read"].map(|what| format!("{own}-{what}")) {
            for Asked { path, shows, .. } in reads() {
                let ask = |name: &str| {
                    let answer = get(&server, &token, &path.replace("{m}", name));
                    (answer.status, answer.text())
                };
                let (status, text) = ask(own);
                assert!(!text.contains(other), "{path} by {own} answers {text}");
                if shows {
                    assert!(status == 200 && text.contains(own), "{path} by {own}: {status} {text}");
                }
                if path.contains("{m}") {
                    let (status, of_other) = ask(other);
                    let (nobodys, of_nobody) = ask(NOBODY);
                    let replaced = of_nobody.replace(NOBODY, other);
                    assert_eq!((status, of_other), (nobodys, replaced), "{path} by {own} for {other}");
                    assert!(
                        !shows || text != of_nobody.replace(NOBODY, own),
                        "{path} by {own} shows nothing"
                    );
                }
            }
        }
    }
    // The default tenant has nothing, whoever else has something.
    let services = get(&server, "operator", "/api/services").json();
    assert_eq!(services["data"], json!([]));
    assert_eq!(get(&server, "operator", "/api/traces/1").status, 404);
}

#[test]
fn tokens_and_the_tenant_header_decide_who_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings());
    TENANTS.iter().for_each(|name| fill(&server, name));
    let ask = |path: &str, token: Option<&str>, tenant: Option<&str>| {
        let authorization = format!("Bearer {}", token.unwrap_or_default());
        let mut headers = Vec::new();
        headers.extend(token.map(|_| ("authorization", authorization.as_str())));
        headers.extend(tenant.map(|tenant| ("x-scope-orgid", tenant)));
        send(&server.viewer, "GET", path, &headers, b"")
    };
    for Asked { path, .. } in reads() {
        let path = path.replace("{m}", "alpha");
        let is_open = ["/health", "/ready"].contains(&path.as_str());
        for (token, tenant, expected) in [
            (Some("alpha-read"), Some("alpha"), 200),
            (Some("alpha-read"), None, 200),
            (Some("alpha-read"), Some("bravo"), 403),
            (Some("alpha-read"), Some("default"), 403),
            (Some("alpha-read"), Some("alpha|bravo"), 403),
            (Some("alpha-read"), Some(""), 403),
            (Some("operator"), Some("alpha"), 403),
            (Some("alpha-ingest"), None, 403),
            (Some("bravo"), None, 401),
            (Some("bravo"), Some("bravo"), 401),
            (None, None, 401),
            (None, Some("alpha"), 401),
        ] {
            let answer = ask(&path, token, tenant);
            let expected = match expected {
                _ if is_open => 200,
                // What the clients of the record's API expect where the secret is missing.
                401 if path.starts_with("/eval-track") => 403,
                expected => expected,
            };
            assert_eq!(answer.status, expected, "{path} {token:?} {tenant:?}: {}", answer.text());
        }
    }
    assert_eq!(ask("/api/services", Some("operator"), Some("default")).status, 200);
    let why = ask("/api/services", Some("alpha-read"), Some("bravo")).text();
    assert!(why.contains("X-Scope-OrgID") && why.contains("leave it out"), "{why}");
}

#[test]
fn what_is_sent_goes_to_the_tenant_of_its_token_alone() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings());
    let taken = |name: &str| -> u64 {
        let metrics = get(&server, "operator", "/metrics").text();
        let of = |metric: &str| -> u64 {
            let sample = format!("spandrel_{metric}_accepted_total{{tenant=\"{name}\"}} ");
            let found = metrics.lines().find_map(|line| line.strip_prefix(&sample));
            found.unwrap_or_else(|| panic!("no {sample}in {metrics}")).parse().unwrap()
        };
        of("spans") + of("log_lines")
    };
    for (_, otlp, method, path, target, body) in writes() {
        let send_as = |authorization: &str, tenant: Option<&str>| {
            let mut headers = vec![JSON, ("authorization", authorization)];
            headers.extend(target.map(|target| ("x-amz-target", target)));
            headers.extend(tenant.map(|tenant| ("x-scope-orgid", tenant)));
            let address = if otlp { &server.otlp_http } else { &server.viewer };
            send(address, method, path, &headers, body.replace("{m}", "alpha").as_bytes())
        };
        let counts = || ["alpha", "bravo", "default"].map(taken);
        let before = counts();
        for (token, tenant) in [
            ("alpha-read", None),
            ("alpha-read", Some("alpha")),
            ("alpha-ingest", Some("bravo")),
            ("alpha-ingest", Some("default")),
            ("operator", Some("bravo")),
        ] {
            let refused = send_as(&format!("Bearer {token}"), tenant);
            assert_eq!(refused.status, 403, "{path} {token} {tenant:?}: {}", refused.text());
        }
        assert_eq!(counts(), before, "{path} takes nothing that it refuses");
        for tenant in [None, Some("alpha")] {
            let answer = send_as("Bearer alpha-ingest", tenant);
            assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.text());
        }
        let after = counts();
        assert!(after[0] > before[0] && after[1..] == before[1..], "{method} {path}: {before:?}, {after:?}");
    }
    // The secret of the record's API is for the default tenant.
    let secret = |tenant: Option<&'static str>| {
        let headers = [JSON, ("x-eval-tracker-secret-key", "sesame")].into_iter();
        let headers: Vec<_> = headers.chain(tenant.map(|tenant| ("x-scope-orgid", tenant))).collect();
        send(&server.viewer, "PUT", "/traces/r", &headers, b"{}").status
    };
    let before = ["alpha", "bravo", "default"].map(taken);
    assert_eq!([secret(Some("alpha")), secret(None)], [403, 200]);
    let after = ["alpha", "bravo", "default"].map(taken);
    assert_eq!(after, [before[0], before[1], before[2] + 1]);
}

#[test]
fn what_is_neither_read_nor_written_says_nothing_of_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings());
    fill(&server, "bravo");
    let archive = |token: &str| with(&server, false, token, "POST", "/api/archive/1", b"").status;
    assert_eq!([archive("bravo-all"), archive("alpha-all"), archive("operator")], [200, 404, 404]);
    let transformed = with(&server, false, "alpha-read", "POST", "/api/transform", b"{}");
    assert_eq!((transformed.status, transformed.text().contains("bravo")), (200, false));
}

#[test]
fn a_page_that_watches_is_told_of_its_own_traces() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings());
    let mut pages = TENANTS.map(|name| {
        let headers = format!("authorization: Bearer {name}-read\r\nx-scope-orgid: {name}\r\n");
        Page::open_with(&server, "", &headers)
    });
    let export = |name: &str, operation: &str| {
        let authorization = format!("Bearer {name}-ingest");
        let headers = [("content-type", "application/x-protobuf"), ("authorization", authorization.as_str())];
        let body = request(name, vec![span(7, 1, operation)]).encode_to_vec();
        assert_eq!(send(&server.otlp_http, "POST", "/v1/traces", &headers, &body).status, 200);
    };
    // Whatever the first sends, the second hears of its own alone, and first.
    export("alpha", "of alpha");
    assert_eq!(pages[0].summaries(), [("of alpha".to_owned(), 1)]);
    export("bravo", "of bravo");
    assert_eq!(pages[1].summaries(), [("of bravo".to_owned(), 1)]);
    assert_eq!(get(&server, "alpha-ingest", "/api/live").status, 403);
}

/// What every method of the query service answers by a token about a tenant, as text.
async fn over_grpc(server: &Server, token: &str, name: &str) -> Vec<(&'static str, String)> {
    let mut client = query_service::client(server).await;
    let authorization = format!("Bearer {token}");
    let mut answers = Vec::new();
    macro_rules! ask {
        ($method:literal, $request:expr, $answer:ty) => {
            let mut request = Request::new($request);
            request.metadata_mut().insert("authorization", authorization.parse().unwrap());
            let answer: Result<Vec<$answer>, _> = query_service::send(&mut client, $method, request).await;
            answers.push((
                $method,
                answer.map_or_else(|status| status.to_string(), |found| format!("{found:?}")),
            ));
        };
    }
    let query = || TraceQueryParameters { service_name: format!("{name}-shop"), ..query_service::query() };
    let dependencies = GetDependenciesRequest {
        start_time: query_service::seconds(now() - 3_600_000_000_000),
        end_time: query_service::seconds(now() + 60_000_000_000),
    };
    ask!("GetTrace", GetTraceRequest { trace_id: "1".into(), ..GetTraceRequest::default() }, TracesData);
    ask!("FindTraces", query_service::find(query()), TracesData);
    ask!("FindTraceSummaries", query_service::find(query()), FindTraceSummariesResponse);
    ask!("GetServices", (), GetServicesResponse);
    ask!(
        "GetOperations",
        GetOperationsRequest { service: format!("{name}-shop"), ..GetOperationsRequest::default() },
        GetOperationsResponse
    );
    ask!("GetDependencies", dependencies, DependenciesResponse);
    answers
}

#[tokio::test]
async fn grpc_keeps_tenants_apart_too() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings());
    // Sent over gRPC as well.
    for name in TENANTS {
        fill(&server, name);
        let mut client = TraceServiceClient::connect(format!("http://{}", server.otlp_grpc)).await.unwrap();
        let export = |token: &str, tenant: &str| {
            let mut export =
                Request::new(request(&format!("{name}-shop"), vec![span(1, 3, &format!("{name}-late"))]));
            export.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            export.metadata_mut().insert("x-scope-orgid", tenant.parse().unwrap());
            export
        };
        let refused = client.export(export(&format!("{name}-ingest"), "other")).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let refused = client.export(export(&format!("{name}-read"), name)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        client.export(export(&format!("{name}-ingest"), name)).await.unwrap();
        let mut client = LogsServiceClient::connect(format!("http://{}", server.otlp_grpc)).await.unwrap();
        let record =
            LogRecord { time_unix_nano: now(), severity_text: name.to_owned(), ..LogRecord::default() };
        let scope = ScopeLogs { log_records: vec![record], ..ScopeLogs::default() };
        let resource = ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() };
        let mut export = Request::new(ExportLogsServiceRequest { resource_logs: vec![resource] });
        export.metadata_mut().insert("authorization", format!("Bearer {name}-ingest").parse().unwrap());
        client.export(export).await.unwrap();
    }
    for [own, other] in [TENANTS, [TENANTS[1], TENANTS[0]]] {
        let token = format!("{own}-read");
        let of_own = over_grpc(&server, &token, own).await;
        let of_other = over_grpc(&server, &token, other).await;
        let of_nobody = over_grpc(&server, &token, NOBODY).await;
        for (((method, answer), of_other), of_nobody) in of_own.iter().zip(&of_other).zip(&of_nobody) {
            assert!(answer.contains(own) && !answer.contains(other), "{method} by {own}: {answer}");
            assert_eq!(of_other.1, of_nobody.1.replace(NOBODY, other), "{method} by {own} for {other}");
        }
        assert!(of_own[0].1.contains(&format!("{own}-late")), "{of_own:?}");
        let lines = get(&server, &token, "/api/logs").text();
        assert!(lines.contains(own) && !lines.contains(other), "{lines}");
        for refused in
            [over_grpc(&server, &format!("{own}-ingest"), own).await, over_grpc(&server, "x", own).await]
        {
            assert!(refused.iter().all(|(_, answer)| answer.contains("token")), "{refused:?}");
        }
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/jaeger_grpc/mod.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let methods = source.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => self."));
    let methods: BTreeSet<&str> = methods.map(|(method, _)| method).collect();
    let asked = over_grpc(&server, "operator", NOBODY).await;
    assert_eq!(asked.iter().map(|(method, _)| *method).collect::<BTreeSet<_>>(), methods);
}
