//! Forwarding of log lines from outside: the real server, targets on real ports, which die, come back, refuse and ask to
//! wait. And of records of the eval-track API, which go on as the spans that they are kept as.

use crate::forwarding::{of_target, server, target};
use crate::receiver::{Receiver, free_port, records_of, wait_until};
use crate::support::{Answer, Server, metric, now, request, send, span, text, try_send};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const LOGS: &str = "signals = [\"logs\"]";

fn body(text: &str) -> Option<AnyValue> {
    Some(AnyValue { value: Some(Any::StringValue(text.to_owned())) })
}

fn record(trace: u128, severity: i32, said: &str) -> LogRecord {
    LogRecord {
        time_unix_nano: now(),
        observed_time_unix_nano: now() + 1,
        severity_number: severity,
        severity_text: "S".to_owned(),
        trace_id: if trace == 0 { Vec::new() } else { trace.to_be_bytes().to_vec() },
        span_id: 7_u64.to_be_bytes().to_vec(),
        flags: 1,
        body: body(said),
        attributes: vec![
            text("key", "value"),
            KeyValue {
                key: "number".to_owned(),
                value: Some(AnyValue { value: Some(Any::IntValue(5)) }),
                ..KeyValue::default()
            },
        ],
        ..LogRecord::default()
    }
}

fn lines(service: &str, records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope = InstrumentationScope {
        name: "scope".to_owned(),
        version: "1".to_owned(),
        ..InstrumentationScope::default()
    };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource {
                attributes: vec![text("service.name", service), text("host.name", "h1")],
                ..Resource::default()
            }),
            scope_logs: vec![ScopeLogs { scope: Some(scope), log_records: records, ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    }
}

fn export(server: &Server, request: &ExportLogsServiceRequest) -> Answer {
    send(&server.otlp_http, "POST", "/v1/logs", &[PROTOBUF], &request.encode_to_vec())
}

fn bodies(receiver: &Receiver) -> BTreeSet<String> {
    let said = |record: LogRecord| match record.body.and_then(|body| body.value) {
        Some(Any::StringValue(text)) => text,
        other => format!("{other:?}"),
    };
    receiver.records().into_iter().map(|(_, _, record)| said(record)).collect()
}

/// The lines that a query answers.
fn kept(server: &Server, query: &str) -> Vec<Value> {
    server.get_json(&format!("/api/logs?{query}"))["logs"].as_array().unwrap().clone()
}

#[test]
fn otlp_goes_on_as_it_came_and_each_signal_to_the_targets_that_are_for_it() {
    let (http, grpc, spans) = (Receiver::http(0), Receiver::grpc(), Receiver::http(0));
    let of = |name: &str, receiver: &Receiver, more: &str| {
        format!(
            "[[forward]]\nname = \"{name}\"\nendpoint = \"http://{}\"\nbatch.delay = \"50ms\"\n{more}\n",
            receiver.address
        )
    };
    let targets = of("h", &http, "signals = [\"traces\", \"logs\"]\nheaders = { X-Key = \"${TARGET_KEY}\" }")
        + &of("g", &grpc, "protocol = \"grpc\"\nsignals = [\"logs\"]")
        + &of("s", &spans, "");
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &targets);
    let mut sent = Vec::new();
    for batch in 0..5 {
        let records = (0..40).map(|n| record(batch + 1, 9, &format!("line {batch} {n}"))).collect();
        let request = lines("numbered", records);
        assert_eq!(export(&server, &request).status, 200);
        sent.extend(records_of(&request));
    }
    assert_eq!(server.export(&request("a", vec![span(1, 1, "work")])).status, 200);
    for receiver in [&http, &grpc] {
        wait_until("all lines are delivered", || receiver.records().len() >= sent.len());
        let sorted = |mut records: Vec<(String, String, LogRecord)>| {
            records.sort_by_key(|(_, _, record)| format!("{:?}", record.body));
            records
        };
        assert_eq!(sorted(receiver.records()), sorted(sent.clone()), "every field is kept");
    }
    wait_until("the span is delivered", || http.spans().len() == 1 && spans.spans().len() == 1);
    http.seen(|seen| assert!(seen.iter().all(|seen| seen.headers["x-key"] == "secret key")));
    assert!(spans.records().is_empty() && grpc.spans().is_empty());
    // What was sent is counted once its target has acknowledged it.
    wait_until("everything sent is counted", || {
        metric(&server, "spandrel_forward_logs_sent_total{target=\"h\"}") == 200
            && metric(&server, "spandrel_forward_spans_sent_total{target=\"h\"}") == 1
    });
    assert!(!server.get("/metrics").text().contains("spandrel_forward_logs_sent_total{target=\"s\"}"));
}

#[test]
fn another_server_of_ours_gets_the_same_lines_over_every_protocol() {
    let there = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let targets = there.each_ref().map(|directory| Server::start(directory.path(), &[]));
    let [json, protobuf, grpc] = &targets;
    let settings: String = [
        ("json", &json.otlp_http, "http/json"),
        ("protobuf", &protobuf.otlp_http, "http/protobuf"),
        ("grpc", &grpc.otlp_grpc, "grpc"),
    ]
    .iter()
    .map(|(name, address, protocol)| {
        format!(
            "[[forward]]\nname = \"{name}\"\nendpoint = \"http://{address}\"\nprotocol = \"{protocol}\"\n\
             signals = [\"logs\"]\nbatch = {{ delay = \"50ms\", spans = 10 }}\n"
        )
    })
    .collect();
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings);
    let mut records: Vec<_> = (0..30).map(|n| record(7, 13, &format!("line {n}"))).collect();
    let map = KeyValueList { values: vec![text("a", "b")] };
    records[0].body = Some(AnyValue { value: Some(Any::KvlistValue(map)) });
    records[1].event_name = "event".to_owned();
    records[2].attributes.push(KeyValue {
        key: "bytes".to_owned(),
        value: Some(AnyValue { value: Some(Any::BytesValue(vec![1, 2])) }),
        ..KeyValue::default()
    });
    assert_eq!(export(&server, &lines("a", records)).status, 200);
    // What the other clients send, too.
    let trace = format!("{:032x}", 7);
    let time = now();
    let entry = json!([{"message": "from datadog", "status": "error", "service": "d", "trace_id": trace, "timestamp": time}]);
    let push = json!({"streams": [{"stream": {"service_name": "l", "k": "v"},
        "values": [[time.to_string(), "from loki", {"trace_id": trace}]]}]});
    let plain = json!([{"message": "from json", "trace_id": trace, "timestamp": time, "list": [1, 2.5, {"a": null}]}]);
    let otlp = json!({"resourceLogs": [{"scopeLogs": [{"scope": {"name": "s"}, "logRecords": [
        {"timeUnixNano": time.to_string(), "traceId": trace, "body": {"stringValue": "from OTLP JSON"}}]}]}]});
    for (path, body) in
        [("/api/v2/logs", entry), ("/loki/api/v1/push", push), ("/api/logs", plain), ("/v1/logs", otlp)]
    {
        let answer = send(&server.otlp_http, "POST", path, &[JSON], body.to_string().as_bytes());
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.text());
    }
    let of = |server: &Server| {
        let mut lines: Vec<String> =
            kept(server, &format!("traceID={trace}")).iter().map(Value::to_string).collect();
        lines.sort();
        lines
    };
    let expected = of(&server);
    assert_eq!(expected.len(), 34);
    for target in &targets {
        wait_until("the other server has all lines", || of(target).len() >= 34);
        assert_eq!(of(target), expected);
    }
}

#[test]
fn lines_wait_on_disk_for_a_dead_target_also_after_kill_9_and_do_not_keep_spans_waiting() {
    let port = free_port();
    let directory = tempfile::tempdir().unwrap();
    let spans = Receiver::http(0);
    let targets =
        target(port, LOGS) + &target(spans.address.port(), "").replace("name = \"t\"", "name = \"spans\"");
    let first = server(directory.path(), &targets);
    for batch in 0..20 {
        let records = (0..10).map(|n| record(1, 9, &format!("line {batch} {n}"))).collect();
        assert_eq!(export(&first, &lines("a", records)).status, 200);
    }
    assert_eq!(first.export(&request("a", vec![span(1, 1, "work")])).status, 200);
    wait_until("the span is delivered", || spans.spans().len() == 1);
    wait_until("the failure is known", || of_target(&first, "logs_failing") == 1);
    assert_eq!(of_target(&first, "logs_queue_lines"), 200);
    let health = first.get_json("/health");
    let problem = health["problems"][0].as_str().unwrap();
    assert!(
        problem.starts_with("target t has failed for ") && problem.contains("with log lines"),
        "{health}"
    );
    let ready = first.get_json("/ready");
    assert_eq!(
        (&ready["forward"][0]["signal"], &ready["forward"][0]["queuedLines"]),
        (&"logs".into(), &200.into())
    );
    first.kill();
    let second = server(directory.path(), &targets);
    assert_eq!(of_target(&second, "logs_queue_lines"), 200);
    let receiver = Receiver::http(port);
    wait_until("everything is delivered", || bodies(&receiver).len() == 200);
    wait_until("the queue is empty", || of_target(&second, "logs_queue_lines") == 0);
    assert_eq!((of_target(&second, "logs_failing"), of_target(&second, "logs_sent_total")), (0, 200));
    assert_eq!(second.get_json("/health")["status"], "ok");
}

#[test]
fn acknowledged_lines_are_delivered_whenever_the_server_is_killed() {
    let receiver = Receiver::http(0);
    let directory = tempfile::tempdir().unwrap();
    let targets = target(receiver.address.port(), &format!("{LOGS}\nbatch.spans = 60"));
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        let server = server(directory.path(), &targets);
        let address = server.otlp_http.clone();
        let load = std::thread::spawn(move || {
            let mut kept = BTreeSet::new();
            for batch in 0.. {
                let said: Vec<String> = (0..20).map(|n| format!("{round} {batch} {n}")).collect();
                let records = said.iter().map(|said| record(1, 9, said)).collect();
                let body = lines("a", records).encode_to_vec();
                match try_send(&address, "POST", "/v1/logs", &[PROTOBUF], &body) {
                    Ok(answer) if answer.status == 200 => kept.extend(said),
                    _ => return kept,
                }
            }
            kept
        });
        std::thread::sleep(Duration::from_millis(400 + round * 170));
        server.kill();
        acknowledged.extend(load.join().unwrap());
    }
    assert!(acknowledged.len() > 200, "{}", acknowledged.len());
    let _last = server(directory.path(), &targets);
    wait_until("everything acknowledged is delivered", || acknowledged.is_subset(&bodies(&receiver)));
}

#[test]
fn a_target_that_asks_to_wait_is_waited_for_and_lines_that_it_refuses_are_dropped_and_counted() {
    let receiver = Receiver::http(0);
    receiver.tell(&[(429, Some("1")), (400, None)]);
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &target(receiver.address.port(), LOGS));
    assert_eq!(export(&server, &lines("a", vec![record(1, 9, "one"), record(1, 9, "two")])).status, 200);
    wait_until("the refusal is counted", || of_target(&server, "logs_dropped_refused_total") == 2);
    receiver.seen(|seen| assert!(seen[1].at - seen[0].at >= Duration::from_secs(1)));
    assert_eq!(of_target(&server, "logs_requests_failed_total"), 1);
    receiver.reject(1);
    assert_eq!(export(&server, &lines("a", vec![record(1, 9, "three")])).status, 200);
    wait_until("the next is delivered", || of_target(&server, "logs_sent_total") == 1);
    assert_eq!(
        (of_target(&server, "logs_rejected_total"), of_target(&server, "logs_requests_total")),
        (1, 1)
    );
}

#[test]
fn filters_samples_and_redaction_hold_for_lines() {
    let receiver = Receiver::http(0);
    let directory = tempfile::tempdir().unwrap();
    let rules = "signals = [\"logs\"]\nkeep.without_services = [\"noise\"]\nkeep.errors_only = true\n\
                 keep.without_attributes = { quiet = \".\" }\nsample = 0.5\ntail = { wait = \"1h\" }\n\
                 redact = { keys = [\"(?i)token\"], values = ['\\d{16}'] }";
    let server = server(directory.path(), &target(receiver.address.port(), rules));
    let mut secret = record(0, 17, "card 4111111111111111 was refused");
    secret.attributes = vec![text("Session.Token", "abc"), text("kept", "yes")];
    let mut quiet = record(0, 21, "quiet");
    quiet.attributes.push(text("quiet", "yes"));
    let records = vec![secret, quiet, record(0, 16, "a warning")];
    assert_eq!(export(&server, &lines("a", records)).status, 200);
    assert_eq!(export(&server, &lines("noise", vec![record(0, 17, "noise")])).status, 200);
    wait_until("all is decided", || of_target(&server, "logs_queue_lines") == 0);
    assert_eq!(Vec::from_iter(bodies(&receiver)), ["card [redacted] was refused"]);
    let (_, _, line) = receiver.records().remove(0);
    assert_eq!(line.attributes, [text("Session.Token", "[redacted]"), text("kept", "yes")]);
    assert_eq!(of_target(&server, "logs_filtered_total"), 3);
    // Lines of a trace stay together, and about half of the traces are chosen.
    let records =
        (1..=400).flat_map(|trace| [17, 18].map(|severity| record(trace, severity, &trace.to_string())));
    assert_eq!(export(&server, &lines("a", records.collect())).status, 200);
    wait_until("the sample is taken", || of_target(&server, "logs_queue_lines") == 0);
    let sent = receiver.records().len() as u64 - 1;
    assert_eq!(sent + of_target(&server, "logs_sampled_out_total"), 800);
    assert_eq!(sent, 2 * (bodies(&receiver).len() as u64 - 1));
    assert!((300..500).contains(&sent), "{sent}");
    assert_eq!(kept(&server, "limit=5000").len(), 804, "the store keeps what it got");
}

#[test]
fn what_came_as_json_is_redacted_within_its_texts() {
    let receiver = Receiver::http(0);
    let directory = tempfile::tempdir().unwrap();
    let rules =
        "signals = [\"traces\", \"logs\"]\nredact = { keys = [\"(?i)password\"], values = ['\\d{5}'] }";
    let server = server(directory.path(), &target(receiver.address.port(), rules));
    let member = |key: &str, value: Value| json!({ "key": key, "value": value });
    let object = json!({ "kvlistValue": { "values": [
        member("n", json!({ "intValue": "77705" })), member("password", json!({ "stringValue": "open sesame" })),
        member("kept", json!({ "stringValue": "yes" })),
    ] } });
    let line = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [{ "body": object }] }] }] });
    let answer = send(&server.otlp_http, "POST", "/v1/logs", &[JSON], line.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let evaluation =
        json!({ "id": "e", "args": { "password": "open sesame" }, "result": [{ "Password": 5 }] });
    let answer =
        send(&server.viewer, "POST", "/eval-track/traces", &[JSON], evaluation.to_string().as_bytes());
    assert!(answer.status < 300, "{}", answer.text());
    wait_until("both are delivered", || !receiver.records().is_empty() && !receiver.spans().is_empty());
    let body: Value = serde_json::from_str(bodies(&receiver).first().unwrap()).unwrap();
    assert_eq!(body, json!({ "n": "[redacted]", "password": "[redacted]", "kept": "yes" }));
    let spans = format!("{:?}", receiver.spans());
    assert!(!spans.contains("sesame") && spans.matches("[redacted]").count() >= 2, "{spans}");
}

#[test]
fn records_of_eval_track_go_on_as_spans() {
    let receiver = Receiver::http(0);
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &target(receiver.address.port(), ""));
    let record =
        json!({"timestamp": "2026-11-29T04:00:00Z", "user_input": "question", "llm_output": "answer"});
    let answer = send(&server.viewer, "POST", "/eval-track/traces", &[JSON], record.to_string().as_bytes());
    assert!((200..300).contains(&answer.status), "{} {}", answer.status, answer.text());
    wait_until("the record is delivered", || !receiver.spans().is_empty());
    assert!(format!("{:?}", receiver.spans()).contains("question"));
}
