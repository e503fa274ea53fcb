//! Jaeger's find (`uiFind`): words, any of which may match, and keys to exclude.

use super::field::{Field, FieldType, Owner};
use super::tree::Literal;

/// Search words in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindWords {
    /// Words, any of which may match.
    pub wanted: Vec<String>,
    /// Attributes whose key contains one of these are not searched.
    pub except: Vec<String>,
    /// Words that also are comparisons with a field.
    pub fields: Vec<FieldWord>,
}

/// A word `field=value`, such as `service=cart` or `resource.host.name=n1`. Jaeger finds such a word only in an attribute
/// whose key ends with the field's name; here the field is compared too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldWord {
    /// A built-in field or an attribute of a certain owner.
    pub field: Field,
    /// The value in lower case. A text only has to start with it, as in Jaeger; other values have to be equal.
    pub value: Literal,
}

impl FieldWord {
    /// Parses a word. `duration=5ms` is none: hardly any two durations are equal, so queries alone compare them.
    fn parse(word: &str) -> Option<Self> {
        let (name, value) = word.split_once('=').filter(|(_, value)| !value.is_empty())?;
        let field = Field::parse(name);
        let value = Literal { text: value.to_lowercase(), quoted: false };
        let fits = match field.class() {
            _ if matches!(field, Field::Key(Owner::Any, _)) => false,
            FieldType::Time => false,
            FieldType::Number => value.number().is_some(),
            FieldType::Choice(words) => words.contains(&value.text.as_str()),
            FieldType::Text => true,
        };
        fits.then_some(FieldWord { field, value })
    }
}

impl FindWords {
    /// Splits at blanks; a quoted text is one word even without blanks around it, and an unpaired quotation mark is
    /// ignored. A word that starts with `-` is a key to exclude.
    pub fn parse(text: &str) -> Self {
        let mut words = FindWords::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let is_quoted = first == '"';
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
                None if !word.is_empty() => {
                    words.wanted.push(word.to_lowercase());
                    words.fields.extend(FieldWord::parse(word).filter(|_| !is_quoted));
                }
                None => {}
            }
        }
        words
    }

    /// A single word.
    pub(super) fn one(text: &str) -> Self {
        FindWords { wanted: vec![text.to_lowercase()], ..FindWords::default() }
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

    #[test]
    fn a_word_may_be_a_comparison_with_a_field() {
        for (text, fields) in [
            ("service=Cart x", &["service = cart"][..]),
            ("status=error kind=serv", &["status = error"]),
            ("resource.service.name=a span.id=c0ffee", &["resource.service.name = a", "id = c0ffee"]),
            ("depth=1 depth=x duration=5ms", &["depth = 1"]),
            ("http.method=GET \"service=cart\" service= -service=a", &[]),
        ] {
            let words = FindWords::parse(text).fields;
            let shown: Vec<String> =
                words.iter().map(|word| format!("{} = {}", word.field, word.value)).collect();
            assert_eq!(shown, fields, "{text}");
        }
    }
}
