//! `[[tokens]]` of the file of settings: who may send spans, and who may read them.

use super::tenants::TenantName;
use super::values::HIDDEN;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// A token with what it allows.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// What a request carries.
    pub value: Secret,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// The tenant to whose data it gives access; the default tenant if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
}

impl Token {
    /// Whose data it is for.
    pub fn tenant(&self) -> TenantName {
        self.tenant.clone().unwrap_or_default()
    }
}

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Sending spans.
    Ingest,
    /// Everything else.
    Read,
}

/// A text that is never printed.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret(pub String);

impl TryFrom<String> for Secret {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.is_empty() { Err("a token is not empty") } else { Ok(Secret(text)) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(HIDDEN)
    }
}
