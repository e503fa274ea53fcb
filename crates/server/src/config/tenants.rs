//! Tenants: `tenant` of `[[tokens]]` names them, `[tenants.NAME]` limits what one of them keeps.

use super::values::{hours, size};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The tenant of tokens that name none. Its data is in the data directory itself.
const DEFAULT: &str = "default";

/// A tenant's name, which is also that of its folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantName(String);

impl TenantName {
    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the tenant of tokens that name none.
    pub fn is_default(&self) -> bool {
        self.0 == DEFAULT
    }
}

impl Default for TenantName {
    fn default() -> Self {
        TenantName(DEFAULT.to_owned())
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for TenantName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=64).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(TenantName(text));
        }
        Err(format!("{text:?} is not 1 to 64 letters, digits, `-` and `_`"))
    }
}

impl From<TenantName> for String {
    fn from(name: TenantName) -> Self {
        name.0
    }
}

/// What one tenant may keep, where that differs from what all may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantLimits {
    /// Hours after which its spans and log lines are deleted; 0 keeps them for ever.
    #[serde(deserialize_with = "hours")]
    pub retention_hours: Option<u64>,
    /// Bytes that its spans may take on disk; 0 for no limit.
    #[serde(deserialize_with = "size")]
    pub max_disk: Option<u64>,
    /// Bytes that its log lines may take on disk; 0 for no limit.
    #[serde(deserialize_with = "size")]
    pub max_log_disk: Option<u64>,
    /// Bytes of memory that the index of its spans may take.
    #[serde(deserialize_with = "size")]
    pub max_index_memory: Option<u64>,
}

/// The limits of all tenants that have some of their own.
pub type TenantsLimits = BTreeMap<TenantName, TenantLimits>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_a_folder_and_nothing_outside_of_it() {
        for fits in ["a", "Team-1_b", "default", &"x".repeat(64)] {
            assert_eq!(TenantName::try_from(fits.to_owned()).unwrap().as_str(), fits);
        }
        for wrong in ["", ".", "..", "a/b", "a\\b", "a b", "ä", "a|b", &"x".repeat(65)] {
            assert!(
                TenantName::try_from(wrong.to_owned()).unwrap_err().contains("1 to 64 letters"),
                "{wrong}"
            );
        }
    }
}
