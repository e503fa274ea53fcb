//! Finding spans in a trace: Jaeger's find, and a small query language over everything a span has.
//!
//! # Which of the two
//! A text is a **query** when it
//! * has a sign of comparison standing alone, with blanks around it (`service = cart`), or calls a function
//!   (`has(http.url)`); or
//! * reads as a query from end to end and compares in a way that Jaeger's find has not: with anything but `=`
//!   (`duration>20ms`), or by `=` joined with `and`, `or`, `not` (`service=cart and kind=server`).
//!
//! Anything else is **words**, as in Jaeger's `uiFind`: parted by blanks, in double quotes a word may have blanks, any
//! word counts, in any case, in the service, the operation, a key, a value or `key=value` of an attribute of the span,
//! its resource or its events, or as the span's whole id. `-key` leaves out attributes whose key contains `key`.
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
//! Values are words or texts in quotes. A comparison holds where *one* value of the field compares so; a span without
//! the field is in neither `=` nor `!=`, but in `not … = …`. Numbers compare as numbers even where a sender made texts
//! of them; what stands in quotes compares as text. `docs/find.md` says all this to users.
//!
//! # How it is run
//! A condition asks each distinct text once and remembers the answer, then goes over the column; what joins conditions
//! works on sets of spans, 64 at a time. Nothing here is recursive.

mod arena;
mod column;
mod compare;
mod complete;
mod error;
mod expected;
mod facts;
mod field;
mod op;
mod order;
mod parse;
mod pattern;
mod print;
mod run;
mod said;
mod seek;
mod token;
mod tree;
mod words;

pub use column::{Column, column};
pub use complete::{Completion, Completions, Offer, complete};
pub use error::QueryError;
pub use field::{Class, Field, Known, Owner};
pub use op::Op;
pub use order::{Times, span_order, times};
pub use parse::{DEEPEST, MOST, parse};
pub use print::{equals, quoted};
pub use tree::{Condition, Literal, Query, Relation, Step};
pub use words::Words;

use crate::model::{SpanSet, Trace};
use token::{Kind, Token, is_sign, tokens};

/// What a text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Words, of which any counts.
    Words(Words),
    /// A query.
    Query(Query),
}

/// Decides what a text is and reads it.
pub fn read(text: &str) -> Result<Reading, QueryError> {
    let (cut, mistake) = tokens(text);
    let query = match mistake {
        Some(mistake) => Err(mistake),
        None => parse(text),
    };
    match query {
        Ok(query) if is_plain(text, &cut, &query) => {}
        Err(mistake) if is_certain(text, &cut) => return Err(mistake),
        Ok(query) => return Ok(Reading::Query(query)),
        Err(_) => {}
    }
    let words = Words::parse(text);
    match words.wanted.len() + words.except.len() {
        0..=MOST => Ok(Reading::Words(words)),
        _ => Err(QueryError::new(0, text.len(), format!("at most {MOST} words"))),
    }
}

/// Whether something stands in it that only a query has.
fn is_certain(text: &str, tokens: &[Token]) -> bool {
    let alone = text.split_whitespace().any(is_sign);
    // In quotes, a sign is no sign.
    let sign = |token: &Token| {
        let blank = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
        matches!(token.kind, Kind::Sign(_))
            && blank(text[..token.at].chars().next_back())
            && blank(text[token.end..].chars().next())
    };
    let calls = |at: usize| parse::Parser::new(text, tokens).calls(at);
    alone && tokens.iter().any(sign) || (0..tokens.len()).any(calls)
}

/// Whether what reads as a query is what people write in Jaeger's find too.
fn is_plain(text: &str, tokens: &[Token], query: &Query) -> bool {
    if is_certain(text, tokens) {
        return false;
    }
    let mut compares = query.steps.iter().filter_map(|step| match step {
        Step::Condition(Condition::Compare(_, op, _)) => Some(*op == Op::Equal),
        _ => None,
    });
    let joined =
        tokens.iter().any(|token| token.kind == Kind::Word && field::is_reserved(&text[token.at..token.end]));
    match compares.next() {
        None => true,
        Some(equal) => equal && compares.all(|equal| equal) && !joined,
    }
}

/// The spans that a text finds. Those whose attributes are not interned yet are known by their outline alone.
pub fn find(trace: &Trace, reading: &Reading) -> SpanSet {
    let facts = facts::Facts::of(trace);
    match reading {
        Reading::Words(words) => seek::seek(&facts, words),
        Reading::Query(query) => run::run(&facts, query),
    }
}

#[cfg(test)]
mod tests;
