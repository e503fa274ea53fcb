//! Records the spans of one request. Time is a number that the simulated services move on.

use std::fmt::Display;
use std::panic::Location;

use spandrel_trace::model::record::{Attribute, AttributeValue, Event, Link, SpanRecord};
use spandrel_trace::model::{SpanKind, StatusCode};
use spandrel_trace::units::{SpanId, TraceId};

use crate::faults::Fault;
use crate::random::Random;
use crate::state::State;

/// The service whose clock is ahead where the fault is clock skew, and by how many milliseconds.
const SKEWED: (&str, u64) = ("payment", 200);
/// Nanoseconds of a millisecond.
const MILLISECOND: f64 = 1e6;

/// A span of a simulated service.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedSpan {
    /// The service.
    pub service: &'static str,
    /// The span as it is sent.
    pub record: SpanRecord,
    /// When it ended, and so when it is sent, nanoseconds since the Unix epoch. Differs from the span's own end where the
    /// clock of its service is wrong, or where it is sent without an end.
    pub sent_unix: u64,
}

/// A span that is being recorded, and its service. Copy handle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cx {
    pub(crate) service: &'static str,
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    /// Index of the span; past the end if its branch is not sampled.
    at: usize,
}

/// One request on its way through the services.
pub(crate) struct Run<'a> {
    /// What the services keep between requests.
    pub(crate) state: &'a mut State,
    pub(crate) random: Random,
    /// Nanoseconds since the Unix epoch.
    pub(crate) now: u64,
    pub(crate) fault: Option<Fault>,
    /// The tier of the user, once it is known: it travels as baggage.
    pub(crate) tier: Option<&'static str>,
    /// The header `x-cache` of the answer that is being sent.
    pub(crate) cache_outcome: Option<&'static str>,
    spans: Vec<SimulatedSpan>,
}

/// A value of an attribute.
pub(crate) trait IntoValue {
    fn into_value(self) -> AttributeValue;
}

impl IntoValue for &str {
    fn into_value(self) -> AttributeValue {
        AttributeValue::String(self.to_owned())
    }
}

impl IntoValue for String {
    fn into_value(self) -> AttributeValue {
        AttributeValue::String(self)
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> AttributeValue {
        AttributeValue::Int(self)
    }
}

impl IntoValue for f64 {
    fn into_value(self) -> AttributeValue {
        AttributeValue::Double(self)
    }
}

impl IntoValue for bool {
    fn into_value(self) -> AttributeValue {
        AttributeValue::Bool(self)
    }
}

impl IntoValue for AttributeValue {
    fn into_value(self) -> AttributeValue {
        self
    }
}

/// An attribute.
pub(crate) fn attribute(key: &str, value: impl IntoValue) -> Attribute {
    Attribute { key: key.to_owned(), value: value.into_value() }
}

/// A length or a count as an attribute has it.
pub(crate) fn int(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl<'a> Run<'a> {
    pub(crate) fn new(state: &'a mut State, seed: u64, now: u64) -> Self {
        let random = Random::new(seed);
        Self { state, random, now, fault: None, tier: None, cache_outcome: None, spans: Vec::new() }
    }

    /// The spans, as they are sent.
    pub(crate) fn finish(self) -> Vec<SimulatedSpan> {
        let mut spans = self.spans;
        if self.fault == Some(Fault::ClockSkew) {
            let (service, milliseconds) = SKEWED;
            for span in spans.iter_mut().filter(|span| span.service == service) {
                let ahead = milliseconds * MILLISECOND as u64;
                span.record.start_unix += ahead;
                span.record.end_unix += ahead;
                span.record.events.iter_mut().for_each(|event| event.time_unix += ahead);
            }
        }
        spans
    }

    /// Moves time on by exactly so many milliseconds.
    pub(crate) fn wait(&mut self, milliseconds: f64) {
        self.now += (milliseconds * MILLISECOND) as u64;
    }

    /// Moves time on by about so many milliseconds: from 0.6 to 1.6 times as long.
    pub(crate) fn work(&mut self, typical: f64) {
        let stretch = 0.6 + self.random.fraction();
        self.wait(typical * stretch);
    }

    /// Moves time on by the way of a message between two services.
    pub(crate) fn transfer(&mut self) {
        self.work(0.3);
    }

    /// Starts a span below a parent.
    pub(crate) fn start(
        &mut self,
        service: &'static str,
        (trace, parent): (TraceId, SpanId),
        kind: SpanKind,
        name: impl Into<String>,
        mut attributes: Vec<Attribute>,
    ) -> Cx {
        if self.fault == Some(Fault::ClockSkew) && service == SKEWED.0 {
            attributes.push(attribute("demo.clock.offset_ms", SKEWED.1 as i64));
        }
        let span = self.random.span_id();
        let record = SpanRecord {
            trace_id: trace,
            span_id: span,
            parent_span_id: parent,
            name: name.into(),
            kind,
            flags: 1,
            start_unix: self.now,
            end_unix: self.now,
            attributes,
            ..SpanRecord::default()
        };
        self.spans.push(SimulatedSpan { service, record, sent_unix: self.now });
        Cx { service, trace, span, at: self.spans.len() - 1 }
    }

    /// Starts a span of the same service below another.
    pub(crate) fn child(
        &mut self,
        parent: Cx,
        kind: SpanKind,
        name: impl Into<String>,
        attributes: Vec<Attribute>,
    ) -> Cx {
        self.start(parent.service, (parent.trace, parent.span), kind, name, attributes)
    }

    /// Starts a span for work inside the service, which says where in the code it is.
    #[track_caller]
    pub(crate) fn internal(&mut self, parent: Cx, name: impl Into<String>) -> Cx {
        let place = Location::caller();
        let attributes = vec![
            attribute("code.file.path", place.file()),
            attribute("code.line.number", i64::from(place.line())),
        ];
        self.child(parent, SpanKind::Internal, name, attributes)
    }

    /// Ends a span now.
    pub(crate) fn end(&mut self, cx: Cx) {
        let now = self.now;
        if let Some(span) = self.spans.get_mut(cx.at) {
            span.record.end_unix = now;
            span.sent_unix = now;
        }
    }

    /// Sends a span now as one without an end: OTLP's 0.
    pub(crate) fn send_unended(&mut self, cx: Cx) {
        self.end(cx);
        if let Some(record) = self.record(cx) {
            record.end_unix = 0;
        }
    }

    fn record(&mut self, cx: Cx) -> Option<&mut SpanRecord> {
        self.spans.get_mut(cx.at).map(|span| &mut span.record)
    }

    /// Adds an attribute.
    pub(crate) fn set(&mut self, cx: Cx, key: &str, value: impl IntoValue) {
        self.push(cx, attribute(key, value));
    }

    fn push(&mut self, cx: Cx, attribute: Attribute) {
        if let Some(record) = self.record(cx) {
            record.attributes.push(attribute);
        }
    }

    /// Adds an event.
    pub(crate) fn event(&mut self, cx: Cx, name: &str, attributes: Vec<Attribute>) {
        let time_unix = self.now;
        if let Some(record) = self.record(cx) {
            record.events.push(Event { time_unix, name: name.to_owned(), attributes, dropped_attributes: 0 });
        }
    }

    /// Adds a link to another span.
    pub(crate) fn link(&mut self, cx: Cx, to: Cx) {
        if let Some(record) = self.record(cx) {
            let link = Link { trace_id: to.trace, span_id: to.span, flags: 1, ..Link::default() };
            record.links.push(link);
        }
    }

    /// Marks a span as failed.
    pub(crate) fn fail(&mut self, cx: Cx, message: &str) {
        if let Some(record) = self.record(cx) {
            record.status = StatusCode::Error;
            record.status_message = message.to_owned();
        }
    }

    /// Marks a span as failed and records the error with its causes as an exception event (semantic conventions for
    /// exceptions).
    #[track_caller]
    pub(crate) fn exception(&mut self, cx: Cx, kind: &str, error: &dyn Display, causes: &[&str]) {
        let place = Location::caller();
        let mut stack = format!("{kind}: {error}\n    at {}:{}", place.file(), place.line());
        for cause in causes {
            stack.push_str("\ncaused by: ");
            stack.push_str(cause);
        }
        let message = error.to_string();
        let attributes = vec![
            attribute("exception.type", kind),
            attribute("exception.message", message.as_str()),
            attribute("exception.stacktrace", stack),
        ];
        self.event(cx, "exception", attributes);
        self.set(cx, "error.type", kind);
        self.fail(cx, &message);
    }

    /// The number of spans so far.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Drops the spans from an index on: their branch is not sampled.
    pub(crate) fn drop_from(&mut self, first: usize) {
        self.spans.truncate(first);
    }
}
