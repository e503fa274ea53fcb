//! A query as text that reads back the same.

use super::field::Field;
use super::op::Op;
use super::token::quote;
use super::tree::{Condition, Literal, Query, RELATIONS, Step};
use std::fmt;

/// How tightly a step holds its parts together.
fn tightness(step: &Step) -> u8 {
    match step {
        Step::Or => 1,
        Step::And => 2,
        Step::Not => 3,
        Step::Condition(_) | Step::Related(_) => 4,
    }
}

/// What is still to be written.
enum Job {
    Text(&'static str),
    /// A step; in parentheses where it is looser than this.
    Step(usize, u8),
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Where each step's operands end; the second of two ends just before it.
        let mut first = vec![0; self.steps.len()];
        let mut open: Vec<usize> = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            match step {
                Step::Condition(_) => {}
                Step::Not | Step::Related(_) => first[at] = open.pop().unwrap_or_default(),
                Step::And | Step::Or => {
                    open.pop();
                    first[at] = open.pop().unwrap_or_default();
                }
            }
            open.push(at);
        }
        let mut jobs: Vec<Job> = open.into_iter().map(|at| Job::Step(at, 0)).collect();
        while let Some(job) = jobs.pop() {
            let (at, least) = match job {
                Job::Text(text) => {
                    f.write_str(text)?;
                    continue;
                }
                Job::Step(at, least) => (at, least),
            };
            let step = &self.steps[at];
            let own = tightness(step);
            if own < least {
                jobs.extend([Job::Text(")"), Job::Step(at, 0), Job::Text("(")]);
                continue;
            }
            match step {
                Step::Condition(condition) => write!(f, "{condition}")?,
                Step::Not => jobs.extend([Job::Step(first[at], own), Job::Text("not ")]),
                Step::And | Step::Or => {
                    let word = if *step == Step::And { " and " } else { " or " };
                    // What stands on the right was in parentheses, or it would have been taken from the left.
                    jobs.extend([Job::Step(at - 1, own + 1), Job::Text(word), Job::Step(first[at], own)]);
                }
                Step::Related(relation) => {
                    let named = RELATIONS.iter().find(|(_, known, _)| known == relation);
                    write!(f, "{}(", named.map_or("", |(name, ..)| name))?;
                    jobs.extend([Job::Text(")"), Job::Step(first[at], 0)]);
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Text(text) => f.write_str(&quote(text)),
            Condition::Has(field) if field.is_flag() => write!(f, "{field}"),
            Condition::Has(field) => write!(f, "has({field})"),
            Condition::Compare(field, Op::Among, literals) => {
                write!(f, "{field} in (")?;
                for (at, literal) in literals.iter().enumerate() {
                    write!(f, "{}{literal}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Condition::Compare(field, op, literals) => {
                write!(f, "{field} {}", op.text())?;
                literals.iter().try_for_each(|literal| write!(f, " {literal}"))
            }
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted { f.write_str(&quote(&self.text)) } else { f.write_str(&self.text) }
    }
}

/// A text in quotes, as one word of a query.
pub fn quoted(text: &str) -> String {
    quote(text)
}

/// The condition that a field has this value: what "find spans like this one" asks.
pub fn equals(field: &Field, value: &str, is_text: bool) -> String {
    let bare = !is_text || (super::token::is_word(value) && !super::field::is_reserved(value));
    let looks_else =
        is_text && (super::tree::Number::parse(value).is_some() || value.parse::<bool>().is_ok());
    let literal = Literal { text: value.to_owned(), quoted: !bare || looks_else };
    format!("{field} = {literal}")
}
