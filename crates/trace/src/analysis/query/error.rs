//! Errors in queries, with position.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An error in a query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryError {
    /// Start in the text, in bytes.
    pub at: u32,
    /// Length in bytes; 0 if something is missing at the end.
    pub len: u32,
    /// What was expected, as a noun phrase: "a duration with its unit, such as 20ms".
    pub expected: String,
}

impl QueryError {
    /// An error in the bytes `at..end`.
    pub(super) fn new(at: usize, end: usize, expected: impl Into<String>) -> Self {
        Self { at: at as u32, len: (end - at) as u32, expected: expected.into() }
    }

    /// The erroneous part of the text.
    pub fn found<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.at as usize..(self.at + self.len) as usize).unwrap_or_default()
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "At character {}: expected {}.", self.at + 1, self.expected)
    }
}
