//! Why the demo cannot start.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::runtime::peers::NAMES;

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
