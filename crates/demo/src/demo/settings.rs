//! How to start the demo.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use crate::data::generator::Endpoint;
use crate::faults::Fault;
use crate::runtime::telemetry::Destination;

/// How to start the demo.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that all services listen on.
    pub host: IpAddr,
    /// The port of the gateway; the others take the next ones in the order of [`NAMES`](crate::NAMES). 0 takes any
    /// free port for each.
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
    /// The base URL of a Jaeger's UI that is sent the same traces, which the viewer's demo page links to.
    pub jaeger_ui: Option<String>,
    /// The base URL of the service `classifier` (`examples/python`), which the orchestrator calls where it is given.
    pub python_url: Option<String>,
    /// The base URL of the service `reading-time` (`examples/node`), which the orchestrator calls where it is given.
    pub node_url: Option<String>,
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
            jaeger_ui: None,
            python_url: None,
            node_url: None,
        }
    }
}
