//! Words of an address that stand for one of several meanings.

/// What a word of an address stands for; the first of `all` where it is none of them.
pub(super) fn meaning<T: Copy>(all: &[(T, &str)], word: &str) -> T {
    all.iter().find(|(_, candidate)| *candidate == word).unwrap_or(&all[0]).0
}

/// The word for what is meant.
pub(super) fn word<T: Copy + PartialEq>(all: &[(T, &'static str)], meant: T) -> &'static str {
    all.iter().find(|(candidate, _)| *candidate == meant).map_or("", |(_, word)| word)
}
