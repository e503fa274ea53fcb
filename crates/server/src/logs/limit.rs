//! Limits on the attributes of lines that did not arrive as OTLP in protobuf, which [`RequestLimits`] edits itself.

use super::line::LogLine;
use super::otlp::FIELDS;
use crate::ingest::PartialSuccess;
use crate::ingest::limit::{DroppedCounts, RequestLimits};
use serde_json::{Map, Value};

/// Removes from the attributes of lines and of their resources what is beyond the limits, and says what that was.
pub(super) fn apply(limits: &RequestLimits, lines: &mut [LogLine]) -> PartialSuccess {
    let (mut left_out, mut partial_success) = (DroppedCounts::default(), PartialSuccess::default());
    // Lines of one resource follow each other: it is counted once.
    let mut last = (String::new(), None);
    for line in lines {
        if line.resource != last.0 {
            last = (line.resource.clone(), within(limits, &line.resource, &mut left_out));
        }
        if let Some(limited) = &last.1 {
            line.resource.clone_from(limited);
        }
        if let Some(limited) = within(limits, &line.attributes, &mut left_out) {
            line.attributes = limited;
        }
    }
    limits.say(&left_out, &mut partial_success);
    partial_success
}

/// An object of attributes without what is beyond the limits; `None` where all of it is within them.
fn within(limits: &RequestLimits, attributes: &str, left_out: &mut DroppedCounts) -> Option<String> {
    let mut attributes: Map<String, Value> = serde_json::from_str(attributes).ok()?;
    let (mut count, before) = (0, *left_out);
    attributes.retain(|name, value| {
        if FIELDS.contains(&name.as_str()) {
            return true;
        }
        count += 1;
        if limits.attributes.is_some_and(|most| count > most) {
            left_out.attributes += 1;
            return false;
        }
        if limits.nesting.is_some_and(|most| is_deeper(value, most)) {
            left_out.too_deep += 1;
            return false;
        }
        limits.value_bytes.is_none_or(|most| fits(value, most, left_out))
    });
    (*left_out != before).then(|| Value::Object(attributes).to_string())
}

/// Whether lists and objects are deeper within one another than `most`. Serde reads no JSON deeper than 128.
fn is_deeper(value: &Value, most: usize) -> bool {
    let is_deeper = |member: &Value| most == 0 || self::is_deeper(member, most - 1);
    match value {
        Value::Array(_) | Value::Object(_) if most == 0 => true,
        Value::Array(values) => values.iter().any(is_deeper),
        Value::Object(members) => members.values().any(is_deeper),
        _ => false,
    }
}

/// Cuts a text that is too long, between two characters. Answers whether the value is now small enough.
fn fits(value: &mut Value, most: usize, left_out: &mut DroppedCounts) -> bool {
    match value {
        Value::String(text) if text.len() > most => {
            text.truncate(text.floor_char_boundary(most));
            left_out.cut += 1;
            true
        }
        Value::Array(_) | Value::Object(_) if value.to_string().len() > most => {
            left_out.too_big += 1;
            false
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(attributes: &Value, resource: &Value) -> LogLine {
        LogLine { attributes: attributes.to_string(), resource: resource.to_string(), ..LogLine::default() }
    }

    #[test]
    fn attributes_beyond_the_limits_are_cut_or_dropped_and_counted() {
        let limits =
            RequestLimits { attributes: Some(3), value_bytes: Some(6), nesting: Some(1), spans: Some(1) };
        let long = json!({"a": "a\u{e4}\u{f6}\u{fc}", "b": 1, "c": "", "d": 2, "event.name": "a long name of an event"});
        let nested = json!({"a": [[1]], "b": [1, 2, 3, 4], "c": [1]});
        let mut lines =
            vec![line(&long, &json!({"host": "0123456"})), line(&nested, &json!({"host": "0123456"}))];
        let said = apply(&limits, &mut lines).text();
        let expected = [
            json!({"a": "a\u{e4}\u{f6}", "b": 1, "c": "", "event.name": "a long name of an event"}),
            json!({"c": [1]}),
        ];
        for (line, attributes) in lines.iter().zip(expected) {
            assert_eq!(line, &self::line(&attributes, &json!({"host": "012345"})));
        }
        for part in
            ["1 attributes beyond the first 3", "2 texts cut after 6 bytes", "1 values of more than 6 bytes"]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(said.ends_with("and 1 more"), "{said}");
    }

    #[test]
    fn what_is_within_the_limits_stays_to_the_bit() {
        let limits =
            RequestLimits { attributes: Some(2), value_bytes: Some(9), nesting: Some(2), spans: None };
        let mut lines = vec![line(&json!({"a": [[1]], "b": 18_446_744_073_709_551_615_u64}), &json!({}))];
        let before = lines.clone();
        assert_eq!((apply(&limits, &mut lines).text().as_str(), lines), ("", before));
    }
}
