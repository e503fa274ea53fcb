//! Where the log lines of a service go: to the server that its spans go to, or to another intake that the environment names.
//!
//! `SPANDREL_DEMO_LOGS` is the kind of intake (`datadog`, `grafana`, `cloudwatch`, `generic`; `none` for nowhere) and
//! `SPANDREL_DEMO_LOGS_URL` its URL. Keys are taken from the environment as the log handler documents. Without them, lines
//! go to `/api/logs` of the OTLP/HTTP endpoint.

use axum::http::StatusCode;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use spandrel_logship::{Handler, Record, ServiceType, Severity};
use std::time::Duration;

/// Batch delay: short, so that lines appear soon in the viewer.
const INTERVAL: Duration = Duration::from_millis(300);

/// The time for closing; a server that is away does not hold the demo up.
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// The log of one service; nothing where no intake is known.
#[derive(Clone, Default)]
pub(crate) struct Logs(Option<Handler>);

impl Logs {
    /// The log of a service: `kind` and `url` as the environment has them, `otlp` the OTLP/HTTP endpoint of its spans. A
    /// wrong setting is warned about, and then nothing is sent.
    pub(crate) fn open(
        service: &'static str,
        kind: Option<String>,
        url: Option<String>,
        otlp: Option<String>,
    ) -> Self {
        let kind = kind.unwrap_or_else(|| "generic".to_owned());
        if kind == "none" {
            return Logs(None);
        }
        let own = otlp.map(|endpoint| format!("{}/api/logs", endpoint.trim_end_matches('/')));
        let url = url.or(own.filter(|_| kind == "generic"));
        if url.is_none() && kind == "generic" {
            return Logs(None);
        }
        let built = kind.parse::<ServiceType>().and_then(|kind| {
            let builder = Handler::builder(kind).service(service).flush_interval(INTERVAL).keys_from_env();
            match url {
                Some(url) => builder.api_url(url).build(),
                None => builder.build(),
            }
        });
        if let Err(why) = &built {
            tracing::warn!("{service} sends no logs: {why}");
        }
        Logs(built.ok())
    }

    /// A line about a request that was answered, in the span that answered it.
    pub(crate) fn answered(
        &self,
        cx: &Context,
        path: &str,
        status: StatusCode,
        took: Duration,
        correlation: Option<String>,
    ) {
        let Some(handler) = &self.0 else { return };
        let severity = match status {
            status if status.is_server_error() => Severity::Error,
            status if status.is_client_error() => Severity::Warning,
            _ => Severity::Info,
        };
        let span = cx.span();
        let ids = span.span_context();
        let milliseconds = took.as_secs_f64() * 1000.0;
        let mut record =
            Record::new(severity, format!("{path} answered {} in {milliseconds:.1} ms", status.as_u16()));
        (record.trace, record.span) = (Some(ids.trace_id()), Some(ids.span_id()));
        record = record.with("http.response.status_code", status.as_u16());
        if let Some(id) = correlation {
            record = record.with("correlation_id", id);
        }
        handler.emit(record);
    }

    /// Sends what is left. Blocks: call it from a thread that may wait.
    pub(crate) fn close(&self) {
        if let Some(handler) = &self.0 {
            let report = handler.close_within(CLOSE_TIME);
            if report.unsent > 0 {
                tracing::warn!("{} log lines could not be sent", report.unsent);
            }
        }
    }
}
