//! What is wrong in a query, and where.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A mistake in a query: where it is and what should stand there instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryError {
    /// Byte of the text at which it starts.
    pub at: u32,
    /// Length in bytes; 0 where something is missing at the end.
    pub len: u32,
    /// What was expected, as a noun phrase: "a duration with its unit, such as 20ms".
    pub expected: String,
}

impl QueryError {
    /// Something else was expected in these bytes.
    pub(super) fn new(at: usize, end: usize, expected: impl Into<String>) -> Self {
        Self { at: at as u32, len: (end - at) as u32, expected: expected.into() }
    }

    /// The part of the text that is wrong.
    pub fn found<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.at as usize..(self.at + self.len) as usize).unwrap_or_default()
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "At character {}: expected {}.", self.at + 1, self.expected)
    }
}
