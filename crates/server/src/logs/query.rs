//! `GET /api/logs`: lines by trace, span, service, time, severity and text.

use super::criteria::LogQuery;
use super::line::{LogLine, severity_name, severity_number};
use super::store::LogStore;
use crate::jaeger::failure::Failure;
use crate::jaeger::json;
use crate::jaeger::params::{self, Params};
use crate::jaeger::queries::{Cost, Queries};
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::Write;

/// Lines of an answer where no number is asked for, and the most.
const DEFAULT_LINES: usize = 1000;
const MAX_LINES: usize = 50_000;

/// What queries of logs are answered from.
#[derive(Clone)]
pub struct LogQueries {
    /// The lines.
    pub store: LogStore,
    /// Runs queries.
    pub queries: Queries,
}

/// A line of the answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'l> {
    time_unix_nano: String,
    severity: &'static str,
    severity_number: u8,
    #[serde(skip_serializing_if = "str::is_empty")]
    service: &'l str,
    #[serde(rename = "traceID", skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(rename = "spanID", skip_serializing_if = "Option::is_none")]
    span: Option<String>,
    body: &'l str,
    attributes: &'l RawValue,
    resource: &'l RawValue,
}

/// Answers `GET /api/logs?traceID=&spanID=&service=&untraced=&start=&end=&severity=&text=&limit=`. Times are microseconds
/// since the Unix epoch, as in Jaeger's API; `severity` is the least one, a name or OTLP's number; `service` may be given
/// several times; `untraced=true` leaves out lines that belong to a trace.
pub async fn find(State(logs): State<LogQueries>, params: Params) -> Response<Body> {
    match answer(logs, &params).await {
        Ok(body) => json(StatusCode::OK, body),
        Err(failure) => {
            let (status, why) = failure.message();
            let mut response = json(status, serde_json::json!({ "error": why }).to_string());
            failure.put_retry_after(&mut response);
            response
        }
    }
}

async fn answer(LogQueries { store, queries }: LogQueries, params: &Params) -> Result<Body, Failure> {
    let query = read(params).map_err(Failure::Parameter)?;
    let cost = if query.trace.is_some() { Cost::Trace } else { Cost::Scan };
    queries
        .run(cost, move |out| {
            let watch = out.watch().clone();
            // One more says whether there are more.
            let asked = LogQuery { limit: query.limit + 1, ..query };
            let mut lines = store.find(&asked, || watch.check().is_err())?;
            let truncated = lines.len() == asked.limit;
            lines.truncate(asked.limit - 1);
            write!(out, "{{\"truncated\":{truncated},\"logs\":[")?;
            for (number, line) in lines.iter().enumerate() {
                if number > 0 {
                    out.write_all(b",")?;
                }
                write_line(out, line)?;
            }
            out.write_all(b"]}")?;
            Ok(())
        })
        .await
}

fn write_line(out: &mut impl Write, line: &LogLine) -> std::io::Result<()> {
    let raw = |text: &str| RawValue::from_string(text.to_owned());
    let line = Line {
        time_unix_nano: line.time.to_string(),
        severity: severity_name(line.severity),
        severity_number: line.severity,
        service: &line.service,
        trace: line.trace.map(|id| format!("{id:032x}")),
        span: line.span.map(|id| format!("{id:016x}")),
        body: &line.body,
        attributes: &raw(&line.attributes)?,
        resource: &raw(&line.resource)?,
    };
    Ok(serde_json::to_writer(out, &line)?)
}

fn read(params: &Params) -> Result<LogQuery, String> {
    let time = |name: &str| -> Result<Option<u64>, String> {
        let Some(text) = params.get(&[name]) else { return Ok(None) };
        let micros: u64 =
            text.parse().map_err(|_| format!("{name}: {text:?} is not a number of microseconds"))?;
        Ok(Some(micros.saturating_mul(1000)))
    };
    let trace = params.get(&["traceID", "trace_id"]).map(params::trace_id).transpose()?;
    let span = params.get(&["spanID", "span_id"]);
    let span = span.map(|text| {
        u64::from_str_radix(text, 16).map_err(|_| format!("spanID: {text:?} is not hexadecimal"))
    });
    let severity = params.get(&["severity"]);
    let severity = severity
        .map(|text| severity_number(text).ok_or_else(|| format!("severity: {text:?} is not a severity")));
    let limit = params.get(&["limit"]);
    let limit = limit.map(|text| text.parse().map_err(|_| format!("limit: {text:?} is not a number")));
    Ok(LogQuery {
        trace: trace.map(|id| id.0),
        span: span.transpose()?,
        services: params.all("service").filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        untraced: params.flag(&["untraced"]).map_err(|why| format!("untraced: {why}"))?,
        from: time("start")?,
        // The whole of the last microsecond.
        to: time("end")?.map(|time| time.saturating_add(999)),
        severity: severity.transpose()?.unwrap_or(0),
        text: params.get(&["text"]).map(str::to_owned),
        limit: limit.transpose()?.unwrap_or(DEFAULT_LINES).clamp(1, MAX_LINES),
    })
}
