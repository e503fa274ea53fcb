//! Whether a value compares with what a query says.

use super::op::Op;
use super::pattern;
use super::said::{Said, TABLES};
use super::tree::{Literal, Number};
use crate::units::{parse_go_duration, parse_hex};
use regex_lite::Regex;
use std::cmp::Ordering;

/// A literal, read in every way that it can be.
struct Wanted {
    text: String,
    quoted: bool,
    number: Option<Number>,
    time: Option<u64>,
    id: Option<u128>,
}

/// A comparison that is asked of many values; a text that is kept once is looked at once.
pub(super) struct Test {
    op: Op,
    wanted: Vec<Wanted>,
    pattern: Option<Regex>,
    part: String,
    /// What is known of the texts of each table: 0 nothing, 1 no, 2 yes.
    known: [Vec<u8>; TABLES],
    room: String,
}

impl Test {
    pub(super) fn new(op: Op, literals: &[Literal]) -> Self {
        let wanted: Vec<Wanted> = literals
            .iter()
            .map(|literal| Wanted {
                text: literal.text.clone(),
                quoted: literal.quoted,
                number: literal.number(),
                time: literal.time(),
                id: parse_hex(literal.text.as_bytes(), 32),
            })
            .collect();
        let first = wanted.first().map_or("", |wanted| &wanted.text);
        let regex = matches!(op, Op::Matches | Op::MatchesNot);
        Self {
            op,
            // The parser took it, so it is an expression.
            pattern: regex.then(|| pattern::compile(first).ok()).flatten(),
            part: first.to_lowercase(),
            wanted,
            known: Default::default(),
            room: String::new(),
        }
    }

    /// Whether the value compares so.
    pub(super) fn holds(&mut self, said: Said<'_>) -> bool {
        let Said::Kept(table, number) = said else { return self.look(said) };
        let (table, strings, at) = (table.number, table.strings, number as usize);
        if self.known[table].is_empty() {
            self.known[table] = vec![0; strings.len()];
        }
        if self.known[table][at] == 0 {
            self.known[table][at] = 1 + u8::from(self.look(Said::Text(strings.get(number))));
        }
        self.known[table][at] == 2
    }

    fn look(&mut self, said: Said<'_>) -> bool {
        let mut room = std::mem::take(&mut self.room);
        let holds = match self.op {
            Op::Equal | Op::Among => self.wanted.iter().any(|wanted| equal(said, wanted, &mut room)),
            Op::Differs => !self.wanted.iter().any(|wanted| equal(said, wanted, &mut room)),
            Op::Matches => self.pattern.as_ref().is_some_and(|regex| regex.is_match(said.text(&mut room))),
            Op::MatchesNot => {
                self.pattern.as_ref().is_some_and(|regex| !regex.is_match(said.text(&mut room)))
            }
            Op::Contains => said.text(&mut room).to_lowercase().contains(&self.part),
            Op::Less => self.ordered(said, |found| found == Ordering::Less),
            Op::AtMost => self.ordered(said, |found| found != Ordering::Greater),
            Op::More => self.ordered(said, |found| found == Ordering::Greater),
            Op::AtLeast => self.ordered(said, |found| found != Ordering::Less),
        };
        self.room = room;
        holds
    }

    fn ordered(&self, said: Said<'_>, fits: fn(Ordering) -> bool) -> bool {
        self.wanted.first().and_then(|wanted| order(said, wanted)).is_some_and(fits)
    }
}

/// The number that a value is, or says in so many digits.
fn number(said: Said<'_>) -> Option<Number> {
    match said {
        Said::Int(number) => Some(Number::Whole(number)),
        Said::Double(number) => Some(Number::Real(number)),
        Said::Text(text) => Number::parse(text),
        _ => None,
    }
}

/// The duration that a value is, or says with its unit.
fn time(said: Said<'_>) -> Option<u64> {
    match said {
        Said::Time(time) => Some(time),
        Said::Text(text) => parse_go_duration(text),
        _ => None,
    }
}

fn equal(said: Said<'_>, wanted: &Wanted, room: &mut String) -> bool {
    if let Said::Id(id, _) = said {
        return wanted.id == Some(id);
    }
    if let (Some(found), Some(wanted)) = (number(said), wanted.number)
        && found.compare(wanted) == Some(Ordering::Equal)
    {
        return true;
    }
    match wanted.time {
        Some(wanted) if time(said) == Some(wanted) => true,
        _ => said.text(room) == wanted.text,
    }
}

/// How a value stands to what is wanted: numbers to numbers, durations to durations, texts to what stands in quotes.
fn order(said: Said<'_>, wanted: &Wanted) -> Option<Ordering> {
    if let Some(wanted) = wanted.number
        && let Some(found) = number(said)
    {
        return found.compare(wanted);
    }
    if let Some(wanted) = wanted.time {
        return time(said).map(|found| found.cmp(&wanted));
    }
    match said {
        Said::Text(text) if wanted.quoted => Some(text.cmp(&wanted.text)),
        _ => None,
    }
}
