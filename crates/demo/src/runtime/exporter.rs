//! An exporter that changes spans of two faults on their way out: times of a host whose clock is ahead, and a span that is
//! sent while it still runs. Attributes show both, so what was changed can be seen in the trace.

use std::time::{Duration, SystemTime};

use opentelemetry::Value;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Milliseconds by which the clock of the span's host is ahead.
pub(crate) const CLOCK_OFFSET: &str = "demo.clock.offset_ms";
/// Whether the span never ends.
pub(crate) const UNENDED: &str = "demo.span.unended";

/// Wraps the exporter that sends.
#[derive(Debug)]
pub(crate) struct FaultExporter<E>(pub(crate) E);

impl<E: SpanExporter> SpanExporter for FaultExporter<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(change);
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.0.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn change(span: &mut SpanData) {
    let mut offset = None;
    let mut is_unended = false;
    for attribute in &span.attributes {
        match (attribute.key.as_str(), &attribute.value) {
            (CLOCK_OFFSET, Value::I64(milliseconds)) => offset = u64::try_from(*milliseconds).ok(),
            (UNENDED, Value::Bool(true)) => is_unended = true,
            _ => {}
        }
    }
    if let Some(offset) = offset.map(Duration::from_millis) {
        span.start_time += offset;
        span.end_time += offset;
        for event in &mut span.events.events {
            event.timestamp += offset;
        }
    }
    if is_unended {
        // OTLP's "no end": 0 nanoseconds since 1970.
        span.end_time = SystemTime::UNIX_EPOCH;
    }
}
