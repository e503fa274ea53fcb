//! JSON in text values, parsed one level at a time.

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};
use std::borrow::Cow;

/// JSON white space.
const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonShape {
    /// An object.
    Object,
    /// A list.
    Array,
    /// Text.
    Text,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Word,
}

/// A member of an object or list: its name (in a list its index), and its JSON.
pub type JsonMember<'a> = (Cow<'a, str>, &'a str);

/// The type of a valid JSON value.
pub fn shape(json: &str) -> JsonShape {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => JsonShape::Object,
        Some(b'[') => JsonShape::Array,
        Some(b'"') => JsonShape::Text,
        Some(b't' | b'f' | b'n') => JsonShape::Word,
        _ => JsonShape::Number,
    }
}

/// Whether a text starts and ends like an object or list. A cheap first check.
pub fn looks_nested(text: &str) -> bool {
    let text = text.trim().as_bytes();
    matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
}

/// The members of an object or list; `None` if the text is not valid JSON, or is neither. One pass, with memory for
/// the members only and no recursion.
pub fn members(text: &str) -> Option<Vec<JsonMember<'_>>> {
    let mut rest = text.trim_start_matches(WHITE);
    let is_object = rest.starts_with('{');
    let (open, close) = if is_object { ('{', '}') } else { ('[', ']') };
    let mut members = Vec::new();
    rest = after(rest, open)?;
    while !(members.is_empty() && rest.starts_with(close)) {
        let name = if is_object {
            let name = leading(rest).filter(|name| shape(name) == JsonShape::Text)?;
            rest = after(rest[name.len()..].trim_start_matches(WHITE), ':')?;
            Cow::Owned(text_of(name).into_owned())
        } else {
            Cow::Owned(members.len().to_string())
        };
        let value = leading(rest)?;
        members.push((name, value));
        rest = rest[value.len()..].trim_start_matches(WHITE);
        match after(rest, ',') {
            Some(next) => rest = next,
            None => break,
        }
    }
    after(rest, close)?.is_empty().then_some(members)
}

/// Unescapes a JSON string; other JSON is returned as is.
pub fn text_of(json: &str) -> Cow<'_, str> {
    match shape(json) {
        JsonShape::Text => match serde_json::from_slice(json.as_bytes()) {
            Ok(Value::String(text)) => Cow::Owned(text),
            _ => Cow::Borrowed(json),
        },
        _ => Cow::Borrowed(json),
    }
}

/// The valid JSON value at the start of a text. Nested values are skipped without recursion.
fn leading(text: &str) -> Option<&str> {
    let mut reader = Deserializer::from_slice(text.as_bytes()).into_iter::<IgnoredAny>();
    reader.next()?.ok()?;
    text.get(..reader.byte_offset())
}

/// What follows `mark` and white space.
fn after(text: &str, mark: char) -> Option<&str> {
    Some(text.strip_prefix(mark)?.trim_start_matches(WHITE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn opened(text: &str) -> Option<Vec<(String, String)>> {
        let members = members(text)?;
        Some(members.into_iter().map(|(name, json)| (name.into_owned(), json.to_owned())).collect())
    }

    #[test]
    fn a_level_is_names_and_what_was_written() {
        let text = r#" {"a\n": 1.0e400, "b": [1, {"c": null}], "a\n": "t\"" } "#;
        let expected = [("a\n", "1.0e400"), ("b", r#"[1, {"c": null}]"#), ("a\n", r#""t\"""#)]
            .map(|(name, json)| (name.to_owned(), json.to_owned()));
        let found = opened(text).unwrap();
        assert_eq!(found, expected);
        assert_eq!(opened(&found[1].1).unwrap()[1], ("1".to_owned(), r#"{"c": null}"#.to_owned()));
        assert_eq!(text_of(&found[2].1), "t\"");
        assert_eq!(
            found.iter().map(|(_, json)| shape(json)).collect::<Vec<_>>(),
            [JsonShape::Number, JsonShape::Array, JsonShape::Text]
        );
    }

    #[test]
    fn what_is_not_json_is_not_opened() {
        for text in ["", "7", "\"text\"", "{", "[1,]", "{a: 1}", "[1] [2]", "{\"a\": \"\u{1}\"}", "nul"] {
            assert_eq!(members(text), None, "{text}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let depth = 200_000;
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(members(&text).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_opened_as_serde_would_or_not_at_all(text in r#"[\[\]{}",:0-9a ]{0,24}"#) {
            let value = serde_json::from_str::<serde_json::Value>(&text).ok();
            let members = members(&text);
            // An object of `Value` keeps one member of each name.
            match value {
                Some(serde_json::Value::Array(list)) => prop_assert_eq!(members.unwrap().len(), list.len()),
                Some(serde_json::Value::Object(map)) => prop_assert!(members.unwrap().len() >= map.len()),
                _ => prop_assert!(members.is_none()),
            }
        }
    }
}
