//! A parsed query in postfix order, so that evaluation needs no recursion.

use super::field::Field;
use super::op::Operator;
use crate::units::parse_go_duration;

/// A number; integers are exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    /// Parses a text that is a number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // `inf` and `nan` are not numbers here.
        let digits = text.trim_start_matches(['-', '+', '.']);
        if !digits.starts_with(|letter: char| letter.is_ascii_digit()) {
            return None;
        }
        match text.parse() {
            Ok(whole) => Some(Number::Whole(whole)),
            Err(_) => text.parse().ok().map(Number::Real),
        }
    }

    /// Compares by value; `None` for NaN.
    pub(super) fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        let real = |number| match number {
            Number::Whole(whole) => whole as f64,
            Number::Real(real) => real,
        };
        match (self, other) {
            (Number::Whole(one), Number::Whole(other)) => Some(one.cmp(&other)),
            (one, other) => real(one).partial_cmp(&real(other)),
        }
    }
}

/// The right operand of a comparison, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The text, unquoted.
    pub text: String,
    /// Whether it was quoted, which makes it text.
    pub quoted: bool,
}

impl Literal {
    /// As a number.
    pub(super) fn number(&self) -> Option<Number> {
        Number::parse(&self.text).filter(|_| !self.quoted)
    }

    /// As a duration in nanoseconds.
    pub(super) fn time(&self) -> Option<u64> {
        parse_go_duration(&self.text).ok().filter(|_| !self.quoted)
    }
}

/// A condition on a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Some text of the span contains this, as in Jaeger's find.
    Text(String),
    /// The span has the attribute, or a count is not 0.
    Has(Field),
    /// A value of the field satisfies the comparison. Several literals only for [`Operator::Among`].
    Compare(Field, Operator, Vec<Literal>),
}

/// The relatives of a span that a function refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `under(…)`: an ancestor.
    Under,
    /// `parent(…)`: its parent.
    Parent,
    /// `over(…)`: a descendant.
    Over,
    /// `child(…)`: a child.
    Child,
}

/// Functions on relatives.
pub(super) const RELATIONS: [(&str, Relation, &str); 4] = [
    ("under", Relation::Under, "an ancestor matches"),
    ("parent", Relation::Parent, "the parent matches"),
    ("over", Relation::Over, "a descendant matches"),
    ("child", Relation::Child, "a child matches"),
];

/// A step in postfix order: a condition, or an operator on the one or two results before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The spans that satisfy a condition.
    Condition(Condition),
    /// Complement.
    Not,
    /// Intersection.
    And,
    /// Union.
    Or,
    /// Spans with such relatives.
    Related(Relation),
}

/// A query in postfix order, not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(super) steps: Vec<Step>,
}

impl Query {
    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}
