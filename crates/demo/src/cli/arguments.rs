//! Commands and options.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use spandrel_demo::{Endpoint, Fault};

/// Services that send real traces over OTLP, faults on demand, traffic and load.
///
/// Without a command all services run. The OTEL_* variables mean what the OpenTelemetry specification says; --otlp wins over
/// them.
#[derive(Debug, Parser)]
#[command(name = "spandrel-demo", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) services: ServiceOptions,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all services in this process (the default)
    All,
    /// Run some services in this process; the others are looked for at --peer, else on the next ports
    Serve {
        /// gateway, auth, user, order, payment, inventory, notification, orchestrator, search, vector, rag, llm, cache,
        /// service1, service2
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Make traffic for some time
    Traffic(TrafficOptions),
    /// Make load at a fixed rate, and report latencies and errors
    Load(LoadOptions),
    /// Start all services, make traffic and load, and print the results
    Demo(SequenceOptions),
    /// Check a deployment: place orders and verify their traces
    Check(CheckOptions),
}

/// Options of the services.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServiceOptions {
    /// The address that all services listen on.
    #[arg(long, env = "SPANDREL_DEMO_HOST", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// The port of the gateway; the other services take the next fourteen. 0 takes free ports.
    #[arg(long, env = "SPANDREL_DEMO_BASE_PORT", default_value_t = 8000)]
    pub(crate) base_port: u16,
    /// The OTLP receiver to send spans to, such as http://127.0.0.1:4318.
    #[arg(long, env = "SPANDREL_DEMO_OTLP", value_name = "URL")]
    pub(crate) otlp: Option<String>,
    /// Make requests of its own, some of them wrong: so many per minute (at most 6000).
    #[arg(
        long,
        env = "SPANDREL_DEMO_TRAFFIC",
        value_name = "PER_MINUTE",
        num_args = 0..=1,
        require_equals = false,
        default_value_t = 0.0,
        default_missing_value = "30"
    )]
    pub(crate) traffic: f64,
    /// The seed of latencies and traffic: the same seed gives the same requests.
    #[arg(long, env = "SPANDREL_DEMO_SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Another address of a service, such as payment=http://10.0.0.7:8004; may be repeated.
    #[arg(long, env = "SPANDREL_DEMO_PEERS", value_name = "NAME=URL", value_delimiter = ',', value_parser = peer)]
    pub(crate) peer: Vec<(String, String)>,
    /// The fault of all requests that order none; `GET /demo/faults` lists them.
    #[arg(long, env = "SPANDREL_DEMO_FAULT", value_parser = Fault::named)]
    pub(crate) fault: Option<Fault>,
    /// The folder of the SQLite files; a temporary one where absent.
    #[arg(long, env = "SPANDREL_DEMO_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// A PostgreSQL server in place of SQLite.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// A Redis server for cache and queue.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub(crate) redis_url: Option<String>,
    /// An eval-track collector that calls of service1, service2 and orchestrate are captured for, such as
    /// http://127.0.0.1:16686/eval-track.
    #[arg(long, env = "SPANDREL_DEMO_EVAL_TRACK", value_name = "URL")]
    pub(crate) eval_track: Option<String>,
    /// A Jaeger's UI that is sent the same traces: the viewer's demo page links to it.
    #[arg(long, env = "SPANDREL_DEMO_JAEGER_UI", value_name = "URL", value_parser = web_address)]
    pub(crate) jaeger_ui: Option<String>,
    /// The service of examples/python, which questions are then sent to as well.
    #[arg(long, env = "SPANDREL_DEMO_PYTHON_URL", value_name = "URL", value_parser = web_address)]
    pub(crate) python_url: Option<String>,
    /// The service of examples/node, which answers are then sent to as well.
    #[arg(long, env = "SPANDREL_DEMO_NODE_URL", value_name = "URL", value_parser = web_address)]
    pub(crate) node_url: Option<String>,
    /// An endpoint like OpenAI's in place of the built-in text generator.
    #[arg(long, env = "OPENAI_BASE_URL", requires = "openai_api_key")]
    pub(crate) openai_base_url: Option<String>,
    /// Its key.
    #[arg(long, env = "OPENAI_API_KEY", hide_env_values = true)]
    pub(crate) openai_api_key: Option<String>,
    /// The model that it is asked for.
    #[arg(long, env = "OPENAI_MODEL", default_value = "gpt-4o-mini")]
    pub(crate) openai_model: String,
}

impl ServiceOptions {
    /// The text generator outside, where a key and an address are given.
    pub(crate) fn generator(&self) -> Option<Endpoint> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (url, key) = (given(&self.openai_base_url)?, given(&self.openai_api_key)?);
        Some(Endpoint { url, key, model: self.openai_model.clone() })
    }
}

/// A kind of traffic.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TrafficMode {
    /// What users do: orders, questions, some of it wrong
    Activity,
    /// Every scenario and every fault in turn
    Demo,
    /// Orders that succeed
    Stress,
}

/// Where requests go.
#[derive(Clone, Debug, Args)]
pub(crate) struct TargetOptions {
    /// The gateway.
    #[arg(long, default_value = "http://127.0.0.1:8000")]
    pub(crate) gateway: String,
    /// Send requests to another computer too.
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

/// Options of `traffic`.
#[derive(Clone, Debug, Args)]
pub(crate) struct TrafficOptions {
    #[command(flatten)]
    pub(crate) target: TargetOptions,
    /// What is requested.
    #[arg(long, value_enum, default_value_t = TrafficMode::Activity)]
    pub(crate) mode: TrafficMode,
    /// Seconds, at most a day.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) duration: u64,
    /// Requests per second, at most 5000.
    #[arg(long, default_value_t = 2.0, value_parser = rate)]
    pub(crate) rps: f64,
    /// The seed of what is requested.
    #[arg(long = "traffic-seed", default_value_t = 1)]
    pub(crate) traffic_seed: u64,
}

/// Options of `load`.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoadOptions {
    #[command(flatten)]
    pub(crate) target: TargetOptions,
    /// How many different users the requests are of.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) users: u64,
    /// How many requests are made.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) requests: u64,
    /// Seconds in which the rate grows from 0 to its full value.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    pub(crate) ramp_up: u64,
    /// Requests per second, at most 5000.
    #[arg(long, default_value_t = 50.0, value_parser = rate)]
    pub(crate) rps: f64,
    /// The seed of what is requested.
    #[arg(long = "load-seed", default_value_t = 1)]
    pub(crate) load_seed: u64,
    /// Write the report as JSON to this file too.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// Write the report as Markdown to this file, and not to standard output.
    #[arg(long)]
    pub(crate) markdown: Option<PathBuf>,
    /// The viewer that traces of the report are linked to.
    #[arg(long)]
    pub(crate) viewer: Option<String>,
    /// Read every trace back from this Jaeger (or Spandrel) and report those that are not complete.
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "http://127.0.0.1:16686")]
    pub(crate) verify: Option<String>,
}

/// Options of `demo`.
#[derive(Clone, Debug, Args)]
pub(crate) struct SequenceOptions {
    /// Requests of the load.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) requests: u64,
    /// Requests per second of the load.
    #[arg(long, default_value_t = 50.0, value_parser = rate)]
    pub(crate) rps: f64,
    /// The viewer that results are linked to.
    #[arg(long, default_value = "http://127.0.0.1:16686")]
    pub(crate) viewer: String,
}

/// Options of `check`.
#[derive(Clone, Debug, Args)]
pub(crate) struct CheckOptions {
    #[command(flatten)]
    pub(crate) target: TargetOptions,
    /// The Jaeger (or Spandrel) that the spans are sent to.
    #[arg(long, default_value = "http://127.0.0.1:16686")]
    pub(crate) jaeger: String,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 5_000.0 => Ok(rate),
        _ => Err("a rate is above 0 and at most 5000 per second".into()),
    }
}

fn web_address(text: &str) -> Result<String, String> {
    let is_web = text.is_empty() || text.starts_with("http://") || text.starts_with("https://");
    is_web.then(|| text.to_owned()).ok_or_else(|| "write a URL, such as http://127.0.0.1:16687".into())
}

fn peer(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, url)) if url.starts_with("http://") || url.starts_with("https://") => {
            Ok((name.to_owned(), url.to_owned()))
        }
        _ => Err("write NAME=URL, such as payment=http://10.0.0.7:8004".into()),
    }
}
