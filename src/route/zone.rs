//! Whose clock the times of day are of.

/// Whose clock the times of day are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// The reader's; an address does not say it, so that each reader has their own.
    #[default]
    Local,
    /// Greenwich's.
    Utc,
}

impl Zone {
    /// Its word, in an address and where it is remembered.
    pub fn word(self) -> &'static str {
        match self {
            Zone::Local => "",
            Zone::Utc => "utc",
        }
    }

    /// From its word; anything else is the reader's.
    pub fn from_word(word: &str) -> Self {
        if word.eq_ignore_ascii_case(Zone::Utc.word()) { Zone::Utc } else { Zone::Local }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Zone::Local => Zone::Utc,
            Zone::Utc => Zone::Local,
        }
    }
}
