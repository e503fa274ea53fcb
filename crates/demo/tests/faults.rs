//! Each fault, as it shows in its trace.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "not everything of the receiver is needed here")]
mod receiver;
#[allow(dead_code, reason = "not everything of the stage is needed here")]
mod stage;

use std::collections::BTreeSet;

use receiver::{Received, text};
use serde_json::json;
use stage::{Stage, Trace, answer, is_error, milliseconds, order};

/// Orders with a fault, and gives the status and the trace.
async fn trace(fault: &str) -> (u16, Trace) {
    let stage = Stage::open().await;
    let (status, body) = stage.faulty(fault).await;
    (status, stage.close(&body).await)
}

fn failed(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn starts(spans: &[&Received]) -> Vec<u64> {
    spans.iter().map(|received| received.span.start_time_unix_nano).collect()
}

fn are_in_sequence(spans: &[&Received]) -> bool {
    spans.windows(2).all(|pair| pair[1].span.start_time_unix_nano >= pair[0].span.end_time_unix_nano)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_payment_marks_every_span_above_it() {
    let (status, trace) = trace("payment-declined").await;
    assert_eq!(status, 502);
    assert_eq!(
        trace.failed(),
        failed(&[
            "payment authorize payment",
            "payment POST /payments",
            "order POST /payments",
            "order POST /orders",
            "gateway POST /orders",
        ])
    );
    let with_exception = trace.0.iter().filter(|r| r.span.events.iter().any(|e| e.name == "exception"));
    assert_eq!(with_exception.count(), 1);
    trace.one("inventory", "DELETE reservations");
    assert!(!trace.services().contains("notification"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_down_has_no_span_below_its_callers() {
    let (status, trace) = trace("service-down").await;
    assert_eq!(status, 502);
    let calls = trace.all("order", "POST /payments");
    assert_eq!(calls.len(), 2, "one retry");
    assert_eq!(text(&calls[1].span.attributes, "http.request.resend_count"), "1");
    for call in calls {
        assert!(is_error(call));
        assert_eq!(call.span.events[0].name, "exception");
    }
    assert!(!trace.services().contains("payment"));
    assert!(is_error(trace.root()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_timeout_the_called_service_goes_on() {
    let (status, trace) = trace("timeout").await;
    assert_eq!(status, 504);
    let call = trace.one("order", "POST /payments");
    assert!((1000.0..1200.0).contains(&milliseconds(call)), "{} ms", milliseconds(call));
    let server = trace.one("payment", "POST /payments");
    assert!(server.span.end_time_unix_nano > call.span.end_time_unix_nano + 300_000_000);
    assert!(!is_error(server));
    assert!(call.span.status.as_ref().unwrap().message.contains("timeout"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_query_is_one_long_statement() {
    let (status, trace) = trace("slow-database").await;
    assert_eq!(status, 201);
    let query = trace.one("inventory", "SELECT stock_history");
    assert!(milliseconds(query) > 100.0, "{} ms", milliseconds(query));
    assert!(text(&query.span.attributes, "db.query.text").contains("RECURSIVE"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n_plus_one_is_a_query_for_each_row() {
    let (status, plain) = trace("n-plus-one").await;
    assert_eq!(status, 201);
    let one = |trace: &Trace, statement: &str| -> usize {
        let of = |r: &&Received| text(&r.span.attributes, "db.query.text").contains(statement);
        trace.0.iter().filter(of).count()
    };
    assert_eq!(one(&plain, "FROM stock WHERE id = $1"), 20);
    let (_, interleaved) = trace("n-plus-one-interleaved").await;
    assert_eq!(one(&interleaved, "FROM stock WHERE id = $1"), 10);
    assert_eq!(one(&interleaved, "FROM reservations WHERE item_id = $1"), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sequential_and_identical_calls_follow_each_other() {
    let urls = |spans: &[&Received]| -> BTreeSet<String> {
        spans.iter().map(|r| text(&r.span.attributes, "url.full")).collect()
    };
    let (status, sequential) = trace("sequential-calls").await;
    assert_eq!(status, 201);
    let calls = sequential.all("order", "GET /products/{id}");
    assert!(calls.len() >= 5 && are_in_sequence(&calls));
    assert_eq!(urls(&calls).len(), calls.len());
    let (_, identical) = trace("identical-calls").await;
    let calls = identical.all("order", "GET /products/{id}");
    assert_eq!((calls.len(), urls(&calls).len()), (6, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_storm_waits_longer_before_each_attempt() {
    let (status, trace) = trace("retry-storm").await;
    assert_eq!(status, 201);
    let calls = trace.all("order", "POST /payments");
    assert_eq!(calls.len(), 5);
    assert!(calls[..4].iter().all(|call| is_error(call)) && !is_error(calls[4]));
    let waits: Vec<u64> = calls
        .windows(2)
        .map(|pair| pair[1].span.start_time_unix_nano - pair[0].span.end_time_unix_nano)
        .collect();
    assert!(waits.windows(2).all(|pair| pair[1] > pair[0]), "{waits:?}");
    assert!(!is_error(trace.root()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cold_cache_misses_what_it_had() {
    let stage = Stage::open().await;
    let question = json!({"question": "What is a span?"});
    let (_, first) = answer(stage.post("/ask").json(&question)).await;
    let (_, second) = answer(stage.post("/ask").header("x-demo-fault", "cache-cold").json(&question)).await;
    assert_eq!((&first["cached"], &second["cached"]), (&json!(false), &json!(false)));
    let trace = stage.close(&second).await;
    assert!(trace.services().contains("llm"));
    trace.one("cache", "DEL");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exhausted_pool_runs_three_queries_at_once() {
    let (status, trace) = trace("pool-exhausted").await;
    assert_eq!(status, 201);
    let held =
        |r: &&Received| text(&r.span.attributes, "db.query.text").starts_with("SELECT on_hand FROM stock");
    let spans: Vec<&Received> = trace.0.iter().filter(held).collect();
    assert_eq!(spans.len(), 12);
    let most = spans
        .iter()
        .map(|at| {
            let at = at.span.start_time_unix_nano;
            let runs =
                |r: &&&Received| (r.span.start_time_unix_nano..r.span.end_time_unix_nano).contains(&at);
            spans.iter().filter(runs).count()
        })
        .max();
    assert_eq!(most, Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_skewed_clock_is_that_of_payment_alone() {
    let (status, trace) = trace("clock-skew").await;
    assert_eq!(status, 201);
    let call = trace.one("order", "POST /payments");
    let server = trace.one("payment", "POST /payments");
    let ahead = server.span.start_time_unix_nano as f64 - call.span.start_time_unix_nano as f64;
    assert!((200e6..300e6).contains(&ahead), "{ahead} ns");
    assert!(milliseconds(server) <= milliseconds(call));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_propagation_loses_one_service() {
    let stage = Stage::open().await;
    let (status, body) = stage.faulty("broken-propagation").await;
    assert_eq!(status, 201);
    let receiver = stage.receiver;
    stage.demo.close().await;
    let spans = receiver.spans();
    let of = |trace: &str| -> Vec<Received> {
        spans.iter().filter(|r| stage::hex(&r.span.trace_id) == trace).cloned().collect()
    };
    let trace = Trace(of(body["trace_id"].as_str().unwrap()));
    let call = trace.one("payment", "GET /customers/{id}");
    assert!(trace.0.iter().all(|r| r.span.parent_span_id != call.span.span_id));
    let lost: Vec<&Received> =
        spans.iter().filter(|r| r.service == "user" && r.span.parent_span_id.is_empty()).collect();
    assert_eq!(lost.len(), 1, "a trace of its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fan_out_has_5000_spans_of_one_parent() {
    let (status, trace) = trace("fan-out").await;
    assert_eq!(status, 201);
    let shelves = trace.all("inventory", "check shelf");
    assert_eq!(shelves.len(), 5000);
    let last_start = starts(&shelves).into_iter().max().unwrap();
    let first_end = shelves.iter().map(|r| r.span.end_time_unix_nano).min().unwrap();
    assert!(last_start <= first_end, "all at once");
    assert!(trace.orphans().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unended_span_has_no_end() {
    let (_, trace) = trace("unended-span").await;
    assert_eq!(trace.one("order", "check loyalty").span.end_time_unix_nano, 0);
    let ended = trace.0.iter().filter(|r| r.span.end_time_unix_nano > r.span.start_time_unix_nano);
    assert_eq!(ended.count(), trace.0.len() - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_pressure_shows_in_events() {
    let (status, trace) = trace("memory-pressure").await;
    assert_eq!(status, 201);
    let report = trace.one("order", "build report");
    let allocated: Vec<u64> =
        report.span.events.iter().map(|e| text(&e.attributes, "allocated.bytes").parse().unwrap()).collect();
    assert_eq!(allocated, (1..=8).map(|block| block * (8 << 20)).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_of_an_unsampled_branch_is_missing() {
    let (status, trace) = trace("unsampled-branch").await;
    assert_eq!(status, 201);
    assert_eq!(trace.all("order", "GET /products/{id}").len(), 8);
    assert_eq!(trace.all("inventory", "GET /products/{id}").len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_failures_open_the_breaker_and_it_closes_again() {
    let stage = Stage::open().await;
    for _ in 0..3 {
        stage.faulty("service-down").await;
    }
    let (status, refused) = answer(stage.post("/orders").json(&order())).await;
    assert_eq!((status, &refused["code"]), (502, &json!("circuit_open")), "{refused}");
    let order_service = format!("http://{}", stage.demo.addresses().of("order").unwrap());
    let (_, health) = answer(stage.client.get(format!("{order_service}/health"))).await;
    assert_eq!(health["downstream"]["payment"], json!({"status": "ok", "breaker": "open"}));
    let metrics = stage.client.get(format!("{order_service}/metrics")).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let line = "spandrel_demo_circuit_breaker_state{service=\"order\",peer=\"payment\"} 2";
    assert!(metrics.contains(line), "{metrics}");
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let (status, placed) = answer(stage.post("/orders").json(&order())).await;
    assert_eq!(status, 201, "{placed}");
    let (_, health) = answer(stage.client.get(format!("{order_service}/health"))).await;
    assert_eq!(health["downstream"]["payment"]["breaker"], "closed");
    let trace = stage.close(&placed).await;
    let probe = trace.one("order", "POST /payments");
    assert_eq!(text(&probe.span.attributes, "circuit_breaker.state"), "half-open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standing_fault_is_that_of_every_request_that_orders_none() {
    let fault = spandrel_demo::Fault::named("payment-declined").unwrap();
    let stage = Stage::with(|settings| settings.fault = Some(fault)).await;
    let (status, refused) = answer(stage.post("/orders").json(&order())).await;
    assert_eq!((status, &refused["code"]), (502, &json!("payment_declined")), "{refused}");
    stage.demo.close().await;
}
