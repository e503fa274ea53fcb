//! The two query APIs on data of our own: statuses, envelopes, parameters, searches.

use crate::support::{Server, request, span, text, window};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::{Value, json};

/// Two traces: `1` (front calls back twice, once in vain) and the younger `a1b2` (back alone).
fn filled(directory: &std::path::Path) -> Server {
    let server = Server::start(directory, &[]);
    let root = span(1, 1, "GET /");
    let start = root.start_time_unix_nano - 10_000_000_000;
    let child = |id, name: &str, failed: bool| {
        let mut span = span(1, id, name);
        span.parent_span_id = 1u64.to_be_bytes().to_vec();
        span.start_time_unix_nano = start + id * 1_000_000;
        span.end_time_unix_nano = span.start_time_unix_nano + id * 100_000_000;
        span.attributes = vec![text("http.route", "/x"), text("id", &id.to_string())];
        span.status = failed.then(|| Status { code: 2, message: "no".to_owned() });
        span
    };
    let mut root = root;
    root.start_time_unix_nano = start;
    root.end_time_unix_nano = start + 1_000_000_000;
    root.kind = 3;
    assert_eq!(server.export(&request("front", vec![root])).status, 200);
    assert_eq!(
        server.export(&request("back", vec![child(2, "load", false), child(3, "save", true)])).status,
        200
    );
    let mut alone = span(0xa1b2, 9, "load");
    alone.attributes = vec![text("id", "9")];
    assert_eq!(server.export(&request("back", vec![alone])).status, 200);
    server
}

#[test]
fn requests_answer_as_a_table_says() {
    let directory = tempfile::tempdir().unwrap();
    let server = filled(directory.path());
    let now = "query.start_time_min=2020-01-01T00:00:00Z&query.start_time_max=2100-01-01T00:00:00Z";
    for (path, status, json_type, has) in [
        (
            "/api/services".to_owned(),
            200,
            true,
            r#"{"data":["back","front"],"total":2,"limit":0,"offset":0,"errors":null}"#,
        ),
        ("/api/v3/services".to_owned(), 200, true, r#"{"services":["back","front"]}"#),
        ("/api/operations?service=back".to_owned(), 200, true, r#"{"name":"load","spanKind":"server"}"#),
        ("/api/operations?service=back&spanKind=client".to_owned(), 200, true, r#"{"data":[],"total":0"#),
        ("/api/operations".to_owned(), 400, false, "parameter 'service' is required"),
        ("/api/services/back/operations".to_owned(), 200, true, r#"{"data":["load","save"],"total":2"#),
        ("/api/services/no%2Fsuch+one/operations".to_owned(), 200, true, r#""data":[]"#),
        ("/api/v3/operations?service=front&span_kind=client".to_owned(), 200, true, "GET /"),
        ("/api/v3/operations".to_owned(), 200, true, r#"{"operations":[]}"#),
        ("/api/traces/1".to_owned(), 200, true, r#""traceID":"0000000000000001""#),
        ("/api/traces/A1B2".to_owned(), 200, true, r#""traceID":"000000000000a1b2""#),
        ("/api/traces/2".to_owned(), 404, false, r#""errors":[{"code":404,"msg":"trace not found"}]"#),
        ("/api/traces/xyz".to_owned(), 400, false, r#""data":null"#),
        (format!("/api/traces/{}", "0".repeat(33)), 400, false, "longer than 32"),
        ("/api/traces?service=front&limit=0".to_owned(), 400, false, "limit"),
        ("/api/traces?service=front&tag=nocolon".to_owned(), 400, false, "expecting key:value"),
        (
            "/api/traces?service=front&tags=%7B%22a%22:1%7D".to_owned(),
            400,
            false,
            "malformed 'tags' parameter",
        ),
        ("/api/traces?service=front&start=soon".to_owned(), 400, false, "unable to parse param 'start'"),
        ("/api/traces?service=front&raw=perhaps".to_owned(), 400, false, "unable to parse param 'raw'"),
        ("/api/traces".to_owned(), 400, false, "parameter 'service' is required"),
        ("/api/v3/traces/a1b2".to_owned(), 200, true, r#""traceId":"0000000000000000000000000000a1b2""#),
        (
            "/api/v3/traces/3".to_owned(),
            404,
            false,
            r#"{"error":{"httpCode":404,"message":"No traces found"}}"#,
        ),
        (format!("/api/v3/traces?query.service_name=nope&{now}"), 404, false, "No traces found"),
        (format!("/api/v3/trace-summaries?query.service_name=nope&{now}"), 200, true, r#"{"summaries":[]}"#),
        (format!("/api/v3/trace-summaries?{now}&query.searchDepth=0"), 400, false, "query.searchDepth"),
        (
            format!("/api/v3/trace-summaries?{now}&query.filter=x"),
            400,
            false,
            "malformed parameter query.filter",
        ),
        (
            format!("/api/v3/trace-summaries?{now}&query.attributes=x"),
            400,
            false,
            "malformed parameter query.attributes",
        ),
        (
            "/api/v3/trace-summaries".to_owned(),
            400,
            false,
            "query.startTimeMin and query.startTimeMax are required",
        ),
        (
            "/api/metrics/calls?service=front".to_owned(),
            200,
            true,
            r#""metrics":[],"name":"service_call_rate""#,
        ),
        ("/api/metrics/calls?service=front&step=0".to_owned(), 400, false, "unable to parse param 'step'"),
        ("/api/metrics/minstep".to_owned(), 200, true, r#"{"data":1,"#),
        ("/api/nope".to_owned(), 404, false, "404 page not found\n"),
        ("/api".to_owned(), 404, false, "404 page not found\n"),
        ("/api/v3/".to_owned(), 404, false, "404 page not found\n"),
        ("/api/".to_owned(), 404, false, "404 page not found\n"),
        ("/v1".to_owned(), 404, false, "404 page not found\n"),
        ("/v1/".to_owned(), 404, false, "404 page not found\n"),
        ("/sampling".to_owned(), 404, false, "404 page not found\n"),
        ("/eval-track/x/y".to_owned(), 404, true, r#"{"detail":"Not Found"}"#),
        ("/v1/traces/x".to_owned(), 404, false, "404 page not found\n"),
    ] {
        let answer = server.get(&path);
        let what = format!("{path}: {} {}", answer.status, answer.text());
        assert_eq!(answer.status, status, "{what}");
        assert!(answer.text().contains(has), "{what}");
        let content_type = if json_type { "application/json" } else { "text/plain; charset=utf-8" };
        assert_eq!(answer.header("content-type"), content_type, "{what}");
    }
}

/// Trace ids that a v3 search finds, in its order.
fn found(server: &Server, query: &str) -> Vec<u64> {
    let answer = server.get_json(&format!("/api/v3/trace-summaries?{}&{query}", window()));
    let summaries = answer["summaries"].as_array().unwrap();
    summaries
        .iter()
        .map(|trace| u64::from_str_radix(trace["traceId"].as_str().unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn searches_want_everything_on_one_span() {
    let directory = tempfile::tempdir().unwrap();
    let server = filled(directory.path());
    let (both, old, none): (&[u64], &[u64], &[u64]) = (&[0xa1b2, 1], &[1], &[]);
    for (query, wanted) in [
        ("", both),
        ("query.service_name=back", both),
        ("query.serviceName=back&query.searchDepth=1", &[0xa1b2][..]),
        ("query.service_name=front", old),
        ("query.service_name=back&query.operation_name=load", both),
        ("query.service_name=front&query.operation_name=load", none),
        ("query.service_name=back&query.attributes={\"error\":\"true\"}", old),
        ("query.service_name=front&query.attributes={\"error\":\"true\"}", none),
        ("query.operation_name=load&query.attributes={\"error\":\"false\"}", both),
        ("query.operation_name=load&query.attributes={\"error\":\"true\"}", none),
        ("query.attributes={\"id\":\"3\",\"http.route\":\"/x\"}", old),
        ("query.attributes={\"id\":\"9\",\"http.route\":\"/x\"}", none),
        ("query.attributes={\"id\":\"9\"}", &[0xa1b2]),
        ("query.attributes={\"service.name\":\"front\"}", old),
        ("query.attributes={\"resource.service.name\":\"back\",\"id\":\"9\"}", &[0xa1b2]),
        ("query.attributes={\"resource.id\":\"9\"}", none),
        ("query.attributes={\"span.kind\":\"client\"}", old),
        ("query.attributes={\"span.status\":\"error\"}", old),
        ("query.attributes={\"scope.name\":\"test\"}", both),
        ("query.attributes={\"scope.name\":\"other\"}", none),
        ("query.duration_min=250ms", old),
        ("query.service_name=back&query.duration_min=250ms&query.duration_max=350ms", old),
        ("query.service_name=back&query.duration_min=350ms", none),
        ("query.duration_max=5ms", &[0xa1b2]),
        ("query.operation_name=save&query.duration_max=250ms", none),
    ] {
        assert_eq!(
            found(&server, &query.replace('"', "%22").replace('{', "%7B").replace('}', "%7D")),
            wanted,
            "{query}"
        );
    }
}

#[test]
fn times_bound_the_start_of_a_matching_span() {
    let directory = tempfile::tempdir().unwrap();
    let server = filled(directory.path());
    let summary = server.get_json(&format!("/api/v3/trace-summaries?query.service_name=front&{}", window()));
    let start: u64 = summary["summaries"][0]["minStartTimeUnixNano"].as_str().unwrap().parse().unwrap();
    let time =
        |nanoseconds: u64| jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap().to_string();
    let search = |service: &str, from: u64, to: u64| {
        let (from, to) = (time(from), time(to));
        let query =
            format!("query.service_name={service}&query.start_time_min={from}&query.start_time_max={to}");
        let answer = server.get_json(&format!("/api/v3/trace-summaries?{query}"));
        answer["summaries"].as_array().unwrap().len()
    };
    assert_eq!(search("front", start, start + 1), 1);
    assert_eq!(
        search("front", start + 1, start + 9_000_000),
        0,
        "its child begins then, but that is of back"
    );
    assert_eq!(search("back", start + 1, start + 9_000_000), 1);
    let micros = start / 1000;
    let legacy = |start: u64, end: u64| {
        let answer = server.get_json(&format!("/api/traces?service=front&start={start}&end={end}"));
        answer["data"].as_array().unwrap().len()
    };
    assert_eq!((legacy(micros, micros + 1), legacy(micros + 1, micros + 2)), (1, 0));
}

#[test]
fn summaries_and_the_service_graph_count_what_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let server = filled(directory.path());
    let answer = server.get_json(&format!("/api/v3/trace-summaries?query.service_name=front&{}", window()));
    let mut summary = answer["summaries"][0].clone();
    for time in ["minStartTimeUnixNano", "maxEndTimeUnixNano"] {
        assert!(summary[time].as_str().unwrap().parse::<u64>().is_ok());
        summary.as_object_mut().unwrap().remove(time);
    }
    assert_eq!(
        summary,
        json!({
            "traceId": "00000000000000000000000000000001", "rootServiceName": "front", "rootOperationName": "GET /",
            "rootDurationNano": "1000000000", "spanCount": 3, "errorSpanCount": 1,
            "services": [{"name": "back", "spanCount": 2, "errorSpanCount": 1}, {"name": "front", "spanCount": 1}],
        })
    );
    let graph = server.get_json("/api/dependencies?lookback=3600000");
    assert_eq!(graph["data"], json!([{"parent": "front", "child": "back", "callCount": 2, "errorCount": 1}]));
    // The root of kind internal is a request; the two calls that it makes are not.
    let services: Vec<&Value> =
        graph["services"].as_array().unwrap().iter().map(|one| &one["service"]).collect();
    assert_eq!(services, ["back", "front"]);
    assert_eq!(graph["services"][1], json!({"service": "front", "requestCount": 1, "errorCount": 0}));
    assert_eq!(server.get_json("/api/dependencies?service=nope")["data"], json!([]));
    let later = server.get_json("/api/dependencies?endTs=1000&lookback=1000");
    assert_eq!(
        later,
        json!({"data": [], "services": [], "total": 0, "limit": 0, "offset": 0, "errors": null})
    );
}

#[test]
fn the_legacy_search_answers_whole_traces_newest_first() {
    let directory = tempfile::tempdir().unwrap();
    let server = filled(directory.path());
    let answer = server.get_json("/api/traces?service=back&limit=5&lookback=1h");
    let ids: Vec<&Value> = answer["data"].as_array().unwrap().iter().map(|trace| &trace["traceID"]).collect();
    assert_eq!(ids, ["000000000000a1b2", "0000000000000001"]);
    assert_eq!(answer["data"][1]["spans"].as_array().unwrap().len(), 3);
    let several = server.get_json("/api/traces?traceID=1&traceID=ffff&traceID=01");
    assert_eq!(several["data"].as_array().unwrap().len(), 1);
    assert_eq!(several["errors"], json!([{"msg": "trace not found", "traceID": "000000000000ffff"}]));
    let tagged = server.get_json("/api/traces?service=back&tag=id:2&tag=http.route:/x");
    assert_eq!(tagged["data"].as_array().unwrap().len(), 1);
    let pretty = server.get("/api/services?prettyPrint=true").text();
    assert!(pretty.starts_with("{\n    \"data\": [\n        \"back\","), "{pretty}");
}

#[test]
fn answers_travel_compressed_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let spans = (1..500).map(|id| span(5, id, "some operation")).collect();
    assert_eq!(server.export(&request("s", spans)).status, 200);
    let plain = server.get("/api/traces/5");
    let packed =
        crate::support::send(&server.viewer, "GET", "/api/traces/5", &[("accept-encoding", "gzip")], b"");
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), ("", "gzip"));
    assert!(packed.body.len() * 5 < plain.body.len());
}

#[test]
fn a_big_trace_is_streamed_whole_and_a_reader_that_leaves_harms_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    const SPANS: u64 = 20_000;
    for start in (0..SPANS).step_by(5_000) {
        let spans = (start..start + 5_000).map(|id| {
            let mut span = span(6, id + 1, "step");
            span.attributes = vec![text("text", &format!("{id:0>200}"))];
            span
        });
        assert_eq!(server.export(&request("big", spans.collect())).status, 200);
    }
    for _ in 0..3 {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&server.viewer).unwrap();
        stream.write_all(b"GET /api/v3/traces/6 HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        stream.read_exact(&mut [0; 1000]).unwrap();
    }
    let answer = server.get("/api/v3/traces/6");
    assert_eq!(answer.header("transfer-encoding"), "chunked", "it is too big to be held whole");
    assert_eq!(server.spans("6").len() as u64, SPANS);
    let legacy = server.get_json("/api/traces/6");
    assert_eq!(legacy["data"][0]["spans"].as_array().unwrap().len() as u64, SPANS);
    assert_eq!(legacy["errors"], Value::Null);
}

#[test]
fn metrics_have_jaegers_shape_and_count_entry_spans() {
    let directory = tempfile::tempdir().unwrap();
    let server = filled(directory.path());
    let end = crate::support::now() / 1_000_000 + 1000;
    // `back` has three spans of kind server: 200 ms, 300 ms with an error, 1 ms.
    let get = |path: &str| {
        server.get_json(&format!("/api/metrics/{path}&endTs={end}&lookback=60000&step=60000&ratePer=60000"))
    };
    let last =
        |family: &Value| family["metrics"][0]["metricPoints"].as_array().unwrap().last().unwrap().clone();
    let calls = get("calls?service=front,back");
    assert_eq!((&calls["name"], &calls["type"]), (&json!("service_call_rate"), &json!("GAUGE")));
    assert_eq!(calls["metrics"][0]["labels"], json!([{ "name": "service_name", "value": "back" }]));
    assert_eq!(last(&calls)["gaugeValue"], json!({ "doubleValue": 3.0 / 60.0 }));
    assert!(last(&calls)["timestamp"].as_str().unwrap().ends_with('Z'));
    let errors = get("errors?service=back");
    assert_eq!(last(&errors)["gaugeValue"]["doubleValue"], json!(1.0 / 3.0));
    let latencies = get("latencies?service=back&quantile=0.95&groupByOperation=true");
    assert_eq!(latencies["name"], "service_operation_latencies");
    assert_eq!(latencies["help"], "0.95th quantile latency, grouped by service & operation");
    let save =
        latencies["metrics"].as_array().unwrap().iter().find(|metric| metric["labels"][0]["value"] == "save");
    assert_eq!(save.unwrap()["labels"][1], json!({ "name": "service_name", "value": "back" }));
    assert_eq!(save.unwrap()["metricPoints"][1]["gaugeValue"]["doubleValue"], 300.0);
    assert_eq!(save.unwrap()["metricPoints"][0]["gaugeValue"]["doubleValue"], "NaN");
    let client = get("calls?service=front&spanKind=client");
    assert_eq!(last(&client)["gaugeValue"]["doubleValue"], json!(1.0 / 60.0));
}

#[test]
fn searches_by_filter_and_by_tags_need_no_service() {
    let directory = tempfile::tempdir().unwrap();
    let server = filled(directory.path());
    let all = "query.start_time_min=2020-01-01T00:00:00Z&query.start_time_max=2100-01-01T00:00:00Z";
    let encoded = |filter: &Value| {
        percent_encoding::utf8_percent_encode(&filter.to_string(), percent_encoding::NON_ALPHANUMERIC)
            .to_string()
    };
    let found = |filter: &Value| {
        let answer =
            server.get_json(&format!("/api/v3/trace-summaries?{all}&query.filter={}", encoded(filter)));
        let ids = answer["summaries"].as_array().unwrap().iter();
        ids.map(|summary| summary["traceId"].as_str().unwrap().trim_start_matches('0').to_owned())
            .collect::<Vec<_>>()
    };
    let field = |name: &str| json!({ "field": { "name": name, "level": "span" } });
    let slow = json!({ "op": "gt", "args": [field("duration"), { "scalar": { "value": "150ms" } }] });
    let id = json!({ "op": "in", "args": [
        { "attr": { "key": "id" } }, { "list": { "values": ["2", "9"], "type": "int" } },
    ] });
    assert_eq!(found(&slow), ["1"]);
    assert_eq!(found(&id), ["a1b2", "1"]);
    assert_eq!(found(&json!({ "op": "and", "args": [{ "call": slow }, { "call": id }] })), ["1"]);
    let failed = json!({ "op": "eq", "args": [field("status"), { "scalar": { "value": "error" } }] });
    assert_eq!(
        found(&json!({ "op": "and", "args": [{ "call": failed }, { "call": id }] })),
        Vec::<String>::new()
    );

    let both =
        server.get(&format!("/api/v3/traces?{all}&query.service_name=back&query.filter={}", encoded(&id)));
    assert_eq!(both.status, 400);
    assert!(both.text().contains("cannot be combined with query.service_name"), "{}", both.text());
    let none = json!({ "op": "exists", "args": [{ "attr": { "key": "nothing" } }] });
    assert_eq!(server.get(&format!("/api/v3/traces?{all}&query.filter={}", encoded(&none))).status, 404);

    let tagged = server.get_json("/api/traces?tag=id:9");
    assert_eq!(tagged["data"][0]["traceID"], "000000000000a1b2");
    assert_eq!(tagged["data"].as_array().unwrap().len(), 1);
}

/// The first digits of an id open its trace where no other id has them; an id of 64 bits is written with 16 digits.
#[test]
fn the_start_of_an_id_opens_the_only_trace_that_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let ids = [
        0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
        0x4bf9_2f35_77b3_4da6_ffff_929d_0e0e_4736,
        0xabcd_ef01_2345_6789,
        0x4bf9_2f35,
    ];
    for id in ids {
        assert_eq!(server.export(&request("front", vec![span(id, 1, "GET /")])).status, 200);
    }
    for api in ["/api/traces", "/api/v3/traces"] {
        for (digits, status, has) in [
            ("4bf92f3577b34da6a", 200, "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("4BF92F3577B34DA6F", 200, "4bf92f3577b34da6ffff929d0e0e4736"),
            ("abcdef", 200, "abcdef0123456789"),
            // An id without its leading zeros comes before all that start so.
            ("4bf92f35", 200, "000000004bf92f35"),
            ("4bf92", 400, "more than one trace ID starts with 4bf92"),
            ("4bf92f3577b34da6", 404, "found"),
            ("abc", 404, "found"),
            ("ffff", 404, "found"),
        ] {
            let answer = server.get(&format!("{api}/{digits}"));
            assert_eq!(answer.status, status, "{api}/{digits}: {}", answer.text());
            assert!(answer.text().contains(has), "{api}/{digits}: {}", answer.text());
        }
    }
}

#[test]
fn times_that_no_reader_takes_are_none_in_summaries_too() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut far = span(9, 1, "far");
    (far.start_time_unix_nano, far.end_time_unix_nano) = ((1 << 63) + 5, (1 << 63) + 1_000_000_000);
    server.export(&request("s", vec![far]));
    let all = "query.start_time_min=1970-01-01T00:00:00Z&query.start_time_max=9999-12-31T23:59:59Z&query.num_traces=9";
    let summaries = server.get(&format!("/api/v3/trace-summaries?{all}")).text().to_owned();
    assert!(summaries.contains("far") && !summaries.contains("92233720368547758"), "{summaries}");
    let trace = server.get_json("/api/traces/9");
    assert_eq!(trace["data"][0]["spans"][0]["startTime"], 0, "{trace}");
}

#[test]
fn summaries_take_roots_and_starts_as_the_viewer_does() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let summary = |trace: u128, spans: Vec<Span>| {
        assert_eq!(server.export(&request("s", spans)).status, 200);
        let all = "query.start_time_min=1970-01-01T00:00:00Z&query.start_time_max=2200-01-01T00:00:00Z&query.num_traces=9";
        let answer = server.get_json(&format!("/api/v3/trace-summaries?{all}"));
        let id = format!("{trace:032x}");
        answer["summaries"].as_array().unwrap().iter().find(|found| found["traceId"] == id).unwrap().clone()
    };
    let start = span(21, 1, "").start_time_unix_nano;
    let whole = |trace: u128, id: u64, name: &str, offset: u64, duration: u64| {
        let mut span = span(trace, id, name);
        span.start_time_unix_nano = start + offset;
        span.end_time_unix_nano = span.start_time_unix_nano + duration;
        span
    };
    // A root without a start begins with the trace.
    let mut timeless = whole(21, 1, "timeless", 0, 50);
    timeless.start_time_unix_nano = 0;
    let mut part = whole(21, 2, "part", 0, 7);
    part.parent_span_id = 1u64.to_be_bytes().to_vec();
    let found = summary(21, vec![timeless, part]);
    assert_eq!(found["minStartTimeUnixNano"], start.to_string());
    assert_eq!((&found["rootOperationName"], &found["rootDurationNano"]), (&json!("timeless"), &json!("50")));
    // A span that names itself as its parent has none.
    let mut own = whole(22, 1, "own parent", 0, 5);
    own.parent_span_id = own.span_id.clone();
    let found = summary(22, vec![own, whole(22, 2, "later", 1, 50)]);
    assert_eq!(
        (&found["rootOperationName"], &found["rootDurationNano"]),
        (&json!("own parent"), &json!("5"))
    );
    assert_eq!(found["orphanSpanCount"], Value::Null);
}
