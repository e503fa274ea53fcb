//! Warnings of a trace: one text for each kind, with its count and one example.

/// Counts the spans with one kind of fault and keeps the first as an example.
#[derive(Clone, Debug, Default)]
pub struct WarningCount {
    count: usize,
    example: String,
}

impl WarningCount {
    /// Counts one; `example` is called for the first one only.
    pub fn add(&mut self, example: impl FnOnce() -> String) {
        if self.count == 0 {
            self.example = example();
        }
        self.count += 1;
    }

    /// The count.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The text: `one` for one span (`{}` is the example), `many` for more (`{n}` is the count); `None` for none.
    pub fn say(&self, one: &str, many: &str) -> Option<String> {
        let text = match self.count {
            0 => return None,
            1 => one,
            _ => many,
        };
        Some(text.replace("{n}", &self.count.to_string()).replace("{}", &self.example))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_count_and_the_first_example() {
        let mut count = WarningCount::default();
        assert_eq!(count.say("{} is odd", "{n} are odd, {} first"), None);
        count.add(|| "a".to_owned());
        assert_eq!(count.say("{} is odd", "{n} are odd, {} first").as_deref(), Some("a is odd"));
        count.add(|| unreachable!("the example is asked for once"));
        assert_eq!(count.say("{} is odd", "{n} are odd, {} first").as_deref(), Some("2 are odd, a first"));
    }
}
