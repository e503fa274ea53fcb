//! Parses answers of Jaeger's metrics API: a `MetricFamily` of OpenMetrics as JSON, or what our own server measured of a
//! service's entry spans in a member of its own.

use super::responses::object;
use crate::analysis::entries::{MeasuredService, OperationMetrics};
use crate::analysis::metric_series::{MetricPoint, MetricSeries};
use crate::analysis::metrics::{Bucket, Quantiles, TimeWindow, empty};
use crate::source::ServiceMetricsQuery;
use crate::units::parse_rfc3339;
use serde_json::{Map, Value};

/// Points of all series of an answer at most: Prometheus has at most 11,000 of one.
const MOST_POINTS: usize = 1 << 20;

/// What a server counts of a service.
#[derive(Clone, Debug, PartialEq)]
pub enum ServiceCounts {
    /// Everything, measured by our own server.
    Measured(Box<MeasuredService>),
    /// What was asked for, as series.
    Series(Vec<MetricSeries>),
}

/// Reads the answer to a query. Values are read by name: derived readers would be much more code.
///
/// # Errors
/// Says what is missing, contradictory or too much.
pub fn read_metrics(body: &str, query: &ServiceMetricsQuery) -> Result<ServiceCounts, String> {
    let family = Value::Object(object::<Map<String, Value>>(body.as_bytes())?);
    match &family["entrySpans"] {
        Value::Null if family["name"].as_str().is_none_or(str::is_empty) => {
            Err("expected a metric family".to_owned())
        }
        Value::Null => series(list(&family["metrics"])?).map(ServiceCounts::Series),
        measured => read(measured, query).map(|measured| ServiceCounts::Measured(Box::new(measured))),
    }
}

/// A list; `null` and an absent member are an empty one.
fn list(value: &Value) -> Result<&[Value], String> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(list) => Ok(list),
        _ => Err("expected a list".to_owned()),
    }
}

/// An integer, or its decimal digits in a string.
fn integer(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn required(value: &Value, name: &str) -> Result<u64, String> {
    integer(&value[name]).ok_or_else(|| format!("expected a number as {name}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn series(metrics: &[Value]) -> Result<Vec<MetricSeries>, String> {
    let mut series = Vec::with_capacity(metrics.len());
    let mut count = 0;
    for metric in metrics {
        let operation = list(&metric["labels"])?.iter().find(|label| label["name"] == "operation");
        let operation = operation.map(|label| text(&label["value"])).unwrap_or_default();
        let list = list(&metric["metricPoints"])?;
        count += list.len();
        if count > MOST_POINTS {
            return Err(format!("more than {MOST_POINTS} points"));
        }
        let mut points = Vec::with_capacity(list.len());
        for point in list {
            let time = point["timestamp"].as_str().and_then(parse_rfc3339);
            let end_unix = time.ok_or("a point without a time")?;
            // A text where it is no number that JSON has.
            let value = point["gaugeValue"]["doubleValue"].as_f64();
            points.push(MetricPoint { end_unix, value: value.filter(|value| *value >= 0.0) });
        }
        points.sort_by_key(|point| point.end_unix);
        series.push(MetricSeries { operation, points });
    }
    Ok(series)
}

/// Reads what our own server measured over the part of the window that is covered.
fn read(measured: &Value, query: &ServiceMetricsQuery) -> Result<MeasuredService, String> {
    let covered = TimeWindow {
        start_unix: required(measured, "startTimeUnixNano")?,
        end_unix: required(measured, "endTimeUnixNano")?,
    };
    let asked = query.lookback_ms.saturating_mul(1_000_000);
    if covered.length() == 0 || covered.length() > asked {
        return Err("another time than was asked for".to_owned());
    }
    let mut metrics = empty(covered, required(measured, "sliceNanos")?);
    metrics.total = counted(&measured["total"], metrics.total)?;
    let mut calls = 0usize;
    for slice in list(&measured["slices"])? {
        let start = required(slice, "startTimeUnixNano")?;
        let at = metrics.buckets.binary_search_by_key(&start, |bucket| bucket.window.start_unix);
        let Some(bucket) = at.ok().and_then(|at| metrics.buckets.get_mut(at)) else {
            return Err("a time slice outside of the window".to_owned());
        };
        *bucket = counted(slice, std::mem::take(bucket))?;
        calls = calls.saturating_add(bucket.calls);
    }
    if calls != metrics.total.calls {
        return Err(format!("{calls} requests in time slices, {} in all", metrics.total.calls));
    }
    let mut operations = Vec::new();
    for operation in list(&measured["operations"])? {
        let Bucket { calls, errors, latency, .. } = counted(operation, Bucket::default())?;
        let Quantiles { p50, p95, .. } = latency.unwrap_or_default();
        let (name, change) = (text(&operation["name"]), operation["change"].as_f64());
        operations.push(OperationMetrics { name, requests: calls, errors, p50, p95, change });
    }
    Ok(MeasuredService { metrics, operations })
}

/// Reads numbers and durations of a time slice, an operation or of all.
fn counted(value: &Value, empty: Bucket) -> Result<Bucket, String> {
    let count =
        |name: &str| usize::try_from(required(value, name)?).map_err(|_| format!("{name} is too large"));
    let (calls, errors) = (count("requests")?, count("errors")?);
    if errors > calls {
        return Err(format!("{errors} errors of {calls} requests"));
    }
    let nanoseconds = |name: &str| integer(&value[name]);
    let latency = nanoseconds("p50Nanos").map(|p50| Quantiles {
        p50,
        p95: nanoseconds("p95Nanos"),
        p99: nanoseconds("p99Nanos"),
        max: nanoseconds("maxNanos"),
    });
    if latency.is_some() != (calls > 0) {
        return Err("durations without requests, or requests without durations".to_owned());
    }
    Ok(Bucket { calls, errors, latency, ..empty })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<ServiceCounts, String> {
        read_metrics(body, &ServiceMetricsQuery { lookback_ms: 60_000, ..ServiceMetricsQuery::default() })
    }

    fn measured(total: u64, slice: &str) -> Result<ServiceCounts, String> {
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
        let Ok(ServiceCounts::Measured(read)) = measured(2, "") else { panic!("{:?}", measured(2, "")) };
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
        let Ok(ServiceCounts::Series(series)) = read(body) else { panic!() };
        assert_eq!(series[0].operation, "GET /");
        let points: Vec<_> =
            series[0].points.iter().map(|point| (point.end_unix / 1_000_000_000, point.value)).collect();
        assert_eq!(points, [(60, Some(0.5)), (120, None), (180, None)]);
        assert_eq!(series[1], MetricSeries::default());
        assert_eq!(read(r#"{"name":"service_call_rate"}"#), Ok(ServiceCounts::Series(vec![])));
    }
}
