//! A column of 64-bit numbers in a message, for `#[serde(with)]`: as bytes, like [`words`](super::words).

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;
use std::fmt;

/// Writes the numbers.
pub fn serialize<S: Serializer>(longs: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = longs.iter().flat_map(|long| long.to_le_bytes()).collect();
    serializer.serialize_bytes(&bytes)
}

/// Reads the numbers.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    struct Longs;
    impl Visitor<'_> for Longs {
        type Value = Vec<u64>;

        fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
            to.write_str("the bytes of numbers")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u64>, E> {
            let (longs, rest) = bytes.as_chunks::<8>();
            match rest {
                [] => Ok(longs.iter().map(|long| u64::from_le_bytes(*long)).collect()),
                _ => Err(E::invalid_length(bytes.len(), &self)),
            }
        }
    }
    deserializer.deserialize_bytes(Longs)
}
