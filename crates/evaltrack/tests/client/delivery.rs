//! What becomes of records: sent, sent again, refused, dropped, given up.

use crate::collector::Collector;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use serde_json::json;
use spandrel_evaltrack::{BuildError, Client, Counts};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn records_are_put_under_their_id_with_the_secret() {
    let collector = Collector::start().await;
    let client = Client::builder(&format!("{}/", collector.base)).secret("open sesame").build().unwrap();
    for id in ["01J", "a/b c?d#é", "..", ""] {
        assert!(client.put(id, &json!({ "id": id, "n": 1 })));
    }
    assert!(client.flush(SOON).await);
    let mut came = collector.came();
    came.sort_by(|left, right| left.path.cmp(&right.path));
    let seen: Vec<_> = came.iter().map(|came| (came.method.clone(), came.path.as_str())).collect();
    assert_eq!(
        seen,
        [
            (Method::POST, "/eval-track/traces"),
            (Method::POST, "/eval-track/traces"),
            (Method::PUT, "/eval-track/traces/01J"),
            (Method::PUT, "/eval-track/traces/a%2Fb%20c%3Fd%23%C3%A9"),
        ]
    );
    assert!(came.iter().all(|came| came.headers["x-eval-tracker-secret-key"] == "open sesame"));
    assert!(came.iter().all(|came| came.headers["content-type"] == "application/json"));
    assert_eq!(came[2].body, json!({ "id": "01J", "n": 1 }));
    assert_eq!(client.counts(), Counts { queued: 4, sent: 4, ..Counts::default() });
    assert!(!format!("{client:?}").contains("sesame"));
}

#[tokio::test]
async fn versions_of_an_id_arrive_in_order() {
    let collector = Collector::start().await;
    let client = Client::builder(&collector.base).concurrency(8).build().unwrap();
    for version in 0..50 {
        for id in ["a", "b", "c"] {
            client.put(id, &json!({ "id": id, "version": version }));
        }
    }
    assert_eq!(client.close(SOON).await.sent, 150);
    for id in ["a", "b", "c"] {
        let records = collector.records();
        let versions = records.iter().filter(|record| record["id"] == id).map(|record| &record["version"]);
        assert!(versions.eq((0..50).map(|version| json!(version)).collect::<Vec<_>>().iter()), "{id}");
    }
}

#[tokio::test]
async fn what_can_succeed_later_is_sent_again_and_what_cannot_is_not() {
    let collector = Collector::answering(Duration::ZERO, |number| match number {
        0 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        1 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
        2 => StatusCode::NO_CONTENT.into_response(),
        _ => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    })
    .await;
    let client = Client::builder(&collector.base).retry(5, Duration::from_millis(5)).build().unwrap();
    let start = Instant::now();
    client.put("a", &json!({}));
    assert!(client.flush(SOON).await);
    assert!(start.elapsed() >= Duration::from_secs(1), "the collector asked for a second");
    assert_eq!(client.counts(), Counts { queued: 1, sent: 1, retries: 2, ..Counts::default() });
    client.put("b", &json!({}));
    let counts = client.close(SOON).await;
    assert_eq!((counts.failed, counts.retries, collector.came().len()), (1, 2, 4));
}

#[tokio::test]
async fn a_dead_collector_costs_its_callers_nothing() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let client =
        Client::builder(&base).retry(3, Duration::from_millis(20)).queue(100, 1 << 20).build().unwrap();
    let start = Instant::now();
    let queued = (0..1000).filter(|n| client.put("x", &json!({ "n": n }))).count();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(queued, 100);
    assert_eq!((client.counts().queued, client.counts().dropped), (100, 900));
    let counts = client.close(Duration::from_millis(300)).await;
    assert_eq!((counts.queued, counts.sent, counts.failed), (100, 0, 100));
    assert!(counts.retries > 0);
    assert!(start.elapsed() < Duration::from_secs(5), "closing gives up in time");
}

#[tokio::test]
async fn a_slow_collector_fills_the_queue_and_the_rest_is_counted() {
    let collector =
        Collector::answering(Duration::from_millis(100), |_| StatusCode::OK.into_response()).await;
    let client = Client::builder(&collector.base).concurrency(1).queue(1000, 64 << 10).build().unwrap();
    let large = json!({ "text": "x".repeat(20_000) });
    let start = Instant::now();
    let queued = (0..10).filter(|_| client.put("x", &large)).count();
    assert!(start.elapsed() < Duration::from_millis(90));
    assert_eq!(queued, 3, "of 20 KiB into 64 KiB");
    assert!(!client.flush(Duration::from_millis(50)).await, "flushing waits no longer than it may");
    let counts = client.close(SOON).await;
    assert_eq!(counts, Counts { queued: 3, sent: 3, dropped: 7, ..Counts::default() });
    assert!(!client.put("x", &json!({})), "a closed client takes nothing");
    assert_eq!(client.counts().dropped, 8);
}

#[tokio::test]
async fn a_collector_that_never_answers_is_given_up_after_the_timeout() {
    let collector = Collector::answering(Duration::from_secs(600), |_| StatusCode::OK.into_response()).await;
    let client = Client::builder(&collector.base)
        .timeout(Duration::from_millis(50))
        .retry(2, Duration::from_millis(1))
        .build()
        .unwrap();
    client.put("x", &json!({}));
    assert!(client.flush(SOON).await);
    assert_eq!(client.counts(), Counts { queued: 1, failed: 1, retries: 1, ..Counts::default() });
}

#[tokio::test]
async fn what_waits_is_sent_after_the_client_is_dropped() {
    let collector = Collector::start().await;
    let client = Client::builder(&collector.base).build().unwrap();
    (0..20).for_each(|n| assert!(client.put(&n.to_string(), &json!({}))));
    drop(client);
    let start = Instant::now();
    while collector.came().len() < 20 && start.elapsed() < SOON {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(collector.came().len(), 20);
}

#[tokio::test]
async fn what_is_no_object_is_dropped_and_wrong_settings_are_named() {
    let client = Client::builder("http://127.0.0.1:9").build().unwrap();
    assert!(!client.put("x", &[1, 2]) && !client.put("x", &"text"));
    assert!(!client.put("x", &std::collections::HashMap::from([((1, 2), 3)])));
    assert_eq!(client.counts(), Counts { dropped: 3, ..Counts::default() });
    for wrong in ["", "127.0.0.1:1", "ftp://x", "mailto:a@b.example"] {
        assert!(matches!(Client::builder(wrong).build(), Err(BuildError::Base(_))), "{wrong}");
    }
    assert!(matches!(Client::builder("http://x").secret("a\nb").build(), Err(BuildError::Secret(_))));
    let outside = std::thread::spawn(|| Client::builder("http://x").build().err()).join().unwrap();
    assert!(matches!(outside, Some(BuildError::Runtime(_))));
}
