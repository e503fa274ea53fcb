//! Assembles a span record from its pieces.

use super::record::{Attribute, AttributeValue, Event, Link, SpanRecord};
use super::sink::{Piece, Sink, ValueRef};

impl SpanRecord {
    /// Adds a warning unless it is present: servers send duplicates.
    pub fn warn(&mut self, text: &str) {
        if !self.warnings.iter().any(|known| known == text) {
            self.warnings.push(text.to_owned());
        }
    }

    /// Emits the span's pieces except name and kind, which readers emit first.
    pub fn emit(&self, sink: &mut dyn Sink) {
        fn value(value: &AttributeValue) -> ValueRef<'_> {
            match value {
                AttributeValue::Empty => ValueRef::Empty,
                AttributeValue::String(text) => ValueRef::Str(text),
                AttributeValue::Bool(flag) => ValueRef::Bool(*flag),
                AttributeValue::Int(number) => ValueRef::Int(*number),
                AttributeValue::Double(number) => ValueRef::Double(*number),
                AttributeValue::Bytes(bytes) => ValueRef::Bytes(bytes),
                nested => ValueRef::Nested(nested.clone()),
            }
        }
        sink.piece(Piece::Trace(self.trace_id, &self.foreign_trace_id));
        sink.piece(Piece::Id(self.span_id, &self.foreign_span_id));
        sink.piece(Piece::Parent(self.parent_span_id, &self.foreign_parent_id));
        sink.piece(Piece::Times(self.start_unix, self.end_unix));
        sink.piece(Piece::Status(self.status, &self.status_message));
        sink.piece(Piece::TraceState(&self.trace_state));
        sink.piece(Piece::Flags(self.flags));
        sink.piece(Piece::Dropped(self.dropped_attributes, self.dropped_events, self.dropped_links));
        for attribute in &self.attributes {
            sink.piece(Piece::Attribute(&attribute.key, value(&attribute.value)));
        }
        for event in &self.events {
            sink.piece(Piece::Event(event.time_unix, &event.name, event.dropped_attributes));
            for attribute in &event.attributes {
                sink.piece(Piece::EventAttribute(&attribute.key, value(&attribute.value)));
            }
        }
        for link in &self.links {
            sink.piece(Piece::Link(
                link.trace_id,
                link.span_id,
                &link.trace_state,
                link.flags,
                link.dropped_attributes,
            ));
            for attribute in &link.attributes {
                sink.piece(Piece::LinkAttribute(&attribute.key, value(&attribute.value)));
            }
        }
        for warning in &self.warnings {
            sink.piece(Piece::Warning(warning));
        }
    }
}

fn attribute(key: &str, value: ValueRef<'_>) -> Attribute {
    let value = match value {
        ValueRef::Nested(value) => value,
        other => other.to_value(),
    };
    Attribute { key: key.to_owned(), value }
}

impl Sink for SpanRecord {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Trace(id, foreign) => {
                self.trace_id = id;
                self.foreign_trace_id = foreign.to_owned();
            }
            Piece::Id(id, foreign) => {
                self.span_id = id;
                self.foreign_span_id = foreign.to_owned();
            }
            Piece::Parent(id, foreign) => {
                self.parent_span_id = id;
                self.foreign_parent_id = foreign.to_owned();
            }
            Piece::Name(name) => self.name = name.to_owned(),
            Piece::Kind(kind) => self.kind = kind,
            Piece::Times(start, end) => (self.start_unix, self.end_unix) = (start, end),
            Piece::Status(code, message) => {
                self.status = code;
                self.status_message = message.to_owned();
            }
            Piece::TraceState(state) => self.trace_state = state.to_owned(),
            Piece::Flags(flags) => self.flags = flags,
            Piece::Attribute(key, value) => self.attributes.push(attribute(key, value)),
            Piece::PlainText(key, text) => {
                let (key, text) = (String::from_utf8_lossy(key), String::from_utf8_lossy(text));
                self.attributes.push(attribute(&key, ValueRef::Str(&text)));
            }
            Piece::Dropped(attributes, events, links) => {
                self.dropped_attributes = attributes;
                self.dropped_events = events;
                self.dropped_links = links;
            }
            Piece::Event(time_unix, name, dropped_attributes) => {
                self.events.push(Event {
                    time_unix,
                    name: name.to_owned(),
                    attributes: Vec::new(),
                    dropped_attributes,
                });
            }
            Piece::EventAttribute(key, value) => {
                if let Some(event) = self.events.last_mut() {
                    event.attributes.push(attribute(key, value));
                }
            }
            Piece::LinkText(_) => {}
            Piece::Link(trace_id, span_id, trace_state, flags, dropped_attributes) => {
                let trace_state = trace_state.to_owned();
                self.links.push(Link {
                    trace_id,
                    span_id,
                    trace_state,
                    attributes: Vec::new(),
                    dropped_attributes,
                    flags,
                });
            }
            Piece::LinkAttribute(key, value) => {
                if let Some(link) = self.links.last_mut() {
                    link.attributes.push(attribute(key, value));
                }
            }
            Piece::Warning(text) => self.warn(text),
        }
    }
}
