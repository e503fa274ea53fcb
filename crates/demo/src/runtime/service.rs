//! What every service has: its name, its tracer, its client, its circuit breakers and its metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::global::BoxedTracer;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Link, SpanBuilder, SpanContext, SpanKind, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use tokio::sync::watch;

use super::breaker::Breakers;
use super::context::{Incoming, Outgoing};
use super::exporter::CLOCK_OFFSET;
use super::logs::Logs;
use super::metrics::Metrics;
use super::pace::Pace;
use super::peers::Peers;
use super::telemetry::Telemetry;
use crate::faults::{Fault, carries};

/// The baggage key of a request's correlation id.
const CORRELATION: &str = "correlation.id";
/// By how much the clock of payment is ahead where that is the fault, milliseconds.
const AHEAD: i64 = 200;
/// The service whose clock it is.
const SKEWED: &str = "payment";

/// The common part of a service.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) pace: Pace,
    pub(crate) peers: Arc<Peers>,
    pub(crate) client: reqwest::Client,
    pub(crate) breakers: Breakers,
    pub(crate) metrics: Metrics,
    /// The fault of requests that order none.
    pub(crate) standing_fault: Option<Fault>,
    pub(crate) logs: Logs,
    tracer: Arc<BoxedTracer>,
    propagator: Arc<dyn TextMapPropagator + Send + Sync>,
    requests: Arc<watch::Sender<usize>>,
}

/// A request under way; it is counted until this is dropped.
pub(crate) struct Running(Arc<watch::Sender<usize>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Service {
    pub(crate) fn new(
        name: &'static str,
        telemetry: &Telemetry,
        peers: Arc<Peers>,
        seed: u64,
        standing_fault: Option<Fault>,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            name,
            pace: Pace::new(seed),
            peers,
            client: reqwest::Client::builder()
                .no_proxy()
                .user_agent(concat!("spandrel-demo/", env!("CARGO_PKG_VERSION")))
                .build()?,
            breakers: Breakers::default(),
            metrics: Metrics::new(name),
            standing_fault,
            logs: telemetry.logs.clone(),
            tracer: Arc::clone(&telemetry.tracer),
            propagator: Arc::clone(&telemetry.propagator),
            requests: Arc::new(watch::Sender::new(0)),
        })
    }

    /// Counts a request as under way.
    pub(crate) fn running(&self) -> Running {
        self.requests.send_modify(|count| *count += 1);
        Running(Arc::clone(&self.requests))
    }

    /// Waits until no request is under way, also of callers that gave up, but not longer than `patience`.
    pub(crate) async fn wait_until_idle(&self, patience: Duration) {
        let mut count = self.requests.subscribe();
        // The sender lives as long as the service.
        let done = tokio::time::timeout(patience, count.wait_for(|count| *count == 0)).await.is_ok();
        if !done {
            tracing::warn!("{} still had requests under way after {patience:?}", self.name);
        }
    }

    /// Starts a span below `parent`; it ends with [`opentelemetry::trace::SpanRef::end`] or when its context is dropped.
    #[track_caller]
    pub(crate) fn span(
        &self,
        parent: &Context,
        kind: SpanKind,
        name: impl Into<String>,
        attributes: Vec<KeyValue>,
    ) -> Context {
        self.start(parent, builder(kind, name, attributes))
    }

    /// Starts a span for work inside the service.
    #[track_caller]
    pub(crate) fn internal(&self, parent: &Context, name: &'static str) -> Context {
        self.span(parent, SpanKind::Internal, name, Vec::new())
    }

    /// Like [`Service::span`], with a link to another span.
    #[track_caller]
    pub(crate) fn linked_span(
        &self,
        parent: &Context,
        kind: SpanKind,
        name: impl Into<String>,
        attributes: Vec<KeyValue>,
        link: SpanContext,
    ) -> Context {
        let links = vec![Link::new(link, Vec::new(), 0)];
        self.start(parent, builder(kind, name, attributes).with_links(links))
    }

    fn start(&self, parent: &Context, mut builder: SpanBuilder) -> Context {
        if self.name == SKEWED && carries(parent, Fault::ClockSkew) {
            builder.attributes.get_or_insert_default().push(KeyValue::new(CLOCK_OFFSET, AHEAD));
        }
        parent.with_span(self.tracer.build_with_context(builder, parent))
    }

    /// The context that came with headers; empty where none did.
    pub(crate) fn extract(&self, headers: &HeaderMap) -> Context {
        self.propagator.extract_with_context(&Context::new(), &Incoming::read(headers))
    }

    /// Writes the context into headers.
    pub(crate) fn inject(&self, cx: &Context, headers: &mut HeaderMap) {
        self.propagator.inject_context(cx, &mut Outgoing(headers));
    }
}

/// Work inside a service says where in the code it is (semantic conventions for code).
#[track_caller]
fn builder(kind: SpanKind, name: impl Into<String>, mut attributes: Vec<KeyValue>) -> SpanBuilder {
    if kind == SpanKind::Internal {
        let place = std::panic::Location::caller();
        attributes.push(KeyValue::new(attribute::CODE_FILE_PATH, place.file()));
        attributes.push(KeyValue::new(attribute::CODE_LINE_NUMBER, i64::from(place.line())));
    }
    SpanBuilder::from_name(name.into()).with_kind(kind).with_attributes(attributes)
}

/// The trace that a context belongs to as 32 hexadecimal digits, `None` where tracing is switched off.
pub(crate) fn trace_id(cx: &Context) -> Option<String> {
    let span = cx.span();
    let context = span.span_context();
    context.is_valid().then(|| context.trace_id().to_string())
}

/// The correlation id of a request.
pub(crate) fn correlation_id(cx: &Context) -> Option<String> {
    cx.baggage().get(CORRELATION).map(|id| id.as_str().to_owned())
}

/// The same context with a correlation id.
pub(crate) fn with_correlation_id(cx: &Context, id: String) -> Context {
    with_baggage(cx, CORRELATION, id)
}

/// The same context with one more member of baggage.
pub(crate) fn with_baggage(cx: &Context, key: &'static str, value: String) -> Context {
    let mut all: Vec<KeyValue> = cx
        .baggage()
        .iter()
        .filter(|(known, _)| known.as_str() != key)
        .map(|(known, (value, _))| KeyValue::new(known.clone(), value.clone()))
        .collect();
    all.push(KeyValue::new(key, value));
    cx.with_baggage(all)
}
