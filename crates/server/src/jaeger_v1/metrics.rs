//! `/api/metrics/{latencies,calls,errors,minstep}`: parameters with Jaeger's messages, answers in its shape (a
//! `MetricFamily` of OpenMetrics, without the envelope).
//!
//! `/api/metrics/calls?entrySpans=true` answers our own page at once: requests, errors and percentiles of a service's entry
//! spans over the whole window, per time slice and per operation, in a member `entrySpans` beside those of Jaeger. Its time
//! slices and the part of the window that is covered are chosen here. A Jaeger ignores the parameter.

use super::query::required;
use super::refusal::Refusal;
use crate::jaeger::failure::Failure;
use crate::jaeger::params::{self, Params};
use crate::jaeger::query::FromParams;
use crate::jaeger::span_metrics::{MOST_POINTS, Measure, Measured, MetricsQuery, MetricsSeries};
use serde_json::{Value, json};
use spandrel_trace::analysis::entries::MeasuredService;
use spandrel_trace::analysis::metrics::{Bucket, Quantiles};
use spandrel_trace::model::SpanKind;

const MILLISECOND: u64 = 1_000_000;
/// Defaults in milliseconds: an hour, five seconds, ten minutes.
const LOOKBACK: u64 = 3_600_000;
const STEP: u64 = 5_000;
const RATE_PER: u64 = 600_000;

/// Parameters of any of the three.
pub struct MetricsParams {
    services: Vec<String>,
    quantile: Option<f64>,
    by_operation: bool,
    entry_spans: bool,
    kinds: Vec<u32>,
    end: u64,
    lookback: u64,
    step: u64,
    rate_per: u64,
}

impl FromParams for MetricsParams {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        required(params, "service")
            .map_err(|_| unreadable("service", "please provide at least one service name"))?;
        let mut services: Vec<String> = Vec::new();
        for text in params.all("service").filter(|text| !text.is_empty()) {
            // Jaeger's page joins names with commas; a name may have one, too.
            services.push(text.to_owned());
            services.extend(text.split(',').filter(|name| *name != text).map(str::to_owned));
        }
        let quantile = params.get(&["quantile"]).and_then(|text| text.parse::<f64>().ok());
        let milliseconds = |name: &'static str| match params.get(&[name]).map(params::integer) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(u64::try_from(number).unwrap_or(0))),
            Some(Err(why)) => Err(unreadable(name, &why)),
        };
        let end = milliseconds("endTs")?.unwrap_or_else(|| params::now() / MILLISECOND);
        let lookback = milliseconds("lookback")?.unwrap_or(LOOKBACK);
        let step = milliseconds("step")?.unwrap_or(STEP);
        let rate_per = milliseconds("ratePer")?.unwrap_or(RATE_PER);
        let by_operation =
            params.flag(&["groupByOperation"]).map_err(|why| unreadable("groupByOperation", &why))?;
        let entry_spans = params.flag(&["entrySpans"]).map_err(|why| unreadable("entrySpans", &why))?;
        let mut kinds = Vec::new();
        for text in params.all("spanKind") {
            let name = text.to_ascii_lowercase();
            let kind = SpanKind::ALL.iter().position(|kind| kind.name_or_unspecified() == name);
            kinds.push(
                kind.ok_or_else(|| unreadable("spanKind", &format!("unsupported span kind: '{text}'")))?
                    as u32,
            );
        }
        if kinds.is_empty() {
            kinds.push(2);
        }
        for (name, value) in [("step", step), ("ratePer", rate_per)] {
            if value == 0 {
                return Err(unreadable(name, "must be at least 1"));
            }
        }
        if lookback / step > MOST_POINTS {
            let why = format!("exceeded maximum resolution of {MOST_POINTS} points per time series");
            return Err(unreadable("step", &why));
        }
        Ok(MetricsParams {
            services,
            quantile,
            by_operation,
            entry_spans,
            kinds,
            end,
            lookback,
            step,
            rate_per,
        })
    }
}

impl MetricsParams {
    /// The query of `latencies`, `calls` or `errors`.
    pub fn query(self, kind: &str) -> Result<MetricsQuery, Failure> {
        let measure = match kind {
            "calls" if self.entry_spans => Measure::EntrySpans,
            "calls" => Measure::Calls,
            "errors" => Measure::Errors,
            _ => {
                let quantile = self.quantile.filter(|quantile| (0.0..=1.0).contains(quantile));
                Measure::Latencies(
                    quantile
                        .ok_or_else(|| unreadable("quantile", "please provide a quantile between 0 and 1"))?,
                )
            }
        };
        let nanoseconds = |milliseconds: u64| milliseconds.saturating_mul(MILLISECOND);
        // Entry spans are measured over all of the time, which points may not divide.
        let (steps, step) = match measure {
            Measure::EntrySpans => (1, self.lookback.max(1)),
            _ => (self.lookback / self.step, self.step),
        };
        Ok(MetricsQuery {
            measure,
            services: self.services,
            by_operation: self.by_operation,
            kinds: self.kinds,
            start: nanoseconds(self.end.saturating_sub(self.lookback)),
            steps,
            step: nanoseconds(step),
            rate_per: nanoseconds(self.rate_per),
        })
    }
}

fn unreadable(name: &str, why: &str) -> Failure {
    Failure::Parameter(format!("unable to parse param '{name}': {why}"))
}

/// The answer.
pub fn family(query: &MetricsQuery, measured: &Measured) -> Value {
    let series = match measured {
        Measured::Series(series) => series,
        Measured::EntrySpans(measured) => return entry_spans(measured),
    };
    let (of, grouped) = match query.by_operation {
        true => ("service_operation", "service & operation"),
        false => ("service", "service"),
    };
    let (name, help) = match query.measure {
        Measure::Calls | Measure::EntrySpans => ("call_rate", format!("calls/sec, grouped by {grouped}")),
        Measure::Errors => (
            "error_rate",
            format!("error rate, computed as a fraction of errors/sec over calls/sec, grouped by {grouped}"),
        ),
        Measure::Latencies(quantile) => {
            ("latencies", format!("{quantile}th quantile latency, grouped by {grouped}"))
        }
    };
    let metrics: Vec<Value> = series.iter().map(|series| metric(query, series)).collect();
    json!({ "name": format!("{of}_{name}"), "type": "GAUGE", "help": help, "metrics": metrics })
}

fn metric(query: &MetricsQuery, series: &MetricsSeries) -> Value {
    let mut labels = Vec::new();
    if query.by_operation {
        labels.push(json!({ "name": "operation", "value": series.operation }));
    }
    labels.push(json!({ "name": "service_name", "value": series.service }));
    let points = series.values.iter().enumerate().map(|(at, value)| {
        let time = query.start.saturating_add(query.step.saturating_mul(at as u64));
        let time = jiff::Timestamp::from_nanosecond(i128::from(time)).unwrap_or(jiff::Timestamp::MAX);
        // Numbers that JSON has not are texts.
        let value = if value.is_finite() { json!(value) } else { json!("NaN") };
        json!({ "gaugeValue": { "doubleValue": value }, "timestamp": time.to_string() })
    });
    json!({ "labels": labels, "metricPoints": points.collect::<Vec<_>>() })
}

/// What was measured of entry spans; `spandrel_trace::engine` reads it.
fn entry_spans(measured: &MeasuredService) -> Value {
    let metrics = &measured.metrics;
    let slices = metrics.buckets.iter().filter(|bucket| bucket.calls > 0).map(|bucket| {
        let mut slice = counted(bucket);
        slice["startTimeUnixNano"] = json!(bucket.window.start_unix.to_string());
        slice
    });
    let operations = measured.operations.iter().map(|operation| {
        let latency = Quantiles { p50: operation.p50, p95: operation.p95, ..Quantiles::default() };
        let bucket = Bucket {
            calls: operation.requests,
            errors: operation.errors,
            latency: Some(latency),
            ..Bucket::default()
        };
        let mut counted = counted(&bucket);
        counted["name"] = json!(operation.name);
        counted["change"] = json!(operation.change);
        counted
    });
    let covered = metrics.total.window;
    json!({
        "name": "service_call_rate", "type": "GAUGE", "help": "entry spans of a service", "metrics": [],
        "entrySpans": {
            "startTimeUnixNano": covered.start_unix.to_string(),
            "endTimeUnixNano": covered.end_unix.to_string(),
            "sliceNanos": metrics.width.to_string(),
            "total": counted(&metrics.total),
            "slices": slices.collect::<Vec<_>>(),
            "operations": operations.collect::<Vec<_>>(),
        },
    })
}

fn counted(bucket: &Bucket) -> Value {
    let latency = bucket.latency;
    json!({
        "requests": bucket.calls,
        "errors": bucket.errors,
        "p50Nanos": latency.map(|latency| latency.p50),
        "p95Nanos": latency.and_then(|latency| latency.p95),
        "p99Nanos": latency.and_then(|latency| latency.p99),
        "maxNanos": latency.and_then(|latency| latency.max),
    })
}
