//! What is sent to each intake, checked by a stand-in against the rules that the service documents.

#![allow(clippy::unwrap_used, clippy::panic)]

mod stand_in;

use serde_json::{Value, json};
use spandrel_logship::{AwsCredentials, Builder, GenericBody, Handler, Record, ServiceType, Severity, sign};
use stand_in::{Received, Reply, StandIn, answer};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn builder(service: ServiceType, server: &StandIn) -> Builder {
    Handler::builder(service)
        .api_url(server.url())
        .service("billing")
        .run_id("20250921101112000001")
        .workflow("nightly")
        .environment("test")
        .tag("team:payments")
        .trace(TRACE)
        .span(SPAN)
        .flush_interval(Duration::from_secs(600))
        .buffer_size(100_000_usize)
        .capacity(100_000_usize)
        .capacity_bytes(200_usize << 20)
        .backoff(Duration::from_millis(10), Duration::from_millis(50))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

fn aged(message: &str, age: Duration) -> Record {
    let mut record = Record::new(Severity::Info, message);
    record.time = now() - age.as_nanos() as u64;
    record
}

/// Datadog: key, type, at most 1,000 entries and 5 MB, entries of at most 1 MB with a message, none older than 18 hours.
fn datadog(request: &Received) -> Reply {
    if request.header("dd-api-key") != "K" {
        return answer(403, "{\"errors\":[{\"status\":\"403\",\"title\":\"Forbidden\"}]}");
    }
    let entries = request.json();
    let entries = entries.as_array().unwrap();
    let fine = request.path == "/api/v2/logs"
        && request.header("content-type") == "application/json"
        && (1..=1000).contains(&entries.len())
        && request.body.len() <= 5_000_000
        && entries.iter().all(|entry| {
            entry["message"].is_string()
                && entry["ddtags"].is_string()
                && entry["ddsource"] == "rust"
                && entry.to_string().len() <= 1 << 20
                && entry["timestamp"].as_u64().is_some_and(|ms| ms > now() / 1_000_000 - 18 * 3_600_000)
        });
    answer(if fine { 202 } else { 400 }, "{}")
}

#[test]
fn datadog_takes_what_is_sent() {
    let server = StandIn::start(|_, request| datadog(request));
    let handler = builder(ServiceType::Datadog, &server).api_key("K").build().unwrap();
    handler.emit(Record::new(Severity::Warning, "first").with("amount", 12).with("service", "not a service"));
    (0..2500).for_each(|number| handler.info(format!("line {number}")));
    handler.info("\"".repeat(1_500_000));
    (0..8).for_each(|_| handler.info("x".repeat(900_000)));
    handler.emit(aged("old", Duration::from_secs(19 * 3600)));
    handler.emit(aged("not old", Duration::from_secs(17 * 3600)));
    let stats = handler.close().stats;
    assert_eq!((stats.sent, stats.dropped_refused), (2511, 1), "{stats:?}");
    let received = server.received();
    assert!(received.iter().any(|request| request.header("content-encoding") == "gzip"));
    let first = received[0].json()[0].clone();
    assert_eq!(first["status"], "warning");
    assert_eq!(first["service"], "billing", "an attribute does not replace a reserved one");
    assert_eq!(first["attributes"]["service"], "not a service");
    assert_eq!(first["amount"], 12);
    assert_eq!(first["ddtags"], "env:test,team:payments");
    assert_eq!(first["dd"], json!({"trace_id": TRACE, "span_id": 0x00f0_67aa_0ba9_02b7_u64.to_string()}));
    assert_eq!((&first["trace_id"], &first["run_id"]), (&json!(TRACE), &json!("20250921101112000001")));
}

#[test]
fn a_wrong_key_is_reported_and_not_tried_again() {
    let server = StandIn::start(|_, request| datadog(request));
    let handler = builder(ServiceType::Datadog, &server).api_key("WRONG").build().unwrap();
    handler.info("x");
    let stats = handler.close().stats;
    assert_eq!((stats.dropped_refused, stats.retried, server.received().len()), (1, 0, 1));
    assert!(stats.last_error.unwrap().starts_with("HTTP 403"));
}

/// Loki: tenant, streams with 1 to 15 labels of good names and no null, nanoseconds as text in order, lines of at most
/// 256 KB, structured metadata of texts; no run and no trace among the labels.
fn loki(request: &Received) -> Reply {
    let body = request.json();
    let streams = body["streams"].as_array().unwrap();
    let name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let fine = request.path == "/loki/api/v1/push"
        && request.header("x-scope-orgid") == "tenant-1"
        && request.header("authorization") == "Bearer K"
        && request.body.len() <= 4 << 20
        && !streams.is_empty()
        && streams.iter().all(|stream| {
            let labels = stream["stream"].as_object().unwrap();
            let values = stream["values"].as_array().unwrap();
            (1..=15).contains(&labels.len())
                && labels
                    .iter()
                    .all(|(key, value)| name(key) && value.as_str().is_some_and(|text| !text.is_empty()))
                && !labels.keys().any(|key| key.contains("run_id") || key.contains("trace"))
                && values.iter().all(|value| {
                    let time = value[0].as_str().unwrap();
                    let nanoseconds: u64 = time.parse().unwrap();
                    time.len() == 19
                        && nanoseconds > now() - 168 * 3_600_000_000_000
                        && nanoseconds < now() + 600_000_000_000
                        && value[1].as_str().unwrap().len() <= 256 << 10
                        && value[2].as_object().unwrap().values().all(Value::is_string)
                })
                && values.is_sorted_by_key(|value| value[0].as_str().unwrap().to_owned())
        });
    if fine { answer(204, "") } else { answer(400, "entry refused") }
}

#[test]
fn loki_takes_what_is_sent() {
    let server = StandIn::start(|_, request| loki(request));
    let builder =
        builder(ServiceType::Grafana, &server).api_key("K").org_id("tenant-1").label("region", "eu");
    let handler = builder.build().unwrap();
    handler.emit(Record::new(Severity::Error, "failed").with("attempt", 3));
    handler.emit(aged("earlier", Duration::from_secs(60)));
    (0..6000).for_each(|number| handler.info(format!("line {number}")));
    handler.info("ä".repeat(200_000));
    (0..20).for_each(|_| handler.info("x".repeat(250_000)));
    handler.emit(aged("old", Duration::from_secs(169 * 3600)));
    let mut future = Record::new(Severity::Info, "future");
    future.time = now() + 700_000_000_000;
    handler.emit(future);
    let stats = handler.close().stats;
    assert_eq!((stats.sent, stats.dropped_refused), (6023, 2), "{stats:?}");
    let first = server.received()[0].json();
    let streams = first["streams"].as_array().unwrap();
    let errors = streams.iter().find(|stream| stream["stream"]["level"] == "error").unwrap();
    assert_eq!(
        errors["stream"],
        json!({"level": "error", "service_name": "billing", "environment": "test", "region": "eu"})
    );
    let metadata = &errors["values"][0][2];
    assert_eq!((&metadata["trace_id"], &metadata["span_id"]), (&json!(TRACE), &json!(SPAN)));
    assert_eq!((&metadata["attempt"], &metadata["run_id"]), (&json!("3"), &json!("20250921101112000001")));
}

fn credentials() -> AwsCredentials {
    AwsCredentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: Some("session".to_owned()),
    }
}

/// Whether the request is signed by the credentials, computed anew from what arrived.
fn is_signed(request: &Received) -> bool {
    let date = request.header("x-amz-date");
    let time: jiff::civil::DateTime =
        jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", date).unwrap().to_datetime().unwrap();
    let time: SystemTime = time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().into();
    let names = ["content-type", "x-amz-target", "host"];
    let headers: Vec<(&str, &str)> = names.iter().map(|name| (*name, request.header(name))).collect();
    let url = format!("http://{}{}", request.header("host"), request.path);
    let expected =
        sign("POST", &url, &headers, &request.body, &credentials(), "eu-west-1", "logs", time).unwrap();
    expected.iter().all(|(name, value)| request.header(name) == value)
        && request
            .header("authorization")
            .contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target")
}

/// What CloudWatch knows: groups, streams.
#[derive(Default)]
struct CloudWatch {
    group: Mutex<bool>,
    stream: Mutex<bool>,
}

fn fault(status: u16, kind: &str) -> Reply {
    answer(status, &json!({"__type": kind, "message": "no"}).to_string())
}

impl CloudWatch {
    fn answer(&self, request: &Received) -> Reply {
        if !is_signed(request) || request.header("content-type") != "application/x-amz-json-1.1" {
            return fault(400, "InvalidSignatureException");
        }
        let body = request.json();
        match request.header("x-amz-target") {
            "Logs_20140328.CreateLogGroup" => *self.group.lock().unwrap() = true,
            "Logs_20140328.CreateLogStream" if *self.group.lock().unwrap() => {
                *self.stream.lock().unwrap() = true
            }
            "Logs_20140328.PutLogEvents" if *self.stream.lock().unwrap() => {
                let events = body["logEvents"].as_array().unwrap();
                let time = |event: &Value| event["timestamp"].as_u64().unwrap();
                let bytes: usize =
                    events.iter().map(|event| event["message"].as_str().unwrap().len() + 26).sum();
                let (first, last) = (time(&events[0]), time(&events[events.len() - 1]));
                let fine = (1..=10_000).contains(&events.len())
                    && bytes <= 1_048_576
                    && events.is_sorted_by_key(time)
                    && last - first <= 24 * 3_600_000
                    && first > now() / 1_000_000 - 14 * 86_400_000
                    && last < now() / 1_000_000 + 2 * 3_600_000;
                return if fine { answer(200, "{}") } else { fault(400, "InvalidParameterException") };
            }
            _ => return fault(400, "ResourceNotFoundException"),
        }
        answer(200, "")
    }
}

fn cloudwatch(server: &StandIn) -> Builder {
    builder(ServiceType::CloudWatch, server).region("eu-west-1").aws_credentials(credentials())
}

#[test]
fn cloudwatch_takes_what_is_sent_in_a_group_and_stream_that_are_made() {
    let cloud = CloudWatch::default();
    let server = StandIn::start(move |_, request| cloud.answer(request));
    let handler = cloudwatch(&server).log_group("/app/billing").log_stream("main").build().unwrap();
    handler.emit(Record::new(Severity::Error, "now").with("code", 7));
    handler.emit(aged("two days ago", Duration::from_secs(2 * 86_400)));
    handler.emit(aged("an hour ago", Duration::from_secs(3600)));
    (0..11_000).for_each(|number| handler.info(format!("line {number}")));
    handler.info("\"".repeat(1_000_000));
    handler.emit(aged("old", Duration::from_secs(15 * 86_400)));
    let stats = handler.close().stats;
    assert_eq!((stats.sent, stats.dropped_refused), (11_004, 1), "{stats:?}");
    let received = server.received();
    let targets: Vec<&str> = received[..4]
        .iter()
        .map(|request| &request.header("x-amz-target")["Logs_20140328.".len()..])
        .collect();
    assert_eq!(targets, ["PutLogEvents", "CreateLogGroup", "CreateLogStream", "PutLogEvents"]);
    let body = received[3].json();
    assert_eq!((&body["logGroupName"], &body["logStreamName"]), (&json!("/app/billing"), &json!("main")));
    let message: Value = serde_json::from_str(body["logEvents"][0]["message"].as_str().unwrap()).unwrap();
    assert_eq!((&message["message"], &message["trace_id"]), (&json!("two days ago"), &json!(TRACE)));
}

#[test]
fn events_that_cloudwatch_rejects_are_counted() {
    let server =
        StandIn::start(|_, _| answer(200, r#"{"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":2}}"#));
    let handler = cloudwatch(&server).build().unwrap();
    (0..5).for_each(|number| handler.info(format!("{number}")));
    let stats = handler.close().stats;
    assert_eq!((stats.sent, stats.dropped_refused), (3, 2));
    assert!(stats.last_error.unwrap().contains("too_old_log_event_end_index: Some(2)"));
}

#[test]
fn cloudwatch_is_asked_again_when_it_throttles_and_not_when_it_knows_no_key() {
    let server = StandIn::start(|number, _| match number {
        0 => fault(400, "ThrottlingException"),
        1 => fault(503, "ServiceUnavailableException"),
        _ => answer(200, "{}"),
    });
    let handler = cloudwatch(&server).build().unwrap();
    handler.info("x");
    let stats = handler.close().stats;
    assert_eq!((stats.sent, stats.retried), (1, 2));
    let server = StandIn::start(|_, _| fault(400, "com.amazonaws.logs#UnrecognizedClientException"));
    let handler = cloudwatch(&server).build().unwrap();
    handler.info("x");
    let stats = handler.close().stats;
    assert_eq!((stats.sent, stats.dropped_refused, stats.retried), (0, 1, 0));
    assert_eq!(stats.last_error.unwrap(), "UnrecognizedClientException: no");
}

#[test]
fn a_generic_endpoint_takes_an_array_lines_or_a_template() {
    let server = StandIn::start(|_, _| answer(200, ""));
    let send = |builder: Builder| {
        let handler = builder.api_key("K").build().unwrap();
        handler.emit(Record::new(Severity::Info, "hello").with("n", 1));
        assert_eq!(handler.close().stats.sent, 1);
        server.received().pop().unwrap()
    };
    let array = send(builder(ServiceType::Generic, &server));
    assert_eq!(array.header("authorization"), "Bearer K");
    let record = &array.json()[0];
    assert_eq!((&record["message"], &record["trace_id"]), (&json!("hello"), &json!(TRACE)));
    assert_eq!(record["attributes"], json!({"n": 1}));
    assert_eq!(record["tags"], json!(["team:payments"]));
    let lines = send(builder(ServiceType::Generic, &server).generic_body(GenericBody::Lines));
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    assert!(lines.body.ends_with(b"}\n"));
    let template = json!({
        "text": "[{{level}}] {{message}} {{stage_name}}",
        "ids": ["{{trace_id}}", "{{parent_span_id}}"],
        "at": "{{timestamp_ms}}",
        "n": "{{attributes.n}}",
    });
    let shaped = send(builder(ServiceType::Generic, &server).template(template)).json();
    assert!(shaped[0]["at"].as_u64().unwrap() > 1_600_000_000_000);
    assert_eq!(shaped[0]["text"], "[info] hello ");
    assert_eq!((&shaped[0]["ids"], &shaped[0]["n"]), (&json!([TRACE, null]), &json!(1)));
}

/// The names of an object and of the objects in it.
fn names(value: &Value, above: &str) -> Vec<String> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .flat_map(|(name, value)| {
            let path = format!("{above}.{name}");
            let inner = names(value, &path);
            std::iter::once(path).chain(inner).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn compat_sends_the_names_of_the_handler_once_without_its_mistakes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat");
    let cases = [
        (ServiceType::Datadog, "datadog"),
        (ServiceType::Grafana, "grafana"),
        (ServiceType::CloudWatch, "cloudwatch"),
        (ServiceType::Generic, "generic"),
    ];
    for (service, name) in cases {
        let server = StandIn::start(|_, _| answer(200, ""));
        let builder =
            builder(service, &server).api_key("K").region("eu-west-1").aws_credentials(credentials());
        let handler = builder.compat(true).parent_run_id("p").build().unwrap();
        handler.info("start stage");
        handler.error("stage failed");
        assert_eq!(handler.close().stats.sent, 2, "{name}");
        let received = server.received();
        assert_eq!(received.len(), 1, "{name}: once, not three times");
        let ours = received[0].json();
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let theirs = serde_json::from_str::<Value>(&text).unwrap()["body"].clone();
        let first = |value: &Value| match service {
            ServiceType::Datadog | ServiceType::Generic => value[0].clone(),
            ServiceType::Grafana => value["streams"][0].clone(),
            ServiceType::CloudWatch => {
                let mut event = value["logEvents"][0].clone();
                event["message"] = serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
                event
            }
        };
        let ours_first = first(&ours);
        let known = names(&ours_first, "");
        let missing: Vec<String> =
            names(&first(&theirs), "").into_iter().filter(|path| !known.contains(path)).collect();
        assert_eq!(
            missing,
            if matches!(service, ServiceType::CloudWatch) {
                vec![".message.thread".to_owned()]
            } else if matches!(service, ServiceType::Generic) {
                vec![".thread".to_owned()]
            } else {
                vec![]
            },
            "{name}"
        );
        match service {
            ServiceType::Datadog => {
                assert!(ours_first["tags"].as_array().unwrap().iter().all(Value::is_string))
            }
            ServiceType::Grafana => {
                assert_eq!(ours_first["values"][0][0].as_str().unwrap().len(), 19);
                assert!(ours_first["stream"].as_object().unwrap().values().all(Value::is_string));
            }
            ServiceType::CloudWatch => {
                assert_eq!(ours["logEvents"].as_array().unwrap().len(), 2, "all records");
                assert_eq!(ours["logGroupName"], theirs["logGroupName"]);
                assert!(ours_first["timestamp"].as_u64().unwrap() < 10_000_000_000_000);
                assert!(is_signed(&received[0]));
            }
            ServiceType::Generic => assert_eq!(ours_first["run_id"], "20250921101112000001"),
        }
    }
}
