//! Enums in addresses.

/// The value with a name; the first of `all` for any other name.
pub(super) fn meaning<T: Copy>(all: &[(T, &str)], word: &str) -> T {
    all.iter().find(|(_, candidate)| *candidate == word).unwrap_or(&all[0]).0
}

/// The name of a value.
pub(super) fn word<T: Copy + PartialEq>(all: &[(T, &'static str)], meant: T) -> &'static str {
    all.iter().find(|(candidate, _)| *candidate == meant).map_or("", |(_, word)| word)
}
