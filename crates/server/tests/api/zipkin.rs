//! Zipkin v2 in, on both ports, and what becomes of it.

use crate::support::{Answer, Server, command, gzip, send, shared, window};
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

fn post(address: &str, body: &[u8]) -> Answer {
    send(address, "POST", "/api/v2/spans", &[JSON], body)
}

fn list() -> Value {
    let now = crate::support::now() / 1000;
    json!([
        { "traceId": "000000000000000a", "id": "0000000000000001", "kind": "CLIENT", "name": "get", "timestamp": now,
          "duration": 2000, "localEndpoint": { "serviceName": "front" } },
        { "traceId": "000000000000000a", "id": "0000000000000002", "parentId": "0000000000000001", "kind": "SERVER",
          "name": "get /", "timestamp": now + 500, "duration": 1000, "tags": { "error": "no", "http.path": "/" },
          "localEndpoint": { "serviceName": "back" }, "annotations": [{ "timestamp": now + 600, "value": "retry" }] },
    ])
}

#[test]
fn spans_are_taken_on_both_ports_and_answered_as_jaeger_answers() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let body = list().to_string();
    for address in [&server.otlp_http, &server.viewer] {
        let answer = post(address, body.as_bytes());
        assert_eq!((answer.status, answer.body.len()), (202, 0), "{}", answer.text());
    }
    let packed = send(
        &server.otlp_http,
        "POST",
        "/api/v2/spans",
        &[JSON, ("content-encoding", "gzip")],
        &gzip(body.as_bytes()),
    );
    assert_eq!(packed.status, 202);
    let spans = server.spans("a");
    assert_eq!(spans.len(), 2, "sent three times, there once");
    let (service, back) = spans.iter().find(|(service, _)| service == "back").unwrap();
    assert_eq!((service.as_str(), &back["name"], &back["kind"]), ("back", &json!("get /"), &json!(2)));
    assert_eq!(back["status"], json!({ "message": "no", "code": 2 }));
    assert_eq!(back["events"][0]["name"], "retry");
    assert_eq!(back["parentSpanId"], "0000000000000001");
    let graph = server.get_json("/api/dependencies?lookback=3600000");
    assert_eq!(graph["data"][0]["parent"], "front");
    let found = server.get_json(&format!(
        "/api/v3/trace-summaries?{}&query.attributes=%7B%22http.path%22:%22/%22%7D",
        window()
    ));
    assert_eq!(found["summaries"][0]["spanCount"], 2);
}

#[test]
fn what_is_not_taken_is_said_in_words() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let old = br#"[{"traceId":"1","id":"2","annotations":[{"timestamp":1,"value":"sr","endpoint":{}}]}]"#;
    for (body, status, has) in [
        (&b"[]"[..], 202, ""),
        (b"", 400, "ends too early"),
        (b"{}", 400, "a list should start here"),
        (b"[{}", 400, "ends too early"),
        (br#"[{"traceId":"1"}]"#, 400, "span 1: missing field `id`"),
        (br#"[{"traceId":"x y","id":"1"}]"#, 400, "not hexadecimal"),
        (old, 400, "/api/v1/spans"),
    ] {
        let answer = post(&server.otlp_http, body);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.text().contains(has), "{}", answer.text());
        assert!(status == 202 || answer.header("content-type").starts_with("text/plain"));
    }
    let protobuf = send(
        &server.otlp_http,
        "POST",
        "/api/v2/spans",
        &[("content-type", "application/x-protobuf")],
        b"\x0a\x00",
    );
    assert_eq!(protobuf.status, 415);
    for path in ["/api/v2/spans", "/v1/logs"] {
        let answer = send(&server.otlp_http, "GET", path, &[], b"");
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{path}");
    }
    assert_eq!(server.get_json("/api/services")["data"], json!([]));
}

#[test]
fn what_limits_leave_out_is_logged_for_a_bounded_number_of_requests() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut command = command(&directory.path().join("data"), &["--max-spans", "1"]);
    command.env("RUST_LOG", "warn").stderr(std::fs::File::create(&log).unwrap());
    let server = Server::of(command);
    let body = list().to_string();
    for _ in 0..5 {
        assert_eq!(post(&server.otlp_http, body.as_bytes()).status, 202);
    }
    assert_eq!(server.spans("a").len(), 1);
    drop(server);
    let said = std::fs::read_to_string(log).unwrap();
    let lines: Vec<&str> =
        said.lines().filter(|line| line.contains("Zipkin spans were taken in part")).collect();
    assert_eq!(lines.len(), 3, "of the requests 1, 2 and 4: {said}");
    let last = "(4 such requests so far): 1 spans beyond the first 1 of the request (--max-spans)";
    assert!(lines[2].contains(last), "{said}");
}

#[test]
fn lists_of_other_projects_are_taken_whole() {
    let Some(folder) = shared("fixtures/zipkin") else { return };
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let is_old = path.to_string_lossy().contains("V1");
        let answer = post(&server.otlp_http, &bytes);
        assert_eq!(answer.status, if is_old { 400 } else { 202 }, "{}: {}", path.display(), answer.text());
        if is_old {
            continue;
        }
        files += 1;
        let sent: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        let trace = sent[0]["traceId"].as_str().unwrap();
        let mut expected: Vec<String> =
            sent.iter().map(|span| span["id"].as_str().unwrap().to_owned()).collect();
        let mut kept: Vec<String> =
            server.get_json(&format!("/api/v3/traces/{trace}?raw_traces=true"))["result"]["resourceSpans"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|resource| resource["scopeSpans"].as_array().unwrap())
                .flat_map(|scope| scope["spans"].as_array().unwrap())
                .map(|span| span["spanId"].as_str().unwrap().to_owned())
                .collect();
        expected.sort();
        kept.sort();
        // A span that is in the list twice, to the bit, is there once.
        let is_same = |left: &mut String, right: &mut String| left == right;
        if expected.len() != kept.len() {
            expected.dedup_by(is_same);
            kept.dedup_by(is_same);
        }
        assert_eq!(kept, expected, "{}", path.display());
    }
    assert!(files >= 10, "{files}");
}
