//! Time zone of absolute times.

use super::Named;

/// Time zone of absolute times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// Local time; not written to addresses, so that readers see their own.
    #[default]
    Local,
    /// Greenwich's.
    Utc,
}

impl Named for Zone {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Zone::Local, "", "Local"), (Zone::Utc, "utc", "UTC")];
}

impl Zone {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Zone::Local => Zone::Utc,
            Zone::Utc => Zone::Local,
        }
    }
}
