//! Records of the eval-track API: calls that clients captured, any JSON object each. A record is shown as a span, so that
//! everything that works for spans works for it.
//!
//! The members that its clients send: `id`, `function_name`, `service`, `timestamp` (milliseconds), `created_at` and
//! `updated_at` (RFC 3339), `args`, `kwargs`, `request`, `response`, `error`, `state`, `traceparent`. None is required,
//! and whatever else there is becomes an attribute.

mod answer;
mod facts;
mod link;
mod span;

pub(super) use answer::{begins, read};
pub use span::{KIND, KIND_RECORD, Place, RAW, RECEIVED, RECORD_ID, SCOPE, TRACEPARENT, say};

use super::json::Cursor;

/// The id that a record names itself: a text, or a number as it is written. The last one counts, as in most readers of
/// JSON; `None` where there is none.
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
