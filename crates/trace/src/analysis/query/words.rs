//! Jaeger's find (`uiFind`): words, any of which may match, and keys to exclude.

/// Search words in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindWords {
    /// Words, any of which may match.
    pub wanted: Vec<String>,
    /// Attributes whose key contains one of these are not searched.
    pub except: Vec<String>,
}

impl FindWords {
    /// Splits at blanks; a quoted text is one word even without blanks around it, and an unpaired quotation mark is
    /// ignored. A word that starts with `-` is a key to exclude.
    pub fn parse(text: &str) -> Self {
        let mut words = FindWords::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (word, after) = match (first, rest.strip_prefix('"').and_then(|rest| rest.split_once('"'))) {
                ('"', Some((word, after))) => (word, after),
                ('"', None) => ("", &rest[1..]),
                _ => {
                    let end = rest.find(|letter: char| letter == '"' || letter.is_whitespace());
                    let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                    (word, if word.is_empty() { &after[first.len_utf8()..] } else { after })
                }
            };
            rest = after;
            match word.strip_prefix('-') {
                Some(key) => words.except.push(key.to_lowercase()),
                None if !word.is_empty() => words.wanted.push(word.to_lowercase()),
                None => {}
            }
        }
        words
    }

    /// A single word.
    pub(super) fn one(text: &str) -> Self {
        FindWords { wanted: vec![text.to_lowercase()], except: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_jaeger_cuts_them() {
        for (text, wanted, except) in [
            ("GET  Error", &["get", "error"][..], &[][..]),
            ("\"out of Memory\" x", &["out of memory", "x"], &[]),
            ("a\"b c\"d", &["a", "b c", "d"], &[]),
            ("a\"b c", &["a", "b", "c"], &[]),
            ("\"\" \"-k y\"", &[], &["k y"]),
            ("v -Key -", &["v"], &["key", ""]),
            ("  ", &[], &[]),
            ("http.method=GET", &["http.method=get"], &[]),
        ] {
            let words = FindWords::parse(text);
            assert_eq!(words.wanted, wanted, "{text}");
            assert_eq!(words.except, except, "{text}");
        }
    }
}
