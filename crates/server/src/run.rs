//! Starting and stopping: binds the four ports, opens the stores, serves until told to stop, then flushes.

use crate::config::Config;
use crate::forwarding::ForwardError;
use crate::live::Live;
use crate::protocol;
use crate::serve::serve;
use crate::services;
use crate::tenants::select::{self, SharedToken};
use crate::tenants::{TenantError, Tenants};
use crate::tls::{self, Acceptors, TlsError};
use axum::http::{Request, Uri};
use hyper::body::Incoming;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

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
    live: Vec<Live>,
    prefix: String,
    scheme: &'static str,
    tenants: Tenants,
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
    /// A tenant's data cannot be had.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// One token of two tenants.
    #[error(transparent)]
    Token(#[from] SharedToken),
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
    /// A task of the start failed, or a certificate cannot be read in one.
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
    select::check(config)?;
    let tls = tls(config).await?;
    let (http_tls, grpc_tls) = (tls.as_ref().map(|tls| tls.http.clone()), tls.map(|tls| tls.grpc));
    let query = bind(config, config.port, "--port").await?;
    let otlp_http = bind(config, config.otlp_http_port, "--otlp-http-port").await?;
    let otlp_grpc = bind(config, config.otlp_grpc_port, "--otlp-grpc-port").await?;
    let query_grpc = bind(config, config.query_grpc_port, "--query-grpc-port").await?;
    if let Some(name) = own_target(config, [query.1, otlp_http.1, otlp_grpc.1]) {
        return Err(StartError::Loop(name.to_owned()));
    }
    let (settings, opening) = (config.clone(), Instant::now());
    // Fails where it was done before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let opened = tokio::task::spawn_blocking(move || Tenants::open(&settings)).await;
    let tenants = opened.map_err(|error| ForwardError::Io(std::io::Error::other(error)))??;
    tracing::debug!("{} stores were opened in {:?}", tenants.iter().count(), opening.elapsed());
    let (stop, stopped) = watch::channel(false);
    let (services, live) = services::all(config, &tenants, [query.1, otlp_http.1, otlp_grpc.1])?;
    let query_router = select::router(services.clone(), |services| &services.query_http);
    let otlp_router = select::router(services.clone(), |services| &services.otlp_http);
    let (exports, queries) = (services.clone(), services);
    let time = services::client_time(config);
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
                let exports = exports.clone();
                let answer = move |request: Request<Incoming>| {
                    let service = exports.of(request.headers()).exports.clone();
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
                let queries = queries.clone();
                let answer = move |request: Request<Incoming>| {
                    let service = queries.of(request.headers()).queries.clone();
                    async move { service.answer(request).await }
                };
                protocol::grpc(stream, answer)
            },
            stopped,
        )),
    ];
    tenants.iter().for_each(|tenant| tenant.store.count_calls_in_background());
    Ok(Running {
        query: query.1,
        otlp_http: otlp_http.1,
        otlp_grpc: otlp_grpc.1,
        query_grpc: query_grpc.1,
        live,
        prefix: config.prefix(),
        scheme: if config.tls_cert.is_some() { "https" } else { "http" },
        tenants,
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
        self.live.iter().for_each(Live::close);
        for task in self.tasks {
            // Each ends by itself, all at the same time; the only failure is a panic, which has been printed.
            let _ = task.await;
        }
        let Tenants { default, others } = self.tenants;
        let closed = std::iter::once(default)
            .chain(others)
            .map(|tenant| tokio::task::spawn_blocking(move || tenant.close()));
        let closed = futures_util::future::join_all(closed);
        if tokio::time::timeout(CLOSE_TIME, closed).await.is_err() {
            tracing::warn!("a store is not closed in time; what was acknowledged is on disk");
        }
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
