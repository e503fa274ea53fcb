//! All services or some of them: started so that each finds the others, and stopped without losing a request or a span.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::data::cache_store::CacheStore;
use crate::data::database::{Database, DatabaseLocation};
use crate::data::generator::{Endpoint, Generator};
use crate::data::queue::{self, Consumer, Publisher};
use crate::faults::Fault;
use crate::load::activity::{self, Activity};
use crate::runtime::Service;
use crate::runtime::listen::{self, Listening};
use crate::runtime::peers::{NAMES, Peers, place};
use crate::runtime::telemetry::{Destination, Telemetry};
use crate::services::{
    auth, cache, gateway, inventory, llm, notification, orchestrator, order, order_store, payment, rag,
    search, stock, timed, user, vector,
};

/// How long requests under way may hold up the stop of a service.
const PATIENCE: Duration = Duration::from_secs(5);

/// How to start the demo.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that all services listen on.
    pub host: IpAddr,
    /// The port of the gateway; the others take the next ones in the order of [`NAMES`]. 0 takes any free port for each.
    pub base_port: u16,
    /// The services to start; all where it is empty.
    pub only: Vec<String>,
    /// Base URLs of services that run elsewhere, by name. Without one a service is looked for on `host` and its port.
    pub peers: Vec<(String, String)>,
    /// Where spans go. One default destination follows the environment.
    pub destinations: Vec<Destination>,
    /// The seed of all latencies, choices and traffic.
    pub seed: u64,
    /// Requests that the demo makes for itself, per minute; 0 makes none.
    pub traffic_per_minute: f64,
    /// The fault of requests that order none.
    pub fault: Option<Fault>,
    /// The folder of the SQLite files; one of its own below the system's temporary folder where absent, which is removed at
    /// the end.
    pub data_dir: Option<PathBuf>,
    /// A PostgreSQL server in place of SQLite, such as `postgres://user@host/database`.
    pub database_url: Option<String>,
    /// A Redis server for cache and queue, such as `redis://127.0.0.1:6379`; both are in this process where absent.
    pub redis_url: Option<String>,
    /// A text generator outside; the built-in one where absent.
    pub generator: Option<Endpoint>,
    /// An eval-track collector for the calls of `/service1`, `/service2` and `/orchestrate`, such as
    /// `http://127.0.0.1:16686/eval-track`; nothing is captured where absent.
    pub eval_track: Option<String>,
}

impl Default for Settings {
    /// All services on free ports of the loopback address, sending spans as the environment says.
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            base_port: 0,
            only: Vec::new(),
            peers: Vec::new(),
            destinations: vec![Destination::default()],
            seed: 1,
            traffic_per_minute: 0.0,
            fault: None,
            data_dir: None,
            database_url: None,
            redis_url: None,
            generator: None,
            eval_track: None,
        }
    }
}

/// Why the demo cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A port is taken or not allowed.
    #[error("{service} cannot listen on {host}:{port} (another port: --base-port)")]
    Listen {
        /// The service that wanted it.
        service: &'static str,
        /// The address.
        host: IpAddr,
        /// The port.
        port: u16,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The last of the ports would be above 65535.
    #[error("base port {0} leaves no room for {count} ports below 65536", count = NAMES.len())]
    BasePort(u16),
    /// A name that no service has.
    #[error("there is no service `{0}`: there are {names}", names = NAMES.join(", "))]
    UnknownService(String),
    /// Order and notification in different processes have no common queue.
    #[error("{0} alone needs a queue that it shares with other processes: set REDIS_URL or --redis-url")]
    NeedsRedis(&'static str),
    /// The folder of the databases cannot be made.
    #[error("cannot make the folder {0}")]
    Folder(PathBuf, #[source] std::io::Error),
    /// A database cannot be opened.
    #[error("cannot open the database of {0}")]
    Database(&'static str, #[source] sqlx::Error),
    /// Redis cannot be reached.
    #[error("cannot reach Redis")]
    Redis(#[from] redis::RedisError),
    /// The spans have nowhere to go.
    #[error("cannot send spans")]
    Export(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Calls cannot be captured.
    #[error("cannot capture calls")]
    EvalTrack(#[from] spandrel_evaltrack::BuildError),
    /// The HTTP client cannot start.
    #[error("cannot start the HTTP client")]
    Client(#[from] reqwest::Error),
}

/// Where the services of this process listen. Displays as `gateway=http://… order=http://…`.
#[derive(Clone, Debug)]
pub struct Addresses(Vec<(&'static str, SocketAddr)>);

impl Addresses {
    /// Names and addresses, in the order of [`NAMES`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> + '_ {
        self.0.iter().copied()
    }

    /// The address of a service; `None` where it does not run here.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<SocketAddr> {
        self.iter().find(|(known, _)| *known == name).map(|(_, address)| address)
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, address)) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{name}=http://{address}")?;
        }
        Ok(())
    }
}

/// Services that run. Dropping it leaves requests and spans behind; [`Demo::close`] does not.
pub struct Demo {
    addresses: Addresses,
    activity: Option<Activity>,
    listening: Vec<(Arc<Service>, Listening)>,
    consumer: Option<JoinHandle<()>>,
    stop_consumer: watch::Sender<bool>,
    databases: Vec<Arc<Database>>,
    telemetry: Vec<(&'static str, Telemetry)>,
    folder: Option<PathBuf>,
    capture: Option<spandrel_evaltrack::Client>,
}

/// The ends of the queue that are not taken yet.
struct Ends {
    publisher: Option<Publisher>,
    consumer: Option<Consumer>,
}

/// What is shared while services are made.
struct Making<'a> {
    settings: &'a Settings,
    location: DatabaseLocation<'a>,
    ends: Ends,
    demo: Demo,
}

impl Demo {
    /// Starts the services; when it returns, they answer.
    ///
    /// # Errors
    /// See [`DemoError`].
    pub async fn start(settings: &Settings) -> Result<Self, DemoError> {
        let chosen = chosen(settings)?;
        let (listeners, addresses) = bind(settings, &chosen).await?;
        let peers = Arc::new(peers(settings, &addresses)?);
        let (folder, is_own) = match (&settings.data_dir, &settings.database_url) {
            (Some(folder), _) => (folder.clone(), false),
            (None, Some(_)) => (std::env::temp_dir(), false),
            (None, None) => (own_folder(), true),
        };
        std::fs::create_dir_all(&folder).map_err(|error| DemoError::Folder(folder.clone(), error))?;
        let location = match &settings.database_url {
            Some(url) => DatabaseLocation::Postgres(url),
            None => DatabaseLocation::Folder(&folder),
        };
        let (stop_consumer, stopped) = watch::channel(false);
        let mut making = Making {
            settings,
            location,
            ends: ends(settings, &chosen, stopped).await?,
            demo: Self {
                addresses,
                activity: None,
                listening: Vec::new(),
                consumer: None,
                stop_consumer,
                databases: Vec::new(),
                telemetry: Vec::new(),
                folder: is_own.then(|| folder.clone()),
                capture: capture(settings)?,
            },
        };
        for (name, listener) in chosen.iter().copied().zip(listeners) {
            let telemetry = Telemetry::open(name, &settings.destinations)?;
            let seed = settings.seed.wrapping_add(place(name).unwrap_or(0) as u64);
            let fault = settings.fault.filter(|_| name == "gateway");
            let service = Arc::new(Service::new(name, &telemetry, Arc::clone(&peers), seed, fault)?);
            making.demo.telemetry.push((name, telemetry));
            let routes = making.routes(&service).await?;
            making.demo.listening.push((service, listen::serve(name, listener, routes)));
        }
        let mut demo = making.demo;
        let gateway = peers.url("gateway");
        demo.activity = activity::start(gateway, settings.traffic_per_minute, settings.seed)?;
        Ok(demo)
    }

    /// Where the services listen.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Stops making traffic, answers what is under way, consumes what is queued, sends what was traced. Gives the
    /// names of the services whose spans could not all be sent, with the reason.
    pub async fn close(self) -> Vec<(&'static str, String)> {
        if let Some(activity) = self.activity {
            activity.stop().await;
        }
        // In the order of the calls: a service that is closed is called by none that is still open.
        for (service, listening) in self.listening {
            listening.close(service.name).await;
            service.wait_until_idle(PATIENCE).await;
        }
        let _ = self.stop_consumer.send(true);
        // With the order service its publisher is gone, so the consumer ends when the queue is empty.
        if let Some(consumer) = self.consumer
            && let Err(error) = consumer.await
        {
            tracing::error!("the notification consumer failed: {error}");
        }
        if let Some(capture) = self.capture {
            capture.close(PATIENCE).await;
        }
        for database in self.databases {
            database.close().await;
        }
        let mut closing = Vec::new();
        for (name, telemetry) in self.telemetry {
            let closed = tokio::task::spawn_blocking(move || telemetry.close());
            closing.push((name, closed));
        }
        let mut lost = Vec::new();
        for (name, closed) in closing {
            match closed.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => lost.push((name, error.to_string())),
                Err(error) => lost.push((name, error.to_string())),
            }
        }
        if let Some(folder) = self.folder
            && let Err(error) = std::fs::remove_dir_all(&folder)
        {
            tracing::warn!("cannot remove {}: {error}", folder.display());
        }
        lost
    }
}

impl Making<'_> {
    async fn routes(&mut self, service: &Arc<Service>) -> Result<Router, DemoError> {
        let redis = self.settings.redis_url.as_deref();
        Ok(match service.name {
            "gateway" => gateway::routes(service),
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
                self.demo.consumer = Some(tokio::spawn(consume));
                routes
            }
            "orchestrator" => orchestrator::routes(service, self.demo.capture.as_ref()),
            "search" => search::routes(service),
            "vector" => vector::routes(service),
            "rag" => rag::routes(service),
            "llm" => llm::routes(service, Generator::new(self.settings.generator.clone())),
            "cache" => cache::routes(service, CacheStore::open(redis).await?),
            _ => timed::routes(service, self.demo.capture.as_ref()),
        })
    }

    async fn database(
        &mut self,
        service: &'static str,
        schema: &[&'static str],
    ) -> Result<Arc<Database>, DemoError> {
        let opened = Database::open(service, &self.location, schema).await;
        let database = Arc::new(opened.map_err(|error| DemoError::Database(service, error))?);
        self.demo.databases.push(Arc::clone(&database));
        Ok(database)
    }
}

/// The names of the services to start, in the order of their ports.
fn chosen(settings: &Settings) -> Result<Vec<&'static str>, DemoError> {
    if let Some(unknown) = settings.only.iter().find(|name| place(name).is_none()) {
        return Err(DemoError::UnknownService(unknown.clone()));
    }
    let is_chosen = |name: &&str| settings.only.is_empty() || settings.only.iter().any(|only| only == name);
    Ok(NAMES.into_iter().filter(is_chosen).collect())
}

fn port_of(settings: &Settings, name: &str) -> Result<u16, DemoError> {
    let offset = place(name).and_then(|place| u16::try_from(place).ok()).unwrap_or(0);
    match settings.base_port {
        0 => Ok(0),
        base => base.checked_add(offset).ok_or(DemoError::BasePort(base)),
    }
}

async fn bind(
    settings: &Settings,
    chosen: &[&'static str],
) -> Result<(Vec<TcpListener>, Addresses), DemoError> {
    let mut listeners = Vec::new();
    let mut addresses = Vec::new();
    for service in chosen.iter().copied() {
        let port = port_of(settings, service)?;
        let (listener, address) = listen::bind(settings.host, port)
            .await
            .map_err(|cause| DemoError::Listen { service, host: settings.host, port, cause })?;
        listeners.push(listener);
        addresses.push((service, address));
    }
    Ok((listeners, Addresses(addresses)))
}

/// Where each service is called: at the URL that is given for it, else here, else at its port on the host.
fn peers(settings: &Settings, addresses: &Addresses) -> Result<Peers, DemoError> {
    if let Some((unknown, _)) = settings.peers.iter().find(|(name, _)| place(name).is_none()) {
        return Err(DemoError::UnknownService(unknown.clone()));
    }
    let mut urls: [String; 15] = Default::default();
    for (name, url) in NAMES.into_iter().zip(&mut urls) {
        let given = settings.peers.iter().find(|(known, _)| known == name).map(|(_, url)| url.clone());
        *url = match (given, addresses.of(name)) {
            (Some(given), _) => given,
            (None, Some(address)) => format!("http://{}", reachable(address)),
            (None, None) => {
                let address = SocketAddr::new(settings.host, port_of(settings, name)?);
                format!("http://{}", reachable(address))
            }
        };
    }
    Ok(Peers::new(urls))
}

/// A service that listens on all addresses is called at the loopback address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
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
