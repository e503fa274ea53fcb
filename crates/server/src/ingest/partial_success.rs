//! OTLP's `partial_success`: what of an accepted request was not kept, and why.

use std::fmt;

/// Number of messages that are written in full; the rest is counted.
const MAX_MESSAGES: usize = 3;

/// Number of rejected spans and messages about what else was not kept.
#[derive(Debug, Default)]
pub struct PartialSuccess {
    /// Number of spans that were rejected.
    pub rejected: u64,
    texts: Vec<String>,
    more: u64,
}

impl PartialSuccess {
    /// Adds a message.
    pub fn add(&mut self, message: fmt::Arguments<'_>) {
        if self.texts.len() < MAX_MESSAGES {
            self.texts.push(message.to_string());
        } else {
            self.more += 1;
        }
    }

    /// Adds the number and the messages of another part of the same request.
    pub fn merge(&mut self, other: PartialSuccess) {
        self.rejected += other.rejected;
        self.more += other.more;
        for text in other.texts {
            self.add(format_args!("{text}"));
        }
    }

    /// All messages as one text; empty if there is none.
    pub fn text(&self) -> String {
        let mut text = self.texts.join("; ");
        if self.more > 0 {
            text.push_str(&format!("; and {} more", self.more));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_messages_are_written_and_the_rest_is_counted() {
        let mut partial_success = PartialSuccess::default();
        assert_eq!(partial_success.text(), "");
        for number in 0..5 {
            partial_success.add(format_args!("message {number}"));
        }
        assert_eq!(partial_success.text(), "message 0; message 1; message 2; and 2 more");
    }
}
