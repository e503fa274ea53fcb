//! Log lines, sent as every client sends them, are found; what was acknowledged survives kill -9; limits hold.

use crate::support::{Answer, Server, command, gzip, metric, now, send, text, try_send};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use serde_json::{Value, json};
use tonic::codec::CompressionEncoding;

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn record(trace: u128, body: &str) -> LogRecord {
    LogRecord {
        time_unix_nano: now(),
        severity_number: 13,
        severity_text: "WARN".to_owned(),
        trace_id: trace.to_be_bytes().to_vec(),
        span_id: 7_u64.to_be_bytes().to_vec(),
        body: Some(AnyValue { value: Some(Any::StringValue(body.to_owned())) }),
        attributes: vec![text("key", "value")],
        ..LogRecord::default()
    }
}

fn export(records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope = InstrumentationScope { name: "scope".to_owned(), ..InstrumentationScope::default() };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource {
                attributes: vec![text("service.name", "billing"), text("host.name", "h1")],
                ..Resource::default()
            }),
            scope_logs: vec![ScopeLogs { scope: Some(scope), log_records: records, ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    }
}

fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    send(&server.otlp_http, "POST", path, headers, body)
}

/// The lines that a query answers.
fn logs(server: &Server, query: &str) -> Vec<Value> {
    server.get_json(&format!("/api/logs?{query}"))["logs"].as_array().unwrap().clone()
}

#[tokio::test]
async fn otlp_is_taken_over_http_and_grpc_in_protobuf_and_json() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let request = export(vec![record(1, "over HTTP")]).encode_to_vec();
    let answer = post(&server, "/v1/logs", &[PROTOBUF], &request);
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-protobuf"));
    let zipped = post(&server, "/v1/logs", &[PROTOBUF, ("content-encoding", "gzip")], &gzip(&request));
    assert_eq!(zipped.status, 200);
    let line = logs(&server, "traceID=1")[0].clone();
    assert_eq!(line["body"], "over HTTP");
    assert_eq!((&line["severity"], &line["severityNumber"]), (&json!("warning"), &json!(13)));
    assert_eq!((&line["service"], &line["spanID"]), (&json!("billing"), &json!("0000000000000007")));
    assert_eq!(
        line["attributes"],
        json!({"key": "value", "otel.scope.name": "scope", "severity_text": "WARN"})
    );
    assert_eq!(line["resource"], json!({"host.name": "h1"}));

    let mut client = LogsServiceClient::connect(format!("http://{}", server.otlp_grpc)).await.unwrap();
    client.export(export(vec![record(2, "over gRPC")])).await.unwrap();
    let mut client = client.send_compressed(CompressionEncoding::Gzip);
    client.export(export((0..500).map(|n| record(2, &format!("compressed {n}"))).collect())).await.unwrap();
    assert_eq!(logs(&server, "traceID=2").len(), 501);

    let json = json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "web"}}]},
        "scopeLogs": [{"logRecords": [{
            "timeUnixNano": now().to_string(), "severityNumber": 17, "traceId": TRACE, "spanId": SPAN,
            "body": {"kvlistValue": {"values": [{"key": "n", "value": {"intValue": "12"}}]}},
            "attributes": [{"key": "list", "value": {"arrayValue": {"values": [{"boolValue": true}]}}}],
        }, {"traceId": "xyz", "body": {"stringValue": "odd id"}}]}],
    }]});
    let answer = send(&server.viewer, "POST", "/v1/logs", &[JSON], json.to_string().as_bytes());
    assert_eq!(answer.status, 200);
    assert!(answer.json()["partialSuccess"]["errorMessage"].as_str().unwrap().contains("xyz"));
    let line = logs(&server, &format!("traceID={TRACE}"))[0].clone();
    assert_eq!((&line["body"], &line["attributes"]), (&json!("{\"n\":12}"), &json!({"list": [true]})));
    assert_eq!(logs(&server, "text=odd").len(), 1, "a line with a wrong id is kept without it");
    assert_eq!(metric(&server, "spandrel_log_lines_accepted_total"), 1 + 1 + 1 + 500 + 2);
}

#[test]
fn clients_of_datadog_loki_cloudwatch_and_json_find_their_paths() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let time = now();
    let entry = json!([{"message": "from datadog", "status": "error", "service": "d", "trace_id": TRACE, "span_id": SPAN}]);
    let taken = post(&server, "/api/v2/logs", &[JSON, ("dd-api-key", "K")], entry.to_string().as_bytes());
    assert_eq!((taken.status, taken.text()), (202, "{}".to_owned()));
    let push = json!({"streams": [{"stream": {"service_name": "l"}, "values":
        [[time.to_string(), "from loki", {"trace_id": TRACE}]]}]});
    let body = gzip(push.to_string().as_bytes());
    assert_eq!(post(&server, "/loki/api/v1/push", &[JSON, ("content-encoding", "gzip")], &body).status, 204);
    let target = ("x-amz-target", "Logs_20140328.PutLogEvents");
    let amazon = ("content-type", "application/x-amz-json-1.1");
    let put = json!({"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": time / 1_000_000,
        "message": json!({"message": "from cloudwatch", "trace_id": TRACE}).to_string()}]});
    let taken = post(&server, "/", &[amazon, target], put.to_string().as_bytes());
    assert_eq!((taken.status, taken.text()), (200, "{}".to_owned()));
    let made = post(&server, "/", &[amazon, ("x-amz-target", "Logs_20140328.CreateLogStream")], b"{}");
    assert_eq!(made.status, 200);
    let lines =
        format!("{}\n\n{}\n", json!({"message": "from json", "trace_id": TRACE}), json!({"msg": "second"}));
    assert_eq!(
        post(&server, "/api/logs", &[("content-type", "application/x-ndjson")], lines.as_bytes()).status,
        204
    );
    let bodies: std::collections::BTreeSet<String> = logs(&server, &format!("traceID={TRACE}"))
        .iter()
        .map(|line| line["body"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(Vec::from_iter(&bodies), ["from cloudwatch", "from datadog", "from json", "from loki"]);

    assert_eq!(post(&server, "/api/v2/logs", &[JSON], b"[1]").status, 400);
    assert_eq!(post(&server, "/loki/api/v1/push", &[PROTOBUF], b"{}").status, 400);
    assert_eq!(post(&server, "/loki/api/v1/push", &[("content-type", "text/plain")], b"").status, 415);
    assert_eq!(post(&server, "/", &[amazon, target], b"{}").json()["__type"], "InvalidParameterException");
    assert_eq!(post(&server, "/", &[amazon, ("x-amz-target", "DynamoDB.PutItem")], b"{}").status, 404);
    assert_eq!(post(&server, "/v1/logs", &[("content-type", "text/plain")], b"").status, 415);
    assert_eq!(post(&server, "/v1/logs", &[PROTOBUF], b"\xff\xff").status, 400);
}

#[test]
fn a_cut_character_costs_no_line_and_nesting_that_is_too_deep_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let time = now();
    let target = ("x-amz-target", "Logs_20140328.PutLogEvents");
    let otlp = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[
        {"body":{"stringValue":"good"}},{"body":{"stringValue":"cut \ud83d"}}]}]}]}"#;
    let entries = r#"[{"message":"good"},{"message":"cut \ud83d"}]"#;
    let push =
        format!(r#"{{"streams":[{{"stream":{{}},"values":[["{time}","good"],["{time}","cut \ud83d"]]}}]}}"#);
    let millis = time / 1_000_000;
    let put = format!(
        r#"{{"logGroupName":"g","logStreamName":"s","logEvents":[{{"timestamp":{millis},"message":"good"}},
            {{"timestamp":{millis},"message":"{{\"message\":\"cut \\ud83d\"}}"}}]}}"#
    );
    let bodies = [
        ("/v1/logs", otlp),
        ("/api/v2/logs", entries),
        ("/api/logs", entries),
        ("/loki/api/v1/push", &push),
        ("/", &put),
    ];
    for (count, (path, body)) in bodies.into_iter().enumerate() {
        let marked = format!("\u{feff}{body}");
        let answer = post(&server, path, &[JSON, target], marked.as_bytes());
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.text());
        for text in ["good", "cut%20%EF%BF%BD"] {
            assert_eq!(logs(&server, &format!("text={text}")).len(), count + 1, "{path}: {text}");
        }
        let deep = post(&server, path, &[JSON, target], &b"[".repeat(1000));
        assert_eq!(deep.status, 400);
        assert!(deep.text().contains("nested too deeply"), "{path}: {}", deep.text());
    }
}

#[test]
fn objects_on_lines_are_taken_whatever_the_type_says() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let lines = b"{\"msg\":\"on a line\"}\n{\"msg\":\"on a line\"}\n";
    let types = ["application/json", "application/x-ndjson", "application/jsonl", "text/plain", ""];
    for (count, media) in types.into_iter().enumerate() {
        let headers = [("content-type", media)];
        let answer = post(&server, "/api/logs", if media.is_empty() { &[] } else { &headers }, lines);
        assert_eq!(answer.status, 204, "{media}: {}", answer.text());
        assert_eq!(logs(&server, "text=on+a+line").len(), 2 * (count + 1), "{media}");
    }
    let broken = post(&server, "/api/logs", &[JSON], b"{\"msg\":\"first\"}\n{\"msg\":");
    assert_eq!(broken.status, 400);
    assert!(broken.text().contains("line 2"), "{}", broken.text());
    assert_eq!(logs(&server, "text=first").len(), 0, "a body is taken as a whole or not at all");
    assert_eq!(post(&server, "/api/logs", &[JSON], b"").status, 400);
    let no_lines = post(&server, "/api/logs", &[("content-type", "application/x-ndjson")], b"\n");
    assert_eq!(no_lines.status, 204, "no lines are lines, too");
}

#[test]
fn short_ids_lead_to_the_spans_that_have_them() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let span =
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"abc","spanId":"7","name":"x"}]}]}]}"#;
    assert_eq!(server.export_json(span).status, 200);
    assert_eq!(server.spans("abc").len(), 1);
    let otlp = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"abc","spanId":"7"}]}]}]}"#;
    let entry = r#"{"message":"x","trace_id":"abc","span_id":"7"}"#;
    let push =
        format!(r#"{{"streams":[{{"values":[["{}","x",{{"trace_id":"abc","span_id":"7"}}]]}}]}}"#, now());
    for (count, (path, body)) in
        [("/v1/logs", otlp), ("/api/v2/logs", entry), ("/loki/api/v1/push", &push)].into_iter().enumerate()
    {
        let answer = post(&server, path, &[JSON], body.as_bytes());
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.text());
        assert!(!answer.text().contains("left out"), "{path}: {}", answer.text());
        assert_eq!(logs(&server, "traceID=abc&spanID=7").len(), count + 1, "{path}");
    }
}

/// A push as Promtail, Grafana Alloy and Loki's own client send it.
#[derive(Clone, PartialEq, Message)]
struct Push {
    #[prost(message, repeated, tag = "1")]
    streams: Vec<Stream>,
}

#[derive(Clone, PartialEq, Message)]
struct Stream {
    #[prost(string, tag = "1")]
    labels: String,
    #[prost(message, repeated, tag = "2")]
    entries: Vec<Entry>,
    #[prost(uint64, tag = "3")]
    hash: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(message, tag = "1")]
    timestamp: Option<Timestamp>,
    #[prost(string, tag = "2")]
    line: String,
    #[prost(message, repeated, tag = "3")]
    structured_metadata: Vec<Label>,
}

#[derive(Clone, PartialEq, Message)]
struct Timestamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[test]
fn a_push_of_loki_in_protobuf_with_snappy_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--max-request", "1M"]);
    let time = now();
    let id = Label { name: "trace_id".to_owned(), value: TRACE.to_owned() };
    let entry = |line: String| Entry {
        timestamp: Some(Timestamp {
            seconds: (time / 1_000_000_000) as i64,
            nanos: (time % 1_000_000_000) as i32,
        }),
        line,
        structured_metadata: vec![id.clone()],
    };
    let push = |entries: Vec<Entry>| {
        let labels = r#"{job="varlogs", level="error", service_name="nginx"}"#.to_owned();
        let push = Push { streams: vec![Stream { labels, entries, hash: 7 }] }.encode_to_vec();
        snap::raw::Encoder::new().compress_vec(&push).unwrap()
    };
    let body = push((0..200).map(|n| entry(format!("line {n} of promtail"))).collect());
    let answer = post(&server, "/loki/api/v1/push", &[PROTOBUF, ("x-scope-orgid", "team")], &body);
    assert_eq!((answer.status, answer.text()), (204, String::new()));
    let named = [PROTOBUF, ("content-encoding", "snappy")];
    assert_eq!(
        post(&server, "/loki/api/v1/push", &named, &push(vec![entry("named".to_owned())])).status,
        204
    );
    let lines = logs(&server, &format!("traceID={TRACE}"));
    assert_eq!(lines.len(), 201);
    assert_eq!((&lines[0]["service"], &lines[0]["severity"]), (&json!("nginx"), &json!("error")));
    assert_eq!(lines[0]["timeUnixNano"], time.to_string());
    assert_eq!(lines[0]["attributes"], json!({"job": "varlogs"}));
    // Not cut off in the middle, and no larger than one request may be after unpacking.
    assert_eq!(post(&server, "/loki/api/v1/push", &[PROTOBUF], &body[..body.len() / 2]).status, 400);
    let large = push(vec![entry("x".repeat(2 << 20))]);
    assert!(large.len() < 1 << 20);
    assert_eq!(post(&server, "/loki/api/v1/push", &[PROTOBUF], &large).status, 413);
}

#[test]
fn the_historic_bodies_of_ddeutil_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let Some(folder) = crate::support::shared("fixtures/intake") else { return };
    let cases = [
        ("datadog", "/api/v2/logs", 2),
        ("grafana", "/loki/api/v1/push", 2),
        ("generic", "/api/logs", 2),
        ("cloudwatch", "/", 1),
    ];
    let mut all = 0;
    for (name, path, count) in cases {
        let text = std::fs::read_to_string(folder.join(format!("ddeutil-{name}.json"))).unwrap();
        let body = serde_json::from_str::<Value>(&text).unwrap()["body"].to_string();
        let target = ("x-amz-target", "Logs_20140328.PutLogEvents");
        let answer = post(&server, path, &[JSON, target], body.as_bytes());
        assert!((200..300).contains(&answer.status), "{name}: {}", answer.text());
        all += count;
        assert_eq!(logs(&server, "text=stage").len(), all, "{name}");
    }
}

#[test]
fn queries_filter_and_say_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut records: Vec<LogRecord> = (0..30).map(|n| record(9, &format!("line {n}"))).collect();
    records[3].severity_number = 17;
    assert_eq!(post(&server, "/v1/logs", &[PROTOBUF], &export(records).encode_to_vec()).status, 200);
    let micros = now() / 1000;
    assert_eq!(logs(&server, &format!("start={}&end={micros}&limit=100", micros - 60_000_000)).len(), 30);
    assert_eq!(logs(&server, &format!("start={micros}")).len(), 0);
    assert_eq!(logs(&server, "severity=error")[0]["body"], "line 3");
    assert_eq!(logs(&server, "service=billing&text=LINE+2").len(), 11);
    assert_eq!(logs(&server, "spanID=7&limit=5").len(), 5);
    assert_eq!(server.get_json("/api/logs?limit=5")["truncated"], true);
    assert_eq!(server.get_json("/api/logs?limit=30")["truncated"], false);
    for wrong in ["traceID=xyz", "spanID=no", "severity=loud", "start=yesterday", "limit=-1"] {
        let answer = server.get(&format!("/api/logs?{wrong}"));
        assert_eq!(answer.status, 400, "{wrong}");
        let name = wrong.split('=').next().unwrap();
        let why = answer.json()["error"].as_str().unwrap().to_ascii_lowercase();
        assert!(why.contains(&name.to_ascii_lowercase()), "{why}");
    }
}

#[test]
fn a_text_of_a_line_leads_to_its_trace() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let spans = (1..=3).map(|trace| crate::support::span(trace, 7, &format!("work {trace}"))).collect();
    assert_eq!(server.export(&crate::support::request("billing", spans)).status, 200);
    let mut untraced = record(0, "the card was declined, by nobody");
    untraced.span_id.clear();
    let records = vec![
        record(1, "the card was Declined by the bank"),
        record(2, "paid"),
        record(3, "declined: no such item"),
        record(9, "declined, of a trace without spans"),
        untraced,
    ];
    assert_eq!(post(&server, "/v1/logs", &[PROTOBUF], &export(records).encode_to_vec()).status, 200);
    let found = |query: &str| {
        let path = format!("/api/v3/trace-summaries?{}{query}", crate::support::window());
        let mut found: Vec<String> = server.get_json(&path)["summaries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|summary| summary["rootOperationName"].as_str().unwrap().to_owned())
            .collect();
        found.sort();
        found
    };
    assert_eq!(found(""), ["work 1", "work 2", "work 3"]);
    assert_eq!(found("&query.log_text=declined"), ["work 1", "work 3"]);
    assert_eq!(found("&query.logText=the+card"), ["work 1"]);
    assert_eq!(found("&query.log_text=declined&query.operation_name=work+3"), ["work 3"]);
    assert_eq!(found("&query.log_text=absent"), [""; 0]);
    let traces = server.get_json(&format!("/api/v3/traces?{}&query.log_text=paid", crate::support::window()));
    assert_eq!(traces["result"]["resourceSpans"].as_array().unwrap().len(), 1, "{traces}");
    // Lines without a trace, of some services.
    let bodies = |query: &str| -> Vec<String> {
        logs(&server, query).iter().map(|line| line["body"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(bodies("untraced=true"), ["the card was declined, by nobody"]);
    assert_eq!(bodies("untraced=true&service=billing&service=other").len(), 1);
    assert_eq!(bodies("untraced=true&service=other"), [""; 0]);
    assert_eq!(bodies("service=billing&service=other").len(), 5);
    assert_eq!(server.get("/api/logs?untraced=perhaps").status, 400);
}

#[test]
fn limits_and_the_token_hold_for_logs_too() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--max-request", "64K", "--token", "secret"]);
    let large = export(vec![record(1, &"x".repeat(100_000))]).encode_to_vec();
    assert_eq!(post(&server, "/v1/logs", &[PROTOBUF], &large).status, 401);
    let token = ("authorization", "Bearer secret");
    assert_eq!(post(&server, "/v1/logs", &[PROTOBUF, token], &large).status, 413);
    assert_eq!(
        post(&server, "/v1/logs", &[PROTOBUF, token, ("content-encoding", "gzip")], &gzip(&large)).status,
        413
    );
    let entry = json!([{"message": "x".repeat(100_000)}]).to_string();
    assert_eq!(post(&server, "/api/v2/logs", &[JSON, token], entry.as_bytes()).status, 413);
    // A small message that unfolds to much: ten thousand empty records.
    let empty = export((0..20_000).map(|_| LogRecord::default()).collect()).encode_to_vec();
    assert_eq!(post(&server, "/v1/logs", &[PROTOBUF, token], &empty).status, 200);
    assert_eq!(server.get("/api/logs").status, 401);
}

#[test]
fn limits_on_attributes_hold_for_every_form_of_lines() {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--max-spans", "1", "--max-attributes", "2", "--max-attribute-size", "5"];
    let server = Server::start(directory.path(), &flags);
    let mut large = record(1, "a body is no attribute");
    large.attributes = vec![text("a", "123456"), text("b", "1"), text("c", "1")];
    let expected = "1 attributes beyond the first 2 (--max-attributes); \
                    1 texts cut after 5 bytes (--max-attribute-size)";
    let mut request = export(vec![large, record(1, "second")]);
    request.resource_logs[0].resource = None;
    let answer = post(&server, "/v1/logs", &[PROTOBUF], &request.encode_to_vec());
    let partial = ExportLogsServiceResponse::decode(&*answer.body).unwrap().partial_success.unwrap();
    assert_eq!((partial.rejected_log_records, partial.error_message.as_str()), (0, expected));
    let otlp = r#"{"resourceLogs":[{"scopeLogs":[{"scope":{"name":"a long name"},"logRecords":[{"traceId":"2",
        "severityText":"Warning","attributes":[{"key":"a","value":{"stringValue":"123456"}},
        {"key":"b","value":{"stringValue":"1"}},{"key":"c","value":{"stringValue":"1"}}]}]}]}]}"#;
    let answer = post(&server, "/v1/logs", &[JSON], otlp.as_bytes()).json();
    assert_eq!(answer["partialSuccess"]["errorMessage"], expected, "{answer}");
    let entry = r#"{"message":"a long body","trace_id":"3","a":"123456","b":"1","c":"1"}"#;
    assert_eq!(post(&server, "/api/v2/logs", &[JSON], entry.as_bytes()).status, 202);
    let push = format!(
        r#"{{"streams":[{{"values":[["{}","a long line",{{"trace_id":"4","a":"123456","b":"1","c":"1"}}]]}}]}}"#,
        now()
    );
    assert_eq!(post(&server, "/loki/api/v1/push", &[JSON], push.as_bytes()).status, 204);
    for trace in 1..=4 {
        let lines = logs(&server, &format!("traceID={trace}"));
        let attributes = &lines[0]["attributes"];
        assert_eq!((&attributes["a"], &attributes["b"]), (&json!("12345"), &json!("1")), "{trace}");
        assert_eq!(attributes.get("c"), None, "{trace}");
        assert_eq!(lines.len(), if trace == 1 { 2 } else { 1 }, "spans are limited, lines are not");
    }
    let line = logs(&server, "traceID=2")[0].clone();
    let fields = (&line["attributes"]["otel.scope.name"], &line["attributes"]["severity_text"]);
    assert_eq!(fields, (&json!("a long name"), &json!("Warning")));
}

#[test]
fn every_acknowledged_line_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..3_u64 {
        let server = Server::start(directory.path(), &["--segment-size", "300K"]);
        let address = server.otlp_http.clone();
        let sender = std::thread::spawn(move || {
            let mut kept = Vec::new();
            for batch in 0.. {
                let bodies: Vec<String> =
                    (0..20).map(|n| format!("round {round} batch {batch} line {n}")).collect();
                let records = bodies.iter().map(|body| record(u128::from(round + 1), body)).collect();
                let request = export(records).encode_to_vec();
                match try_send(&address, "POST", "/v1/logs", &[PROTOBUF], &request) {
                    Ok(answer) if answer.status == 200 => kept.extend(bodies),
                    Ok(answer) => panic!("{}", answer.text()),
                    Err(_) => return kept,
                }
            }
            kept
        });
        while metric(&server, "spandrel_log_lines_accepted_total") < 2000 + round * 300 {
            assert!(!sender.is_finished());
        }
        server.kill();
        acknowledged.push(sender.join().unwrap());
    }
    let server = Server::start(directory.path(), &["--segment-size", "300K"]);
    assert!(metric(&server, "spandrel_log_segments") > 1);
    for (round, kept) in acknowledged.iter().enumerate() {
        let found: std::collections::HashSet<String> =
            logs(&server, &format!("traceID={}&limit=50000", round + 1))
                .iter()
                .map(|line| line["body"].as_str().unwrap().to_owned())
                .collect();
        assert!(kept.len() >= 2000 && kept.iter().all(|body| found.contains(body)), "round {round}");
    }
}

#[test]
fn a_log_file_of_a_later_version_stops_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    assert_eq!(
        post(&server, "/v1/logs", &[PROTOBUF], &export(vec![record(1, "x")]).encode_to_vec()).status,
        200
    );
    assert!(server.terminate());
    let file = directory.path().join("logs/00000001.logs");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refused = command(directory.path(), &[]).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("layout 99"), "{refused:?}");
}
