//! How something is shown while a text is searched for.

/// How a row, a box or a line is shown while something is searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FindMark {
    /// As always.
    #[default]
    None,
    /// As a match.
    Match,
    /// As one of those that do not match and are dimmed.
    Dimmed,
}

impl FindMark {
    /// The mark of what matches or does not, where the others are dimmed or not.
    pub fn of(is_match: bool, dims: bool) -> Self {
        match (is_match, dims) {
            (true, _) => FindMark::Match,
            (false, true) => FindMark::Dimmed,
            (false, false) => FindMark::None,
        }
    }

    /// Its value of `data-mark`.
    pub fn word(self) -> Option<&'static str> {
        match self {
            FindMark::None => None,
            FindMark::Match => Some("match"),
            FindMark::Dimmed => Some("other"),
        }
    }
}
