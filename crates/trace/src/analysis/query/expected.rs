//! Checks operators against fields, and words what is expected.

use super::field::{Field, FieldType};
use super::op::Operator;

/// Checks whether a field supports an operator; the error lists those that it does.
pub(super) fn check_op(field: &Field, op: Operator) -> Result<(), String> {
    let fits = match field.class() {
        FieldType::Text => true,
        FieldType::Choice(_) => matches!(op, Operator::Equal | Operator::Differs | Operator::Among),
        FieldType::Number | FieldType::Time => {
            !matches!(op, Operator::Matches | Operator::MatchesNot | Operator::Contains)
        }
    };
    if fits { Ok(()) } else { Err(format!("{} after {field}", operators(field))) }
}

/// The operators that a field supports, in words.
pub(super) fn operators(field: &Field) -> &'static str {
    match field.class() {
        FieldType::Text => "an operator (=, !=, ~, !~, contains, in, <, <=, >, >=)",
        FieldType::Choice(_) => "an operator (=, !=, in)",
        FieldType::Number | FieldType::Time => "an operator (=, !=, <, <=, >, >=, in)",
    }
}

/// The operand that an operator expects, in words.
pub(super) fn value_of(field: &Field, op: Operator) -> String {
    match field.class() {
        FieldType::Time => "a duration with its unit, such as 20ms".to_owned(),
        FieldType::Number => "a number".to_owned(),
        FieldType::Choice(words) => format!("one of {}", words.join(", ")),
        FieldType::Text if op.orders() => "a number, a duration such as 20ms, or a text in quotes".to_owned(),
        FieldType::Text if matches!(op, Operator::Matches | Operator::MatchesNot) => {
            "a regular expression".to_owned()
        }
        FieldType::Text => "a value".to_owned(),
    }
}
