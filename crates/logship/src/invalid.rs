//! Why a configuration is refused.

/// A setting that cannot be used; found before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Invalid {
    /// The name of the setting, as the method of [`Builder`](crate::Builder) that sets it.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl Invalid {
    pub(crate) fn new(field: &'static str, why: impl Into<String>) -> Self {
        Invalid { field, why: why.into() }
    }
}
