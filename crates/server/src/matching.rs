//! Whether a span carries the tags that a search asks for, as Jaeger's memory store decides it: all of them on one
//! and the same span, values compared as text.

use crate::facts::facts_of;
use spandrel_trace::format::{Parts, otlp_proto};
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, Scope, SpanRecord};
use spandrel_trace::model::{SpanKind, StatusCode};

/// One `key = value` of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Key; `error`, `span.kind`, `span.status`, `scope.name`, `scope.version` and `resource.…` are special.
    pub key: String,
    /// Value as text.
    pub value: String,
}

impl Tag {
    /// The key under which an attribute must be there for the tag to match; `None` for the special ones.
    pub fn attribute_key(&self) -> Option<&str> {
        match self.key.as_str() {
            "error" | "span.kind" | "span.status" | "scope.name" | "scope.version" => None,
            key => Some(key.strip_prefix("resource.").unwrap_or(key)),
        }
    }
}

/// Whether a span carries all tags.
pub fn matches(tags: &[Tag], parts: &Parts) -> bool {
    // Status and kind need no decoding, and `error=true` is what people search for most.
    if let Ok(facts) = facts_of(parts.span)
        && tags.iter().any(|tag| tag.key == "span.kind" && tag.value != kind_name(facts.kind))
    {
        return false;
    }
    let (Ok(span), Ok(resource), Ok(scope)) = (
        otlp_proto::read_span(parts.span),
        otlp_proto::read_resource(parts.resource),
        otlp_proto::read_scope(parts.scope),
    ) else {
        return false;
    };
    tags.iter().all(|tag| carries(tag, &resource, &scope, &span))
}

fn carries(tag: &Tag, resource: &Resource, scope: &Scope, span: &SpanRecord) -> bool {
    let has = |attributes: &[Attribute], key: &str| {
        attributes.iter().any(|attribute| attribute.key == key && text_is(&attribute.value, &tag.value))
    };
    let anywhere = |key: &str| {
        has(&span.attributes, key)
            || has(&resource.attributes, key)
            || has(&scope.attributes, key)
            || span.events.iter().any(|event| has(&event.attributes, key))
            || span.links.iter().any(|link| has(&link.attributes, key))
    };
    let failed = span.status == StatusCode::Error;
    match tag.key.as_str() {
        "error" => match tag.value.as_str() {
            "true" => failed || has(&span.attributes, "error"),
            "false" => !failed,
            _ => anywhere("error"),
        },
        "span.kind" => tag.value == kind_of(span.kind),
        "span.status" => tag.value.eq_ignore_ascii_case(match span.status {
            StatusCode::Unset => "unset",
            StatusCode::Ok => "ok",
            StatusCode::Error => "error",
        }),
        "scope.name" => scope.name == tag.value,
        "scope.version" => scope.version == tag.value,
        key => match key.strip_prefix("resource.") {
            Some(inner) => has(&resource.attributes, inner) || anywhere(key),
            None => anywhere(key),
        },
    }
}

/// Jaeger's word for an OTLP span kind; empty for "unspecified".
pub fn kind_name(kind: u32) -> &'static str {
    match kind {
        1 => "internal",
        2 => "server",
        3 => "client",
        4 => "producer",
        5 => "consumer",
        _ => "",
    }
}

fn kind_of(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified => "",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

/// Compares a value printed as Jaeger prints it with text.
fn text_is(value: &AttributeValue, text: &str) -> bool {
    match value {
        AttributeValue::Empty => text.is_empty(),
        AttributeValue::String(string) => string == text,
        AttributeValue::Bool(flag) => text == if *flag { "true" } else { "false" },
        AttributeValue::Int(number) => text.parse() == Ok(*number),
        AttributeValue::Double(number) => text.parse() == Ok(*number),
        AttributeValue::Bytes(bytes) => {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.encode(bytes) == text
        }
        AttributeValue::Array(_) | AttributeValue::Map(_) => {
            json(value, DEEPEST).map(|json| json.to_string()).as_deref() == Some(text)
        }
    }
}

/// Lists and maps nested deeper than this cannot be searched for.
const DEEPEST: usize = 64;

fn json(value: &AttributeValue, deepest: usize) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    let deeper = deepest.checked_sub(1)?;
    Some(match value {
        AttributeValue::Empty => Json::Null,
        AttributeValue::String(string) => Json::from(string.as_str()),
        AttributeValue::Bool(flag) => Json::from(*flag),
        AttributeValue::Int(number) => Json::from(*number),
        AttributeValue::Double(number) => Json::from(*number),
        AttributeValue::Bytes(bytes) => {
            use base64::Engine;
            Json::from(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        AttributeValue::Array(values) => {
            Json::Array(values.iter().map(|value| json(value, deeper)).collect::<Option<_>>()?)
        }
        AttributeValue::Map(members) => Json::Object(
            members
                .iter()
                .map(|member| Some((member.key.clone(), json(&member.value, deeper)?)))
                .collect::<Option<_>>()?,
        ),
    })
}
