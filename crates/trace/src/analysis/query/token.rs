//! Tokenizer for queries. Only an unterminated quotation is an error.

use super::QueryError;
use super::op::Operator;

/// Type of a token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Text without blanks and operators.
    Word,
    /// A double-quoted text, unescaped.
    Quoted(String),
    /// A comparison operator.
    Sign(Operator),
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// `,`.
    Comma,
}

/// A token with its bytes `at..end`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
    pub(super) end: usize,
}

const SIGNS: [(&str, Operator); 10] = [
    ("!=", Operator::Differs),
    ("!~", Operator::MatchesNot),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("=~", Operator::Matches),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::More),
    ("~", Operator::Matches),
];

fn sign(rest: &str) -> Option<(&'static str, Operator)> {
    SIGNS.into_iter().find(|(sign, _)| rest.starts_with(sign))
}

/// Whether a text is exactly one operator.
pub(super) fn is_sign(text: &str) -> bool {
    SIGNS.iter().any(|(sign, _)| *sign == text)
}

/// Length of the word at the start of `rest`.
fn word(rest: &str) -> usize {
    let ends = |(at, letter): (usize, char)| {
        letter.is_whitespace() || matches!(letter, '(' | ')' | ',' | '"') || sign(&rest[at..]).is_some()
    };
    rest.char_indices().find(|place| ends(*place)).map_or(rest.len(), |(at, _)| at)
}

/// A quoted text's value and length; `None` if it is not terminated. `\"` and `\\` are escapes; other backslashes are
/// literal, so that regular expressions need no escaping.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, at + 1)),
            '\\' => match letters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    None
}

/// Quotes a text so that it parses to the same text.
pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether a text is one word without quotes.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && word(text) == text.len()
}

/// Tokenizes a text. An unterminated quotation extends to the end and is reported.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Option<QueryError>) {
    let mut tokens = Vec::new();
    let mut mistake = None;
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, len) = match letter {
            letter if letter.is_whitespace() => {
                at += letter.len_utf8();
                continue;
            }
            '(' => (Kind::Open, 1),
            ')' => (Kind::Close, 1),
            ',' => (Kind::Comma, 1),
            '"' => match quoted(rest) {
                Some((value, len)) => (Kind::Quoted(value), len),
                None => {
                    mistake = Some(QueryError::new(at, text.len(), "a closing quotation mark"));
                    (Kind::Quoted(rest[1..].to_owned()), rest.len())
                }
            },
            _ => match sign(rest) {
                Some((sign, op)) => (Kind::Sign(op), sign.len()),
                None => (Kind::Word, word(rest)),
            },
        };
        tokens.push(Token { kind, at, end: at + len });
        at += len;
    }
    (tokens, mistake)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<String> {
        tokens(text).0.iter().map(|token| text[token.at..token.end].to_owned()).collect()
    }

    #[test]
    fn words_end_at_blanks_and_signs() {
        assert_eq!(
            cut("service=cart and(duration>=20ms)"),
            ["service", "=", "cart", "and", "(", "duration", ">=", "20ms", ")"]
        );
        assert_eq!(cut("GET /a,b !x a!b a!=b"), ["GET", "/a", ",", "b", "!x", "a!b", "a", "!=", "b"]);
        assert_eq!(cut("  é = \"a \\\" (b\"  "), ["é", "=", "\"a \\\" (b\""]);
        assert!(cut(" \t\n").is_empty());
    }

    #[test]
    fn backslashes_escape_quotation_marks_and_themselves() {
        let (found, mistake) = tokens(r#""a\"b\\c\d""#);
        assert_eq!(found[0].kind, Kind::Quoted(r#"a"b\c\d"#.into()));
        assert_eq!(mistake, None);
        let (_, mistake) = tokens("a \"b");
        assert_eq!(mistake.map(|mistake| (mistake.at, mistake.len)), Some((2, 2)));
    }

    proptest! {
        #[test]
        fn any_text_is_cut_and_any_quotation_read_back(text: String) {
            let (found, _) = tokens(&text);
            let mut last = 0;
            for token in &found {
                prop_assert!(token.at >= last && token.end > token.at && text.get(token.at..token.end).is_some());
                prop_assert!(text[last..token.at].trim().is_empty());
                last = token.end;
            }
            prop_assert!(text[last..].trim().is_empty());
            let (again, mistake) = tokens(&quote(&text));
            prop_assert_eq!(mistake, None);
            prop_assert_eq!(&again[0].kind, &Kind::Quoted(text));
        }
    }
}
