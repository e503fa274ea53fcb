//! `/metrics`: what the server counts, in the text format that Prometheus scrapes.

use crate::forwarding::{Signal, Status, Target};
use crate::ingest::Intake;
use crate::jaeger::queries::Queries;
use crate::live::Live;
use crate::logs::LogStore;
use crate::store::Store;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted of one tenant. Cheap to clone.
#[derive(Clone)]
pub struct TenantMetrics {
    /// Its name, where tenants are separate: the label `tenant`.
    pub tenant: Option<String>,
    /// Its way in.
    pub intake: Intake,
    /// Its spans.
    pub store: Store,
    /// Its log lines.
    pub logs: LogStore,
    /// Pages that watch its traces.
    pub live: Live,
    /// The time until its queries are answered.
    pub asked: Histogram,
}

impl TenantMetrics {
    fn labels(&self) -> Labels<'_> {
        self.tenant.iter().map(|tenant| ("tenant", tenant.as_str())).collect()
    }
}

/// The registry. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Metrics(Arc<Registry>);

impl Metrics {
    /// What is counted of these tenants, and, with `shared`, of what all of them share.
    pub fn new(tenants: Vec<TenantMetrics>, shared: Option<Queries>) -> Self {
        let mut registry = Registry::with_prefix("spandrel");
        registry.register_collector(Box::new(Counts { tenants, shared }));
        Metrics(Arc::new(registry))
    }

    /// All metrics as they are now.
    pub fn answer(&self) -> Response<Body> {
        let mut body = String::new();
        if text::encode(&mut body, &self.0).is_err() {
            return crate::jaeger::text(StatusCode::INTERNAL_SERVER_ERROR, "500 internal error\n");
        }
        let mut response = crate::jaeger::text(StatusCode::OK, body);
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }
}

type Labels<'l> = Vec<(&'static str, &'l str)>;

/// Writes a metric with a sample for each list of labels; without labels there is one sample.
fn write<M: EncodeMetric>(
    encoder: &mut DescriptorEncoder,
    (name, help): (&str, &str),
    unit: Option<&Unit>,
    samples: Vec<(Labels<'_>, M)>,
) -> fmt::Result {
    let Some((_, first)) = samples.first() else { return Ok(()) };
    let mut family = encoder.encode_descriptor(name, help, unit, first.metric_type())?;
    for (labels, metric) in samples {
        if labels.is_empty() {
            return metric.encode(family);
        }
        metric.encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn gauge(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

/// Numbers that their owners keep, read when they are scraped.
struct Counts {
    tenants: Vec<TenantMetrics>,
    shared: Option<Queries>,
}

impl fmt::Debug for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Counts")
    }
}

impl Counts {
    fn of_each<T>(&self, read: impl Fn(&TenantMetrics) -> T) -> Vec<(Labels<'_>, T)> {
        self.tenants.iter().map(|tenant| (tenant.labels(), read(tenant))).collect()
    }

    /// Writes for all tenants what `read` lists for each, in one order.
    fn list<M: EncodeMetric>(
        &self,
        encoder: &mut DescriptorEncoder,
        read: impl Fn(&TenantMetrics) -> Vec<(&'static str, &'static str, M)>,
    ) -> fmt::Result {
        let mut lists: Vec<_> =
            self.of_each(read).into_iter().map(|(labels, list)| (labels, list.into_iter())).collect();
        loop {
            let mut descriptor = ("", "");
            let samples: Vec<_> = lists
                .iter_mut()
                .filter_map(|(labels, list)| {
                    let (name, help, metric) = list.next()?;
                    descriptor = (name, help);
                    Some((labels.clone(), metric))
                })
                .collect();
            if samples.is_empty() {
                return Ok(());
            }
            write(encoder, descriptor, None, samples)?;
        }
    }
}

impl Collector for Counts {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let encoder = &mut encoder;
        let help = "How long it took to take in a request, from its last byte until it was on disk";
        let took = self.of_each(|tenant| tenant.intake.took());
        write(encoder, ("ingest_duration", help), Some(&Unit::Seconds), took)?;
        let help = "How long it took until the answer to a query started";
        let asked = self.of_each(|tenant| tenant.asked.clone());
        write(encoder, ("query_duration", help), Some(&Unit::Seconds), asked)?;
        self.list(encoder, counters)?;
        if let (Some(queries), Some(any)) = (&self.shared, self.tenants.first()) {
            let (streams, answer_bytes) = queries.streams();
            for (name, help, value) in [
                ("streams", "Answers that are being streamed", streams as u64),
                ("answer_bytes", "Bytes of memory reserved for streamed answers", answer_bytes as u64),
                ("intake_bytes", "Bytes of requests in memory", any.intake.held()),
            ] {
                write(encoder, (name, help), None, vec![(Vec::new(), gauge(value))])?;
            }
        }
        self.list(encoder, gauges)?;
        targets(&self.tenants, encoder)
    }
}

fn counters(tenant: &TenantMetrics) -> Vec<(&'static str, &'static str, ConstCounter<u64>)> {
    let (status, logs) = (tenant.store.status(), tenant.logs.status());
    let counted = &tenant.intake.counters;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let counts = [
        ("unreadable_spans", "Times a span was left out of an answer", status.unreadable_spans),
        ("log_lines_accepted", "Log lines on disk since the start", logs.written),
        ("unreadable_blobs", "Times a blob was left out of an answer", status.unreadable_blobs),
        ("spans_accepted", "Spans on disk since the start", read(&counted.accepted)),
        ("requests_refused", "Requests malformed or too large", read(&counted.malformed)),
        ("requests_deferred", "Requests answered with a retry status", read(&counted.deferred)),
    ];
    counts.map(|(name, help, count)| (name, help, ConstCounter::new(count))).into()
}

fn gauges(tenant: &TenantMetrics) -> Vec<(&'static str, &'static str, ConstGauge<i64>)> {
    let (status, logs, store) = (tenant.store.status(), tenant.logs.status(), &tenant.store);
    let [spans, parts, segments] = store.numbers();
    let values = [
        ("live_pages", "Pages that watch traces arrive", tenant.live.watchers() as u64),
        ("store_spans", "Spans kept", spans),
        ("store_parts", "Parts (one per trace and batch) kept", parts),
        ("store_segments", "Segment files", segments),
        ("store_bytes", "Bytes on disk, segments that cannot be read included", status.bytes),
        ("store_max_bytes", "Bytes that they may take; 0 for no limit", status.max_bytes),
        ("store_unmerged_segments", "Closed segments that may be merged", status.unmerged_segments),
        ("index_bytes", "Bytes of memory that the index takes", store.index_memory()),
        ("index_max_bytes", "Bytes of memory that the index may take", store.limits().index_bytes),
        ("index_files", "Segments whose index is read from a file", store.index_files()),
        ("store_damaged_segments", "Segments of which nothing can be read", status.damaged_segments),
        ("store_unavailable_segments", "Segments that could not be read last", status.unavailable_segments),
        ("store_missing_parts", "Acknowledged parts that cannot be read", status.missing_parts),
        ("log_segments", "Log files", logs.segments),
        ("log_bytes", "Bytes of log files on disk", logs.bytes),
        ("log_damaged_segments", "Log files that cannot be read", logs.damaged),
        ("log_failing", "Whether the last log lines could not be written", u64::from(logs.failing)),
        ("store_failing", "Whether the last spans could not be written", u64::from(status.failing)),
    ];
    values.map(|(name, help, value)| (name, help, gauge(value))).into()
}

/// What each target of forwarding counts, with its name as the label `target`: spans, and apart from them log lines.
fn targets(tenants: &[TenantMetrics], encoder: &mut DescriptorEncoder) -> fmt::Result {
    type Count = (&'static str, &'static str, fn(&Status) -> u64);
    type Gauge = (&'static str, &'static str, fn(&Target) -> u64);
    let of_spans: [Count; 9] = [
        ("forward_spans_sent", "Spans that the target took", |status| status.counts().sent),
        ("forward_spans_rejected", "Spans that it took and said it did not keep", |status| {
            status.counts().rejected
        }),
        ("forward_spans_dropped_full", "Spans dropped because the queue was full", |status| {
            status.counts().dropped_full
        }),
        ("forward_spans_dropped_refused", "Spans dropped because the target refused them", |status| {
            status.counts().dropped_refused
        }),
        ("forward_spans_dropped_failed", "Spans that could not be queued or read", |status| {
            status.counts().dropped_failed
        }),
        ("forward_spans_filtered", "Spans that a filter left out", |status| status.counts().filtered),
        ("forward_spans_sampled_out", "Spans that sampling left out", |status| status.counts().sampled_out),
        ("forward_requests", "Requests that the target took", |status| status.counts().requests),
        ("forward_requests_failed", "Requests that failed and are sent again", |status| {
            status.counts().failures
        }),
    ];
    let of_lines: [(&str, &str); 9] = [
        ("forward_logs_sent", "Log lines that the target took"),
        ("forward_logs_rejected", "Log lines that it took and said it did not keep"),
        ("forward_logs_dropped_full", "Log lines dropped because the queue was full"),
        ("forward_logs_dropped_refused", "Log lines dropped because the target refused them"),
        ("forward_logs_dropped_failed", "Log lines that could not be queued or read"),
        ("forward_logs_filtered", "Log lines that a filter left out"),
        ("forward_logs_sampled_out", "Log lines that sampling left out"),
        ("forward_logs_requests", "Requests of log lines that the target took"),
        ("forward_logs_requests_failed", "Requests of log lines that failed and are sent again"),
    ];
    let gauges_of_spans: [Gauge; 5] = [
        ("forward_queue_spans", "Spans that wait on disk", |target| target.status.queue().spans),
        ("forward_queue_bytes", "Bytes on disk that they take", |target| target.status.queue().bytes),
        ("forward_queue_max_bytes", "Bytes that they may take", |target| target.most),
        ("forward_delay_seconds", "How long the oldest span that waits has waited", |target| target.delay()),
        ("forward_failing", "Whether the target does not take what it is sent", |target| {
            u64::from(target.status.failing().is_some())
        }),
    ];
    let gauges_of_lines: [(&str, &str); 5] = [
        ("forward_logs_queue_lines", "Log lines that wait on disk"),
        ("forward_logs_queue_bytes", "Bytes on disk that log lines take that wait"),
        ("forward_logs_queue_max_bytes", "Bytes that log lines may take that wait"),
        ("forward_logs_delay_seconds", "How long the oldest log line that waits has waited"),
        ("forward_logs_failing", "Whether the target does not take the log lines that it is sent"),
    ];
    for signal in [Signal::Traces, Signal::Logs] {
        let targets: Vec<(Labels<'_>, &Target)> = tenants
            .iter()
            .flat_map(|tenant| {
                tenant.intake.forwarding().targets().iter().map(move |target| (tenant, target))
            })
            .filter(|(_, target)| target.signal == signal)
            .map(|(tenant, target)| {
                ([vec![("target", target.name.as_str())], tenant.labels()].concat(), target)
            })
            .collect();
        for ((name, help, read), of_lines) in of_spans.into_iter().zip(of_lines) {
            let named = if signal == Signal::Logs { of_lines } else { (name, help) };
            let samples = targets
                .iter()
                .map(|(labels, target)| (labels.clone(), ConstCounter::new(read(&target.status))));
            write(encoder, named, None, samples.collect())?;
        }
        for ((name, help, read), of_lines) in gauges_of_spans.into_iter().zip(gauges_of_lines) {
            let named = if signal == Signal::Logs { of_lines } else { (name, help) };
            let samples = targets.iter().map(|(labels, target)| (labels.clone(), gauge(read(target))));
            write(encoder, named, None, samples.collect())?;
        }
    }
    Ok(())
}
