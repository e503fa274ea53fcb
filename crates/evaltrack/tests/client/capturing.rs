//! Calls of a service and of functions become records.

use crate::collector::Collector;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode, header};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use spandrel_evaltrack::{CallId, Client};
use std::time::Duration;
use tower::{Layer, Service, ServiceExt};

const SOON: Duration = Duration::from_secs(10);

fn served(client: &Client) -> Router {
    let echo = |Json(body): Json<Value>| async move { Json(json!({ "echo": body })) };
    Router::new()
        .route("/echo", post(echo))
        .route("/broken", get(|| async { (StatusCode::BAD_GATEWAY, "no upstream") }))
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }))
        .route("/bytes", get(|| async { vec![b'x'; 1000] }))
        .route("/id", get(|Extension(id): Extension<CallId>| async move { id.0 }))
        .route("/never", get(std::future::pending::<String>))
        .route("/skipped", get(|| async { "skipped" }))
        .layer(client.capture_response().only(|head| head.uri.path() != "/skipped"))
}

async fn call(router: &Router, request: Request) -> (StatusCode, Vec<u8>) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
}

fn request(method: &str, path: &str) -> Request {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_call_is_recorded_with_both_bodies_and_passes_unchanged() {
    let collector = Collector::start().await;
    let client = Client::builder(&collector.base).service("orders").body_limit(100).build().unwrap();
    let router = served(&client);
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let sent = Request::post("/echo?deep=1")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, "Bearer secret")
        .header("traceparent", traceparent)
        .body(Body::from(r#"{"order":7}"#))
        .unwrap();
    let (status, body) = call(&router, sent).await;
    assert_eq!((status, body.as_slice()), (StatusCode::OK, br#"{"echo":{"order":7}}"#.as_slice()));
    assert_eq!(call(&router, request("GET", "/broken")).await.0, StatusCode::BAD_GATEWAY);
    assert_eq!(call(&router, request("GET", "/missing")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(call(&router, request("GET", "/bytes")).await.1.len(), 1000);
    assert_eq!(call(&router, request("HEAD", "/bytes")).await.1.len(), 0);
    let (_, id) = call(&router, request("GET", "/id")).await;
    call(&router, request("GET", "/skipped")).await;
    assert_eq!(client.close(SOON).await.sent, 6);

    let records = collector.records();
    let find = |name: &str| records.iter().find(|record| record["function_name"] == name).unwrap();
    let echo = find("POST /echo");
    assert_eq!(
        echo["request"],
        json!({ "method": "POST", "path": "/echo", "query": "deep=1", "content_type": "application/json",
            "body": { "order": 7 }, "body_size": 11 })
    );
    assert_eq!(
        echo["response"],
        json!({ "status": 200, "content_type": "application/json", "body": { "echo": { "order": 7 } },
            "body_size": 20 })
    );
    assert_eq!((&echo["state"], &echo["service"]), (&json!("ok"), &json!("orders")));
    assert_eq!(echo["traceparent"], traceparent);
    assert!(echo["timestamp"].as_u64().unwrap() > 1_700_000_000_000);
    let time = |key: &str| echo[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(time("created_at") <= time("updated_at"));
    assert!(!serde_json::to_string(&records).unwrap().contains("secret"), "no other headers");

    let broken = find("GET /broken");
    assert_eq!((&broken["state"], &broken["error"]), (&json!("error"), &json!("502 Bad Gateway")));
    assert_eq!(broken["response"]["body"], "no upstream");
    assert_eq!(find("GET /missing")["state"], "ok", "a client's mistake is no failure of the service");
    let bytes = &find("GET /bytes")["response"];
    assert_eq!((&bytes["body_size"], &bytes["truncated"]), (&json!(1000), &json!(true)));
    assert_eq!(bytes["body"].as_str().unwrap().len(), 100);
    assert_eq!(find("HEAD /bytes")["state"], "ok");
    assert_eq!(find("GET /id")["id"].as_str().unwrap().as_bytes(), id);
    let ids: std::collections::HashSet<_> = records.iter().map(|record| record["id"].as_str()).collect();
    assert_eq!(ids.len(), 6, "one id per call");
}

#[tokio::test]
async fn a_call_that_ends_early_is_recorded_as_what_it_was() {
    let collector = Collector::start().await;
    let client = Client::builder(&collector.base).build().unwrap();
    let router = served(&client);
    let call = router.clone().oneshot(request("GET", "/never"));
    assert!(tokio::time::timeout(Duration::from_millis(20), call).await.is_err());
    // The reader goes in the middle of a body without announced length.
    let endless = tower::service_fn(|_| async {
        let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("chunk "));
        Ok::<_, std::io::Error>(Response::new(Body::from_stream(chunks)))
    });
    let mut endless = client.capture_response().named(|_| "endless".to_owned()).layer(endless);
    let mut response = endless.call(request("GET", "/")).await.unwrap();
    response.body_mut().frame().await.unwrap().unwrap();
    drop(response);
    let failing =
        tower::service_fn(|_| async { Err::<Response<Body>, _>(std::io::Error::other("the pool is empty")) });
    let failing = client.capture_response().named(|_| "failing".to_owned()).layer(failing);
    assert!(failing.oneshot(request("GET", "/")).await.is_err());
    let torn = tower::service_fn(|_| async {
        let chunks =
            futures_util::stream::iter([Ok("first "), Err(std::io::Error::other("the disk is gone"))]);
        Ok::<_, std::io::Error>(Response::new(Body::from_stream(chunks)))
    });
    let torn = client.capture_response().named(|_| "torn".to_owned()).layer(torn);
    assert!(torn.oneshot(request("GET", "/")).await.unwrap().into_body().collect().await.is_err());
    let panicking = tower::service_fn(|_| async {
        tokio::task::yield_now().await;
        if true {
            panic!("out of range");
        }
        Ok::<_, std::io::Error>(Response::new(Body::empty()))
    });
    let panicking = client.capture_response().named(|_| "panicking".to_owned()).layer(panicking);
    assert!(tokio::spawn(panicking.oneshot(request("GET", "/"))).await.is_err());
    client.close(SOON).await;
    let seen = |name: &str| {
        let records = collector.records();
        let record = records.iter().find(|record| record["function_name"] == name).unwrap().clone();
        (record["state"].as_str().unwrap().to_owned(), record["error"].clone(), record["response"].clone())
    };
    assert_eq!(seen("GET /never"), ("cancelled".to_owned(), Value::Null, Value::Null));
    let (state, _, response) = seen("endless");
    assert_eq!((state.as_str(), &response["body"]), ("cancelled", &json!("chunk ")));
    assert_eq!(seen("failing"), ("error".to_owned(), json!("the pool is empty"), Value::Null));
    let (state, error, response) = seen("torn");
    assert_eq!((state.as_str(), error), ("error", json!("the response broke off: the disk is gone")));
    assert_eq!(response["body"], "first ");
    assert_eq!(seen("panicking"), ("error".to_owned(), json!("panicked"), Value::Null));
}

#[tokio::test]
async fn a_function_is_recorded_with_its_arguments_and_what_it_gave() {
    let collector = Collector::start().await;
    let client = Client::builder(&collector.base).service("math").body_limit(1000).build().unwrap();
    let good = client.capture("add", &json!([1, 2]), async { Ok::<_, std::io::Error>(3) }).await;
    assert_eq!(good.unwrap(), 3);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let bad = client.capture("divide", "1/0", async { Err::<u8, _>(std::io::Error::other("by zero")) });
    assert!(bad.traceparent(parent).await.is_err());
    let large = client.capture("large", &(), async { Ok::<_, std::io::Error>("y".repeat(5000)) });
    assert_eq!(large.await.unwrap().len(), 5000);
    let never = client.capture("never", &(), std::future::pending::<Result<u8, std::io::Error>>());
    assert!(tokio::time::timeout(Duration::from_millis(20), never).await.is_err());
    let panicking = client.capture("panicking", &(), async {
        if true {
            panic!("out of range");
        }
        Ok::<_, std::io::Error>(1)
    });
    assert!(tokio::spawn(panicking).await.is_err());
    drop(client.capture("unpolled", &(), std::future::ready(Ok::<_, std::io::Error>(1))));
    assert_eq!(client.close(SOON).await.sent, 6);

    let records = collector.records();
    let find = |name: &str| records.iter().find(|record| record["function_name"] == name).unwrap();
    let add = find("add");
    assert_eq!((&add["args"], &add["response"], &add["state"]), (&json!([1, 2]), &json!(3), &json!("ok")));
    assert_eq!((add["id"].as_str().unwrap().len(), add["service"].as_str()), (26, Some("math")));
    let divide = find("divide");
    assert_eq!((&divide["error"], &divide["state"]), (&json!("by zero"), &json!("error")));
    assert_eq!((&divide["traceparent"], &divide["args"]), (&json!(parent), &json!("1/0")));
    assert_eq!(find("large")["response"]["text"].as_str().unwrap().len(), 1000);
    assert_eq!(find("never")["state"], "cancelled");
    assert_eq!(find("unpolled")["state"], "cancelled");
    assert_eq!(
        (&find("panicking")["state"], &find("panicking")["error"]),
        (&json!("error"), &json!("panicked"))
    );
}
