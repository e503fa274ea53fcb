//! Request bodies as they were before compression, never more of them than allowed.

use super::Refusal;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::Read;

/// Undoes a `Content-Encoding`; stops at `limit` bytes, so that a small body cannot become a huge one.
pub fn decode(body: Vec<u8>, encoding: &str, limit: usize) -> Result<Vec<u8>, Refusal> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" if body.len() > limit => Err(Refusal::TooLarge(limit)),
        "" | "identity" => Ok(body),
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(body.as_slice()), limit),
        "zlib" => read(ZlibDecoder::new(body.as_slice()), limit),
        // Some say "deflate" and mean the zlib format, as RFC 9110 does; some mean the bare stream.
        "deflate" => read(ZlibDecoder::new(body.as_slice()), limit).or_else(|refusal| match refusal {
            Refusal::Malformed(_) => read(DeflateDecoder::new(body.as_slice()), limit),
            other => Err(other),
        }),
        other => Err(Refusal::Malformed(format!("unsupported Content-Encoding: {other}"))),
    }
}

fn read(decoder: impl Read, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::new();
    let taken = decoder.take(limit as u64 + 1).read_to_end(&mut plain);
    taken.map_err(|error| Refusal::Malformed(error.to_string()))?;
    if plain.len() > limit { Err(Refusal::TooLarge(limit)) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn bodies_are_read_as_they_are_labelled() {
        assert_eq!(decode(gzip(b"{}"), "gzip", 10).unwrap(), b"{}");
        assert_eq!(decode(b"{}".to_vec(), "", 10).unwrap(), b"{}");
        assert!(matches!(decode(b"{}".to_vec(), "gzip", 10), Err(Refusal::Malformed(_))));
        assert!(matches!(decode(b"{}".to_vec(), "rot13", 10), Err(Refusal::Malformed(_))));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 10 << 20]);
        assert!(bomb.len() < 20_000);
        assert!(matches!(decode(bomb, "gzip", 1 << 20), Err(Refusal::TooLarge(_))));
    }
}
