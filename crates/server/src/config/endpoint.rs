//! Where a target of forwarding is, and the kinds of data that go there: the URL of each.

use axum::http::Uri;
use serde::{Deserialize, Serialize};

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

    /// Whether the URLs of both signals are known.
    pub fn is_for_both(&self) -> bool {
        self.url(Signal::Traces) != self.url(Signal::Logs)
    }
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
