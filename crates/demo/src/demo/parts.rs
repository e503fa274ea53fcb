//! What services need besides their ports: databases, the ends of the queue, the capture of calls; and their routes with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::error::DemoError;
use super::settings::Settings;
use crate::data::cache_store::CacheStore;
use crate::data::database::{Database, DatabaseLocation};
use crate::data::generator::Generator;
use crate::data::queue::{self, Consumer, Publisher};
use crate::runtime::Service;
use crate::services::{
    auth, cache, gateway, inventory, llm, notification, orchestrator, order, order_store, payment, rag,
    search, stock, timed, user, vector,
};

/// The ends of the queue that are not taken yet.
struct Ends {
    publisher: Option<Publisher>,
    consumer: Option<Consumer>,
}

/// What is opened while services are made.
pub(super) struct Parts<'a> {
    settings: &'a Settings,
    location: DatabaseLocation<'a>,
    ends: Ends,
    /// The loop that consumes the queue.
    pub(super) consumer: Option<JoinHandle<()>>,
    /// Opened so far.
    pub(super) databases: Vec<Arc<Database>>,
    /// The client that sends captured calls.
    pub(super) capture: Option<spandrel_evaltrack::Client>,
}

impl<'a> Parts<'a> {
    /// Opens the ends of the queue that the chosen services use. `folder` is that of SQLite files.
    ///
    /// # Errors
    /// Where Redis cannot be reached, or calls cannot be captured.
    pub(super) async fn open(
        settings: &'a Settings,
        chosen: &[&'static str],
        folder: &'a Path,
        stop_consumer: watch::Receiver<bool>,
    ) -> Result<Self, DemoError> {
        let location = match &settings.database_url {
            Some(url) => DatabaseLocation::Postgres(url),
            None => DatabaseLocation::Folder(folder),
        };
        Ok(Self {
            settings,
            location,
            ends: ends(settings, chosen, stop_consumer).await?,
            consumer: None,
            databases: Vec::new(),
            capture: capture(settings)?,
        })
    }
}

impl Parts<'_> {
    /// The routes of a service, and what it needs besides: a database, an end of the queue, a cache.
    ///
    /// # Errors
    /// Where that cannot be opened.
    pub(super) async fn routes(&mut self, service: &Arc<Service>) -> Result<Router, DemoError> {
        let redis = self.settings.redis_url.as_deref();
        Ok(match service.name {
            "gateway" => gateway::routes(service, self.settings.jaeger_ui.as_deref()),
            "auth" => auth::routes(service),
            "user" => user::routes(service, self.database("user", &user::SCHEMA).await?),
            "order" => {
                let database = self.database("order", &order_store::SCHEMA).await?;
                let publisher = self.ends.publisher.take().ok_or(DemoError::NeedsRedis("order"))?;
                order::routes(service, database, publisher).await
            }
            "payment" => payment::routes(service),
            "inventory" => inventory::routes(service, self.database("inventory", &stock::SCHEMA).await?),
            "notification" => {
                let consumer = self.ends.consumer.take().ok_or(DemoError::NeedsRedis("notification"))?;
                let (routes, consume) = notification::open(service, consumer);
                self.consumer = Some(tokio::spawn(consume));
                routes
            }
            "orchestrator" => orchestrator::routes(service, self.capture.as_ref()),
            "search" => search::routes(service),
            "vector" => vector::routes(service),
            "rag" => rag::routes(service),
            "llm" => llm::routes(service, Generator::new(self.settings.generator.clone())),
            "cache" => cache::routes(service, CacheStore::open(redis).await?),
            _ => timed::routes(service, self.capture.as_ref()),
        })
    }

    async fn database(
        &mut self,
        service: &'static str,
        schema: &[&'static str],
    ) -> Result<Arc<Database>, DemoError> {
        let opened = Database::open(service, &self.location, schema).await;
        let database = Arc::new(opened.map_err(|error| DemoError::Database(service, error))?);
        self.databases.push(Arc::clone(&database));
        Ok(database)
    }
}

/// The folder of SQLite files, and whether it is one of its own that is removed at the end.
///
/// # Errors
/// Where it cannot be made.
pub(super) fn folder(settings: &Settings) -> Result<(PathBuf, bool), DemoError> {
    let (folder, is_own) = match (&settings.data_dir, &settings.database_url) {
        (Some(folder), _) => (folder.clone(), false),
        (None, Some(_)) => (std::env::temp_dir(), false),
        (None, None) => (own_folder(), true),
    };
    std::fs::create_dir_all(&folder).map_err(|error| DemoError::Folder(folder.clone(), error))?;
    Ok((folder, is_own))
}

async fn ends(
    settings: &Settings,
    chosen: &[&'static str],
    stop: watch::Receiver<bool>,
) -> Result<Ends, DemoError> {
    let (publishes, consumes) = (chosen.contains(&"order"), chosen.contains(&"notification"));
    Ok(match &settings.redis_url {
        Some(url) => Ends {
            publisher: if publishes { Some(queue::redis_publisher(url).await?) } else { None },
            consumer: if consumes { Some(queue::redis_consumer(url, stop).await?) } else { None },
        },
        None if publishes && consumes => {
            let (publisher, consumer) = queue::in_process();
            Ends { publisher: Some(publisher), consumer: Some(consumer) }
        }
        None => Ends { publisher: None, consumer: None },
    })
}

/// The client that sends captured calls, where a collector is given.
fn capture(settings: &Settings) -> Result<Option<spandrel_evaltrack::Client>, DemoError> {
    let Some(url) = &settings.eval_track else { return Ok(None) };
    Ok(Some(spandrel_evaltrack::Client::builder(url).service("spandrel-demo").build()?))
}

/// A folder that no other process has.
fn own_folder() -> PathBuf {
    let name = format!("spandrel-demo-{}-{:08x}", std::process::id(), fastrand::u32(..));
    Path::new(&std::env::temp_dir()).join(name)
}
