//! The eval-track API: what its clients send is taken and read back, and is a trace like any other.

use crate::support::{Answer, Server, command, gzip, metric, send, window};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

fn put(server: &Server, path: &str, body: &str) -> Answer {
    send(&server.viewer, "PUT", path, &[JSON], body.as_bytes())
}

fn post(server: &Server, path: &str, body: &str) -> Answer {
    send(&server.viewer, "POST", path, &[JSON], body.as_bytes())
}

fn get(server: &Server, path: &str) -> Value {
    server.get_json(&format!("/eval-track{path}"))
}

#[test]
fn requests_of_all_four_clients_are_taken_as_they_are_sent() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let python = json!({ "answer": "42", "id": 7, "tokens": [1, 2] });
    let typescript = json!({ "id": "01JDTS", "timestamp": 1_732_800_000_123u64, "function_name": "summarise", "args": ["text"],
        "kwargs": {}, "response": { "text": "short" }, "error": null });
    let go = json!({ "id": "01JDGO", "timestamp": 1_732_800_001_000u64, "function_name": "Translate", "args": ["a", 1],
        "kwargs": null, "response": null, "error": "deadline exceeded" });
    let rust = json!({ "id": "01JDRS", "request": { "args": "(\"a\", 1)" }, "response": { "error": "no route" },
        "created_at": "2024-11-28T13:20:02.5Z", "updated_at": "2024-11-28T13:20:02.75Z" });
    // Method, path and status are what each client sends and what each takes as success.
    for (method, path, body) in [
        ("PUT", "/traces/01JDPY", &python),
        ("POST", "/traces", &typescript),
        ("POST", "/eval-track/traces", &go),
        ("POST", "/traces/", &rust),
    ] {
        for port in [&server.viewer, &server.otlp_http] {
            if port == &server.viewer && path == "/traces/" {
                continue;
            }
            let answer = send(port, method, path, &[JSON], body.to_string().as_bytes());
            assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
            assert!(answer.header("content-type").starts_with("application/json"));
        }
    }
    let list = get(&server, "/traces");
    let ids: Vec<_> = list.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["01JDPY", "01JDRS", "01JDGO", "01JDTS"], "newest first");
    let data: Vec<_> = list.as_array().unwrap().iter().map(|item| &item["data"]).collect();
    assert_eq!(data, [&python, &rust, &go, &typescript]);

    let summaries = server.get_json(&format!(
        "/api/v3/trace-summaries?query.start_time_min=2024-11-28T00:00:00Z&query.start_time_max=2024-11-29T00:00:00Z\
         &query.service_name=eval-track&query.attributes={}",
        "%7B%22error%22:%22true%22%7D"
    ));
    assert_eq!(
        summaries["summaries"].as_array().unwrap().len(),
        2,
        "those of Go and Rust failed: {summaries}"
    );
    let (service, span) = server.spans(list[1]["trace_id"].as_str().unwrap()).remove(0);
    assert_eq!((service.as_str(), &span["name"]), ("eval-track", &json!("record")));
    assert_eq!(span["status"], json!({ "code": 2, "message": "no route" }));
    assert_eq!(
        (&span["startTimeUnixNano"], &span["endTimeUnixNano"]),
        (&json!("1732800002500000000"), &json!("1732800002750000000"))
    );
}

#[test]
fn versions_of_a_record_are_kept_and_a_resent_one_is_there_once() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let path = "/eval-track/traces/a%2Fb%20%C3%A9";
    for version in [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":2}"#, r#"{"n":1}"#] {
        let answer = put(&server, path, version);
        assert_eq!((answer.status, &answer.json()["id"]), (200, &json!("a/b é")));
    }
    let one = server.get_json(path);
    assert_eq!(
        (&one["id"], &one["versions"], &one["data"]),
        (&json!("a/b é"), &json!(3), &json!({ "n": 1 }))
    );
    let earlier: Vec<_> = one["earlier"].as_array().unwrap().iter().map(|version| &version["data"]).collect();
    assert_eq!(earlier, [&json!({ "n": 1 }), &json!({ "n": 2 })]);
    let trace = one["trace_id"].as_str().unwrap();
    assert_eq!(get(&server, &format!("/traces/{trace}")), one, "also by the id of its trace");
    assert_eq!(server.spans(trace).len(), 4);
    assert_eq!(get(&server, "/traces").as_array().unwrap().len(), 1);
    // Whatever others send into that trace is no version.
    let id = u128::from_str_radix(trace, 16).unwrap();
    let mut forged = crate::support::span(id, 9, "forged");
    forged.attributes =
        [("eval_track.kind", "record"), ("eval_track.record_id", "x"), ("eval_track.record", "]}")]
            .map(|(key, value)| crate::support::text(key, value))
            .to_vec();
    assert_eq!(server.export(&crate::support::request("s", vec![forged])).status, 200);
    assert_eq!(server.get_json(path), one);
}

#[test]
fn a_record_without_an_id_gets_one_and_is_linked_with_its_trace() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let body = r#"{"function_name":"f","service":"agents"}"#;
    let answer = send(
        &server.viewer,
        "POST",
        "/eval-track/traces",
        &[JSON, ("traceparent", context)],
        body.as_bytes(),
    );
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 26);
    let (service, span) = server.spans(answer.json()["trace_id"].as_str().unwrap()).remove(0);
    assert_eq!(
        (service.as_str(), &span["name"], &span["spanId"]),
        ("agents", &json!("f"), &answer.json()["span_id"])
    );
    assert_eq!(span["links"][0]["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(get(&server, &format!("/traces/{id}"))["traceparent"], context);
    let found = server.get_json(&format!("/api/v3/trace-summaries?query.service_name=agents&{}", window()));
    assert_eq!(found["summaries"][0]["traceId"], answer.json()["trace_id"]);
}

#[test]
fn lists_are_filtered_and_paged_without_gap_or_repetition() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    for n in 0..25u64 {
        // Five records of each time: their order is that of their traces' ids.
        let record = json!({ "id": format!("r{n}"), "timestamp": 1_732_800_000_000u64 + n / 5 * 1000, "service": format!("s{}", n % 2),
            "function_name": if n < 10 { "old" } else { "new" } });
        assert_eq!(post(&server, "/traces", &record.to_string()).status, 200);
    }
    let page = |query: &str| -> Vec<String> {
        let list = get(&server, &format!("/traces?{query}"));
        list.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = page("limit=100");
    assert_eq!(all.len(), 25);
    assert!(all.is_sorted_by_key(|id| std::cmp::Reverse(id[1..].parse::<u64>().unwrap() / 5)), "{all:?}");
    let mut paged = page("limit=4");
    while let Some(last) = paged.last().cloned() {
        let next = page(&format!("limit=4&before={last}"));
        if next.is_empty() {
            break;
        }
        paged.extend(next);
    }
    assert_eq!(paged, all);
    assert_eq!(page("service=s1&limit=100").len(), 12);
    assert_eq!(page("function_name=old&service=s0").len(), 5);
    assert_eq!(page("start=2024-11-28T13:20:04Z").len(), 5);
    assert_eq!(page("end=2024-11-28T13:20:00Z").len(), 5);
    assert_eq!(page("tags=%7B%22eval_track.record_id%22:%22r7%22%7D"), ["r7"]);
    assert_eq!(server.get("/eval-track/traces?before=unknown").status, 404);
}

#[test]
fn errors_are_those_of_the_api() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--max-request", "64K"]);
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(80_000));
    for (method, path, body, status, has) in [
        ("PUT", "/traces/x", "", 422, r#""loc":["body"]"#),
        ("PUT", "/traces/x", "[1]", 422, r#""type":"dict_type""#),
        ("PUT", "/eval-track/traces/x", "\"text\"", 422, "Input should be a valid dictionary"),
        ("POST", "/traces", "{\"a\":}", 422, r#""loc":["body",5]"#),
        ("POST", "/eval-track/traces", "{} {}", 422, r#""type":"json_invalid""#),
        ("PUT", "/traces/x", &large, 413, "larger than 65536 bytes"),
        ("GET", "/eval-track/traces/unknown", "", 404, r#"{"detail":"Trace not found"}"#),
        ("GET", "/eval-track/traces?limit=0", "", 422, r#""loc":["query","limit"]"#),
        ("GET", "/eval-track/traces?limit=many", "", 422, r#""input":"many""#),
        ("GET", "/eval-track/traces?start=soon", "", 422, "RFC 3339"),
        ("GET", "/eval-track", "", 404, r#"{"detail":"Not Found"}"#),
        ("GET", "/eval-track/nope", "", 404, r#"{"detail":"Not Found"}"#),
        ("DELETE", "/eval-track/traces/x", "", 405, r#"{"detail":"Method Not Allowed"}"#),
    ] {
        let answer = send(&server.viewer, method, path, &[JSON], body.as_bytes());
        let what = format!("{method} {path}: {} {}", answer.status, answer.text());
        assert_eq!(answer.status, status, "{what}");
        assert!(answer.text().contains(has) && answer.json()["detail"] != Value::Null, "{what}");
        assert!(answer.header("content-type").starts_with("application/json"), "{what}");
    }
    assert_eq!(metric(&server, "spandrel_requests_refused_total"), 6);
    let zipped = [JSON, ("content-encoding", "gzip")];
    assert_eq!(send(&server.viewer, "PUT", "/traces/z", &zipped, &gzip(b"{\"z\":1}")).status, 200);
    let foreign = [JSON, ("sec-fetch-site", "cross-site")];
    for (port, path) in
        [(&server.viewer, "/traces"), (&server.viewer, "/eval-track/traces"), (&server.otlp_http, "/traces")]
    {
        assert_eq!(send(port, "POST", path, &foreign, b"{}").status, 403, "{path}");
    }
    assert_eq!(get(&server, "/health"), "OK");
    assert_eq!(send(&server.otlp_http, "GET", "/eval-track/health", &[], b"").text(), "\"OK\"");
    // The viewer's pages and the server's own health stay where they are.
    assert_eq!(server.get_json("/health")["status"], "ok");
    assert_eq!(server.get("/traces").status, server.get("/no/such/page").status);
    assert_eq!(server.get("/traces/x").body, server.get("/no/such/page").body);
    assert_eq!(send(&server.otlp_http, "GET", "/traces", &[], b"").status, 405);
}

#[test]
fn the_secret_is_asked_for_and_stands_for_the_token() {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--eval-track-secret", "open sesame", "--token", "letmein", "--base-path", "/tracing"];
    let server = Server::start(directory.path(), &flags);
    let secret = ("x-eval-tracker-secret-key", "open sesame");
    let wrong = ("x-eval-tracker-secret-key", "open sesame ");
    let token = ("authorization", "Bearer letmein");
    let ask = |method: &str, path: &str, headers: &[(&str, &str)]| {
        send(&server.viewer, method, path, &[&[JSON], headers].concat(), b"{}").status
    };
    for (method, path) in [
        ("PUT", "/tracing/traces/x"),
        ("POST", "/tracing/eval-track/traces"),
        ("GET", "/tracing/eval-track/traces"),
    ] {
        let wrong = ("x-eval-tracker-secret-key", &wrong.1[..11].replace('o', "0")[..]);
        assert_eq!(ask(method, path, &[secret]), 200, "{path}");
        assert_eq!(ask(method, path, &[token]), 200, "{path}");
        assert_eq!(ask(method, path, &[wrong]), 403, "{path}");
        assert_eq!(ask(method, path, &[]), 403, "{path}");
    }
    let refused = send(&server.otlp_http, "PUT", "/traces/x", &[JSON], b"{}");
    assert_eq!((refused.status, refused.text().as_str()), (403, r#"{"detail":"Invalid secret key"}"#));
    assert_eq!(ask("GET", "/tracing/api/services", &[secret]), 401, "the secret opens nothing else");
    assert_eq!(ask("GET", "/tracing/traces/x", &[secret]), 401);
    drop(server);
    let server = Server::start(directory.path(), &["--token", "letmein"]);
    assert_eq!(send(&server.viewer, "PUT", "/traces/x", &[JSON, secret], b"{}").status, 401);
    assert_eq!(send(&server.viewer, "PUT", "/traces/x", &[JSON, token], b"{}").status, 200);
}

#[test]
fn an_acknowledged_record_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--segment-size", "64K"]);
    for n in 0..200 {
        assert_eq!(put(&server, &format!("/traces/r{n}"), &json!({ "n": n }).to_string()).status, 200);
    }
    server.kill();
    let server = Server::of(command(directory.path(), &[]));
    for n in 0..200 {
        assert_eq!(get(&server, &format!("/traces/r{n}"))["data"], json!({ "n": n }));
    }
}

/// Any JSON value, a few levels deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

fn object(member: impl Strategy<Value = Value>) -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let known =
        prop::sample::select(vec!["id", "timestamp", "created_at", "error", "request", "response", "state"]);
    let key = prop_oneof![any::<String>(), known.prop_map(str::to_owned)];
    prop::collection::vec((key, member), 0..8).prop_map(serde_json::Map::from_iter)
}

#[test]
fn any_object_is_listed_and_read_back_as_it_was_put() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let number = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    runner
        .run(&object(value()), |record| {
            let record = Value::from(record);
            number.set(number.get() + 1);
            let path = format!("/traces/p{}", number.get());
            let answer = put(&server, &path, &record.to_string());
            prop_assert_eq!(answer.status, 200, "{}", answer.text());
            let tags = format!("/traces?tags=%7B%22eval_track.record_id%22:%22p{}%22%7D", number.get());
            let list = get(&server, &tags);
            prop_assert_eq!(&list[0]["data"], &record);
            prop_assert_eq!(&get(&server, &path)["data"], &record);
            // The trace is readable by every answer.
            let trace = list[0]["trace_id"].as_str().unwrap();
            prop_assert_eq!(server.get(&format!("/api/traces/{trace}")).status, 200);
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_json_allows_is_kept_to_the_byte() {
    let directory = tempfile::tempdir().unwrap();
    let limits = ["--max-attribute-size", "10", "--max-attributes", "2", "--max-spans", "1"];
    let server = Server::start(directory.path(), &limits);
    let deep = format!("{{\"deep\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    for (n, record) in [
        r#"{"a":1,"a":2}"#,
        r#"{ "big" : 123456789012345678901234567890.10 , "tiny":1e-400,"huge":1e400 }"#,
        r#"{"half":"\ud800","nul":"\u0000"}"#,
        "{\n\t\"lines\":\r\n[]\n}",
        r#"{"timestamp":1e300,"created_at":"9999-12-31T23:59:59Z","updated_at":-1}"#,
        &deep,
    ]
    .into_iter()
    .enumerate()
    {
        let answer = put(&server, &format!("/traces/{n}"), record);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let read = server.get(&format!("/eval-track/traces/{n}")).text();
        assert!(
            read.contains(&format!(r#""data":{record},"earlier":[]"#)),
            "{n}: {}",
            &read[..read.len().min(500)]
        );
        assert_eq!(
            server.get(&format!("/api/traces/{}", answer.json()["trace_id"].as_str().unwrap())).status,
            200
        );
    }
}
