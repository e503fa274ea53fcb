//! Writes a query as text that parses to the same query.

use super::field::Field;
use super::op::Operator;
use super::token::quote;
use super::tree::{Condition, Literal, Query, RELATIONS, Step};
use std::fmt;

/// Precedence of a step.
fn precedence(step: &Step) -> u8 {
    match step {
        Step::Or => 1,
        Step::And => 2,
        Step::Not => 3,
        Step::Condition(_) | Step::Related(_) => 4,
    }
}

/// Pending output.
enum PrintTask {
    Text(&'static str),
    /// A step, and the precedence below which it needs parentheses.
    Step(usize, u8),
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Start of each step's operands; the second of two operands is the step just before.
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
        let mut tasks: Vec<PrintTask> = open.into_iter().map(|at| PrintTask::Step(at, 0)).collect();
        while let Some(task) = tasks.pop() {
            let (at, least) = match task {
                PrintTask::Text(text) => {
                    f.write_str(text)?;
                    continue;
                }
                PrintTask::Step(at, least) => (at, least),
            };
            let step = &self.steps[at];
            let own = precedence(step);
            if own < least {
                tasks.extend([PrintTask::Text(")"), PrintTask::Step(at, 0), PrintTask::Text("(")]);
                continue;
            }
            match step {
                Step::Condition(condition) => write!(f, "{condition}")?,
                Step::Not => tasks.extend([PrintTask::Step(first[at], own), PrintTask::Text("not ")]),
                Step::And | Step::Or => {
                    let word = if *step == Step::And { " and " } else { " or " };
                    // A right operand of equal precedence was in parentheses, because operators are left-associative.
                    tasks.extend([
                        PrintTask::Step(at - 1, own + 1),
                        PrintTask::Text(word),
                        PrintTask::Step(first[at], own),
                    ]);
                }
                Step::Related(relation) => {
                    let named = RELATIONS.iter().find(|(_, known, _)| known == relation);
                    write!(f, "{}(", named.map_or("", |(name, ..)| name))?;
                    tasks.extend([PrintTask::Text(")"), PrintTask::Step(first[at], 0)]);
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
            Condition::Compare(field, Operator::Among, literals) => {
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

/// Quotes a text as one word of a query.
pub fn quoted(text: &str) -> String {
    quote(text)
}

/// A condition that a field has a value, for "find similar spans".
pub fn equals(field: &Field, value: &str, is_text: bool) -> String {
    let bare = !is_text || (super::token::is_word(value) && !super::field::is_reserved(value));
    let looks_else =
        is_text && (super::tree::Number::parse(value).is_some() || value.parse::<bool>().is_ok());
    let literal = Literal { text: value.to_owned(), quoted: !bare || looks_else };
    format!("{field} = {literal}")
}
