//! Evaluates comparisons.

use super::op::Operator;
use super::pattern;
use super::tree::{Literal, Number};
use super::value::{FieldValue, TABLES};
use crate::units::{parse_go_duration, parse_hex};
use regex_lite::Regex;
use std::cmp::Ordering;

/// A literal, parsed as every type that it can be.
struct ParsedLiteral {
    text: String,
    quoted: bool,
    number: Option<Number>,
    time: Option<u64>,
    id: Option<u128>,
}

/// A comparison, which caches results for interned strings.
pub(super) struct Comparison {
    op: Operator,
    wanted: Vec<ParsedLiteral>,
    pattern: Option<Regex>,
    part: String,
    /// Cached results by string table: 0 unknown, 1 false, 2 true.
    known: [Vec<u8>; TABLES],
    room: String,
}

impl Comparison {
    pub(super) fn new(op: Operator, literals: &[Literal]) -> Self {
        let wanted: Vec<ParsedLiteral> = literals
            .iter()
            .map(|literal| ParsedLiteral {
                text: literal.text.clone(),
                quoted: literal.quoted,
                number: literal.number(),
                time: literal.time(),
                id: parse_hex(literal.text.as_bytes(), 32),
            })
            .collect();
        let first = wanted.first().map_or("", |wanted| &wanted.text);
        let regex = matches!(op, Operator::Matches | Operator::MatchesNot);
        Self {
            op,
            // The parser has validated the expression.
            pattern: regex.then(|| pattern::compile(first).ok()).flatten(),
            part: first.to_lowercase(),
            wanted,
            known: Default::default(),
            room: String::new(),
        }
    }

    /// Whether the comparison holds for a value.
    pub(super) fn holds(&mut self, value: FieldValue<'_>) -> bool {
        let FieldValue::Interned(table, number) = value else { return self.evaluate(value) };
        let (table, strings, at) = (table.number, table.strings, number as usize);
        if self.known[table].is_empty() {
            self.known[table] = vec![0; strings.len()];
        }
        if self.known[table][at] == 0 {
            self.known[table][at] = 1 + u8::from(self.evaluate(FieldValue::Text(strings.get(number))));
        }
        self.known[table][at] == 2
    }

    fn evaluate(&mut self, value: FieldValue<'_>) -> bool {
        let mut room = std::mem::take(&mut self.room);
        let holds = match self.op {
            Operator::Equal | Operator::Among => {
                self.wanted.iter().any(|wanted| equal(value, wanted, &mut room))
            }
            Operator::Differs => !self.wanted.iter().any(|wanted| equal(value, wanted, &mut room)),
            Operator::Matches => {
                self.pattern.as_ref().is_some_and(|regex| regex.is_match(value.text(&mut room)))
            }
            Operator::MatchesNot => {
                self.pattern.as_ref().is_some_and(|regex| !regex.is_match(value.text(&mut room)))
            }
            Operator::Contains => value.text(&mut room).to_lowercase().contains(&self.part),
            Operator::Less => self.ordered(value, |found| found == Ordering::Less),
            Operator::AtMost => self.ordered(value, |found| found != Ordering::Greater),
            Operator::More => self.ordered(value, |found| found == Ordering::Greater),
            Operator::AtLeast => self.ordered(value, |found| found != Ordering::Less),
        };
        self.room = room;
        holds
    }

    fn ordered(&self, value: FieldValue<'_>, fits: fn(Ordering) -> bool) -> bool {
        self.wanted.first().and_then(|wanted| order(value, wanted)).is_some_and(fits)
    }
}

/// A value as a number, parsed if it is text.
fn number(value: FieldValue<'_>) -> Option<Number> {
    match value {
        FieldValue::Int(number) => Some(Number::Whole(number)),
        FieldValue::Double(number) => Some(Number::Real(number)),
        FieldValue::Text(text) => Number::parse(text),
        _ => None,
    }
}

/// A value as a duration, parsed if it is text with a unit.
fn time(value: FieldValue<'_>) -> Option<u64> {
    match value {
        FieldValue::Time(time) => Some(time),
        FieldValue::Text(text) => parse_go_duration(text).ok(),
        _ => None,
    }
}

fn equal(value: FieldValue<'_>, wanted: &ParsedLiteral, room: &mut String) -> bool {
    if let FieldValue::Id(id, _) = value {
        return wanted.id == Some(id);
    }
    if let (Some(found), Some(wanted)) = (number(value), wanted.number)
        && found.compare(wanted) == Some(Ordering::Equal)
    {
        return true;
    }
    match wanted.time {
        Some(wanted) if time(value) == Some(wanted) => true,
        _ => value.text(room) == wanted.text,
    }
}

/// Compares a value with a literal: as numbers, as durations, or as text if the literal is quoted.
fn order(value: FieldValue<'_>, wanted: &ParsedLiteral) -> Option<Ordering> {
    if let Some(wanted) = wanted.number
        && let Some(found) = number(value)
    {
        return found.compare(wanted);
    }
    if let Some(wanted) = wanted.time {
        return time(value).map(|found| found.cmp(&wanted));
    }
    match value {
        FieldValue::Text(text) if wanted.quoted => Some(text.cmp(&wanted.text)),
        _ => None,
    }
}
