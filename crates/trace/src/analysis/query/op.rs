//! Operators of comparisons.

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
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

impl Op {
    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Op::Equal => "=",
            Op::Differs => "!=",
            Op::Less => "<",
            Op::AtMost => "<=",
            Op::More => ">",
            Op::AtLeast => ">=",
            Op::Matches => "~",
            Op::MatchesNot => "!~",
            Op::Contains => "contains",
            Op::Among => "in",
        }
    }

    /// Whether it is `<`, `<=`, `>` or `>=`.
    pub(super) fn orders(self) -> bool {
        matches!(self, Op::Less | Op::AtMost | Op::More | Op::AtLeast)
    }
}
