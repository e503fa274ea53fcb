//! Query strings (the URL standard's `application/x-www-form-urlencoded`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode};
use std::fmt;

/// Pairs in the order of the address. Of duplicate keys the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses `?a=b&c`; a key alone has an empty value.
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('?').unwrap_or(text);
        Query(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The value of a key; empty if it is absent.
    pub fn get(&self, key: &str) -> &str {
        self.0.iter().find(|(candidate, _)| candidate == key).map_or("", |(_, value)| value)
    }

    /// All values of a key.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(candidate, _)| candidate == key).map(|(_, value)| value.as_str())
    }

    /// Whether a key is present.
    pub fn has(&self, key: &str) -> bool {
        self.all(key).next().is_some()
    }

    /// Adds a pair unless the value is empty.
    pub fn add(&mut self, key: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.0.push((key.to_owned(), value));
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, value)) in self.0.iter().enumerate() {
            write!(f, "{}{}={}", if at == 0 { '?' } else { '&' }, encode(key), encode(value))?;
        }
        Ok(())
    }
}

/// Keeps characters that are unambiguous and readable in an address bar.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b',')
    .remove(b':')
    .remove(b'*');

/// Percent-encodes a key, a value or a segment of a path.
pub(super) fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ESCAPED)
}

/// Percent-decodes; invalid escapes are kept, invalid UTF-8 becomes U+FFFD.
pub(super) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
