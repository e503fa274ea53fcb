//! `/metrics`: what the server counts, in the text format that Prometheus scrapes.

use crate::durations;
use crate::forwarding::{Forwarding, Signal, Status, Target};
use crate::ingest::Intake;
use crate::jaeger::queries::Queries;
use crate::live::Live;
use crate::logs::LogStore;
use crate::store::Store;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The registry. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    queries: Histogram,
}

impl Metrics {
    /// What these count.
    pub fn new(intake: Intake, store: Store, logs: LogStore, queries: Queries, live: Live) -> Self {
        let mut registry = Registry::with_prefix("spandrel");
        let (ingest, asked) = (intake.took(), durations::histogram());
        let help = "How long it took to take in a request, from its last byte until it was on disk";
        registry.register_with_unit("ingest_duration", help, Unit::Seconds, ingest);
        let help = "How long it took until the answer to a query started";
        registry.register_with_unit("query_duration", help, Unit::Seconds, asked.clone());
        registry.register_collector(Box::new(Counts { intake, store, logs, queries, live }));
        Metrics { registry: Arc::new(registry), queries: asked }
    }

    /// Where the time until a query is answered is noted.
    pub fn query_durations(&self) -> Histogram {
        self.queries.clone()
    }

    /// All metrics as they are now.
    pub fn answer(&self) -> Response<Body> {
        let mut body = String::new();
        if text::encode(&mut body, &self.registry).is_err() {
            return crate::jaeger::text(StatusCode::INTERNAL_SERVER_ERROR, "500 internal error\n");
        }
        let mut response = crate::jaeger::text(StatusCode::OK, body);
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }
}

/// Numbers that their owners keep, read when they are scraped.
struct Counts {
    intake: Intake,
    store: Store,
    logs: LogStore,
    queries: Queries,
    live: Live,
}

impl fmt::Debug for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Counts")
    }
}

impl Collector for Counts {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let counters = &self.intake.counters;
        let status = self.store.status();
        let logs = self.logs.status();
        let mut counts = vec![
            ("unreadable_spans", "Times a span was left out of an answer", status.unreadable_spans),
            ("log_lines_accepted", "Log lines on disk since the start", logs.written),
            ("unreadable_blobs", "Times a blob was left out of an answer", status.unreadable_blobs),
        ];
        for (name, help, counter) in [
            ("spans_accepted", "Spans on disk since the start", &counters.accepted),
            ("requests_refused", "Requests malformed or too large", &counters.malformed),
            ("requests_deferred", "Requests told to come again", &counters.deferred),
        ] {
            counts.push((name, help, counter.load(Ordering::Relaxed)));
        }
        for (name, help, count) in counts {
            let counter = ConstCounter::new(count);
            counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        let [spans, parts, segments] = self.store.numbers();
        let limits = self.store.limits();
        let (streams, answer_bytes) = self.queries.streams();
        for (name, help, value) in [
            ("live_pages", "Pages that watch traces arrive", self.live.watchers() as u64),
            ("streams", "Answers that are being streamed", streams as u64),
            ("answer_bytes", "Bytes of memory reserved for streamed answers", answer_bytes as u64),
            ("intake_bytes", "Bytes of requests in memory", self.intake.held()),
            ("store_spans", "Spans kept", spans),
            ("store_parts", "Parts (one per trace and batch) kept", parts),
            ("store_segments", "Segment files", segments),
            ("store_bytes", "Bytes on disk, segments that cannot be read included", status.bytes),
            ("store_max_bytes", "Bytes that they may take; 0 for no limit", status.max_bytes),
            ("store_unmerged_segments", "Closed segments that may be merged", status.unmerged_segments),
            ("index_bytes", "Bytes of memory that the index takes", self.store.index_memory()),
            ("index_max_bytes", "Bytes of memory that the index may take", limits.index_bytes),
            ("index_files", "Segments whose index is read from a file", self.store.index_files()),
            ("store_damaged_segments", "Segments of which nothing can be read", status.damaged_segments),
            (
                "store_unavailable_segments",
                "Segments that could not be read last",
                status.unavailable_segments,
            ),
            ("store_missing_parts", "Acknowledged parts that cannot be read", status.missing_parts),
            ("log_segments", "Log files", logs.segments),
            ("log_bytes", "Bytes of log files on disk", logs.bytes),
            ("log_damaged_segments", "Log files that cannot be read", logs.damaged),
            ("log_failing", "Whether the last log lines could not be written", u64::from(logs.failing)),
            ("store_failing", "Whether the last spans could not be written", u64::from(status.failing)),
        ] {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        targets(self.intake.forwarding(), &mut encoder)
    }
}

/// What each target of forwarding counts, with its name as the label `target`: spans, and apart from them log lines.
fn targets(forwarding: &Forwarding, encoder: &mut DescriptorEncoder) -> fmt::Result {
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
        let targets: Vec<&Target> =
            forwarding.targets().iter().filter(|target| target.signal == signal).collect();
        if targets.is_empty() {
            continue;
        }
        for ((name, help, read), of_lines) in of_spans.into_iter().zip(of_lines) {
            let (name, help) = if signal == Signal::Logs { of_lines } else { (name, help) };
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for target in &targets {
                let labels = [("target", target.name.as_str())];
                ConstCounter::new(read(&target.status)).encode(family.encode_family(&labels)?)?;
            }
        }
        for ((name, help, read), of_lines) in gauges_of_spans.into_iter().zip(gauges_of_lines) {
            let (name, help) = if signal == Signal::Logs { of_lines } else { (name, help) };
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for target in &targets {
                let labels = [("target", target.name.as_str())];
                let value = i64::try_from(read(target)).unwrap_or(i64::MAX);
                ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
            }
        }
    }
    Ok(())
}
