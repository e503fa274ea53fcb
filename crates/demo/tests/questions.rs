//! Questions and parallel calls.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "not everything of the receiver is needed here")]
mod receiver;
#[allow(dead_code, reason = "not everything of the stage is needed here")]
mod stage;

use std::time::{Duration, Instant};

use receiver::text;
use serde_json::{Value, json};
use spandrel_demo::Endpoint;
use stage::{Stage, answer, flag, milliseconds};

const QUESTION: &str = "When does a circuit breaker open?";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_searched_generated_and_cached() {
    let stage = Stage::open().await;
    let (status, first) = answer(stage.post("/ask").json(&json!({"question": QUESTION}))).await;
    assert_eq!((status, &first["cached"]), (200, &json!(false)), "{first}");
    assert!(first["answer"].as_str().unwrap().contains("circuit breaker"), "{first}");
    assert_eq!(first["sources"][0], "Circuit breaker");
    let trace = stage.close(&first).await;
    let crossed = ["auth", "cache", "gateway", "llm", "orchestrator", "rag", "search", "vector"];
    assert_eq!(trace.services(), crossed.into());
    let search = trace.one("orchestrator", "POST /search");
    let lookup = trace.one("orchestrator", "POST /lookup");
    assert!(search.span.start_time_unix_nano < lookup.span.end_time_unix_nano, "in parallel");
    assert!(lookup.span.start_time_unix_nano < search.span.end_time_unix_nano, "in parallel");
    let chat = &trace.one("llm", "chat extractive-1").span;
    for (key, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "spandrel"),
        ("gen_ai.request.model", "extractive-1"),
        ("gen_ai.response.model", "extractive-1"),
    ] {
        assert_eq!(text(&chat.attributes, key), value, "{key}");
    }
    assert!(text(&chat.attributes, "gen_ai.usage.input_tokens").parse::<u32>().unwrap() > 10);
    assert!(text(&chat.attributes, "gen_ai.usage.output_tokens").parse::<u32>().unwrap() > 3);
    assert_eq!(flag(trace.one("cache", "GET"), "cache.hit"), Some(false));
    assert_eq!(text(&trace.one("cache", "SETEX").span.attributes, "db.system.name"), "redis");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_question_is_a_cache_hit() {
    let stage = Stage::open().await;
    let (_, first) = answer(stage.post("/ask").json(&json!({"question": QUESTION}))).await;
    let (_, second) =
        answer(stage.post("/ask").json(&json!({"question": "when does a CIRCUIT breaker open"}))).await;
    assert_eq!((&second["cached"], &second["answer"]), (&json!(true), &first["answer"]));
    let trace = stage.close(&second).await;
    assert_eq!(trace.services(), ["auth", "cache", "gateway", "orchestrator"].into());
    assert_eq!(flag(trace.one("cache", "GET"), "cache.hit"), Some(true));
    assert_eq!(
        text(
            &trace.one("orchestrator", "GET /entries/{key}").span.attributes,
            "http.response.header.x-cache"
        ),
        "HIT"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_of_an_orchestration_run_in_parallel() {
    let stage = Stage::open().await;
    for (path, milliseconds) in [("/service1", 1000), ("/service2", 500)] {
        let start = Instant::now();
        let (status, body) = answer(stage.get(path)).await;
        assert_eq!(
            (status, &body["service"], &body["status"]),
            (200, &json!(path.trim_matches('/')), &json!("success"))
        );
        assert!(start.elapsed() >= Duration::from_millis(milliseconds), "{path}");
    }
    let response = stage.get("/orchestrate").send().await.unwrap();
    let trace_id = response.headers()["traceresponse"].to_str().unwrap()[3..35].to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["success_count"], 2);
    let time = body["total_time"].as_f64().unwrap();
    assert!((1.0..1.45).contains(&time), "{time} s");
    assert_eq!(body["services"]["service2"]["status"], "success");
    let trace = stage.close(&json!({"trace_id": trace_id})).await;
    let one = trace.one("orchestrator", "GET /service1");
    let other = trace.one("orchestrator", "GET /service2");
    assert!(milliseconds(one) > milliseconds(other));
    assert!(other.span.start_time_unix_nano < one.span.end_time_unix_nano);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_failing_service_does_not_fail_an_orchestration() {
    let stage = Stage::open().await;
    let response = stage.get("/orchestrate?fault=service-down").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let trace_id = response.headers()["traceresponse"].to_str().unwrap()[3..35].to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        (&body["success_count"], &body["services"]["service2"]["status"]),
        (&json!(1), &json!("error"))
    );
    let trace = stage.close(&json!({"trace_id": trace_id})).await;
    assert_eq!(trace.failed(), ["orchestrator GET /service2".to_owned()].into());
    assert!(!trace.services().contains("service2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_outside_generates_where_a_key_is_set() {
    let routes = axum::Router::new().route(
        "/v1/chat/completions",
        axum::routing::post(|headers: axum::http::HeaderMap, body: axum::Json<Value>| async move {
            assert_eq!(headers["authorization"], "Bearer key-1");
            assert_eq!(body["model"], "small");
            assert!(body["messages"][1]["content"].as_str().unwrap().contains(QUESTION));
            axum::Json(json!({
                "model": "small-2026",
                "choices": [{"message": {"role": "assistant", "content": "After five failures."}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 211, "completion_tokens": 4}
            }))
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    let stage = Stage::with(|settings| {
        settings.generator = Some(Endpoint { url, key: "key-1".into(), model: "small".into() });
    })
    .await;
    let (status, answered) = answer(stage.post("/ask").json(&json!({"question": QUESTION}))).await;
    assert_eq!((status, &answered["answer"]), (200, &json!("After five failures.")), "{answered}");
    let trace = stage.close(&answered).await;
    serving.abort();
    let chat = &trace.one("llm", "chat small").span;
    assert_eq!(text(&chat.attributes, "gen_ai.response.model"), "small-2026");
    assert_eq!(text(&chat.attributes, "gen_ai.usage.input_tokens"), "211");
    assert_eq!(text(&chat.attributes, "gen_ai.usage.output_tokens"), "4");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_timed_services_and_orchestrations_are_captured_with_their_traces() {
    let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::<Value>::new()));
    let keeping = std::sync::Arc::clone(&kept);
    let routes = axum::Router::new().fallback(move |body: axum::Json<Value>| async move {
        keeping.lock().unwrap().push(body.0);
        axum::Json(json!({}))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/eval-track", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    let stage = Stage::with(|settings| settings.eval_track = Some(url)).await;
    let response = stage.get("/orchestrate").send().await.unwrap();
    let trace_id = response.headers()["traceresponse"].to_str().unwrap()[3..35].to_owned();
    stage.demo.close().await;
    serving.abort();
    let kept = kept.lock().unwrap().clone();
    let named: std::collections::BTreeSet<&str> =
        kept.iter().filter_map(|record| record["function_name"].as_str()).collect();
    assert_eq!(named, ["GET /orchestrate", "GET /service1", "GET /service2"].into(), "{kept:#?}");
    for record in &kept {
        assert!(record.to_string().contains(&trace_id), "{record}");
    }
}
