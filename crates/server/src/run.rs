//! Starting and stopping: binds the four ports, opens the store, serves until told to stop, then flushes.

use crate::config::Config;
use crate::demo_proxy::DemoProxy;
use crate::files::Viewer;
use crate::forwarding::{ForwardError, Forwarding};
use crate::guard::Guard;
use crate::ingest::limit::Most;
use crate::ingest::regroup::rebuild;
use crate::ingest::room::Memory;
use crate::ingest::{Intake, grpc::TraceService};
use crate::jaeger::queries::Queries;
use crate::jaeger::{Backend, Logged};
use crate::jaeger_grpc::QueryService;
use crate::live::Live;
use crate::logs::query::LogQueries;
use crate::logs::receive::LogIntake;
use crate::logs::{LogLimits, LogQuery, LogStore};
use crate::machine::Machine;
use crate::metrics::Metrics;
use crate::protocol;
use crate::routes::{self, Query};
use crate::serve::serve;
use crate::store::Store;
use crate::tls::{self, Acceptors, TlsError};
use axum::http::Uri;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Bytes of memory that `POST /api/transform` may use.
const TRANSFORM_BYTES: usize = 128 << 20;
/// Bytes of memory that answers may use which wait for slow readers.
const ANSWER_BYTES: usize = 128 << 20;
/// How long the store may take to write what waits when the server stops.
const CLOSE_TIME: Duration = Duration::from_secs(3);

/// A server that runs.
pub struct Running {
    /// Where the viewer and the query API are.
    pub query: SocketAddr,
    /// Where OTLP over HTTP is taken.
    pub otlp_http: SocketAddr,
    /// Where OTLP over gRPC is taken.
    pub otlp_grpc: SocketAddr,
    /// Where queries over gRPC are answered.
    pub query_grpc: SocketAddr,
    live: Live,
    prefix: String,
    scheme: &'static str,
    store: Store,
    forwarding: Forwarding,
    logs: LogStore,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be had.
    #[error("cannot listen on {address} ({flag}): {error}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// The flag that names another.
        flag: &'static str,
        /// The system's word.
        error: std::io::Error,
    },
    /// The store cannot be opened.
    #[error("cannot open the store in {directory}: {error}")]
    Store {
        /// Where it is.
        directory: String,
        /// Why.
        error: crate::store::StoreError,
    },
    /// The directory of the viewer has no page.
    #[error("{0} has no index.html (--viewer)")]
    Viewer(String),
    /// Others than this machine could read and write.
    #[error(
        "listening on {0} lets others read and write spans: require a token with --token, or say --insecure where \
         the network is trusted"
    )]
    Exposed(IpAddr),
    /// There can be no TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Half of what TLS needs.
    #[error("TLS needs both a certificate (--tls-cert) and its key (--tls-key)")]
    HalfTls,
    /// What is received would be received again, for ever.
    #[error("target {0} of forwarding is this server itself")]
    Loop(String),
    /// A target of forwarding cannot be had.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// The client for the demo cannot be made.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// Starts a server. When this returns, all ports answer.
pub async fn start(config: &Config) -> Result<Running, StartError> {
    if let Some(viewer) = &config.viewer
        && !viewer.join("index.html").is_file()
    {
        return Err(StartError::Viewer(viewer.display().to_string()));
    }
    if !config.host.is_loopback() {
        match (config.token.is_some() || !config.tokens.is_empty(), config.insecure) {
            (true, _) => {}
            (false, true) => tracing::warn!(
                "listening on {}: everybody who reaches this address can read and write spans",
                config.host
            ),
            (false, false) => return Err(StartError::Exposed(config.host)),
        }
    }
    let tls = tls(config).await?;
    let (http_tls, grpc_tls) = (tls.as_ref().map(|tls| tls.http.clone()), tls.map(|tls| tls.grpc));
    let query = bind(config, config.port, "--port").await?;
    let otlp_http = bind(config, config.otlp_http_port, "--otlp-http-port").await?;
    let otlp_grpc = bind(config, config.otlp_grpc_port, "--otlp-grpc-port").await?;
    let query_grpc = bind(config, config.query_grpc_port, "--query-grpc-port").await?;
    if let Some(name) = own_target(config, [query.1, otlp_http.1, otlp_grpc.1]) {
        return Err(StartError::Loop(name.to_owned()));
    }
    let (store, logs) = open(config).await?;
    let max_request = usize::try_from(config.max_request).unwrap_or(usize::MAX / 2);
    let max_waiting = usize::try_from(config.max_waiting).unwrap_or(usize::MAX / 2);
    let time = Duration::from_secs(config.client_time.max(1));
    let forwarding = forward(config).await?;
    let intake = Intake::new(store.clone(), forwarding.clone(), max_request, max_waiting, time, most(config));
    let log_intake = LogIntake::new(intake.clone(), logs.clone());
    let (stop, stopped) = watch::channel(false);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let queries = Queries::new(threads, Duration::from_secs(config.query_time), ANSWER_BYTES);
    let live = Live::new(store.clone());
    let metrics = Metrics::new(intake.clone(), store.clone(), logs.clone(), queries.clone(), live.clone());
    let backend = Backend {
        store: store.clone(),
        logged: by_log_text(logs.clone()),
        queries: queries.clone(),
        transforms: Memory::new(TRANSFORM_BYTES),
        client_time: time,
    };
    // A demo that is there is offered, and a reader without traces is told where to send them.
    let mut facts = vec![("OTLP_PORTS", format!("{} {}", otlp_http.1.port(), otlp_grpc.1.port()))];
    facts.extend(config.demo.is_some().then(|| ("DEMO", "true".to_owned())));
    let state = Query {
        live: live.clone(),
        log_intake: log_intake.clone(),
        logs: LogQueries { store: logs.clone(), queries: queries.clone() },
        backend: backend.clone(),
        intake: intake.clone(),
        viewer: Viewer::new(config.viewer.clone()).with_facts(facts),
        demo: DemoProxy::new(config.demo.as_deref())?,
        metrics,
        prefix: config.prefix().into(),
    };
    let guard = Guard::new(config, query.1);
    let query_router = routes::query(state, &guard);
    let otlp_router = routes::otlp(intake.clone(), log_intake.clone(), &guard);
    let addresses = (query.1, otlp_http.1, otlp_grpc.1, query_grpc.1);
    let query_service = QueryService::new(backend, intake.clone(), guard.clone());
    let trace_service = TraceService::new(intake, log_intake.take_protobuf(), guard);
    let tasks = vec![
        tokio::spawn(serve(
            query.0,
            time,
            http_tls.clone(),
            move |stream| protocol::http(stream, query_router.clone(), time),
            stopped.clone(),
        )),
        tokio::spawn(serve(
            otlp_http.0,
            time,
            http_tls.clone(),
            move |stream| protocol::http(stream, otlp_router.clone(), time),
            stopped.clone(),
        )),
        tokio::spawn(serve(
            otlp_grpc.0,
            time,
            grpc_tls.clone(),
            move |stream| {
                let service = trace_service.clone();
                let answer = move |request| {
                    let service = service.clone();
                    async move { service.answer(request).await }
                };
                protocol::grpc(stream, answer)
            },
            stopped.clone(),
        )),
        tokio::spawn(serve(
            query_grpc.0,
            time,
            grpc_tls.clone(),
            move |stream| {
                let service = query_service.clone();
                let answer = move |request| {
                    let service = service.clone();
                    async move { service.answer(request).await }
                };
                protocol::grpc(stream, answer)
            },
            stopped,
        )),
    ];
    Ok(Running {
        query: addresses.0,
        otlp_http: addresses.1,
        otlp_grpc: addresses.2,
        query_grpc: addresses.3,
        live,
        prefix: config.prefix(),
        scheme: if config.tls_cert.is_some() { "https" } else { "http" },
        store,
        forwarding,
        logs,
        stop,
        tasks,
    })
}

impl Running {
    /// The line that says where everything is.
    pub fn ready_line(&self) -> String {
        let scheme = self.scheme;
        format!(
            "ready viewer={scheme}://{}{} otlp_http={scheme}://{} otlp_grpc={scheme}://{} query_grpc={scheme}://{}",
            self.query, self.prefix, self.otlp_http, self.otlp_grpc, self.query_grpc
        )
    }

    /// Takes no more requests, finishes those under way, flushes the store.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        // These would go on for ever.
        self.live.close();
        for task in self.tasks {
            // Each ends by itself, all at the same time; the only failure is a panic, which has been printed.
            let _ = task.await;
        }
        let (store, logs, forwarding) = (self.store, self.logs, self.forwarding);
        let closed = tokio::task::spawn_blocking(move || {
            forwarding.stop();
            store.close();
            logs.close();
        });
        if tokio::time::timeout(CLOSE_TIME, closed).await.is_err() {
            tracing::warn!("the store is not closed in time; what was acknowledged is on disk");
        }
    }
}

async fn open(config: &Config) -> Result<(Store, LogStore), StartError> {
    let directory = config.data_dir.clone();
    if let Err(error) = make_private(&directory) {
        // The store knows better what is wrong, or works where the file system has no permissions.
        tracing::warn!("{} cannot be made private: {error}", directory.display());
    }
    let settings = config.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let machine = Machine::look(&directory);
        let limits = settings.limits(&machine);
        tracing::info!("{}", limits.in_words());
        // The directory is locked by the first, for both.
        let store = Store::open_merging(&directory, limits, rebuild)?;
        let logs = LogStore::open(&directory.join("logs"), log_limits(&settings, &machine))?;
        Ok((store, logs))
    })
    .await;
    let opened = opened.unwrap_or(Err(crate::store::StoreError::Closed));
    opened.map_err(|error| StartError::Store { directory: config.data_dir.display().to_string(), error })
}

/// What one request may hold.
fn most(config: &Config) -> Most {
    let limit = |number: u64| (number > 0).then_some(number);
    let size = |number: u64| limit(number).map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    Most {
        spans: limit(config.max_spans),
        attributes: limit(config.max_attributes),
        value_bytes: size(config.max_attribute_size),
        nesting: size(config.max_nesting),
    }
}

/// Loads the certificate, if there is one.
async fn tls(config: &Config) -> Result<Option<Acceptors>, StartError> {
    let (certificates, key) = match (config.tls_cert.clone(), config.tls_key.clone()) {
        (None, None) => return Ok(None),
        (Some(certificates), Some(key)) => (certificates, key),
        _ => return Err(StartError::HalfTls),
    };
    let loaded = tokio::task::spawn_blocking(move || tls::load(&certificates, &key)).await;
    Ok(Some(loaded.map_err(|error| ForwardError::Io(std::io::Error::other(error)))??))
}

/// The name of a target that is this server, by an address of this machine and one of the ports.
fn own_target(config: &Config, own: [SocketAddr; 3]) -> Option<&str> {
    let is_own = |endpoint: &str| {
        let Ok(uri) = endpoint.parse::<Uri>() else { return false };
        let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(default);
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_here = |address: IpAddr| address.is_loopback() || address == config.host;
        (host == "localhost" || host.parse().is_ok_and(is_here)) && own.iter().any(|own| own.port() == port)
    };
    config.forward.iter().find(|target| is_own(&target.endpoint.0)).map(|target| target.name.0.as_str())
}

/// Opens the queues of all targets and starts to send.
async fn forward(config: &Config) -> Result<Forwarding, StartError> {
    // Fails where it was done before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (targets, directory) = (config.forward.clone(), config.data_dir.clone());
    let started = tokio::task::spawn_blocking(move || Forwarding::start(&targets, &directory)).await;
    Ok(started.unwrap_or_else(|error| Err(ForwardError::Io(std::io::Error::other(error))))?)
}

/// Finds traces by the text of their log lines.
fn by_log_text(logs: LogStore) -> Logged {
    Arc::new(move |text, (from, to), stopped| {
        let query =
            LogQuery { text: Some(text.to_owned()), from: Some(from), to: Some(to), ..LogQuery::default() };
        logs.traces(&query, stopped)
    })
}

/// How many log lines are kept: as long as spans, in a tenth of what is free on the disk unless asked otherwise.
fn log_limits(config: &Config, machine: &Machine) -> LogLimits {
    let max_disk = config.max_log_disk.or(machine.disk.map(|disk| (disk / 10).max(1 << 20)));
    LogLimits {
        segment_bytes: config.segment_size,
        retention: (config.retention_hours > 0).then(|| Duration::from_secs(config.retention_hours * 3600)),
        max_disk: max_disk.filter(|bytes| *bytes > 0),
        ..LogLimits::default()
    }
}

/// Makes a directory that its owner alone can enter, or takes others' permissions away.
fn make_private(directory: &std::path::Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(directory)?;
    Ok(())
}

async fn bind(
    config: &Config,
    port: u16,
    flag: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let address = SocketAddr::new(config.host, port);
    let failed = |error| StartError::Bind { address, flag, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
