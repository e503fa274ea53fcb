//! Finds spans in a trace: Jaeger's find, and a query language over all fields of a span.
//!
//! # Queries and words
//! A text is a **query** when it
//! * has a comparison operator surrounded by blanks (`service = cart`), or calls a function (`has(http.url)`); or
//! * parses as a query and contains a comparison that Jaeger's find does not have: an operator other than `=`
//!   (`duration>20ms`), or `=` combined with `and`, `or`, `not` (`service=cart and kind=server`).
//!
//! Any other text is **words**, as in Jaeger's `uiFind`: separated by blanks, or in double quotes. A span matches if any
//! word occurs, in any case, in the service, the operation, a key, a value or `key=value` of an attribute of the span,
//! its resource or its events, or is the span's id. `-key` excludes attributes whose key contains `key`.
//!
//! # The language
//! ```text
//! query      = and-ed { "or" and-ed }
//! and-ed     = [ "not" ] one { [ "and" ] [ "not" ] one }
//! one        = "(" query ")" | relation "(" query ")" | "has" "(" field ")" | comparison | flag | text
//! comparison = field operator value | field [ "not" ] "in" "(" value { "," value } ")" | field [ "not" ] "contains" value
//! relation   = "under" | "parent" | "over" | "child"
//! operator   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"
//! flag       = "error" | "events" | "links" | "warnings" | "children"
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
pub use words::FindWords;

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
    alone && tokens.iter().any(sign) || (0..tokens.len()).any(calls)
}

/// Whether a query could also be meant for Jaeger's find.
fn is_plain(text: &str, tokens: &[Token], query: &Query) -> bool {
    if is_certain(text, tokens) {
        return false;
    }
    let mut compares = query.steps.iter().filter_map(|step| match step {
        Step::Condition(Condition::Compare(_, op, _)) => Some(*op == Operator::Equal),
        _ => None,
    });
    let joined =
        tokens.iter().any(|token| token.kind == Kind::Word && field::is_reserved(&text[token.at..token.end]));
    match compares.next() {
        None => true,
        Some(equal) => equal && compares.all(|equal| equal) && !joined,
    }
}

/// The spans that match. Spans whose attributes are not interned yet are matched by their outline alone.
pub fn find(trace: &Trace, reading: &SearchText) -> SpanSet {
    let reader = FieldReader::of(trace);
    match reading {
        SearchText::Words(words) => word_search::search_words(&reader, words),
        SearchText::Query(query) => run::run(&reader, query),
    }
}

/// What of a text that finds these spans is not understood: names that no span has, and comparisons in the notation of
/// another tool. Meant for traces whose attributes are all searchable.
pub fn hints(trace: &Trace, text: &str, reading: &SearchText, found: &SpanSet) -> Vec<FindHint> {
    match reading {
        SearchText::Query(query) => hints::hints(trace, text, query.steps(), &[], found.count() == 0),
        SearchText::Words(words) => hints::hints(trace, text, &[], &words.wanted, found.count() == 0),
    }
}

#[cfg(test)]
mod tests;
