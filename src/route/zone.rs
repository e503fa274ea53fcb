//! Time zone of absolute times.

/// Time zone of absolute times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// Local time; not written to addresses, so that readers see their own.
    #[default]
    Local,
    /// Greenwich's.
    Utc,
}

impl Zone {
    /// Its name, in addresses and in storage.
    pub fn word(self) -> &'static str {
        match self {
            Zone::Local => "",
            Zone::Utc => "utc",
        }
    }

    /// The zone with a name; `Local` for any other name.
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
