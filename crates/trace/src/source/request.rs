//! The HTTP request of each task. All URLs are listed in `tests/golden/requests.txt`.

use super::{Base, MetricsMeasure, SearchQuery, ServiceMetricsQuery, Source, Task};
use crate::units::{self, print_go_duration};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// Maximum number of log lines of a trace to load, so that the page can hold them.
const MOST_LINES: u32 = 10_000;

/// Maximum number of log lines without a trace to load.
const MOST_UNTRACED: u32 = 1_000;

/// The HTTP API. Jaeger has dependencies in v1 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// `/api/v3`, with OTLP responses; summaries since Jaeger 2.19.
    V3,
    /// `/api`, with Jaeger's own JSON; no search since Jaeger 2.21.
    V1,
    /// The eval-track API: records of calls, read as traces. All answers are computed from them.
    EvalTrack,
}

/// Number of records to load where names or calls are computed from them.
const RECORDS: u32 = 1000;

impl Api {
    /// The API that is tried first at a URL.
    pub fn first(base: &Base) -> Self {
        if base.is_eval_track() { Api::EvalTrack } else { Api::V3 }
    }
}

/// A request: always a GET without a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// URL: absolute, or relative to where the page is mounted (no leading slash) for the page's own server.
    pub url: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
}

/// The request for a task.
pub fn plan(base: &Base, api: Api, task: &Task) -> Request {
    let mut url = match base.as_str() {
        base if api == Api::EvalTrack => format!("{base}/traces"),
        "" => String::from("api"),
        base => format!("{base}/api"),
    };
    let mut query = Query::default();
    match (api, task) {
        (Api::EvalTrack, task) => records(task, &mut url, &mut query),
        (_, Task::Dependencies { end_unix_ms, lookback_ms }) => {
            url.push_str("/dependencies");
            query.add("endTs", &end_unix_ms.to_string());
            query.add("lookback", &lookback_ms.to_string());
        }
        (_, Task::Logs { trace }) => {
            url.push_str("/logs");
            query.add("traceID", trace);
            query.add("limit", &MOST_LINES.to_string());
        }
        (_, Task::UntracedLogs { start_unix_us, end_unix_us, services }) => {
            url.push_str("/logs");
            query.add("untraced", "true");
            services.iter().for_each(|service| query.add("service", service));
            query.add("start", &start_unix_us.to_string());
            query.add("end", &end_unix_us.to_string());
            query.add("limit", &MOST_UNTRACED.to_string());
        }
        (_, Task::Metrics(wanted)) => metrics(wanted, &mut url, &mut query),
        (Api::V3, Task::Services) => url.push_str("/v3/services"),
        (Api::V1, Task::Services) => url.push_str("/services"),
        (Api::V3, Task::Operations { service }) => {
            url.push_str("/v3/operations");
            query.add("service", service);
        }
        (Api::V1, Task::Operations { service }) => {
            url.push_str("/operations");
            query.add("service", service);
        }
        (Api::V3, Task::Trace { id }) => {
            url.push_str("/v3/traces/");
            url.extend(escaped(id));
        }
        (Api::V1, Task::Trace { id }) => {
            url.push_str("/traces/");
            url.extend(escaped(id));
        }
        (Api::V3, Task::Search(search)) => {
            url.push_str("/v3/trace-summaries");
            v3_search(search, true, &mut query);
        }
        (Api::V3, Task::DependenciesOfTraces(search) | Task::EntrySpans(search)) => {
            url.push_str("/v3/traces");
            v3_search(search, true, &mut query);
        }
        (Api::V1, Task::Search(search) | Task::DependenciesOfTraces(search) | Task::EntrySpans(search)) => {
            url.push_str("/traces");
            v1_search(search, &mut query);
        }
    }
    url.push_str(&query.0);
    Request { url, headers: vec![("accept".to_owned(), "application/json".to_owned())] }
}

impl Source {
    /// The URL of server-sent events with summaries of the traces that match, whenever they start, as they arrive; `None`
    /// where the source has none.
    pub fn live_url(&self, search: &SearchQuery) -> Option<String> {
        match self {
            // Spans that arrive have no log lines yet.
            Source::Spandrel(base) => search.log_text.is_empty().then(|| live_url(base, search)),
            Source::Jaeger(_) | Source::EvalTrack(_) | Source::Files => None,
        }
    }
}

/// The URL of a search's live updates: the parameters of a search, without times.
fn live_url(base: &Base, search: &SearchQuery) -> String {
    let mut query = Query::default();
    v3_search(search, false, &mut query);
    match base.as_str() {
        "" => format!("api/live{}", query.0),
        base => format!("{base}/api/live{}", query.0),
    }
}

fn records(task: &Task, url: &mut String, query: &mut Query) {
    match task {
        Task::Services => query.add("limit", &RECORDS.to_string()),
        Task::Operations { service } => {
            query.add("service", service);
            query.add("limit", &RECORDS.to_string());
        }
        // Records have no log lines (`Source::can`); the record is requested all the same.
        Task::Trace { id } | Task::Logs { trace: id } => {
            url.push('/');
            url.extend(escaped(id));
        }
        // Nor these, and there are no metrics.
        Task::UntracedLogs { .. } | Task::Metrics(_) => {}
        Task::Dependencies { end_unix_ms, lookback_ms } => {
            let microseconds = |milliseconds: u64| rfc3339(milliseconds.saturating_mul(1_000));
            query.add("start", &microseconds(end_unix_ms.saturating_sub(*lookback_ms)));
            query.add("end", &microseconds(*end_unix_ms));
            query.add("limit", &RECORDS.to_string());
        }
        Task::Search(search) | Task::DependenciesOfTraces(search) | Task::EntrySpans(search) => {
            query.add_some("service", &search.service);
            query.add_some("function_name", &search.operation);
            query.add("start", &rfc3339(search.start_unix_us));
            query.add("end", &rfc3339(search.end_unix_us));
            query.add_duration("min_duration", search.min_duration);
            query.add_duration("max_duration", search.max_duration);
            query.add("limit", &search.limit.to_string());
            if !search.tags.is_empty() {
                query.add("tags", &tags_as_json(&search.tags));
            }
        }
    }
}

fn metrics(wanted: &ServiceMetricsQuery, url: &mut String, query: &mut Query) {
    url.push_str(match wanted.measure {
        MetricsMeasure::EntrySpans | MetricsMeasure::Calls => "/metrics/calls",
        MetricsMeasure::Errors => "/metrics/errors",
        MetricsMeasure::Latency(_) => "/metrics/latencies",
    });
    query.add("service", &wanted.service);
    query.add("spanKind", "server");
    query.add("spanKind", "consumer");
    if let MetricsMeasure::Latency(percent) = wanted.measure {
        query.add("quantile", &(f64::from(percent) / 100.0).to_string());
    }
    if wanted.by_operation {
        query.add("groupByOperation", "true");
    }
    query.add("endTs", &wanted.end_unix_ms.to_string());
    query.add("lookback", &wanted.lookback_ms.to_string());
    query.add("step", &wanted.step_ms.to_string());
    query.add("ratePer", &wanted.step_ms.to_string());
    if wanted.measure == MetricsMeasure::EntrySpans {
        // Of our own; a Jaeger ignores it.
        query.add("entrySpans", "true");
    }
}

/// `with_times` is whether times and the number of traces are part of the query.
fn v3_search(search: &SearchQuery, with_times: bool, query: &mut Query) {
    query.add_some("query.service_name", &search.service);
    query.add_some("query.operation_name", &search.operation);
    if with_times {
        query.add("query.start_time_min", &rfc3339(search.start_unix_us));
        query.add("query.start_time_max", &rfc3339(search.end_unix_us));
    }
    query.add_duration("query.duration_min", search.min_duration);
    query.add_duration("query.duration_max", search.max_duration);
    query.add_some("query.log_text", &search.log_text);
    if with_times {
        query.add("query.num_traces", &search.limit.to_string());
        query.add("query.search_depth", &search.limit.to_string());
    }
    if !search.tags.is_empty() {
        query.add("query.attributes", &tags_as_json(&search.tags));
    }
}

fn v1_search(search: &SearchQuery, query: &mut Query) {
    query.add_some("service", &search.service);
    query.add_some("operation", &search.operation);
    query.add("start", &search.start_unix_us.to_string());
    query.add("end", &search.end_unix_us.to_string());
    query.add_duration("minDuration", search.min_duration);
    query.add_duration("maxDuration", search.max_duration);
    query.add("limit", &search.limit.to_string());
    if !search.tags.is_empty() {
        query.add("tags", &tags_as_json(&search.tags));
    }
}

/// Tags as a JSON object of strings, sorted by key, as in URLs.
pub fn tags_as_json(tags: &[(String, String)]) -> String {
    // Serializing a string cannot fail.
    let text = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let mut members: Vec<String> = Vec::with_capacity(tags.len());
    let mut sorted: Vec<&(String, String)> = tags.iter().collect();
    sorted.sort_by_key(|(key, _)| key);
    for (key, value) in sorted {
        members.push(format!("{}:{}", text(key), text(value)));
    }
    format!("{{{}}}", members.join(","))
}

/// RFC 3339 in UTC with microseconds, the format of v3.
fn rfc3339(us: u64) -> String {
    // The limit of `u64` nanoseconds, the year 2554.
    let us = us.min(u64::MAX / 1_000);
    let whole = units::rfc3339(us / 1_000_000 * 1_000_000_000);
    format!("{}.{:06}Z", whole.trim_end_matches('Z'), us % 1_000_000)
}

#[derive(Default)]
struct Query(String);

impl Query {
    fn add(&mut self, key: &str, value: &str) {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(key);
        self.0.push('=');
        self.0.extend(escaped(value));
    }

    fn add_duration(&mut self, key: &str, nanoseconds: Option<u64>) {
        if let Some(nanoseconds) = nanoseconds {
            self.add(key, &print_go_duration(nanoseconds));
        }
    }

    fn add_some(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.add(key, value);
        }
    }
}

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn escaped(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}
