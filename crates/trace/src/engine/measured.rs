//! Parses answers of Jaeger's metrics API: a `MetricFamily` of OpenMetrics as JSON, or what our own server measured of a
//! service's entry spans in a member of its own.

use super::question::Answer;
use super::responses::{number, object, text};
use crate::analysis::entries::{MeasuredService, OperationMetrics};
use crate::analysis::metric_series::{MetricPoint, MetricSeries};
use crate::analysis::metrics::{Bucket, Metrics, Quantiles, TimeWindow, empty};
use crate::source::ServiceMetricsQuery;
use crate::units::parse_rfc3339;
use serde::Deserialize;

/// Points of all series of an answer at most: Prometheus has at most 11,000 of one.
const MOST_POINTS: usize = 1 << 20;

/// The answer to a query.
pub fn answer(body: &[u8], query: &ServiceMetricsQuery) -> Result<Answer, String> {
    let family: Family = object(body)?;
    match family.entry_spans {
        Some(measured) => measured.read(query).map(|measured| Answer::Measured(Box::new(measured))),
        None if family.name.is_empty() => Err("expected a metric family".to_owned()),
        None => series(family.metrics.unwrap_or_default()).map(Answer::MetricSeries),
    }
}

fn series(metrics: Vec<Metric>) -> Result<Vec<MetricSeries>, String> {
    let mut points = 0;
    let series = metrics.into_iter().map(|metric| {
        points += metric.metric_points.as_ref().map_or(0, Vec::len);
        if points > MOST_POINTS {
            return Err(format!("more than {MOST_POINTS} points"));
        }
        let labels = metric.labels.unwrap_or_default();
        let operation = labels.into_iter().find(|label| label.name == "operation");
        let point = |point: Point| {
            let end_unix = parse_rfc3339(&point.timestamp).ok_or("a point without a time")?;
            Ok(MetricPoint {
                end_unix,
                value: point.gauge_value.and_then(|gauge| gauge.double_value.value()),
            })
        };
        let points = metric.metric_points.unwrap_or_default().into_iter().map(point);
        let mut points = points.collect::<Result<Vec<_>, String>>()?;
        points.sort_by_key(|point| point.end_unix);
        Ok(MetricSeries { operation: operation.map(|label| label.value).unwrap_or_default(), points })
    });
    series.collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Family {
    #[serde(default, deserialize_with = "text")]
    name: String,
    metrics: Option<Vec<Metric>>,
    entry_spans: Option<Measured>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    labels: Option<Vec<Label>>,
    metric_points: Option<Vec<Point>>,
}

#[derive(Deserialize)]
struct Label {
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Point {
    gauge_value: Option<Gauge>,
    #[serde(default, deserialize_with = "text")]
    timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gauge {
    #[serde(default)]
    double_value: Double,
}

/// A number, or a text where it is none that JSON has.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Double {
    Number(f64),
    Text(String),
    #[default]
    Absent,
}

impl Double {
    fn value(self) -> Option<f64> {
        let value = match self {
            Double::Number(value) => Some(value),
            Double::Text(text) => text.parse().ok(),
            Double::Absent => None,
        };
        value.filter(|value: &f64| value.is_finite() && *value >= 0.0)
    }
}

/// What our own server measured over the part of the window that is covered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Measured {
    #[serde(deserialize_with = "number")]
    start_time_unix_nano: u64,
    #[serde(deserialize_with = "number")]
    end_time_unix_nano: u64,
    #[serde(deserialize_with = "number")]
    slice_nanos: u64,
    total: Counted,
    /// Time slices with requests, in order.
    slices: Vec<Slice>,
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Slice {
    #[serde(deserialize_with = "number")]
    start_time_unix_nano: u64,
    #[serde(flatten)]
    counted: Counted,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    #[serde(deserialize_with = "text")]
    name: String,
    change: Option<f64>,
    #[serde(flatten)]
    counted: Counted,
}

/// Durations are of samples, so there is a p99 where there are enough of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    requests: u64,
    errors: u64,
    p50_nanos: Option<u64>,
    p95_nanos: Option<u64>,
    p99_nanos: Option<u64>,
    max_nanos: Option<u64>,
}

impl Counted {
    fn bucket(&self, empty: Bucket) -> Result<Bucket, String> {
        if self.errors > self.requests {
            return Err(format!("{} errors of {} requests", self.errors, self.requests));
        }
        let count = |number: u64| usize::try_from(number).map_err(|_| "a number is too large".to_owned());
        let (p95, p99, max) = (self.p95_nanos, self.p99_nanos, self.max_nanos);
        let latency = self.p50_nanos.map(|p50| Quantiles { p50, p95, p99, max });
        if latency.is_some() != (self.requests > 0) {
            return Err("durations without requests, or requests without durations".to_owned());
        }
        Ok(Bucket { calls: count(self.requests)?, errors: count(self.errors)?, latency, ..empty })
    }
}

impl Measured {
    fn read(self, query: &ServiceMetricsQuery) -> Result<MeasuredService, String> {
        let covered = TimeWindow { start_unix: self.start_time_unix_nano, end_unix: self.end_time_unix_nano };
        let asked = query.lookback_ms.saturating_mul(1_000_000);
        if covered.length() == 0 || covered.length() > asked {
            return Err("another time than was asked for".to_owned());
        }
        let mut metrics: Metrics = empty(covered, self.slice_nanos);
        metrics.total = self.total.bucket(metrics.total.clone())?;
        let mut calls = 0;
        for slice in &self.slices {
            let starts = |bucket: &Bucket| bucket.window.start_unix;
            let at = metrics.buckets.binary_search_by_key(&slice.start_time_unix_nano, starts);
            let Some(bucket) = at.ok().and_then(|at| metrics.buckets.get_mut(at)) else {
                return Err("a time slice outside of the window".to_owned());
            };
            *bucket = slice.counted.bucket(bucket.clone())?;
            calls += bucket.calls;
        }
        if calls != metrics.total.calls {
            return Err(format!("{calls} requests in time slices, {} in all", metrics.total.calls));
        }
        let operations = self.operations.into_iter().map(|operation| {
            let Bucket { calls, errors, latency, .. } = operation.counted.bucket(Bucket::default())?;
            let latency = latency.unwrap_or_default();
            let change = operation.change.filter(|change| change.is_finite());
            let (p50, p95) = (latency.p50, latency.p95);
            Ok(OperationMetrics { name: operation.name, requests: calls, errors, p50, p95, change })
        });
        Ok(MeasuredService { operations: operations.collect::<Result<_, String>>()?, metrics })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Answer, String> {
        answer(
            body.as_bytes(),
            &ServiceMetricsQuery { lookback_ms: 60_000, ..ServiceMetricsQuery::default() },
        )
    }

    fn measured(total: u64, slice: &str) -> Result<Answer, String> {
        read(&format!(
            r#"{{"name":"service_call_rate","metrics":[],"entrySpans":{{
                "startTimeUnixNano":"105000000000","endTimeUnixNano":"123000000000","sliceNanos":"10000000000",
                "total":{{"requests":{total},"errors":1,"p50Nanos":40,"maxNanos":80}},
                "slices":[{{"startTimeUnixNano":"110000000000","requests":2,"errors":1,"p50Nanos":40,"maxNanos":80{slice}}}],
                "operations":[{{"name":"GET /","requests":2,"errors":1,"p50Nanos":40,"maxNanos":80,"change":0.5}}]}}}}"#
        ))
    }

    #[test]
    fn what_our_own_server_measured_is_read() {
        let Ok(Answer::Measured(read)) = measured(2, "") else { panic!("{:?}", measured(2, "")) };
        let calls: Vec<_> = read.metrics.buckets.iter().map(|bucket| bucket.calls).collect();
        assert_eq!(calls, [0, 2, 0]);
        assert_eq!((read.metrics.total.calls, read.metrics.total.errors), (2, 1));
        assert_eq!(read.operations[0].change, Some(0.5));
        assert_eq!(read.operations[0].p50, 40);
    }

    #[test]
    fn contradictions_are_errors() {
        assert!(measured(3, "").unwrap_err().contains("2 requests in time slices, 3 in all"));
        assert!(measured(2, r#","requests":0"#).is_err());
        for body in [
            "[]",
            "{}",
            r#"{"data":[]}"#,
            r#"{"name":"x","metrics":{}}"#,
            r#"{"name":"x","metrics":[{"metricPoints":[{"timestamp":"never"}]}]}"#,
            r#"{"name":"x","entrySpans":{}}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
        let beyond = r#"{"entrySpans":{"startTimeUnixNano":0,"endTimeUnixNano":"18446744073709551615","sliceNanos":1,
            "total":{"requests":0,"errors":0},"slices":[],"operations":[]}}"#;
        assert!(read(beyond).unwrap_err().contains("another time"));
    }

    #[test]
    fn series_of_a_real_jaeger_are_read() {
        let body = r#"{"name":"service_operation_call_rate","type":"GAUGE","help":"calls","metrics":[
            {"labels":[{"name":"operation","value":"GET /"},{"name":"service_name","value":"order"}],"metricPoints":[
                {"gaugeValue":{"doubleValue":"NaN"},"timestamp":"1970-01-01T00:02:00Z"},
                {"gaugeValue":{"doubleValue":0.5},"timestamp":"1970-01-01T00:01:00Z"},
                {"gaugeValue":null,"timestamp":"1970-01-01T00:03:00Z"}]},
            {"labels":null,"metricPoints":null}]}"#;
        let Ok(Answer::MetricSeries(series)) = read(body) else { panic!() };
        assert_eq!(series[0].operation, "GET /");
        let points: Vec<_> =
            series[0].points.iter().map(|point| (point.end_unix / 1_000_000_000, point.value)).collect();
        assert_eq!(points, [(60, Some(0.5)), (120, None), (180, None)]);
        assert_eq!(series[1], MetricSeries::default());
        assert_eq!(read(r#"{"name":"service_call_rate"}"#), Ok(Answer::MetricSeries(vec![])));
    }
}
