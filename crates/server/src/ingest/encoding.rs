//! Request bodies as they were before compression, never more of them than allowed.

use super::Refusal;
use super::memory::MemoryReservation;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::Read;

/// The encodings that are taken, as `Accept-Encoding` lists them.
pub const SUPPORTED: &str = "gzip, zstd";
/// Bytes that a zstd decoder holds beside its window: two blocks and its tables.
const ZSTD_DECODER: usize = 512 << 10;

/// Undoes a `Content-Encoding`; stops at `limit` bytes, so that a small body cannot become a huge one. Memory is taken
/// from `room` before it is filled.
pub fn decode(
    body: &[u8],
    encoding: &str,
    limit: usize,
    reserved: &mut MemoryReservation,
) -> Result<Vec<u8>, Refusal> {
    let mut plain = Plain { bytes: Vec::new(), limit };
    match encoding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => plain.extend(&mut MultiGzDecoder::new(body), reserved)?,
        "zstd" => zstd(body, &mut plain, reserved)?,
        other => return Err(Refusal::Encoding(other.to_owned())),
    }
    Ok(plain.bytes)
}

/// What was decoded so far, and how much of it there may be.
struct Plain {
    bytes: Vec<u8>,
    limit: usize,
}

impl Plain {
    fn extend(&mut self, decoder: &mut impl Read, reserved: &mut MemoryReservation) -> Result<(), Refusal> {
        let mut chunk = [0; 16 << 10];
        loop {
            match decoder.read(&mut chunk).map_err(malformed)? {
                0 => return Ok(()),
                more if self.bytes.len() + more > self.limit => return Err(Refusal::TooLarge(self.limit)),
                more => reserved.extend(&mut self.bytes, &chunk[..more], self.limit)?,
            }
        }
    }
}

fn malformed(error: impl std::fmt::Display) -> Refusal {
    Refusal::Malformed(error.to_string())
}

/// Zstandard (RFC 8878): one frame after another, skippable ones included.
fn zstd(mut body: &[u8], plain: &mut Plain, reserved: &mut MemoryReservation) -> Result<(), Refusal> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(0);
    let mut taken = 0;
    while !body.is_empty() {
        let mut source = body;
        match decoder.reset(&mut source) {
            Ok(()) => {
                body = source;
                zstd_frame(&mut decoder, &mut body, plain, reserved)?;
            }
            // Nothing is allocated for a window that is larger than allowed: it is paid for first.
            Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                let window = usize::try_from(requested).unwrap_or(usize::MAX);
                if window > plain.limit.max(8 << 20) {
                    return Err(Refusal::TooLarge(plain.limit));
                }
                let needed = window.saturating_mul(2).saturating_add(ZSTD_DECODER);
                reserved.take(needed.saturating_sub(taken))?;
                taken = needed.max(taken);
                decoder.set_max_window_size(requested);
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                body = source.get(length as usize..).ok_or_else(|| malformed("a zstd frame is cut off"))?
            }
            Err(error) => return Err(malformed(error)),
        }
    }
    reserved.release(taken);
    Ok(())
}

/// The frame whose header was read.
fn zstd_frame(
    decoder: &mut FrameDecoder,
    body: &mut &[u8],
    plain: &mut Plain,
    reserved: &mut MemoryReservation,
) -> Result<(), Refusal> {
    while !decoder.is_finished() {
        decoder.decode_blocks(&mut *body, BlockDecodingStrategy::UptoBlocks(1)).map_err(malformed)?;
        plain.extend(decoder, reserved)?;
    }
    match (decoder.get_checksum_from_data(), decoder.get_calculated_checksum()) {
        (Some(right), Some(found)) if right != found => {
            Err(malformed("the checksum of a zstd frame is wrong"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    #[test]
    fn what_is_inflated_is_paid_for() {
        for (encoding, pack) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("zstd", zstd)] {
            let memory = Memory::new(3 << 20);
            let body = pack(&vec![0; 8 << 20]);
            let refused = decode(&body, encoding, 64 << 20, &mut memory.reservation());
            assert!(
                matches!(refused, Err(Refusal::TooMuch(_))),
                "{} bytes become eight megabytes",
                body.len()
            );
            let mut reserved = memory.reservation();
            assert_eq!(
                decode(&pack(&vec![0; 500_000]), encoding, 64 << 20, &mut reserved).unwrap().len(),
                500_000
            );
            assert!(memory.held() >= 500_000);
        }
    }

    #[test]
    fn bodies_are_read_as_they_are_labelled() {
        let decode =
            |body: &[u8], encoding| decode(body, encoding, 10, &mut Memory::new(8 << 20).reservation());
        assert_eq!(decode(&gzip(b"{}"), "gzip").unwrap(), b"{}");
        assert_eq!(decode(&zstd(b"{}"), "ZSTD").unwrap(), b"{}");
        assert!(matches!(decode(b"{}", "gzip"), Err(Refusal::Malformed(_))));
        assert!(matches!(decode(b"{}", "zstd"), Err(Refusal::Malformed(_))));
        for other in ["rot13", "deflate", "snappy", "gzip, zstd"] {
            assert!(matches!(decode(b"{}", other), Err(Refusal::Encoding(_))), "{other}");
        }
    }

    #[test]
    fn frames_of_zstd_follow_one_another_and_must_be_whole() {
        let decode = |body: &[u8]| decode(body, "zstd", 1 << 20, &mut Memory::new(8 << 20).reservation());
        let skippable = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
        let both = [zstd(b"ab"), skippable.clone(), zstd(&b"c".repeat(300_000))].concat();
        assert_eq!(decode(&both).unwrap().len(), 300_002);
        assert_eq!(decode(b"").unwrap(), b"");
        for cut in [both.len() - 1, 5, skippable.len() + 2] {
            assert!(matches!(decode(&both[..cut]), Err(Refusal::Malformed(_))), "{cut}");
        }
        let mut damaged = zstd(b"abcdefgh");
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        assert!(decode(&damaged).is_err(), "a checksum that does not fit");
    }

    #[test]
    fn a_window_that_is_announced_is_paid_for_before_it_is_there() {
        // No content, a window of 32 MiB, one empty last block.
        let window = [0x28, 0xb5, 0x2f, 0xfd, 0, 15 << 3, 1, 0, 0];
        let decode = |memory| decode(&window, "zstd", 64 << 20, &mut Memory::new(memory).reservation());
        assert!(matches!(decode(16 << 20), Err(Refusal::TooMuch(_))));
        assert_eq!(decode(128 << 20).unwrap(), b"");
        let beyond = [0x28, 0xb5, 0x2f, 0xfd, 0, 30 << 3, 1, 0, 0];
        let refused = super::decode(&beyond, "zstd", 64 << 20, &mut Memory::new(1 << 30).reservation());
        assert!(matches!(refused, Err(Refusal::TooLarge(_))), "{refused:?}");
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        for (encoding, bomb) in [("gzip", gzip(&vec![0; 10 << 20])), ("zstd", zstd(&vec![0; 10 << 20]))] {
            assert!(bomb.len() < 20_000);
            let refused = decode(&bomb, encoding, 1 << 20, &mut Memory::new(8 << 20).reservation());
            assert!(matches!(refused, Err(Refusal::TooLarge(_))), "{encoding}");
        }
    }
}
