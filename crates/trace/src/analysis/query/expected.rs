//! Checks operators against fields, and words what is expected.

use super::field::{Class, Field};
use super::op::Op;

/// Checks whether a field supports an operator; the error lists those that it does.
pub(super) fn check_op(field: &Field, op: Op) -> Result<(), String> {
    let fits = match field.class() {
        Class::Text => true,
        Class::Choice(_) => matches!(op, Op::Equal | Op::Differs | Op::Among),
        Class::Number | Class::Time => !matches!(op, Op::Matches | Op::MatchesNot | Op::Contains),
    };
    if fits { Ok(()) } else { Err(format!("{} after {field}", operators(field))) }
}

/// The operators that a field supports, in words.
pub(super) fn operators(field: &Field) -> &'static str {
    match field.class() {
        Class::Text => "an operator (=, !=, ~, !~, contains, in, <, <=, >, >=)",
        Class::Choice(_) => "an operator (=, !=, in)",
        Class::Number | Class::Time => "an operator (=, !=, <, <=, >, >=, in)",
    }
}

/// The operand that an operator expects, in words.
pub(super) fn value_of(field: &Field, op: Op) -> String {
    match field.class() {
        Class::Time => "a duration with its unit, such as 20ms".to_owned(),
        Class::Number => "a number".to_owned(),
        Class::Choice(words) => format!("one of {}", words.join(", ")),
        Class::Text if op.orders() => "a number, a duration such as 20ms, or a text in quotes".to_owned(),
        Class::Text if matches!(op, Op::Matches | Op::MatchesNot) => "a regular expression".to_owned(),
        Class::Text => "a value".to_owned(),
    }
}
