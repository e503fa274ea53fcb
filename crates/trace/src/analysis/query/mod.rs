//! Finds spans in a trace: Jaeger's find, and a query language over all fields of a span.
//!
//! # Queries and words
//! A text is a **query** when it
//! * has a comparison operator surrounded by blanks (`service = cart`), or calls a function (`has(http.url)`);
//! * compares a duration or number with digits (`duration>20`), or has `field in a, b`, which lacks its parentheses;
//! * parses as a query and contains a comparison that Jaeger's find does not have: an operator other than `=`
//!   (`duration>20ms`, `service==cart`), a value in quotes (`service="cart"`), or `=` combined with `and`, `or`, `not`
//!   (`service=cart and kind=server`); or
//! * parses as a query of flags and quoted texts combined with `and`, `or`, `not` (`not error`, `error and "a b"`).
//!
//! Any other text is **words**, as in Jaeger's `uiFind`: separated by blanks, or in double quotes. A span matches if any
//! word occurs, in any case, in the service, the operation, a key, a value or `key=value` of an attribute of the span,
//! its resource or its events, or is the span's id. `-key` excludes attributes whose key contains `key`. A word
//! `field=value` (`service=cart`, `resource.host.name=n1`) also finds the spans whose field has the value, which Jaeger
//! does not find.
//!
//! # The language
//! ```text
//! query      = and-ed { "or" and-ed }
//! and-ed     = [ not ] one { [ "and" ] [ not ] one }
//! not        = "not" | "!"
//! one        = "(" query ")" | relation "(" query ")" | "has" "(" field ")" | comparison | flag | text
//! comparison = field operator value | field [ "not" ] "in" "(" value { "," value } ")" | field [ "not" ] "contains" value
//! relation   = "under" | "parent" | "over" | "child"
//! operator   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"
//! flag       = "error" | "critical" | "events" | "links" | "warnings" | "children"
//! field      = the name of a field, or the key of an attribute
//! ```
//! Values are words or quoted strings. A comparison holds if *one* value of the field satisfies it; a span without
//! the field satisfies neither `=` nor `!=`, but `not … = …`. Numbers are compared as numbers even if they were sent
//! as strings; quoted values are compared as text. `docs/find.md` is the documentation for users.
//!
//! # Evaluation
//! A condition is evaluated once per distinct string, then per span; boolean operators work on sets of spans, 64 at a
//! time. Nothing is recursive.

mod column;
mod compare;
mod complete;
mod error;
mod expected;
mod field;
mod field_reader;
mod field_search;
mod hints;
mod op;
mod order;
mod parse;
mod pattern;
mod print;
mod run;
mod text_search;
mod token;
mod tree;
mod value;
mod word_search;
mod words;

pub use column::{Column, column};
pub use complete::{Completion, CompletionKind, Completions, complete};
pub use error::QueryError;
pub use field::{BuiltinField, Field, FieldType, Owner};
pub use hints::{FindHint, has_field};
pub use op::Operator;
pub use order::{Times, span_order, times};
pub use parse::{DEEPEST, MOST, parse};
pub use print::{equals, quoted};
pub use tree::{Condition, Literal, Query, Relation, Step};
pub use words::{FieldWord, FindWords};

use crate::model::{SpanSet, Trace};
use field_reader::FieldReader;
use token::{Kind, Token, is_sign, tokens};

/// A parsed search text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchText {
    /// Words, any of which may match.
    Words(FindWords),
    /// A query.
    Query(Query),
}

/// Parses a search text.
pub fn read(text: &str) -> Result<SearchText, QueryError> {
    let (cut, mistake) = tokens(text);
    let query = match mistake {
        Some(mistake) => Err(mistake),
        None => parse(text),
    };
    match query {
        Ok(query) if is_plain(text, &cut, &query) => {}
        // TraceQL in braces is searched as words, with a hint, where it can be a query.
        Err(_) if hints::spansets(text).is_some_and(|query| hints::has_condition(&query)) => {}
        Err(mistake) if is_certain(text, &cut) => return Err(mistake),
        Ok(query) => return Ok(SearchText::Query(query)),
        Err(_) => {}
    }
    let words = FindWords::parse(text);
    match words.wanted.len() + words.except.len() {
        0..=MOST => Ok(SearchText::Words(words)),
        _ => Err(QueryError::new(0, text.len(), format!("at most {MOST} words"))),
    }
}

/// Whether the text contains something that only queries have.
fn is_certain(text: &str, tokens: &[Token]) -> bool {
    let alone = text.split_whitespace().any(is_sign);
    // Operators in quotes do not count.
    let sign = |token: &Token| {
        let blank = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
        matches!(token.kind, Kind::Sign(_))
            && blank(text[..token.at].chars().next_back())
            && blank(text[token.end..].chars().next())
    };
    let calls = |at: usize| parse::Parser::new(text, tokens).calls(at);
    alone && tokens.iter().any(sign)
        || (0..tokens.len()).any(calls)
        || tokens.windows(3).any(|three| is_order_of_numbers(text, three))
        || (0..tokens.len()).any(|at| is_bare_list(text, &tokens[at..]))
}

fn word<'a>(text: &'a str, token: &Token) -> Option<&'a str> {
    (token.kind == Kind::Word).then(|| &text[token.at..token.end])
}

fn are_adjacent(tokens: &[Token]) -> bool {
    tokens.windows(2).all(|two| two[0].end == two[1].at)
}

/// Whether three tokens compare a duration or number with digits, such as `duration>20`, which lacks its unit.
fn is_order_of_numbers(text: &str, three: &[Token]) -> bool {
    let [name, Token { kind: Kind::Sign(op), .. }, value] = three else { return false };
    let is_number =
        word(text, value).is_some_and(|value| value.starts_with(|first: char| first.is_ascii_digit()));
    let is_field = word(text, name)
        .is_some_and(|name| matches!(Field::parse(name).class(), FieldType::Number | FieldType::Time));
    *op != Operator::Equal && is_number && is_field && are_adjacent(three)
}

/// Whether the tokens start with `field in value, value`, without parentheses. `error in a, b` are words.
fn is_bare_list(text: &str, tokens: &[Token]) -> bool {
    let is_field = |name: &str| {
        let field = Field::parse(name);
        name.contains('.') || matches!(field, Field::Builtin(_)) && !field.is_flag()
    };
    let is = |at: usize, keyword: &str| {
        let word = tokens.get(at).and_then(|token| word(text, token));
        word.is_some_and(|word| word.eq_ignore_ascii_case(keyword))
    };
    let at = 1 + usize::from(is(1, "not"));
    is(at, "in")
        && word(text, &tokens[0]).is_some_and(is_field)
        && tokens.get(at + 1..).is_some_and(|rest| parse::bare_list(rest).is_some())
}

/// Whether a query could also be meant for Jaeger's find.
fn is_plain(text: &str, tokens: &[Token], query: &Query) -> bool {
    if is_certain(text, tokens) {
        return false;
    }
    let words = || tokens.iter().filter_map(|token| word(text, token));
    let is_joined = words().any(field::is_reserved) || query.steps.contains(&Step::Not);
    let mut compares = query.steps.iter().filter_map(|step| match step {
        Step::Condition(Condition::Compare(_, op, _)) => Some(*op == Operator::Equal),
        _ => None,
    });
    match compares.next() {
        None => {
            // `not error` and `"a b" and "c d"` are queries, `not found` are words.
            let is_of_words = |word: &str| {
                let word = word.trim_start_matches('!');
                !word.is_empty() && !field::is_reserved(word) && !Field::parse(word).is_flag()
            };
            !is_joined || words().any(is_of_words)
        }
        Some(equal) => {
            let is_other_tools = |three: &[Token]| {
                let is_quoted = matches!(three[2].kind, Kind::Quoted(_));
                let sign = &text[three[1].at..three[1].end];
                are_adjacent(three) && (sign == "==" || sign == "=" && is_quoted)
            };
            equal && compares.all(|equal| equal) && !is_joined && !tokens.windows(3).any(is_other_tools)
        }
    }
}

/// The spans that match. Spans whose attributes are not interned yet are matched by their outline alone.
pub fn find(trace: &Trace, reading: &SearchText) -> SpanSet {
    let reader = FieldReader::of(trace);
    match reading {
        SearchText::Words(words) => {
            let mut spans = word_search::search_words(&reader, words);
            spans.or(&field_search::search_fields(&reader, words));
            spans
        }
        SearchText::Query(query) => run::run(&reader, query),
    }
}

/// What of a text that finds these spans is not understood: names that no span has, and comparisons in the notation of
/// another tool. Meant for traces whose attributes are all searchable.
pub fn hints(trace: &Trace, text: &str, reading: &SearchText, found: &SpanSet) -> Vec<FindHint> {
    hints::hints(trace, text, reading, found.count() == 0)
}

#[cfg(test)]
mod tests;
