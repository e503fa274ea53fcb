//! What all responses have in common: an object with numbers that may be strings and texts that may be `null`.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

/// Parses an object. Derived deserializers alone would accept arrays, too.
pub fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err("expected a JSON object".to_owned());
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// An integer, its decimal digits in a string, or `null` for 0.
pub fn number<'de, D: Deserializer<'de>, N: TryFrom<u64>>(deserializer: D) -> Result<N, D::Error> {
    let number = some_number(deserializer)?.unwrap_or(0);
    N::try_from(number).map_err(|_| D::Error::custom("a number is too large"))
}

/// A number, or its digits as text.
pub fn some_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum NumberText {
        Number(u64),
        Text(String),
    }
    match Option::<NumberText>::deserialize(deserializer)? {
        None => Ok(None),
        Some(NumberText::Number(number)) => Ok(Some(number)),
        Some(NumberText::Text(text)) => text.parse().map(Some).map_err(D::Error::custom),
    }
}

/// A string; `null` is the empty string.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}
