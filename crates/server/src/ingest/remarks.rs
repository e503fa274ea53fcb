//! What a sender is told of a request that was taken: OTLP's `partial_success`.

use std::fmt;

/// Remarks that are told one by one.
const TOLD: usize = 3;

/// What could not be taken over.
#[derive(Debug, Default)]
pub struct Remarks {
    /// Spans that were not taken.
    pub rejected: u64,
    said: Vec<String>,
    more: u64,
}

impl Remarks {
    /// Adds a remark.
    pub fn say(&mut self, said: fmt::Arguments<'_>) {
        if self.said.len() < TOLD {
            self.said.push(said.to_string());
        } else {
            self.more += 1;
        }
    }

    /// All of them as one text; empty where there is none.
    pub fn text(&self) -> String {
        let mut text = self.said.join("; ");
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
    fn a_few_remarks_are_told_and_the_rest_is_counted() {
        let mut remarks = Remarks::default();
        assert_eq!(remarks.text(), "");
        for number in 0..5 {
            remarks.say(format_args!("remark {number}"));
        }
        assert_eq!(remarks.text(), "remark 0; remark 1; remark 2; and 2 more");
    }
}
