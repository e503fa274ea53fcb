//! Redaction within texts of JSON: a log line's body that was an object, a record of eval-track.

use super::{DEEPEST, REDACTED, Redaction, TOO_DEEP};
use serde_json::Value;

/// A text of a JSON object or array with what matches replaced; still JSON. `None` where nothing matches, and for other texts.
/// `depth` counts what the text is within: lists, maps, texts of JSON.
pub(super) fn redact_json(redaction: &Redaction, text: &[u8], depth: usize) -> Option<Vec<u8>> {
    let trimmed = text.trim_ascii();
    if !matches!((trimmed.first(), trimmed.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))) {
        return None;
    }
    if redaction.is_empty() {
        return None;
    }
    match serde_json::from_slice::<Value>(trimmed) {
        Ok(mut value) => redact_value(redaction, &mut value, depth).then(|| value.to_string().into_bytes()),
        // The library reads 128 levels.
        Err(error) if error.to_string().starts_with("recursion limit") => Some(TOO_DEEP.into()),
        Err(_) => None,
    }
}

/// Replaces what matches within a value; whether that was anything. Recursion ends at [`DEEPEST`].
fn redact_value(redaction: &Redaction, value: &mut Value, depth: usize) -> bool {
    let replaced = match value {
        Value::Array(_) | Value::Object(_) if depth > DEEPEST => Some(TOO_DEEP.to_owned()),
        Value::Array(values) => {
            return values
                .iter_mut()
                .fold(false, |any, value| redact_value(redaction, value, depth + 1) | any);
        }
        Value::Object(members) => {
            return members.iter_mut().fold(false, |any, (key, value)| {
                if redaction.is_key(key) {
                    *value = REDACTED.into();
                    return true;
                }
                redact_value(redaction, value, depth + 1) | any
            });
        }
        Value::String(text) => {
            let inner =
                (depth <= DEEPEST).then(|| redact_json(redaction, text.as_bytes(), depth + 1)).flatten();
            inner
                .or_else(|| redaction.text(text.as_bytes()))
                .map(|text| String::from_utf8_lossy(&text).into_owned())
        }
        Value::Number(number) => {
            let printed = redaction.text(number.to_string().as_bytes());
            printed.map(|text| String::from_utf8_lossy(&text).into_owned())
        }
        Value::Null | Value::Bool(_) => None,
    };
    match replaced {
        Some(text) => {
            *value = text.into();
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex_lite::Regex;

    fn redaction() -> Redaction {
        Redaction {
            keys: vec![Regex::new("(?i)password|secret").unwrap()],
            values: vec![Regex::new("[0-9]{4,}").unwrap()],
        }
    }

    fn redacted(text: &str) -> Option<String> {
        redact_json(&redaction(), text.as_bytes(), 0).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn keys_and_values_within_json_are_replaced_and_it_stays_json() {
        for (text, expected) in [
            (r#"{"n":1,"password":"77706"}"#, Some(r#"{"n":1,"password":"[redacted]"}"#)),
            (r#" [{"args":{"Secret":{"a":1}}}] "#, Some(r#"[{"args":{"Secret":"[redacted]"}}]"#)),
            (r#"{"card":41111111}"#, Some(r#"{"card":"[redacted]"}"#)),
            (r#"{"said":"card 41111111!"}"#, Some(r#"{"said":"card [redacted]!"}"#)),
            (r#"{"inner":"{\"password\":1}"}"#, Some(r#"{"inner":"{\"password\":\"[redacted]\"}"}"#)),
            (r#"{"n":1,"name":"x"}"#, None),
            (r#"{"password":1"#, None),
            ("password 77706", None),
            ("", None),
        ] {
            assert_eq!(redacted(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_nests_too_deeply_to_be_looked_through_does_not_leave() {
        for depth in [DEEPEST + 5, 5_000] {
            let text = format!("{}\"hidden\"{}", "[".repeat(depth), "]".repeat(depth));
            let redacted = redacted(&text).unwrap();
            assert!(redacted.contains("too deeply") && !redacted.contains("hidden"), "{redacted}");
        }
    }

    proptest! {
        #[test]
        fn no_value_of_a_secret_key_is_left(
            pairs in prop::collection::btree_map("[a-z]{1,4}(secret)?", "[a-z\"{}\\[\\]]{0,8}", 0..6), levels in 0..4usize,
        ) {
            let mut value = Value::Object(pairs.iter().map(|(key, text)| (key.clone(), Value::from(text.as_str()))).collect());
            for level in 0..levels {
                value = if level % 2 == 0 { Value::Array(vec![value]) } else { Value::String(value.to_string()) };
            }
            if let Value::String(text) = &value {
                value = serde_json::from_str(text).unwrap();
            }
            let has_secret = pairs.keys().any(|key| key.contains("secret"));
            let text = value.to_string();
            let out = redacted(&text);
            prop_assert_eq!(out.is_some(), has_secret, "{}", text);
            if let Some(out) = out {
                prop_assert!(serde_json::from_str::<Value>(&out).is_ok());
                prop_assert_eq!(out.matches("[redacted]").count(), pairs.keys().filter(|key| key.contains("secret")).count());
            }
        }
    }
}
