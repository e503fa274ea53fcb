//! `[[forward]]` of the file of settings: where received spans and log lines go on to, which of them, and how.

use super::tenants::TenantName;
use super::values::{self, HIDDEN, Size};
use axum::http::{HeaderName, HeaderValue, Uri};
use regex_lite::Regex;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
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

/// What kind of data a request holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// Spans: `ExportTraceServiceRequest`.
    Traces,
    /// Log lines: `ExportLogsServiceRequest`.
    Logs,
}

impl Signal {
    /// What is counted of it, in words.
    pub fn unit(self) -> &'static str {
        match self {
            Signal::Traces => "spans",
            Signal::Logs => "log lines",
        }
    }

    /// OTLP's path over HTTP.
    pub fn path(self) -> &'static str {
        match self {
            Signal::Traces => "/v1/traces",
            Signal::Logs => "/v1/logs",
        }
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

/// A duration, such as `5s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Time(pub Duration);

impl TryFrom<String> for Time {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        values::time(&text)
            .map(Time)
            .ok_or(format!("{text:?} is not a duration such as \"200ms\", \"5s\" or \"2m\""))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}ms", self.0.as_millis()))
    }
}

/// A number of at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "i64")]
pub struct Count(pub u32);

impl TryFrom<i64> for Count {
    type Error = String;
    fn try_from(number: i64) -> Result<Self, String> {
        let number = u32::try_from(number).ok().filter(|number| *number > 0);
        number.map(Count).ok_or("expected a number from 1 to 4294967295".to_owned())
    }
}

/// A share from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "f64")]
pub struct Ratio(pub f64);

impl TryFrom<f64> for Ratio {
    type Error = String;
    fn try_from(number: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&number) {
            Ok(Ratio(number))
        } else {
            Err(format!("{number} is not from 0.0 to 1.0"))
        }
    }
}

/// A regular expression, which is linear in the text that it is matched with.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(pub Regex);

impl TryFrom<String> for Pattern {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Regex::new(&text)
            .map(Pattern)
            .map_err(|error| format!("{text:?} is not a regular expression: {error}"))
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.as_str())
    }
}

/// A name that can be part of a file's name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct Name(pub String);

impl TryFrom<String> for Name {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=64).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(Name(text));
        }
        Err(format!("{text:?} is not 1 to 64 letters, digits, `-` and `_`"))
    }
}

/// A URL with `http` or `https`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct Endpoint(pub String);

impl TryFrom<String> for Endpoint {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let uri: Option<Uri> = text.parse().ok();
        let fits = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        if uri.as_ref().is_some_and(fits) {
            return Ok(Endpoint(text));
        }
        Err(format!("{text:?} is not a URL such as \"https://traces.example/v1/traces\""))
    }
}

impl Endpoint {
    /// The URL of OTLP over HTTP for a signal: its path is added where there is none, and takes the place of the other's.
    pub fn url(&self, signal: Signal) -> String {
        let url = self.0.as_str();
        let path = signal.path();
        let below = url.split_once("://").map_or(url, |(_, rest)| rest);
        match below.split_once('/') {
            None => format!("{url}{path}"),
            Some((_, "")) => format!("{}{path}", url.trim_end_matches('/')),
            Some(_) => match self.without_path() {
                Some(before) => format!("{before}{path}"),
                None => url.to_owned(),
            },
        }
    }

    /// What stands before OTLP's path, if the URL ends with one.
    fn without_path(&self) -> Option<&str> {
        [Signal::Traces, Signal::Logs].iter().find_map(|signal| self.0.strip_suffix(signal.path()))
    }

    fn is_for_both(&self) -> bool {
        self.url(Signal::Traces) != self.url(Signal::Logs)
    }
}

/// The value of a header, which may be a secret.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Header(pub HeaderValue);

impl TryFrom<String> for Header {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        let mut value = HeaderValue::try_from(text).map_err(|_| "a header's value is visible ASCII")?;
        value.set_sensitive(true);
        Ok(Header(value))
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(HIDDEN)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_signal_is_added_where_there_is_none_and_stands_for_the_other() {
        for (endpoint, traces, logs) in [
            ("http://a:4318", "http://a:4318/v1/traces", "http://a:4318/v1/logs"),
            ("http://a:4318/", "http://a:4318/v1/traces", "http://a:4318/v1/logs"),
            ("https://a/otlp/v1/traces", "https://a/otlp/v1/traces", "https://a/otlp/v1/logs"),
            ("https://a/otlp/v1/logs", "https://a/otlp/v1/traces", "https://a/otlp/v1/logs"),
            ("https://a/x?y=1", "https://a/x?y=1", "https://a/x?y=1"),
        ] {
            let endpoint = Endpoint(endpoint.to_owned());
            assert_eq!(
                (endpoint.url(Signal::Traces), endpoint.url(Signal::Logs)),
                (traces.into(), logs.into())
            );
        }
    }
}
