//! A collector of a few lines: it remembers what was sent and answers as a test tells it to.

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request that came.
#[derive(Clone, Debug)]
pub struct Came {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

type Answer = Arc<dyn Fn(usize) -> Response + Send + Sync>;

/// See the module.
#[derive(Clone)]
pub struct Collector {
    pub base: String,
    came: Arc<Mutex<Vec<Came>>>,
    answer: Answer,
    time: Duration,
}

impl Collector {
    /// A collector that takes everything.
    pub async fn start() -> Self {
        Collector::answering(Duration::ZERO, |_| StatusCode::OK.into_response()).await
    }

    /// A collector that answers its requests, numbered from 0, after some time.
    pub async fn answering(
        time: Duration,
        answer: impl Fn(usize) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/eval-track", listener.local_addr().unwrap());
        let collector = Collector { base, came: Arc::default(), answer: Arc::new(answer), time };
        let router = Router::new().fallback(take).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        collector
    }

    /// The requests so far.
    pub fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    /// The records so far.
    pub fn records(&self) -> Vec<Value> {
        self.came().into_iter().map(|came| came.body).collect()
    }
}

async fn take(State(collector): State<Collector>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = to_bytes(body, usize::MAX).await.unwrap();
    let path = head.uri.path_and_query().unwrap().to_string();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let number = {
        let mut came = collector.came.lock().unwrap();
        came.push(Came { method: head.method, path, headers: head.headers, body });
        came.len() - 1
    };
    tokio::time::sleep(collector.time).await;
    (collector.answer)(number)
}
