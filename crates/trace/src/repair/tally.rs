//! Warnings of a trace: each kind said once, with how often and one example.

/// Counts one kind of thing and remembers the first.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    count: usize,
    example: String,
}

impl Tally {
    /// One more; `example` is asked for the first time only.
    pub fn add(&mut self, example: impl FnOnce() -> String) {
        if self.count == 0 {
            self.example = example();
        }
        self.count += 1;
    }

    /// How many were counted.
    pub fn count(&self) -> usize {
        self.count
    }

    /// `one` for one span (`{}` is the example), `many` for more (`{n}` is the count); nothing for none.
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
    fn each_kind_is_said_once_with_its_count_and_its_first() {
        let mut tally = Tally::default();
        assert_eq!(tally.say("{} is odd", "{n} are odd, {} first"), None);
        tally.add(|| "a".to_owned());
        assert_eq!(tally.say("{} is odd", "{n} are odd, {} first").as_deref(), Some("a is odd"));
        tally.add(|| unreachable!("the example is asked for once"));
        assert_eq!(tally.say("{} is odd", "{n} are odd, {} first").as_deref(), Some("2 are odd, a first"));
    }
}
