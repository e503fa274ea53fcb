//! Lists and aggregates what a collector holds.

use crate::collector::Collector;
use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use spandrel_evaltrack::{Client, ListError, ListQuery};
use std::time::Duration;

/// Records `from` to `to` as our collector lists them.
fn page(from: u32, to: u32) -> Value {
    let record = |n: u32| {
        let data = json!({ "function_name": if n < 3 { "rare" } else { "often" }, "error": if n == 1 { "x" } else { "" } });
        json!({ "id": format!("r{n}"), "trace_id": "0f", "received_at": "-", "versions": 1, "data": data })
    };
    (from..to).map(record).collect()
}

#[tokio::test]
async fn pages_are_followed_and_counted_by_function() {
    let collector = Collector::answering(Duration::ZERO, |number| match number {
        0 => Json(page(0, 500)).into_response(),
        1 => Json(page(500, 600)).into_response(),
        _ => Json(json!([])).into_response(),
    })
    .await;
    let client = Client::builder(&collector.base).secret("s").build().unwrap();
    let functions = client.aggregate(1000).await.unwrap();
    let paths: Vec<_> = collector.came().into_iter().map(|came| came.path).collect();
    assert_eq!(
        paths,
        [
            "/eval-track/traces?limit=500",
            "/eval-track/traces?limit=500&before=r499",
            "/eval-track/traces?limit=400&before=r599"
        ]
    );
    assert_eq!(collector.came()[0].headers["x-eval-tracker-secret-key"], "s");
    let seen: Vec<_> = functions.iter().map(|f| (f.function_name.as_str(), f.calls, f.errors)).collect();
    assert_eq!(seen, [("often", 597, 0), ("rare", 3, 1)]);
}

#[tokio::test]
async fn a_collector_without_pages_is_counted_once() {
    let collector = Collector::answering(Duration::ZERO, |_| Json(page(0, 10)).into_response()).await;
    let client = Client::builder(&collector.base).build().unwrap();
    assert_eq!(client.aggregate(1000).await.unwrap().iter().map(|f| f.calls).sum::<u64>(), 10);
    assert_eq!(client.aggregate(4).await.unwrap().iter().map(|f| f.calls).sum::<u64>(), 4);
}

#[tokio::test]
async fn a_list_that_cannot_be_had_says_why() {
    let collector = Collector::answering(Duration::ZERO, |number| match number {
        0 => (StatusCode::FORBIDDEN, "Invalid secret key").into_response(),
        _ => "<html>".into_response(),
    })
    .await;
    let client = Client::builder(&collector.base).build().unwrap();
    let refused = client.list(&ListQuery::default()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the collector answered 403: Invalid secret key");
    assert!(matches!(client.list(&ListQuery::default()).await, Err(ListError::Unreadable(_))));
    let nobody = Client::builder("http://127.0.0.1:9").build().unwrap();
    assert!(matches!(nobody.list(&ListQuery::default()).await, Err(ListError::Unreachable(_))));
}
