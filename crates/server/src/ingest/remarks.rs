//! The message of OTLP's `partial_success`: what of an accepted request was not kept, and why.

use std::fmt;

/// Number of remarks that are written in full; the rest is counted.
const MAX_REMARKS: usize = 3;

/// What of a request was not kept.
#[derive(Debug, Default)]
pub struct Remarks {
    /// Number of spans that were rejected.
    pub rejected: u64,
    texts: Vec<String>,
    more: u64,
}

impl Remarks {
    /// Adds a remark.
    pub fn add(&mut self, remark: fmt::Arguments<'_>) {
        if self.texts.len() < MAX_REMARKS {
            self.texts.push(remark.to_string());
        } else {
            self.more += 1;
        }
    }

    /// Adds those of another part of the same request.
    pub fn merge(&mut self, other: Remarks) {
        self.rejected += other.rejected;
        self.more += other.more;
        for text in other.texts {
            self.add(format_args!("{text}"));
        }
    }

    /// All of them as one text; empty where there is none.
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
    fn a_few_remarks_are_written_and_the_rest_is_counted() {
        let mut remarks = Remarks::default();
        assert_eq!(remarks.text(), "");
        for number in 0..5 {
            remarks.add(format_args!("remark {number}"));
        }
        assert_eq!(remarks.text(), "remark 0; remark 1; remark 2; and 2 more");
    }
}
