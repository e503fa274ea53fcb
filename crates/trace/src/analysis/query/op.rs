//! Operators of comparisons.

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`.
    Equal,
    /// `!=`.
    Differs,
    /// `<`.
    Less,
    /// `<=`.
    AtMost,
    /// `>`.
    More,
    /// `>=`.
    AtLeast,
    /// `~`: a regular expression finds something.
    Matches,
    /// `!~`: a regular expression finds nothing.
    MatchesNot,
    /// `contains`: a part of the text, in any case.
    Contains,
    /// `in (…)`: one of several.
    Among,
}

impl Operator {
    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::Differs => "!=",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::More => ">",
            Operator::AtLeast => ">=",
            Operator::Matches => "~",
            Operator::MatchesNot => "!~",
            Operator::Contains => "contains",
            Operator::Among => "in",
        }
    }

    /// Whether it is `<`, `<=`, `>` or `>=`.
    pub(super) fn orders(self) -> bool {
        matches!(self, Operator::Less | Operator::AtMost | Operator::More | Operator::AtLeast)
    }
}
