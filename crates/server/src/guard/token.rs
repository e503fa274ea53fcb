//! Tokens of requests, compared by their digests.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The digest of a token.
pub type TokenDigest = [u8; 32];

/// The digest by which a token is known.
pub fn digest(text: impl AsRef<[u8]>) -> TokenDigest {
    Sha256::digest(text).into()
}

/// The digest of the token that a request carries, as a bearer token or as the password of basic authentication.
pub fn token_of(headers: &HeaderMap) -> Option<TokenDigest> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, credentials) = given.split_once(' ').unwrap_or((given, ""));
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(digest(credentials.trim())),
        "basic" => {
            let decoded = STANDARD.decode(credentials.trim()).unwrap_or_default();
            let colon = decoded.iter().position(|byte| *byte == b':').map_or(decoded.len(), |at| at + 1);
            Some(digest(&decoded[colon..]))
        }
        _ => None,
    }
}
