//! Request bodies as they were before compression, never more of them than allowed.

use super::Refusal;
use super::room::Room;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::Read;

/// Undoes a `Content-Encoding`; stops at `limit` bytes, so that a small body cannot become a huge one. Memory is taken
/// from `room` before it is filled.
pub fn decode(body: &[u8], encoding: &str, limit: usize, room: &mut Room) -> Result<Vec<u8>, Refusal> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(body), limit, room),
        "zlib" => read(ZlibDecoder::new(body), limit, room),
        // Some say "deflate" and mean the zlib format, as RFC 9110 does; some mean the bare stream.
        "deflate" => read(ZlibDecoder::new(body), limit, room).or_else(|refusal| match refusal {
            Refusal::Malformed(_) => read(DeflateDecoder::new(body), limit, room),
            other => Err(other),
        }),
        other => Err(Refusal::Malformed(format!("unsupported Content-Encoding: {other}"))),
    }
}

fn read(mut decoder: impl Read, limit: usize, room: &mut Room) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::new();
    let mut chunk = [0; 16 << 10];
    loop {
        match decoder.read(&mut chunk).map_err(|error| Refusal::Malformed(error.to_string()))? {
            0 => return Ok(plain),
            more if plain.len() + more > limit => return Err(Refusal::TooLarge(limit)),
            more => room.extend(&mut plain, &chunk[..more], limit)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::room::Memory;
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_inflated_is_paid_for() {
        let memory = Memory::new(1 << 20);
        let body = gzip(&vec![0; 4 << 20]);
        let refused = decode(&body, "gzip", 64 << 20, &mut memory.room());
        assert!(matches!(refused, Err(Refusal::TooMuch(_))), "{} bytes become four megabytes", body.len());
        let mut room = memory.room();
        assert_eq!(decode(&gzip(&vec![0; 500_000]), "gzip", 64 << 20, &mut room).unwrap().len(), 500_000);
        assert!(memory.held() >= 500_000);
    }

    #[test]
    fn bodies_are_read_as_they_are_labelled() {
        let decode = |body: &[u8], encoding| decode(body, encoding, 10, &mut Memory::new(1 << 20).room());
        assert_eq!(decode(&gzip(b"{}"), "gzip").unwrap(), b"{}");
        assert!(matches!(decode(b"{}", "gzip"), Err(Refusal::Malformed(_))));
        assert!(matches!(decode(b"{}", "rot13"), Err(Refusal::Malformed(_))));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 10 << 20]);
        assert!(bomb.len() < 20_000);
        assert!(matches!(
            decode(&bomb, "gzip", 1 << 20, &mut Memory::new(8 << 20).room()),
            Err(Refusal::TooLarge(_))
        ));
    }
}
