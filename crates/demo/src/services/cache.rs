//! The cache service: answers of questions, by key.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use serde::{Deserialize, Serialize};

use crate::data::cache_store::CacheStore;
use crate::faults::{Fault, carries};
use crate::runtime::{Problem, Service, around};

/// An entry, or that there is none.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CacheEntry {
    pub(crate) value: Option<String>,
}

struct Cache {
    service: Arc<Service>,
    store: CacheStore,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>, store: CacheStore) -> Router {
    let cache = Arc::new(Cache { service: Arc::clone(service), store });
    let routes = Router::new().route("/entries/{key}", get(read).put(write)).with_state(cache);
    around(service, &["GET /entries/{key}", "PUT /entries/{key}"], &[], routes)
}

/// A miss is an answer too: 200 without a value, and `x-cache: MISS`.
async fn read(
    State(cache): State<Arc<Cache>>,
    Extension(cx): Extension<Context>,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    if carries(&cx, Fault::CacheCold) {
        cache.store.delete(&cache.service, &cx, &key).await?;
    }
    let value = cache.store.get(&cache.service, &cx, &key).await?;
    cx.span().set_attribute(KeyValue::new("cache.hit", value.is_some()));
    let outcome = if value.is_some() { "HIT" } else { "MISS" };
    let mut response = Json(CacheEntry { value }).into_response();
    response.headers_mut().insert("x-cache", HeaderValue::from_static(outcome));
    Ok(response)
}

async fn write(
    State(cache): State<Arc<Cache>>,
    Extension(cx): Extension<Context>,
    Path(key): Path<String>,
    entry: Result<Json<CacheEntry>, JsonRejection>,
) -> Result<Json<CacheEntry>, Problem> {
    let name = cache.service.name;
    let Json(entry) = entry.map_err(|rejection| {
        Problem::new(rejection.status(), "unreadable_request", name, rejection.body_text()).at("body")
    })?;
    let value = entry.value.ok_or_else(|| Problem::invalid(name, "value", "is missing"))?;
    cache.store.set(&cache.service, &cx, &key, value).await?;
    Ok(Json(CacheEntry { value: None }))
}
