//! `GET /health`: a service itself, and the services that it calls with the states of their circuit breakers.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::service::Service;

/// How long a downstream service may take to say that it is well.
const TIMEOUT: Duration = Duration::from_millis(500);

/// What is to be looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct HealthQuery {
    /// Whether only the service itself is meant.
    #[serde(default)]
    own: Option<String>,
}

/// A service that is asked answers `ok`, or `degraded` where a service that it calls does not.
pub(crate) async fn health(
    State((service, downstream)): State<(Arc<Service>, Arc<[&'static str]>)>,
    Query(query): Query<HealthQuery>,
) -> Json<Value> {
    let mut answer = Map::new();
    answer.insert("service".into(), service.name.into());
    answer.insert("version".into(), env!("CARGO_PKG_VERSION").into());
    let mut is_well = true;
    if query.own.is_none() && !downstream.is_empty() {
        let mut asked = tokio::task::JoinSet::new();
        for name in downstream.iter().copied() {
            let service = Arc::clone(&service);
            asked.spawn(async move { (name, answers(&service, name).await) });
        }
        let states = service.breakers.states();
        let mut all = Map::new();
        for (name, answers) in asked.join_all().await {
            let state = states.iter().find(|(known, _)| *known == name).map_or("closed", |(_, s)| s.name());
            is_well &= answers;
            let status = if answers { "ok" } else { "unreachable" };
            all.insert(name.into(), json!({"status": status, "breaker": state}));
        }
        answer.insert("downstream".into(), all.into());
    }
    answer.insert("status".into(), if is_well { "ok" } else { "degraded" }.into());
    Json(answer.into())
}

async fn answers(service: &Service, name: &str) -> bool {
    let url = format!("{}/health?own=1", service.peers.url(name));
    let answer = service.client.get(url).timeout(TIMEOUT).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}
