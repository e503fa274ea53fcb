//! Settings: flags, `SPANDREL_*` environment variables, and a file (`file`). Precedence: flag, environment, file.

mod endpoint;
mod file;
pub mod forward;
mod forward_values;
mod mistake;
mod printed;
mod tenant_check;
pub mod tenants;
pub mod tokens;
mod values;
mod variables;

pub use mistake::ConfigError;

use crate::machine::Machine;
use crate::store::Limits;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use tenants::TenantName;
use tokens::Token;

/// Bytes of memory for the index where the machine does not say how much it has.
const DEFAULT_INDEX: u64 = 512 << 20;
/// Least and most bytes of memory for the index unless others are asked for.
const LEAST_INDEX: u64 = 64 << 20;
const MOST_INDEX: u64 = 4 << 30;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Takes spans in over OTLP, keeps them, answers as Jaeger does and serves the viewer.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "spandrel-server", version, args_override_self = true)]
pub struct Config {
    /// File of settings (TOML). Flags and the environment count more than it does.
    #[arg(long, env = "SPANDREL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Prints the settings that are in effect as such a file, without secrets, and ends.
    #[arg(long)]
    pub print_config: bool,
    /// Address to listen on.
    #[arg(long, env = "SPANDREL_HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Port of the viewer and the query API; 0 takes a free one.
    #[arg(long, env = "SPANDREL_PORT", default_value_t = 16686)]
    pub port: u16,
    /// Port of OTLP over HTTP; 0 takes a free one.
    #[arg(long, env = "SPANDREL_OTLP_HTTP_PORT", default_value_t = 4318)]
    pub otlp_http_port: u16,
    /// Port of OTLP over gRPC; 0 takes a free one.
    #[arg(long, env = "SPANDREL_OTLP_GRPC_PORT", default_value_t = 4317)]
    pub otlp_grpc_port: u16,
    /// Port of Jaeger's queries over gRPC; 0 takes a free one.
    #[arg(long, env = "SPANDREL_QUERY_GRPC_PORT", default_value_t = 16685)]
    pub query_grpc_port: u16,
    /// Directory in which spans are kept.
    #[arg(long, env = "SPANDREL_DATA_DIR", default_value = "spandrel-data")]
    pub data_dir: PathBuf,
    /// Directory of the built viewer (with `index.html` at its root).
    #[arg(long, env = "SPANDREL_VIEWER")]
    pub viewer: Option<PathBuf>,
    /// Path below which everything is served, such as `/tracing`.
    #[arg(long, env = "SPANDREL_BASE_PATH", default_value = "/")]
    pub base_path: String,
    /// Where `/demo/…` is forwarded to, such as `http://127.0.0.1:8000`; without it no demo is proxied.
    #[arg(long, env = "SPANDREL_DEMO")]
    pub demo: Option<String>,
    /// Hours after which spans are deleted; 0 keeps them for ever.
    #[arg(long, env = "SPANDREL_RETENTION_HOURS", default_value_t = 72)]
    pub retention_hours: u64,
    /// Bytes that the spans may take on disk (such as 500M or 20G; 0 for no limit); four fifths of what is free and
    /// what they take already where not given. With a retention the oldest go first; without one nothing more is
    /// taken in.
    #[arg(long, env = "SPANDREL_MAX_DISK", value_parser = values::bytes)]
    pub max_disk: Option<u64>,
    /// Bytes that log lines may take on disk beside the spans (0 for no limit); a tenth of what is free where not given.
    /// They are deleted as the spans are.
    #[arg(long, env = "SPANDREL_MAX_LOG_DISK", value_parser = values::bytes)]
    pub max_log_disk: Option<u64>,
    /// Bytes of memory that the index of the stored spans may take; an eighth of the machine's where not given. What
    /// is more is read from files, the oldest first.
    #[arg(long, env = "SPANDREL_MAX_INDEX_MEMORY", value_parser = values::bytes)]
    pub max_index_memory: Option<u64>,
    /// Bytes after which a new segment file is started.
    #[arg(long, env = "SPANDREL_SEGMENT_SIZE", value_parser = values::bytes, default_value = "128M")]
    pub segment_size: u64,
    /// Bytes of one OTLP request after decompression.
    #[arg(long, env = "SPANDREL_MAX_REQUEST", value_parser = values::bytes, default_value = "64M")]
    pub max_request: u64,
    /// Spans of one request; those beyond are rejected. 0 for no limit.
    #[arg(long, env = "SPANDREL_MAX_SPANS", default_value_t = 0)]
    pub max_spans: u64,
    /// Attributes of one span, event, link, resource or scope; those beyond are dropped and counted there. 0 for no limit.
    #[arg(long, env = "SPANDREL_MAX_ATTRIBUTES", default_value_t = 0)]
    pub max_attributes: u64,
    /// Bytes of an attribute's value: texts are cut, larger lists and maps dropped. 0 for no limit.
    #[arg(long, env = "SPANDREL_MAX_ATTRIBUTE_SIZE", value_parser = values::bytes, default_value = "0")]
    pub max_attribute_size: u64,
    /// Lists and maps within one another in an attribute's value; those that nest deeper are dropped. 0 for no limit.
    #[arg(long, env = "SPANDREL_MAX_NESTING", default_value_t = 0)]
    pub max_nesting: u64,
    /// Bytes of requests that may be in memory before more are asked to retry later.
    #[arg(long, env = "SPANDREL_MAX_WAITING", value_parser = values::bytes, default_value = "256M")]
    pub max_waiting: u64,
    /// Name under which the server may be asked, beside addresses and `localhost`; may be repeated.
    #[arg(long, env = "SPANDREL_ALLOW_HOST", value_delimiter = ',', value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// Origin of a page that may post spans from a browser, such as `https://shop.example`; may be repeated.
    #[arg(long, env = "SPANDREL_CORS_ORIGIN", value_delimiter = ',', value_name = "ORIGIN")]
    pub cors_origin: Vec<String>,
    /// Token that every request must carry: `Authorization: Bearer TOKEN`, or as the password in a browser.
    #[arg(long, env = "SPANDREL_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Tokens that allow less. Only settable in the file.
    #[arg(skip)]
    pub tokens: Vec<tokens::Token>,
    /// Limits of single tenants. Only settable in the file.
    #[arg(skip)]
    pub tenants: tenants::TenantsLimits,
    /// Certificates (PEM, the server's own first) for TLS on all ports.
    #[arg(long, env = "SPANDREL_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The key (PEM) of the server's certificate.
    #[arg(long, env = "SPANDREL_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// How log lines on standard error are written.
    #[arg(long, env = "SPANDREL_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Secret that requests to the eval-track API must carry in `x-eval-tracker-secret-key`; it stands for the token there,
    /// for the API's clients send no other.
    #[arg(long, env = "SPANDREL_EVAL_TRACK_SECRET", hide_env_values = true)]
    pub eval_track_secret: Option<String>,
    /// Listen wider than loopback without a token.
    #[arg(long, env = "SPANDREL_INSECURE")]
    pub insecure: bool,
    /// Seconds that a client may take for the head of a request or a small body, be idle between two requests, or
    /// read nothing of its answer.
    #[arg(long, env = "SPANDREL_CLIENT_TIME", default_value_t = 30)]
    pub client_time: u64,
    /// Seconds that a query may run.
    #[arg(long, env = "SPANDREL_QUERY_TIME", default_value_t = 30)]
    pub query_time: u64,
    /// Targets to which received spans are forwarded. Only settable in the file.
    #[arg(skip)]
    pub forward: Vec<forward::Forward>,
}

impl Config {
    /// The path prefix without its last slash: empty, or `/` and some segments.
    pub fn prefix(&self) -> String {
        match self.base_path.trim_matches('/') {
            "" => String::new(),
            inner => format!("/{inner}"),
        }
    }

    /// The default tenant, and then those that tokens name, sorted. Where it is alone there is no separation.
    pub fn tenant_names(&self) -> Vec<TenantName> {
        let named: BTreeSet<TenantName> = self.tokens.iter().map(Token::tenant).collect();
        let others = named.into_iter().filter(|name| !name.is_default());
        std::iter::once(TenantName::default()).chain(others).collect()
    }

    /// How much a tenant's store keeps, with defaults that fit its part of the machine (see [`Machine::look`]).
    pub fn limits(&self, tenant: &TenantName, machine: &Machine) -> Limits {
        let own = self.tenants.get(tenant).cloned().unwrap_or_default();
        let stores = self.tenant_names().len() as u64;
        let max_disk = own.max_disk.or(self.max_disk);
        Limits {
            segment_bytes: self.segment_size,
            retention: self.retention(tenant),
            max_disk: max_disk.or(machine.disk.map(Limits::fits_disk)).filter(|bytes| *bytes > 0),
            follows_disk: max_disk.is_none(),
            disk_share: stores,
            index_bytes: own.max_index_memory.or(self.max_index_memory).unwrap_or_else(|| {
                let whole = machine
                    .memory
                    .map_or(DEFAULT_INDEX, |memory| (memory / 8).clamp(LEAST_INDEX, MOST_INDEX));
                (whole / stores).max(LEAST_INDEX / 4)
            }),
            // One request's spans must fit, with what the index says of them.
            waiting_bytes: usize::try_from(self.max_waiting.max(self.max_request.saturating_mul(2)))
                .unwrap_or(usize::MAX / 2),
            ..Limits::default()
        }
    }

    /// How long a tenant's spans and log lines are kept; `None` for ever.
    pub fn retention(&self, tenant: &TenantName) -> Option<Duration> {
        let own = self.tenants.get(tenant).and_then(|own| own.retention_hours);
        let hours = own.unwrap_or(self.retention_hours);
        (hours > 0).then(|| Duration::from_secs(hours * 3600))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn the_store_fits_the_machine_unless_told_otherwise() {
        let machine = |memory, disk| Machine { memory, disk };
        let limits = |flags: &[&str], machine: &Machine| {
            let limits = Config::parse_from([&["x"], flags].concat()).limits(&TenantName::default(), machine);
            (limits.index_bytes, limits.max_disk)
        };
        let usual = machine(Some(8 << 30), Some(100 << 30));
        assert_eq!(limits(&[], &usual), (1 << 30, Some(80 << 30)));
        assert_eq!(limits(&[], &machine(Some(256 << 20), None)), (64 << 20, None));
        assert_eq!(limits(&[], &machine(Some(1 << 40), None)), (4 << 30, None));
        assert_eq!(limits(&[], &machine(None, Some(0))), (512 << 20, Some(1 << 20)));
        let given = ["--max-disk", "1G", "--max-index-memory", "10M"];
        assert_eq!(limits(&given, &usual), (10 << 20, Some(1 << 30)));
        assert_eq!(limits(&["--max-disk", "0"], &usual).1, None);
    }

    #[test]
    fn tenants_share_the_machine_unless_told_otherwise() {
        let named = |name: &str| TenantName::try_from(name.to_owned()).unwrap();
        let token = |name: &str| Token {
            value: tokens::Secret(name.to_owned()),
            scopes: Vec::new(),
            tenant: Some(named(name)),
        };
        let mut config = Config::parse_from(["x"]);
        config.tokens = ["b", "a", "default", "b", "c"].map(token).into();
        let own = tenants::TenantLimits {
            retention_hours: Some(1),
            max_disk: Some(7 << 20),
            max_log_disk: None,
            max_index_memory: Some(3),
        };
        config.tenants.insert(named("b"), own);
        let names: Vec<String> = config.tenant_names().into_iter().map(String::from).collect();
        assert_eq!(names, ["default", "a", "b", "c"]);
        let machine = Machine { memory: Some(8 << 30), disk: Some(10 << 30) };
        let usual = config.limits(&named("a"), &machine);
        assert_eq!((usual.index_bytes, usual.max_disk), (256 << 20, Some(8 << 30)));
        assert_eq!((usual.follows_disk, usual.disk_share), (true, 4));
        let own = config.limits(&named("b"), &machine);
        assert_eq!((own.index_bytes, own.max_disk, own.follows_disk), (3, Some(7 << 20), false));
        assert_eq!(own.retention, Some(Duration::from_secs(3600)));
    }

    #[test]
    fn the_base_path_is_read_with_and_without_slashes() {
        for (text, prefix) in [("/", ""), ("", ""), ("/jaeger", "/jaeger"), ("a/b/", "/a/b")] {
            assert_eq!(Config::parse_from(["x", "--base-path", text]).prefix(), prefix);
        }
    }
}
