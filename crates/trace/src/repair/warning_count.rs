//! Warnings of a trace: one text per kind, with count and an example.

/// Counts the spans with one kind of fault; the first is the example.
#[derive(Clone, Debug, Default)]
pub struct WarningCount {
    count: usize,
    example: String,
}

impl WarningCount {
    /// Counts a span; `example` is called for the first only.
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

    /// The warning: `one` for one span (`{}` is the example), `many` for more (`{n}` is the count); `None` for none.
    pub fn text(&self, one: &str, many: &str) -> Option<String> {
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
        assert_eq!(count.text("{} is odd", "{n} are odd, {} first"), None);
        count.add(|| "a".to_owned());
        assert_eq!(count.text("{} is odd", "{n} are odd, {} first").as_deref(), Some("a is odd"));
        count.add(|| unreachable!("the example is asked for once"));
        assert_eq!(count.text("{} is odd", "{n} are odd, {} first").as_deref(), Some("2 are odd, a first"));
    }
}
