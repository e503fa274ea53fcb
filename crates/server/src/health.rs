//! `/health` and `/ready`: whether the server runs, and whether it takes everything in, for all tenants together. They need
//! no token and so name no data.

use crate::forwarding::{Forwarding, Signal};
use crate::jaeger::json;
use crate::logs::LogStore;
use crate::store::Store;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use serde_json::Value;
use std::sync::Arc;

/// What is looked at of one tenant.
pub struct TenantHealth {
    /// Its name, where tenants are separate.
    pub tenant: Option<String>,
    /// Its spans.
    pub store: Store,
    /// Its log lines.
    pub logs: LogStore,
    /// Its targets.
    pub forwarding: Forwarding,
}

/// All tenants. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Health(Arc<[TenantHealth]>);

impl Health {
    /// Of these tenants.
    pub fn new(tenants: Vec<TenantHealth>) -> Self {
        Health(tenants.into())
    }
}

/// Whether anything is wrong with a store or a target; answered with 200 in any case, since the server runs.
pub async fn health(State(Health(tenants)): State<Health>) -> Response<Body> {
    let mut problems = Vec::new();
    for TenantHealth { tenant, store, logs, forwarding } in tenants.iter() {
        let of_targets = forwarding.targets().iter().flat_map(|target| target.problems());
        let found = store.status().problems().into_iter().chain(logs.status().problems()).chain(of_targets);
        problems.extend(found.map(|problem| match tenant {
            Some(tenant) => format!("tenant {tenant}: {problem}"),
            None => problem,
        }));
    }
    if problems.is_empty() {
        return json(StatusCode::OK, r#"{"status":"ok"}"#);
    }
    json(StatusCode::OK, serde_json::json!({ "status": "degraded", "problems": problems }).to_string())
}

/// Whether spans are taken in: 503 while those of a tenant cannot be written. Targets of forwarding are described; one that
/// does not answer is no reason to take nothing in.
pub async fn ready(State(Health(tenants)): State<Health>) -> Response<Body> {
    let failing: Vec<_> = tenants.iter().filter(|watched| watched.store.status().failing).collect();
    if !failing.is_empty() {
        let mut answer = serde_json::json!({ "status": "spans cannot be written" });
        let names: Vec<&String> = failing.iter().filter_map(|watched| watched.tenant.as_ref()).collect();
        if !names.is_empty() {
            answer["tenants"] = serde_json::json!(names);
        }
        return json(StatusCode::SERVICE_UNAVAILABLE, answer.to_string());
    }
    let targets: Vec<Value> = tenants.iter().flat_map(targets).collect();
    if targets.is_empty() {
        return json(StatusCode::OK, r#"{"status":"ready"}"#);
    }
    json(StatusCode::OK, serde_json::json!({ "status": "ready", "forward": targets }).to_string())
}

fn targets(watched: &TenantHealth) -> impl Iterator<Item = Value> {
    watched.forwarding.targets().iter().map(|target| {
        let (queue, failing) = (target.status.queue(), target.status.failing());
        let mut shown = serde_json::json!({
            "name": target.name,
            "status": if failing.is_some() { "failing" } else { "ok" },
            "signal": target.signal,
            (if target.signal == Signal::Traces { "queuedSpans" } else { "queuedLines" }): queue.spans,
            "queuedBytes": queue.bytes,
        });
        if let Some(tenant) = &watched.tenant {
            shown["tenant"] = tenant.as_str().into();
        }
        if let Some(failing) = failing {
            shown["failingSeconds"] = failing.since.elapsed().as_secs().into();
            shown["why"] = failing.why.into();
        }
        shown
    })
}
