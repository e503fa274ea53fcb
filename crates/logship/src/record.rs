//! One log record, as a program emits it.

use crate::context::Context;
use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};
use serde_json::Value;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// How severe a record is, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Finest detail.
    Trace,
    /// For developers.
    Debug,
    /// What normally happens.
    Info,
    /// Unexpected, handled.
    Warning,
    /// Something failed.
    Error,
}

impl Severity {
    /// The name in lower case, as all four intakes read it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Trace => "trace",
            Severity::Debug => "debug",
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Where in the program a record was emitted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The module, or what stands for it.
    pub target: Option<String>,
    /// The source file.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
}

/// A log record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Nanoseconds since the Unix epoch.
    pub time: u64,
    /// How severe it is.
    pub severity: Severity,
    /// The text.
    pub message: String,
    /// The trace that it belongs to; with `span` from the current OpenTelemetry context unless set.
    pub trace: Option<TraceId>,
    /// The span in which it was emitted.
    pub span: Option<SpanId>,
    /// Where it was emitted.
    pub origin: Origin,
    /// Further attributes.
    pub attributes: Vec<(String, Value)>,
    /// A context that replaces the handler's.
    pub context: Option<Arc<Context>>,
}

impl Record {
    /// A record of now, in the current OpenTelemetry span if there is one.
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        let (trace, span) = current_span().unzip();
        Record {
            time: now(),
            severity,
            message: message.into(),
            trace,
            span,
            origin: Origin::default(),
            attributes: Vec::new(),
            context: None,
        }
    }

    /// Adds an attribute.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// The memory that the record takes, in bytes, roughly.
    pub(crate) fn weight(&self) -> usize {
        let attributes: usize =
            self.attributes.iter().map(|(name, value)| name.len() + 48 + text(value)).sum();
        let origin = [&self.origin.target, &self.origin.file];
        let origin: usize = origin.into_iter().flatten().map(String::len).sum();
        size_of::<Record>() + self.message.len() + attributes + origin
    }
}

/// Bytes of the text in a value; what is nested is written once to be measured.
fn text(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(_) | Value::Object(_) => value.to_string().len(),
        _ => 0,
    }
}

/// The ids of the OpenTelemetry span that is current on this thread.
fn current_span() -> Option<(TraceId, SpanId)> {
    opentelemetry::Context::map_current(|context| {
        context.has_active_span().then(|| {
            let span = context.span();
            let ids = span.span_context();
            ids.is_valid().then(|| (ids.trace_id(), ids.span_id()))
        })?
    })
}

/// Nanoseconds since the Unix epoch; 0 before it.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};

    #[test]
    fn the_ids_are_those_of_the_current_span() {
        assert_eq!(Record::new(Severity::Info, "outside").trace, None);
        let ids = SpanContext::new(
            TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap(),
            SpanId::from_hex("00f067aa0ba902b7").unwrap(),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        );
        let _guard = opentelemetry::Context::new().with_remote_span_context(ids).attach();
        let record = Record::new(Severity::Info, "inside");
        assert_eq!(record.trace.unwrap().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(record.span.unwrap().to_string(), "00f067aa0ba902b7");
    }

    #[test]
    fn the_weight_counts_text_wherever_it_is() {
        let plain = Record::new(Severity::Info, "").weight();
        let heavy = Record::new(Severity::Info, "x".repeat(1000)).with("a", "y".repeat(500));
        assert!(heavy.weight() >= plain + 1500, "{}", heavy.weight());
    }
}
