//! Whether a span carries the tags that a search asks for, as Jaeger's memory store decides it: all of them on one
//! and the same span, values compared as text.

use crate::facts::{
    EMPTY_SERVICE, MISSING_SERVICE, WRONG_SERVICE, facts_of, service_name, term_of, walk_attributes,
    walk_span,
};
use crate::terms::{UNPRINTED, printed, term};
use crate::wire::WireError;
use spandrel_trace::format::{SpanParts, otlp_proto};
use spandrel_trace::model::json::text_of;
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, Scope, SpanRecord};
use spandrel_trace::model::{SpanKind, StatusCode};

/// One `key = value` of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Key; `error`, `span.status`, `scope.name`, `scope.version`, `resource.…` and the keys under which answers print
    /// what is no attribute (`PRINTED`) are special.
    pub key: String,
    /// Value as text.
    pub value: String,
}

/// Keys of tags that answers make of a span's or scope's own fields, or of the name of an event.
const PRINTED: [&str; 7] = [
    "span.kind",
    printed::STATUS_CODE,
    printed::STATUS_DESCRIPTION,
    printed::SCOPE_NAME,
    printed::SCOPE_VERSION,
    printed::TRACE_STATE,
    printed::EVENT,
];

impl Tag {
    /// Whether it is one that answers make of a span's or scope's own fields, or of the name of an event.
    pub fn is_printed(&self) -> bool {
        PRINTED.contains(&self.key.as_str())
    }

    /// The key under which an attribute must be there for the tag to match; `None` where something else may match.
    pub fn attribute_key(&self) -> Option<&str> {
        match self.key.as_str() {
            "error" | "span.status" | "scope.name" | "scope.version" => None,
            key if PRINTED.contains(&key) => None,
            "service.name" if STAND_INS.contains(&self.value.as_str()) => None,
            key => Some(key.strip_prefix("resource.").unwrap_or(key)),
        }
    }
}

/// Names of services that answers print where a resource names none.
const STAND_INS: [&str; 3] = [MISSING_SERVICE, EMPTY_SERVICE, WRONG_SERVICE];

/// Decides by the hashes of attributes, without decoding a span, that it cannot carry some tags.
pub struct Precheck {
    /// For each tag that only an attribute can match: its term, and that of a value whose text is not known.
    wanted: Vec<[u64; 2]>,
}

impl Precheck {
    /// A check for these tags.
    pub fn new(tags: &[Tag]) -> Self {
        // Bits of a mask; what is more is left to the full check.
        let plain = tags.iter().filter(|tag| tag.attribute_key() == Some(tag.key.as_str())).take(64);
        let terms = plain.map(|tag| {
            let key = tag.key.as_bytes();
            [term(key, tag.value.as_bytes()), term(key, UNPRINTED)]
        });
        Precheck { wanted: terms.collect() }
    }

    /// Whether the span may carry all tags; `false` is certain.
    pub fn may_match(&self, parts: &SpanParts) -> bool {
        let wanted = &self.wanted;
        let mut missing = u64::MAX.checked_shr(64 - wanted.len() as u32).unwrap_or(0);
        if missing == 0 {
            return true;
        }
        let mut see = |attribute: &[u8]| {
            let found = term_of(attribute)?;
            for (at, terms) in wanted.iter().enumerate() {
                if terms.contains(&found) {
                    missing &= !(1 << at);
                }
            }
            Ok::<_, WireError>(())
        };
        let walked = walk_span(parts.span, &mut see, |_| ())
            .and_then(|_| walk_attributes(parts.resource, 1, &mut see))
            .and_then(|()| walk_attributes(parts.scope, 3, &mut see));
        walked.is_err() || missing == 0
    }
}

/// Whether a span carries all tags.
pub fn matches(tags: &[Tag], parts: &SpanParts) -> bool {
    // The kind needs no decoding, unless an attribute of that name may say it.
    if let Ok(facts) = facts_of(parts.span)
        && tags.iter().any(|tag| {
            tag.key == "span.kind" && tag.value != SpanKind::from_number(u64::from(facts.kind)).name()
        })
        && ![parts.span, parts.resource, parts.scope].iter().any(|bytes| holds(bytes, b"span.kind"))
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
    tags.iter().all(|tag| carries(tag, parts, &resource, &scope, &span))
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn carries(tag: &Tag, parts: &SpanParts, resource: &Resource, scope: &Scope, span: &SpanRecord) -> bool {
    // What is empty is not printed.
    let is = |text: &str| !text.is_empty() && text == tag.value;
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
            "true" => failed || anywhere("error"),
            "false" => !failed,
            _ => anywhere("error"),
        },
        "span.kind" => is(span.kind.name()) || anywhere("span.kind"),
        "otel.status_code" => is(status_of(span.status)) || anywhere("otel.status_code"),
        "otel.status_description" => is(&span.status_message) || anywhere("otel.status_description"),
        "otel.scope.name" => is(&scope.name) || anywhere("otel.scope.name"),
        "otel.scope.version" => is(&scope.version) || anywhere("otel.scope.version"),
        "w3c.tracestate" => is(&span.trace_state) || anywhere("w3c.tracestate"),
        "event" => span.events.iter().any(|event| is(&event.name)) || anywhere("event"),
        "service.name" => service_is(parts.resource, &tag.value) || anywhere("service.name"),
        "span.status" => tag.value.eq_ignore_ascii_case(span.status.name()),
        "scope.name" => scope.name == tag.value,
        "scope.version" => scope.version == tag.value,
        key => match key.strip_prefix("resource.") {
            Some(inner) => has(&resource.attributes, inner) || anywhere(key),
            None => anywhere(key),
        },
    }
}

/// The OTLP span kind of Jaeger's word for it; `None` where there is none.
pub fn kind_number(name: &str) -> Option<u32> {
    SpanKind::ALL[1..].iter().find(|kind| kind.name() == name).map(|kind| *kind as u32)
}

/// The status as answers print it; empty where they do not.
fn status_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::Unset => "",
        StatusCode::Ok => "OK",
        StatusCode::Error => "ERROR",
    }
}

/// Whether this is the name that answers give the resource.
fn service_is(resource: &[u8], name: &str) -> bool {
    service_name(resource).is_ok_and(|service| service == name)
}

/// Compares a value printed as Jaeger prints it with text.
pub fn text_is(value: &AttributeValue, text: &str) -> bool {
    match value {
        AttributeValue::Empty => text.is_empty(),
        AttributeValue::String(string) => string == text,
        AttributeValue::Bool(flag) => text == if *flag { "true" } else { "false" },
        AttributeValue::Int(number) => text.parse() == Ok(*number),
        AttributeValue::Double(number) if number.is_nan() => text == "NaN",
        AttributeValue::Double(number) => text.parse() == Ok(*number),
        AttributeValue::Bytes(bytes) => {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.encode(bytes) == text
        }
        AttributeValue::Array(_) | AttributeValue::Map(_) => text_of(value) == text,
    }
}
