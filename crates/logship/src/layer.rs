//! The events of `tracing`, shipped.

use crate::handler::Handler;
use crate::record::{Origin, Record, Severity};
use crate::shipper::is_sender;
use serde_json::{Number, Value};
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// A layer that emits events into a handler. The fields of the spans around an event become attributes of it, where
/// the event and inner spans have none of the same name. Levels are chosen with tracing's own filters.
pub struct LogLayer {
    handler: Handler,
}

impl LogLayer {
    /// A layer for a handler.
    pub fn new(handler: &Handler) -> Self {
        LogLayer { handler: handler.clone() }
    }
}

/// The fields of a span, kept with it.
struct SpanFields(Vec<(String, Value)>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(SpanFields(fields.named));
    }

    fn on_record(&self, id: &Id, values: &tracing::span::Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(kept) = span.extensions_mut().get_mut::<SpanFields>() {
            kept.0.retain(|(name, _)| !fields.named.iter().any(|(new, _)| new == name));
            kept.0.append(&mut fields.named);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if is_sender() {
            return;
        }
        let metadata = event.metadata();
        let severity = match *metadata.level() {
            Level::ERROR => Severity::Error,
            Level::WARN => Severity::Warning,
            Level::INFO => Severity::Info,
            Level::DEBUG => Severity::Debug,
            Level::TRACE => Severity::Trace,
        };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields { message, mut named } = fields;
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(SpanFields(outer)) = span.extensions().get::<SpanFields>() {
                for (name, value) in outer {
                    if !named.iter().any(|(known, _)| known == name) {
                        named.push((name.clone(), value.clone()));
                    }
                }
            }
        }
        let mut record = Record::new(severity, message.unwrap_or_else(|| metadata.name().to_owned()));
        record.attributes = named;
        record.origin = Origin {
            target: Some(metadata.target().to_owned()),
            file: metadata.file().map(str::to_owned),
            line: metadata.line(),
        };
        self.handler.emit(record);
    }
}

/// The fields of an event or a span as JSON.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    named: Vec<(String, Value)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = Some(text),
            (name, value) => self.named.push((name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, Value::String(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        let number = Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number);
        self.add(field, number);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.add(field, Value::String(value.to_string()));
    }
}
