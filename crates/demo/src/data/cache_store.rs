//! Entries with a lifetime, in Redis or in this process; a CLIENT span for each command.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use redis::AsyncCommands;
use redis::aio::ConnectionManager;

use super::redis_server::{connect, host_and_port};
use crate::runtime::{Problem, Service, record};

/// Time to live of an entry.
const LIFETIME: Duration = Duration::from_secs(600);
/// Entries that are kept in this process at most.
const ENTRIES: usize = 1_000;
/// What keys start with in Redis.
const PREFIX: &str = "spandrel-demo:answer:";

enum Store {
    Process(Mutex<HashMap<String, (Instant, String)>>),
    Redis(ConnectionManager),
}

/// The cache of answers.
pub(crate) struct CacheStore {
    store: Store,
    server: Option<(String, i64)>,
}

impl CacheStore {
    /// In Redis where a URL is given, else in this process.
    ///
    /// # Errors
    /// Where Redis cannot be reached.
    pub(crate) async fn open(url: Option<&str>) -> redis::RedisResult<Self> {
        Ok(match url {
            Some(url) => Self { store: Store::Redis(connect(url).await?), server: Some(host_and_port(url)) },
            None => Self { store: Store::Process(Mutex::new(HashMap::new())), server: None },
        })
    }

    /// The entry of a key; `None` where there is none.
    ///
    /// # Errors
    /// 500 where Redis fails.
    pub(crate) async fn get(
        &self,
        service: &Service,
        parent: &Context,
        key: &str,
    ) -> Result<Option<String>, Problem> {
        let cx = self.span(service, parent, "GET", key);
        service.pace.work(1.0).await;
        let found = match &self.store {
            Store::Process(entries) => Ok(lock(entries)
                .get(key)
                .filter(|(stored, _)| stored.elapsed() < LIFETIME)
                .map(|(_, value)| value.clone())),
            Store::Redis(connection) => {
                connection.clone().get::<_, Option<String>>(format!("{PREFIX}{key}")).await
            }
        };
        let found = found.map_err(|error| failed(service, &cx, &error));
        if let Ok(found) = &found {
            cx.span().set_attribute(KeyValue::new("cache.hit", found.is_some()));
        }
        cx.span().end();
        found
    }

    /// Stores an entry.
    ///
    /// # Errors
    /// 500 where Redis fails.
    pub(crate) async fn set(
        &self,
        service: &Service,
        parent: &Context,
        key: &str,
        value: String,
    ) -> Result<(), Problem> {
        let cx = self.span(service, parent, "SETEX", key);
        service.pace.work(1.0).await;
        let stored = match &self.store {
            Store::Process(entries) => {
                let mut entries = lock(entries);
                if entries.len() >= ENTRIES {
                    entries.clear();
                }
                entries.insert(key.to_owned(), (Instant::now(), value));
                Ok(())
            }
            Store::Redis(connection) => {
                let key = format!("{PREFIX}{key}");
                connection.clone().set_ex::<_, _, ()>(key, value, LIFETIME.as_secs()).await
            }
        };
        let stored = stored.map_err(|error| failed(service, &cx, &error));
        cx.span().end();
        stored
    }

    /// Removes an entry.
    ///
    /// # Errors
    /// 500 where Redis fails.
    pub(crate) async fn delete(&self, service: &Service, parent: &Context, key: &str) -> Result<(), Problem> {
        let cx = self.span(service, parent, "DEL", key);
        let deleted = match &self.store {
            Store::Process(entries) => {
                lock(entries).remove(key);
                Ok(())
            }
            Store::Redis(connection) => connection.clone().del::<_, ()>(format!("{PREFIX}{key}")).await,
        };
        let deleted = deleted.map_err(|error| failed(service, &cx, &error));
        cx.span().end();
        deleted
    }

    /// Semantic conventions for Redis. The map in this process is described as Redis too, whose commands it answers.
    fn span(&self, service: &Service, parent: &Context, command: &'static str, key: &str) -> Context {
        let mut attributes = vec![
            KeyValue::new(attribute::DB_SYSTEM_NAME, "redis"),
            KeyValue::new(attribute::DB_OPERATION_NAME, command),
            KeyValue::new(attribute::DB_QUERY_TEXT, format!("{command} {PREFIX}{key}")),
        ];
        match &self.server {
            Some((host, port)) => {
                attributes.push(KeyValue::new(attribute::SERVER_ADDRESS, host.clone()));
                attributes.push(KeyValue::new(attribute::SERVER_PORT, *port));
            }
            None => attributes.push(KeyValue::new("cache.store", "in_process")),
        }
        service.span(parent, SpanKind::Client, command, attributes)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(),
    }
}

fn failed(service: &Service, cx: &Context, error: &redis::RedisError) -> Problem {
    record(cx, "redis::RedisError", error);
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "cache_failed", service.name, error.to_string())
}
