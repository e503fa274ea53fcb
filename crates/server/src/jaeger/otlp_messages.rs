//! Answers in OTLP protobuf: `TracesData` messages, written span by span. A message that is cut between two spans is two,
//! and several one after the other are one, so that an answer of any length needs little memory.

use super::failure::Failure;
use super::{Adjustment, for_each_span};
use crate::ingest::span_writer;
use crate::store::Spans;
use crate::wire::put_bytes;
use spandrel_trace::model::record::{Resource, Scope, SpanRecord};

/// Hands over a trace as messages of bounded size, unless one span alone is larger.
pub fn write(
    stored: &dyn Spans,
    answering: Adjustment,
    mut send: impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut messages, mut result) = (OtlpMessages::default(), Ok(()));
    for_each_span(stored, answering, |resource, scope, span| {
        if result.is_ok()
            && let Some(message) = messages.span(resource, scope, span)
        {
            result = send(&message);
        }
    });
    result?;
    messages.finish().map_or(Ok(()), |message| send(&message))
}

/// Bytes of a message from which on another one is started.
const MESSAGE: usize = 256 << 10;

/// Spans that follow one another with the same resource and scope share a group.
#[derive(Default)]
pub struct OtlpMessages {
    resource: Option<Resource>,
    scope: Option<Scope>,
    /// Spans of the group, as fields of `ScopeSpans`.
    spans: Vec<u8>,
    /// One span; reused.
    span: Vec<u8>,
    /// Groups that are complete.
    message: Vec<u8>,
}

impl OtlpMessages {
    /// The next span; a message when it is long enough to be sent.
    pub fn span(&mut self, resource: &Resource, scope: &Scope, span: &SpanRecord) -> Option<Vec<u8>> {
        if self.resource.as_ref() != Some(resource) || self.scope.as_ref() != Some(scope) {
            self.close_group();
            self.resource = Some(resource.clone());
            self.scope = Some(scope.clone());
        }
        self.span.clear();
        span_writer::span(&mut self.span, span);
        put_bytes(&mut self.spans, 2, &self.span);
        if self.spans.len() + self.message.len() < MESSAGE {
            return None;
        }
        self.finish()
    }

    /// What is left, if anything is.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        self.close_group();
        (!self.message.is_empty()).then(|| std::mem::take(&mut self.message))
    }

    fn close_group(&mut self) {
        let (Some(resource), Some(scope)) = (self.resource.take(), self.scope.take()) else { return };
        let (mut of_resource, mut of_scope, mut head) = (Vec::new(), Vec::new(), Vec::new());
        span_writer::scope(&mut head, &scope);
        put_bytes(&mut of_scope, 1, &head);
        of_scope.append(&mut self.spans);
        put_text(&mut of_scope, &scope.schema_url);
        head.clear();
        span_writer::resource(&mut head, &resource);
        put_bytes(&mut of_resource, 1, &head);
        put_bytes(&mut of_resource, 2, &of_scope);
        put_text(&mut of_resource, &resource.schema_url);
        put_bytes(&mut self.message, 1, &of_resource);
    }
}

/// The field `schema_url` of `ResourceSpans` and `ScopeSpans`.
fn put_text(out: &mut Vec<u8>, url: &str) {
    if !url.is_empty() {
        put_bytes(out, 3, url.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::format::otlp_proto;
    use spandrel_trace::model::record::{Attribute, AttributeValue, Event, Link};
    use spandrel_trace::model::{SpanKind, StatusCode};
    use spandrel_trace::units::{SpanId, TraceId};

    fn record(id: u64) -> SpanRecord {
        let attributes = vec![
            Attribute { key: "text".to_owned(), value: AttributeValue::String("x".repeat(100)) },
            Attribute { key: "list".to_owned(), value: AttributeValue::Array(vec![AttributeValue::Int(-1)]) },
        ];
        SpanRecord {
            trace_id: TraceId(7),
            span_id: SpanId(id),
            parent_span_id: SpanId(id / 2),
            name: format!("span {id}"),
            kind: SpanKind::Server,
            start_unix: 5,
            end_unix: 9,
            trace_state: "a=b".to_owned(),
            flags: 1,
            status: StatusCode::Error,
            status_message: "why".to_owned(),
            dropped_attributes: 1,
            dropped_events: 2,
            dropped_links: 3,
            events: vec![Event {
                time_unix: 6,
                name: "event".to_owned(),
                attributes: attributes.clone(),
                dropped_attributes: 4,
            }],
            links: vec![Link {
                trace_id: TraceId(8),
                span_id: SpanId(9),
                trace_state: "c=d".to_owned(),
                attributes: attributes.clone(),
                dropped_attributes: 5,
                flags: 1,
            }],
            attributes,
            ..SpanRecord::default()
        }
    }

    #[test]
    fn spans_are_read_back_as_they_were_whatever_the_messages() {
        let resource = |name: &str| Resource {
            service: name.to_owned(),
            attributes: vec![Attribute {
                key: "service.name".to_owned(),
                value: AttributeValue::String(name.to_owned()),
            }],
            dropped_attributes: 6,
            schema_url: "https://example/resource".to_owned(),
        };
        let scope =
            Scope { name: "scope".to_owned(), schema_url: "https://example".to_owned(), ..Scope::default() };
        let (mut messages, mut written) = (OtlpMessages::default(), Vec::new());
        for id in 1..=2000 {
            let resource = resource(if id % 500 < 250 { "one" } else { "two" });
            written.extend(messages.span(&resource, &scope, &record(id)));
        }
        written.extend(messages.finish());
        assert!(written.len() > 2 && written.iter().all(|message| message.len() < MESSAGE + 4096));
        let mut id = 0;
        otlp_proto::split(&written.concat(), |parts| {
            id += 1;
            let expected = resource(if id % 500 < 250 { "one" } else { "two" });
            assert_eq!(otlp_proto::read_span(parts.span).unwrap(), record(id));
            let mut read = otlp_proto::read_resource(parts.resource).unwrap();
            read.find_service();
            assert_eq!(Resource { schema_url: parts.resource_schema.to_owned(), ..read }, expected);
            let read = otlp_proto::read_scope(parts.scope).unwrap();
            assert_eq!(Scope { schema_url: parts.scope_schema.to_owned(), ..read }, scope);
        })
        .unwrap();
        assert_eq!(id, 2000);
    }
}
