//! Records of the eval-track API: captured calls, each an arbitrary JSON object. A record is read as a span.
//!
//! The members that its clients send: `id`, `function_name`, `service`, `timestamp` (milliseconds), `created_at` and
//! `updated_at` (RFC 3339), `args`, `kwargs`, `request`, `response`, `error`, `state`, `traceparent`. All are
//! optional; other members become attributes, too.

mod answer;
mod fields;
mod link;
mod span;

pub(super) use answer::{begins, read};
pub use span::{KIND, KIND_RECORD, RAW, RECEIVED, RECORD_ID, RecordPlace, SCOPE, TRACEPARENT, emit_span};

use super::json::Cursor;

/// The `id` of a record: a string, or a number as written. Of duplicate members the last counts; `None` where there
/// is none.
pub fn id_of(record: &str) -> Option<String> {
    let mut id = None;
    let _ = Cursor::new(record.as_bytes()).object(|cursor, key| {
        let value = cursor.value()?;
        if key.bytes == b"id" {
            id = match value {
                [b'"', ..] => Some(super::json::text_of(value)),
                [b'-' | b'0'..=b'9', ..] => Some(String::from_utf8_lossy(value).into_owned()),
                _ => None,
            };
        }
        Ok(())
    });
    id.filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_a_text_or_a_number() {
        let id = |record: &str| id_of(record);
        assert_eq!(id(r#"{"a":{"id":"inner"},"id":"\u0061b"}"#).as_deref(), Some("ab"));
        assert_eq!(id(r#"{"id":1,"id": 17 }"#).as_deref(), Some("17"));
        for none in [r#"{"id":null}"#, r#"{"id":""}"#, r#"{"id":{}}"#, "{}", "[]", "", "{"] {
            assert_eq!(id(none), None, "{none}");
        }
    }
}
