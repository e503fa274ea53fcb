//! `[[forward]]` of the file of settings: where received spans and log lines go on to, which of them, and how.

pub use super::endpoint::{Endpoint, Signal};
pub use super::forward_values::{Count, Header, Name, Pattern, Ratio, Time};
use super::tenants::TenantName;
use super::values::Size;
use axum::http::HeaderName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// A target.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// By which metrics, logs and the queue's file name it.
    pub name: Name,
    /// Where it is. OTLP over HTTP: the whole URL; `/v1/traces` (`/v1/logs` for lines) is added to one without a path,
    /// and one of these at its end stands for the other too.
    pub endpoint: Endpoint,
    /// What goes there.
    #[serde(default = "only_traces")]
    pub signals: Vec<Signal>,
    /// Whose data goes there; that of all tenants where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenants: Option<Vec<TenantName>>,
    /// How it is spoken to.
    #[serde(default)]
    pub protocol: Protocol,
    /// Headers of every request.
    #[serde(default)]
    pub headers: BTreeMap<String, Header>,
    /// How requests are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// How long one request may take.
    #[serde(default = "ten_seconds")]
    pub timeout: Time,
    /// Requests under way at once.
    #[serde(default = "four")]
    pub connections: Count,
    /// Certificates (PEM) that are trusted beside the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// How much goes into one request.
    #[serde(default)]
    pub batch: Batch,
    /// How much may wait on disk.
    #[serde(default)]
    pub queue: QueueSize,
    /// How soon a request that failed is sent again.
    #[serde(default)]
    pub retry: Retry,
    /// Which spans go there.
    #[serde(default)]
    pub keep: Keep,
    /// Share of the traces that goes there, chosen by trace id.
    #[serde(default = "all")]
    pub sample: Ratio,
    /// Which traces go there, decided when their spans are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    /// What never leaves.
    #[serde(default)]
    pub redact: Redact,
}

impl Forward {
    /// Whether data of a tenant goes there.
    pub fn is_for(&self, tenant: &TenantName) -> bool {
        self.tenants.as_ref().is_none_or(|tenants| tenants.contains(tenant))
    }
}

/// How a target is spoken to, as `OTEL_EXPORTER_OTLP_PROTOCOL` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Protocol {
    /// OTLP over HTTP in protobuf.
    #[default]
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    /// OTLP over HTTP in JSON.
    #[serde(rename = "http/json")]
    HttpJson,
    /// OTLP over gRPC.
    #[serde(rename = "grpc")]
    Grpc,
}

/// How requests are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// With gzip.
    #[default]
    Gzip,
    /// Not at all.
    None,
}

/// How much goes into one request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Batch {
    /// Spans at most.
    pub spans: Count,
    /// Bytes before compression; a single span may be larger.
    pub bytes: Size,
    /// How long a span waits for others at most.
    pub delay: Time,
}

impl Default for Batch {
    fn default() -> Self {
        Batch { spans: Count(2048), bytes: Size(2 << 20), delay: Time(Duration::from_millis(200)) }
    }
}

/// How much may wait on disk.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueSize {
    /// Bytes on disk; when they are used up the oldest spans are dropped.
    pub bytes: Size,
}

impl Default for QueueSize {
    fn default() -> Self {
        QueueSize { bytes: Size(1 << 30) }
    }
}

/// How soon a request that failed is sent again: after `first`, then after twice as long each time, at most `most`, each
/// shortened by up to a half at random.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Before the second attempt.
    pub first: Time,
    /// Between any two attempts, unless the target asks for more.
    pub most: Time,
}

impl Default for Retry {
    fn default() -> Self {
        Retry { first: Time(Duration::from_secs(1)), most: Time(Duration::from_secs(60)) }
    }
}

/// Which spans and lines go to a target: those for which everything holds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keep {
    /// Only spans of these services; of all where empty.
    pub services: Vec<String>,
    /// No spans of these services.
    pub without_services: Vec<String>,
    /// Only spans with all of these attributes (their own or their resource's), whose value matches.
    pub attributes: BTreeMap<String, Pattern>,
    /// No spans with any of these.
    pub without_attributes: BTreeMap<String, Pattern>,
    /// Only spans with an error status, and lines that are errors or worse.
    pub errors_only: bool,
}

/// Which traces go to a target, decided `wait` after the first span of each arrived. It does not hold for lines.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tail {
    /// How long the other spans of a trace are waited for.
    pub wait: Time,
    /// All traces with an error.
    #[serde(default = "yes")]
    pub errors: bool,
    /// All traces that take at least so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slower: Option<Time>,
    /// Share of the others, chosen by trace id.
    #[serde(default = "none")]
    pub ratio: Ratio,
}

/// What never leaves, replaced by `[redacted]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redact {
    /// Values of attributes whose key matches one of these.
    pub keys: Vec<Pattern>,
    /// What matches within values of attributes, names of spans and events, status messages, and texts of lines.
    pub values: Vec<Pattern>,
}

fn only_traces() -> Vec<Signal> {
    vec![Signal::Traces]
}

fn ten_seconds() -> Time {
    Time(Duration::from_secs(10))
}

fn four() -> Count {
    Count(4)
}

fn all() -> Ratio {
    Ratio(1.0)
}

fn none() -> Ratio {
    Ratio(0.0)
}

fn yes() -> bool {
    true
}

/// What is wrong with targets that each are well written; with the key that is meant.
pub fn check(targets: &[Forward]) -> Result<(), (String, String)> {
    for (index, target) in targets.iter().enumerate() {
        let name = &target.name;
        if targets[..index].iter().any(|other| other.name == *name) {
            return Err((format!("forward[{index}].name"), format!("the name {:?} is used twice", name.0)));
        }
        let signals = &target.signals;
        let key = || format!("forward[{index}].signals");
        if signals.is_empty() {
            return Err((key(), "expected at least one of \"traces\" and \"logs\"".to_owned()));
        }
        if signals.iter().enumerate().any(|(place, signal)| signals[..place].contains(signal)) {
            return Err((key(), "one is named twice".to_owned()));
        }
        if signals.len() > 1 && target.protocol != Protocol::Grpc && !target.endpoint.is_for_both() {
            let why =
                "the path of the endpoint ends neither with /v1/traces nor with /v1/logs: name two targets";
            return Err((key(), why.to_owned()));
        }
        if let Some(header) =
            target.headers.keys().find(|header| HeaderName::try_from(header.as_str()).is_err())
        {
            let key = format!("forward[{index}].headers");
            return Err((key, format!("{header:?} is not the name of a header")));
        }
    }
    Ok(())
}
