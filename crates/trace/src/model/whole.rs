//! A whole span put together from its pieces.

use super::record::{Attribute, Event, Link, SpanRecord};
use super::sink::{Piece, Sink, ValueRef};

impl SpanRecord {
    /// Adds a warning unless it is there already: backends repeat themselves.
    pub fn warn(&mut self, text: &str) {
        if !self.warnings.iter().any(|known| known == text) {
            self.warnings.push(text.to_owned());
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
