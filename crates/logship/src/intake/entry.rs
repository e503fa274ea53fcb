//! A record together with what its handler says of it.

use super::json::{Object, Part};
use crate::builder::Builder;
use crate::context::Context;
use crate::record::Record;

/// A record in its context.
pub(crate) struct Entry<'a> {
    pub(crate) record: &'a Record,
    pub(crate) context: &'a Context,
    pub(crate) settings: &'a Builder,
    pub(crate) trace: Option<String>,
    pub(crate) span: Option<String>,
    pub(crate) parent_span: Option<String>,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(record: &'a Record, settings: &'a Builder) -> Self {
        let context = record.context.as_deref().unwrap_or(&settings.context);
        let (trace, span, parent) = match record.trace {
            Some(trace) => (Some(trace), record.span, None),
            None => (context.trace, context.span, context.parent_span),
        };
        Entry {
            record,
            context,
            settings,
            trace: trace.map(|id| id.to_string()),
            span: span.map(|id| id.to_string()),
            parent_span: parent.map(|id| id.to_string()),
        }
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn millis(&self) -> u64 {
        self.record.time / 1_000_000
    }

    /// The time as `2025-09-21T10:11:12.123456789Z`.
    pub(crate) fn rfc3339(&self) -> String {
        self.timestamp().to_string()
    }

    /// The time as `2025-09-21 10:11:12`, UTC.
    pub(crate) fn plain_time(&self) -> String {
        self.timestamp().strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn timestamp(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_nanosecond(i128::from(self.record.time)).unwrap_or_default()
    }

    /// Adds everything that is known of the record except its message, severity, time and service.
    pub(crate) fn describe(&'a self, object: &mut Object<'a>) {
        object.add_some("trace_id", self.trace.as_deref());
        object.add_some("span_id", self.span.as_deref());
        object.add_some("parent_span_id", self.parent_span.as_deref());
        for (name, text) in self.context.texts() {
            object.add(name, Part::Text(text));
        }
        let origin = &self.record.origin;
        object.add_some("target", origin.target.as_deref());
        object.add_some("filename", origin.file.as_deref());
        if let Some(line) = origin.line {
            object.add("lineno", Part::Number(line.into()));
        }
    }
}

/// The longest start of a text of at most so many bytes that ends between two characters.
pub(crate) fn start_of(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
