//! The start of something that may be large: bodies, arguments, results.

use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// The first bytes of a stream, and how many there were.
#[derive(Debug, Default)]
pub(crate) struct Prefix {
    bytes: Vec<u8>,
    limit: usize,
    size: u64,
}

impl Prefix {
    pub(crate) fn new(limit: usize) -> Self {
        Prefix { bytes: Vec::new(), limit, size: 0 }
    }

    pub(crate) fn push(&mut self, more: &[u8]) {
        let room = self.limit.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&more[..more.len().min(room)]);
        self.size = self.size.saturating_add(more.len() as u64);
    }

    fn is_whole(&self) -> bool {
        self.size == self.bytes.len() as u64
    }

    /// Adds `body`, `body_size` and `truncated` to the members of a request or response. A body that is JSON and whole is
    /// kept as JSON, any other as text, whose bytes that are not UTF-8 are replaced.
    pub(crate) fn describe(&self, content_type: &str, members: &mut Map<String, Value>) {
        members.insert("body_size".to_owned(), self.size.into());
        if !self.is_whole() {
            members.insert("truncated".to_owned(), true.into());
        }
        if self.bytes.is_empty() {
            return;
        }
        let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_json = media == "application/json" || media.ends_with("+json");
        let json = (is_json && self.is_whole()).then(|| serde_json::from_slice(&self.bytes).ok()).flatten();
        let body = json.unwrap_or_else(|| String::from_utf8_lossy(&self.bytes).into_owned().into());
        members.insert("body".to_owned(), body);
    }
}

/// A value as JSON. One that takes more than `limit` bytes becomes `{"truncated": true, "text": "…"}` with the first of
/// them; one that cannot be written becomes `{"unreadable": "…"}` with the reason.
pub(crate) fn bounded(value: &(impl Serialize + ?Sized), limit: usize) -> Value {
    let mut writer = Bounded { bytes: Vec::new(), limit };
    match serde_json::to_writer(&mut writer, value) {
        Ok(()) => match serde_json::from_slice(&writer.bytes) {
            Ok(value) => value,
            Err(error) => serde_json::json!({ "unreadable": error.to_string() }),
        },
        Err(error) if error.is_io() => {
            serde_json::json!({ "truncated": true, "text": String::from_utf8_lossy(&writer.bytes) })
        }
        Err(error) => serde_json::json!({ "unreadable": error.to_string() }),
    }
}

struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.limit - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        // Nothing taken is the error "failed to write whole buffer".
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn described(limit: usize, content_type: &str, body: &[u8]) -> Value {
        let mut prefix = Prefix::new(limit);
        body.chunks(3).for_each(|chunk| prefix.push(chunk));
        let mut members = Map::new();
        prefix.describe(content_type, &mut members);
        members.into()
    }

    #[test]
    fn a_body_is_json_where_it_is_whole_and_text_otherwise() {
        let json_type = "Application/JSON; charset=utf-8";
        let body = br#"{"a":[1]}"#;
        assert_eq!(described(100, json_type, body), json!({ "body": { "a": [1] }, "body_size": 9 }));
        assert_eq!(described(100, "text/plain", body)["body"], r#"{"a":[1]}"#);
        assert_eq!(described(100, json_type, b"{oops")["body"], "{oops");
        let cut = described(5, json_type, body);
        assert_eq!(cut, json!({ "body": r#"{"a":"#, "body_size": 9, "truncated": true }));
        assert_eq!(described(0, json_type, body), json!({ "body_size": 9, "truncated": true }));
        assert_eq!(described(9, "", b""), json!({ "body_size": 0 }));
        assert_eq!(described(9, "", b"\xffx")["body"], "\u{fffd}x");
    }

    #[test]
    fn large_values_are_cut_and_unwritable_ones_are_named() {
        assert_eq!(bounded(&json!([1, 2]), 5), json!([1, 2]));
        assert_eq!(bounded(&json!([1, 2]), 4), json!({ "truncated": true, "text": "[1,2" }));
        let odd = std::collections::HashMap::from([((1, 2), 3)]);
        assert!(bounded(&odd, 100)["unreadable"].as_str().unwrap().contains("key must be a string"));
    }
}
