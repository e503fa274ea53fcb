//! A query as it is understood: conditions and what joins them, operands before operators, so that nothing that
//! walks it needs the stack.

use super::field::Field;
use super::op::Op;
use crate::units::parse_go_duration;

/// A number, whole ones exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    /// A text that is a number and nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // Words like `inf` and `nan` are texts here.
        let digits = text.trim_start_matches(['-', '+', '.']);
        if !digits.starts_with(|letter: char| letter.is_ascii_digit()) {
            return None;
        }
        match text.parse() {
            Ok(whole) => Some(Number::Whole(whole)),
            Err(_) => text.parse().ok().map(Number::Real),
        }
    }

    /// By size; nothing is said of what is no number at all.
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

/// What a field is compared with, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The text, without quotation marks and escapes.
    pub text: String,
    /// Whether it stood in quotes: then it is text, whatever it looks like.
    pub quoted: bool,
}

impl Literal {
    /// The number that it is.
    pub(super) fn number(&self) -> Option<Number> {
        Number::parse(&self.text).filter(|_| !self.quoted)
    }

    /// The duration that it is, in nanoseconds.
    pub(super) fn time(&self) -> Option<u64> {
        parse_go_duration(&self.text).filter(|_| !self.quoted)
    }
}

/// Something that a span is or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Some text of it contains this, as Jaeger's find has it.
    Text(String),
    /// It has the attribute, or any of what the field counts.
    Has(Field),
    /// One of the field's values compares so. Several literals only for [`Op::Among`].
    Compare(Field, Op, Vec<Literal>),
}

/// Which relatives of a span are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `under(…)`: some ancestor.
    Under,
    /// `parent(…)`: its parent.
    Parent,
    /// `over(…)`: some descendant.
    Over,
    /// `child(…)`: some child.
    Child,
}

/// The functions that ask about relatives.
pub(super) const RELATIONS: [(&str, Relation, &str); 4] = [
    ("under", Relation::Under, "some ancestor is so"),
    ("parent", Relation::Parent, "its parent is so"),
    ("over", Relation::Over, "some span below it is so"),
    ("child", Relation::Child, "some child is so"),
];

/// A step of a query: a condition, or what is made of the one or two results before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Spans that are so.
    Condition(Condition),
    /// All others.
    Not,
    /// What is in both.
    And,
    /// What is in either.
    Or,
    /// Spans with relatives among them.
    Related(Relation),
}

/// A query that can be run: never empty, and every operator has its operands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(super) steps: Vec<Step>,
}

impl Query {
    /// The steps, operands first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}
