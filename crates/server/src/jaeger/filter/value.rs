//! Values that filters compare.

use crate::jaeger::params;
use crate::matching::text_is;
use spandrel_trace::model::json::text_of;
use spandrel_trace::model::record::AttributeValue;
use std::cmp::Ordering;

/// A value of a filter. Types decide only how values are ordered: equality is that of their texts, as for tags.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// As a number, unless it is said to be a text.
    pub(super) number: Option<f64>,
    /// As a duration in nanoseconds: in Go's words or a number.
    pub(super) duration: Option<u64>,
    /// As a time in nanoseconds since the Unix epoch: RFC 3339 or a number.
    pub(super) time: Option<u64>,
}

impl Scalar {
    /// A value of a type: `string`, `int`, `double`, `bool` or none.
    pub(super) fn new(text: String, kind: &str) -> Result<Self, String> {
        let parsed = text.parse::<f64>().ok().filter(|number| number.is_finite());
        let fits = match kind {
            "" | "string" => true,
            "int" => text.parse::<i64>().is_ok(),
            "double" => parsed.is_some(),
            "bool" => matches!(text.as_str(), "true" | "false"),
            other => return Err(format!("unknown type {other:?}")),
        };
        if !fits {
            return Err(format!("{text:?} is no {kind}"));
        }
        let whole = text.parse::<u64>().ok();
        Ok(Scalar {
            number: parsed.filter(|_| kind != "string"),
            duration: params::duration(&text).ok().or(whole),
            time: params::time(&text).ok().or(whole),
            text,
        })
    }
}

/// A value of a span.
pub(super) enum SpanValue<'s> {
    Attribute(&'s AttributeValue),
    Text(&'s str),
    /// A name that is compared without case: a kind or a status.
    Name(&'static str),
    /// Nanoseconds.
    Duration(u64),
    /// Nanoseconds since the Unix epoch.
    Time(u64),
}

impl SpanValue<'_> {
    /// Whether both have the same text, or are the same time.
    pub(super) fn equals(&self, scalar: &Scalar) -> bool {
        match self {
            SpanValue::Attribute(value) => text_is(value, &scalar.text),
            SpanValue::Text(text) => *text == scalar.text,
            SpanValue::Name(name) => {
                let text = scalar.text.to_ascii_lowercase();
                let text =
                    text.strip_prefix("span_kind_").or(text.strip_prefix("status_code_")).unwrap_or(&text);
                *name == text
            }
            SpanValue::Duration(nanoseconds) => scalar.duration == Some(*nanoseconds),
            SpanValue::Time(nanoseconds) => scalar.time == Some(*nanoseconds),
        }
    }

    /// How it compares with a value; `None` where the two cannot be ordered.
    pub(super) fn order(&self, scalar: &Scalar) -> Option<Ordering> {
        let texts = |text: &str| match scalar.number {
            // Old senders write numbers as texts.
            Some(number) => text.parse::<f64>().ok()?.partial_cmp(&number),
            None => Some(text.cmp(&scalar.text)),
        };
        match self {
            SpanValue::Attribute(AttributeValue::Int(own)) => match scalar.text.parse::<i64>() {
                Ok(number) if scalar.number.is_some() => Some(own.cmp(&number)),
                _ => (*own as f64).partial_cmp(&scalar.number?),
            },
            SpanValue::Attribute(AttributeValue::Double(own)) => own.partial_cmp(&scalar.number?),
            SpanValue::Attribute(AttributeValue::String(text)) => texts(text),
            SpanValue::Attribute(_) => None,
            SpanValue::Text(text) => texts(text),
            SpanValue::Name(name) => texts(name),
            SpanValue::Duration(own) => Some(own.cmp(&scalar.duration?)),
            SpanValue::Time(own) => Some(own.cmp(&scalar.time?)),
        }
    }

    /// As text, for regular expressions.
    pub(super) fn with_text<T>(&self, read: impl FnOnce(&str) -> T) -> T {
        match self {
            SpanValue::Attribute(AttributeValue::String(text)) => read(text),
            SpanValue::Attribute(value) => read(&text_of(value)),
            SpanValue::Text(text) => read(text),
            SpanValue::Name(name) => read(name),
            SpanValue::Duration(number) | SpanValue::Time(number) => read(&number.to_string()),
        }
    }
}
