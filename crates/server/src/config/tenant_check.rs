//! What can be wrong with tenants that are each well written: tokens of two of them, names that no token has.

use super::forward::Forward;
use super::tenants::{TenantName, TenantsLimits};
use super::tokens::Token;
use std::collections::BTreeSet;

/// The key that is meant, and what is wrong with it.
type Wrong = (String, String);

/// Checks the tenants of tokens, limits and targets against each other; `full` is the token that allows everything.
pub fn check(
    full: Option<&str>,
    tokens: &[Token],
    limits: &TenantsLimits,
    targets: &[Forward],
) -> Result<(), Wrong> {
    let known = of_tokens(full, tokens)?;
    let unknown = |name: &TenantName| {
        (!known.contains(name)).then(|| {
            format!(
                "no token names the tenant {:?}: add one to [[tokens]], or correct the name",
                name.as_str()
            )
        })
    };
    for name in limits.keys() {
        unknown(name).map_or(Ok(()), |why| Err((format!("tenants.{name}"), why)))?;
    }
    for (index, target) in targets.iter().enumerate() {
        let Some(names) = &target.tenants else { continue };
        let why = match names.is_empty() {
            true => Some("expected at least one tenant; without this setting all are meant".to_owned()),
            false => names.iter().find_map(unknown),
        };
        why.map_or(Ok(()), |why| Err((format!("forward[{index}].tenants"), why)))?;
    }
    Ok(())
}

/// The tenants that tokens name, and the one of those that name none.
fn of_tokens(full: Option<&str>, tokens: &[Token]) -> Result<BTreeSet<TenantName>, Wrong> {
    let mut known = BTreeSet::from([TenantName::default()]);
    for (index, token) in tokens.iter().enumerate() {
        let name = token.tenant();
        // On some systems folders whose names differ in case alone are one.
        let is_alike =
            |other: &&TenantName| **other != name && other.as_str().eq_ignore_ascii_case(name.as_str());
        if let Some(other) = known.iter().find(is_alike) {
            let (one, other) = (name.as_str(), other.as_str());
            let why = format!("{one:?} and {other:?} differ in case alone: write both in one way");
            return Err((format!("tokens[{index}].tenant"), why));
        }
        let is_of_another = |other: &Token| other.value.0 == token.value.0 && other.tenant() != name;
        let other = match tokens[..index].iter().position(is_of_another) {
            Some(other) => Some(format!("tokens[{other}].value")),
            None => (full == Some(token.value.0.as_str()) && !name.is_default()).then(|| "token".to_owned()),
        };
        if let Some(other) = other {
            let why = format!("{other} is the same and of another tenant: expected a value of its own");
            return Err((format!("tokens[{index}].value"), why));
        }
        known.insert(name);
    }
    Ok(known)
}
