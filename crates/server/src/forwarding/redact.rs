//! Redaction: attributes whose key or text matches are replaced in the bytes of a message; everything else stays as it
//! was sent, unknown fields included. Values that are texts of JSON objects and arrays are looked through as well. Field numbers: opentelemetry-proto `trace/v1/trace.proto`, `logs/v1/logs.proto`, `common/v1/common.proto`,
//! `resource/v1/resource.proto`.

mod json;

use crate::wire::{Edit, TypedField, Walk, WireError, WireField, edit, put_bytes};
use json::redact_json;
use regex_lite::Regex;
use std::borrow::Cow;

/// What stands where something was.
pub const REDACTED: &str = "[redacted]";
/// What stands for a value that nests too deeply to be looked through.
const TOO_DEEP: &str = "[redacted: nested too deeply]";
/// Lists and maps within one another that are looked through.
const DEEPEST: usize = 32;

/// What is replaced.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    /// Values of attributes whose key matches one of these.
    pub keys: Vec<Regex>,
    /// What matches one of these within texts and numbers.
    pub values: Vec<Regex>,
}

/// What to do with a field of a message.
#[derive(Clone, Copy)]
enum Part {
    /// It is a `KeyValue`.
    Attribute,
    /// It is an `AnyValue`.
    Value,
    /// It is text.
    Text,
    /// It is a message with such parts.
    Message(&'static [(u32, Part)]),
}

/// A message whose fields may hold what is redacted.
#[derive(Clone, Copy)]
pub struct Shape(&'static [(u32, Part)]);

/// `Resource`.
pub const RESOURCE: Shape = Shape(&[(1, Part::Attribute)]);
/// `InstrumentationScope`.
pub const SCOPE: Shape = Shape(&[(3, Part::Attribute)]);
/// `Span`, with its events, links and status.
pub const SPAN: Shape = Shape(&[
    (5, Part::Text),
    (9, Part::Attribute),
    (11, Part::Message(&[(2, Part::Text), (3, Part::Attribute)])),
    (13, Part::Message(&[(4, Part::Attribute)])),
    (15, Part::Message(&[(2, Part::Text)])),
]);

/// `LogRecord`.
pub const LINE: Shape = Shape(&[(3, Part::Text), (5, Part::Value), (6, Part::Attribute), (12, Part::Text)]);

impl Redaction {
    /// Whether there is nothing to replace.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.values.is_empty()
    }

    /// A message with what matches replaced; as it is where nothing does.
    pub fn message<'a>(&self, message: &'a [u8], shape: Shape) -> Result<Cow<'a, [u8]>, WireError> {
        if self.is_empty() {
            return Ok(Cow::Borrowed(message));
        }
        Ok(self.parts(message, shape.0)?.map_or(Cow::Borrowed(message), Cow::Owned))
    }

    /// The message rewritten; `None` where nothing changed. Shapes are constants of two levels, so this recursion is too.
    fn parts(&self, message: &[u8], parts: &[(u32, Part)]) -> Result<Option<Vec<u8>>, WireError> {
        rewrite(message, |number, field| {
            let Some((_, part)) = parts.iter().find(|(of, _)| *of == number) else { return Ok(None) };
            let bytes = field.bytes(number)?;
            match part {
                Part::Attribute => self.attribute(bytes, 0),
                Part::Value => self.value(bytes, 0),
                Part::Text => Ok(self.text(bytes)),
                Part::Message(parts) => self.parts(bytes, parts),
            }
        })
    }

    /// A `KeyValue`.
    fn attribute(&self, attribute: &[u8], depth: usize) -> Result<Option<Vec<u8>>, WireError> {
        let mut key: &[u8] = &[];
        let mut walk = Walk::new(attribute);
        while let Some((number, field)) = walk.next()? {
            if number == 1 {
                key = field.bytes(1)?;
            }
        }
        if !self.keys.is_empty() && self.is_key(&String::from_utf8_lossy(key)) {
            let mut out = Vec::with_capacity(key.len() + 24);
            put_bytes(&mut out, 1, key);
            put_bytes(&mut out, 2, &text_value(REDACTED));
            return Ok(Some(out));
        }
        rewrite(attribute, |number, field| match number {
            2 => self.value(field.bytes(2)?, depth),
            _ => Ok(None),
        })
    }

    /// An `AnyValue`. Recursion ends at [`DEEPEST`].
    fn value(&self, value: &[u8], depth: usize) -> Result<Option<Vec<u8>>, WireError> {
        if depth > DEEPEST {
            return Ok(Some(text_value(TOO_DEEP)));
        }
        // A number that matches becomes text: another field, so the value as a whole is replaced.
        let mut walk = Walk::new(value);
        while let Some((number, field)) = walk.next()? {
            let printed = match (number, field) {
                (3, WireField::Varint(whole)) => (whole as i64).to_string(),
                (4, WireField::Fixed64(bits)) => f64::from_bits(bits).to_string(),
                _ => continue,
            };
            if let Some(text) = self.text(printed.as_bytes()) {
                return Ok(Some(text_value(&String::from_utf8_lossy(&text))));
            }
        }
        rewrite(value, |number, field| match number {
            1 => {
                let text = field.bytes(1)?;
                Ok(redact_json(self, text, depth).or_else(|| self.text(text)))
            }
            5 => rewrite(field.bytes(5)?, |number, field| match number {
                1 => self.value(field.bytes(1)?, depth + 1),
                _ => Ok(None),
            }),
            6 => rewrite(field.bytes(6)?, |number, field| match number {
                1 => self.attribute(field.bytes(1)?, depth + 1),
                _ => Ok(None),
            }),
            _ => Ok(None),
        })
    }

    /// Whether the values of this key are replaced.
    fn is_key(&self, key: &str) -> bool {
        self.keys.iter().any(|pattern| pattern.is_match(key))
    }

    /// A text with its matches replaced; `None` where there are none.
    fn text(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.values.is_empty() {
            return None;
        }
        let text = String::from_utf8_lossy(bytes);
        let mut changed: Option<String> = None;
        for pattern in &self.values {
            let now = changed.as_deref().unwrap_or(&text);
            if pattern.is_match(now) {
                changed = Some(pattern.replace_all(now, regex_lite::NoExpand(REDACTED)).into_owned());
            }
        }
        changed.map(String::into_bytes)
    }
}

/// An `AnyValue` of a text.
fn text_value(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 4);
    put_bytes(&mut out, 1, text.as_bytes());
    out
}

/// A message in which the fields for which `replace` has new content have it; `None` where there is none.
fn rewrite(
    message: &[u8],
    mut replace: impl FnMut(u32, WireField<'_>) -> Result<Option<Vec<u8>>, WireError>,
) -> Result<Option<Vec<u8>>, WireError> {
    edit(message, |number, field| replace(number, field).map(Edit::of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
    use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
    use opentelemetry_proto::tonic::trace::v1::{Span, Status};
    use proptest::prelude::*;
    use prost::Message;

    fn redaction(keys: &[&str], values: &[&str]) -> Redaction {
        let compile =
            |patterns: &[&str]| patterns.iter().map(|pattern| Regex::new(pattern).unwrap()).collect();
        Redaction { keys: compile(keys), values: compile(values) }
    }

    fn pair(key: &str, value: Any) -> KeyValue {
        KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
    }

    fn text(text: &str) -> Any {
        Any::StringValue(text.to_owned())
    }

    fn redacted(span: &Span, redaction: &Redaction) -> Span {
        Span::decode(&*redaction.message(&span.encode_to_vec(), SPAN).unwrap()).unwrap()
    }

    #[test]
    fn keys_and_texts_are_replaced_wherever_they_stand() {
        let card = "card 4111111111111111!";
        let span = Span {
            name: card.to_owned(),
            attributes: vec![
                pair("user.password", text("hunter2")),
                pair("number", Any::IntValue(4_111_111_111_111_111)),
                pair("short", Any::IntValue(7)),
                pair(
                    "map",
                    Any::KvlistValue(KeyValueList {
                        values: vec![
                            pair("password", Any::BoolValue(true)),
                            pair(
                                "list",
                                Any::ArrayValue(ArrayValue {
                                    values: vec![AnyValue { value: Some(text(card)) }],
                                }),
                            ),
                        ],
                    }),
                ),
            ],
            events: vec![Event {
                name: card.to_owned(),
                attributes: vec![pair("exception.message", text(card))],
                ..Event::default()
            }],
            links: vec![Link { attributes: vec![pair("password", text("x"))], ..Link::default() }],
            status: Some(Status { message: card.to_owned(), code: 2 }),
            ..Span::default()
        };
        let out = redacted(&span, &redaction(&["password$"], &[r"\d{16}"]));
        let said = format!("{out:?}");
        assert!(!said.contains("4111") && !said.contains("hunter2") && !said.contains("BoolValue"), "{said}");
        assert_eq!(out.name, "card [redacted]!");
        assert_eq!(out.attributes[0], pair("user.password", text(REDACTED)));
        assert_eq!(out.attributes[1], pair("number", text(REDACTED)));
        assert_eq!(out.attributes[2], span.attributes[2]);
        assert_eq!(out.status.unwrap(), Status { message: "card [redacted]!".to_owned(), code: 2 });
    }

    #[test]
    fn what_nests_too_deeply_to_be_looked_through_does_not_leave() {
        let mut value = AnyValue { value: Some(text("secret")) };
        for _ in 0..DEEPEST + 5 {
            value = AnyValue { value: Some(Any::ArrayValue(ArrayValue { values: vec![value] })) };
        }
        let attribute = KeyValue { key: "k".to_owned(), value: Some(value), ..KeyValue::default() };
        let span = Span { attributes: vec![attribute], ..Span::default() };
        let said = format!("{:?}", redacted(&span, &redaction(&["never"], &[])));
        assert!(!said.contains("secret") && said.contains("too deeply"), "{said}");
    }

    #[test]
    fn what_does_not_match_stays_to_the_bit() {
        let mut bytes =
            Span { name: "n".to_owned(), attributes: vec![pair("a", text("b"))], ..Span::default() }
                .encode_to_vec();
        put_bytes(&mut bytes, 999, b"a field of the future");
        assert!(matches!(
            redaction(&["x"], &["y"]).message(&bytes, SPAN).unwrap(),
            Cow::Borrowed(same) if same == bytes
        ));
        let changed = redaction(&["^a$"], &[]).message(&bytes, SPAN).unwrap().into_owned();
        assert!(changed.ends_with(b"a field of the future"));
    }

    proptest! {
        #[test]
        fn nothing_that_matches_is_left_and_keys_and_the_rest_are_kept(
            pairs in prop::collection::vec(("[a-z]{1,4}(\\.token)?", "[a-z0-9 ]{0,12}"), 0..12),
        ) {
            let attributes: Vec<_> = pairs.iter().map(|(key, value)| pair(key, text(value))).collect();
            let span = Span { attributes, ..Span::default() };
            let rules = redaction(&["token"], &["[0-9]+"]);
            let out = redacted(&span, &rules);
            prop_assert_eq!(out.attributes.len(), pairs.len());
            for (attribute, (key, value)) in out.attributes.iter().zip(&pairs) {
                prop_assert_eq!(&attribute.key, key);
                let Some(Any::StringValue(now)) = attribute.value.clone().unwrap().value else { panic!("no text") };
                if key.contains("token") {
                    prop_assert_eq!(now, REDACTED);
                } else {
                    let digits = |letter: char| letter.is_ascii_digit();
                    prop_assert!(!now.contains(digits));
                    prop_assert!(value.contains(digits) || now == *value);
                }
            }
        }
    }
}
