//! What a failed span says about its failure.

use crate::model::json::text_of;
use crate::model::record::{Attribute, AttributeValue, SpanRecord};
use crate::model::{SpanIx, Trace};

/// Characters of a failure's text that are kept.
const MOST: usize = 160;

/// Keys of span attributes that say why, the most telling first.
const OF_SPAN: [&str; 7] = [
    "exception.message",
    "error.message",
    "error.type",
    "grpc.error_message",
    "response_code",
    "http.response.status_code",
    "http.status_code",
];

/// The text of a failure: the status's message, the exception event's, an OpenTracing log's, or an attribute's, on one line;
/// `None` where there is none.
pub fn failure_text(trace: &Trace, span: SpanIx) -> Option<String> {
    let record = trace.record_as_sent(span);
    let text = [record.status_message.clone()]
        .into_iter()
        .chain(of_events(&record))
        .chain(OF_SPAN.iter().filter_map(|key| labelled(key, value(&record.attributes, key)?)))
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .find(|text| !text.is_empty())?;
    Some(match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    })
}

/// What the events of a span say about its failure, the last one first; `None` where they say nothing.
pub fn event_failure_text(record: &SpanRecord) -> Option<String> {
    of_events(record).into_iter().find(|text| !text.trim().is_empty())
}

fn of_events(record: &SpanRecord) -> Vec<String> {
    let mut texts = Vec::new();
    for event in record.events.iter().rev() {
        let kind = value(&event.attributes, "exception.type");
        let message = value(&event.attributes, "exception.message");
        match (kind, message) {
            (Some(kind), Some(message)) if !kind.is_empty() => texts.push(format!("{kind}: {message}")),
            (_, Some(text)) | (Some(text), _) => texts.push(text),
            _ => {}
        }
        // OpenTracing: `event=error` or `level=error`, and a message beside it.
        let is_error = ["event", "level"]
            .iter()
            .any(|key| value(&event.attributes, key).is_some_and(|text| text == "error"));
        if is_error {
            texts.extend(
                ["message", "error.object", "error", "event"]
                    .iter()
                    .find_map(|key| value(&event.attributes, key).filter(|text| text != "error")),
            );
        }
    }
    texts
}

fn labelled(key: &str, text: String) -> Option<String> {
    match key {
        "http.response.status_code" | "http.status_code" => {
            Some(format!("HTTP status {text}")).filter(|_| text != "0")
        }
        _ => Some(text),
    }
}

fn value(attributes: &[Attribute], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    Some(match &found.value {
        AttributeValue::String(text) => text.clone(),
        other => text_of(other),
    })
}
