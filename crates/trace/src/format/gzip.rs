//! Gzip (RFC 1952) as it arrives, one member after another.
//!
//! The members' frames are read here, around miniz_oxide's inflater: the usual crates bring tables of 16 KB for a
//! checksum, a twentieth of what the viewer should weigh, for files that are seldom compressed.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

/// Bytes made room for at a time.
const ROOM: usize = 64 << 10;
/// Longest header of a member; names and comments are short.
const LONGEST_HEADER: usize = 1 << 20;

/// Inflates gzip.
#[derive(Default)]
pub(super) struct Gunzip {
    part: Part,
    /// The bytes of a header or trailer, until it is whole.
    held: Vec<u8>,
    inflater: Option<Box<InflateState>>,
    checksum: u32,
    length: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Part {
    #[default]
    Header,
    Body,
    Trailer,
}

impl std::fmt::Debug for Gunzip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gunzip").field("part", &self.part).finish_non_exhaustive()
    }
}

impl Gunzip {
    /// Takes the next bytes and appends what they become to `out`, as far as they are right.
    pub(super) fn push(&mut self, mut chunk: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        while let [first, rest @ ..] = chunk {
            match self.part {
                Part::Header | Part::Trailer => {
                    self.held.push(*first);
                    chunk = rest;
                    if self.part == Part::Header { self.header()? } else { self.trailer()? }
                }
                Part::Body => chunk = &chunk[self.body(chunk, out)?..],
            }
        }
        Ok(())
    }

    /// Whether the bytes end where a member does.
    pub(super) fn is_complete(&self) -> bool {
        self.part == Part::Header && self.held.is_empty()
    }

    fn header(&mut self) -> Result<(), &'static str> {
        if header_is_whole(&self.held)? {
            self.held.clear();
            self.part = Part::Body;
            (self.checksum, self.length) = (0, 0);
            match &mut self.inflater {
                Some(inflater) => inflater.reset(DataFormat::Raw),
                None => self.inflater = Some(InflateState::new_boxed(DataFormat::Raw)),
            }
        }
        Ok(())
    }

    /// Inflates; says how many bytes of the chunk were taken.
    fn body(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<usize, &'static str> {
        let Some(inflater) = &mut self.inflater else { return Err("it has no header") };
        let mut taken = 0;
        loop {
            let start = out.len();
            out.resize(start + ROOM, 0);
            let step = inflate(inflater, &chunk[taken..], &mut out[start..], MZFlush::None);
            out.truncate(start + step.bytes_written);
            taken += step.bytes_consumed;
            self.checksum = checksum(self.checksum, &out[start..]);
            self.length = self.length.wrapping_add(step.bytes_written as u32);
            match step.status {
                Ok(MZStatus::StreamEnd) => {
                    self.part = Part::Trailer;
                    return Ok(taken);
                }
                // More may be waiting inside while the room is filled to the last byte.
                Ok(_) | Err(MZError::Buf) if step.bytes_written == ROOM || taken < chunk.len() => {
                    if step.bytes_written + step.bytes_consumed == 0 {
                        return Err("what it holds cannot be inflated");
                    }
                }
                Ok(_) | Err(MZError::Buf) => return Ok(taken),
                Err(_) => return Err("what it holds cannot be inflated"),
            }
        }
    }

    fn trailer(&mut self) -> Result<(), &'static str> {
        let Some((sums, [])) = self.held.split_first_chunk::<8>() else { return Ok(()) };
        let [a, b, c, d, e, f, g, h] = *sums;
        let right = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        self.held.clear();
        self.part = Part::Header;
        if right == (self.checksum, self.length) { Ok(()) } else { Err("its checksum is wrong") }
    }
}

/// Whether a member's header ends with these bytes; an error where they are none.
fn header_is_whole(bytes: &[u8]) -> Result<bool, &'static str> {
    const MAGIC: &[u8] = &[0x1f, 0x8b, 8];
    if !bytes.iter().zip(MAGIC).all(|(byte, right)| byte == right) {
        return Err("what follows is no gzip member");
    }
    if bytes.len() > LONGEST_HEADER {
        return Err("its header never ends");
    }
    let Some((fixed, rest)) = bytes.split_first_chunk::<10>() else { return Ok(false) };
    let flags = fixed[3];
    let mut at = 0;
    if flags & 4 != 0 {
        let Some((length, _)) = rest.split_first_chunk::<2>() else { return Ok(false) };
        at += 2 + usize::from(u16::from_le_bytes(*length));
    }
    // A name and a comment, each ended by a zero.
    for flag in [8, 16] {
        if flags & flag != 0 {
            let Some(end) = rest.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0)) else {
                return Ok(false);
            };
            at += end + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    Ok(rest.len() >= at)
}

/// CRC-32 (ISO 3309), four bits at a time.
fn checksum(before: u32, bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut nibble = 0;
        while nibble < 16 {
            let mut rest = nibble as u32;
            let mut bit = 0;
            while bit < 4 {
                rest = if rest & 1 == 1 { rest >> 1 ^ 0xedb8_8320 } else { rest >> 1 };
                bit += 1;
            }
            table[nibble] = rest;
            nibble += 1;
        }
        table
    };
    !bytes.iter().fold(!before, |sum, byte| {
        let sum = sum ^ u32::from(*byte);
        let sum = TABLE[sum as usize & 15] ^ sum >> 4;
        TABLE[sum as usize & 15] ^ sum >> 4
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;
    use std::io::Write;

    fn member(content: &[u8], named: bool) -> Vec<u8> {
        let builder = if named {
            GzBuilder::new().filename("a.json").comment("b").extra("extra")
        } else {
            GzBuilder::new()
        };
        let mut encoder = builder.write(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn inflated(bytes: &[u8], step: usize) -> (Vec<u8>, Result<bool, &'static str>) {
        let (mut gunzip, mut out) = (Gunzip::default(), Vec::new());
        let result = bytes.chunks(step.max(1)).try_for_each(|chunk| gunzip.push(chunk, &mut out));
        (out, result.map(|()| gunzip.is_complete()))
    }

    proptest! {
        #[test]
        fn what_flate2_packs_is_unpacked(
            first: Vec<u8>, second in "[ab]{0,4000}", named: bool, step in 1usize..5000,
        ) {
            let bytes = [member(&first, named), member(second.as_bytes(), !named)].concat();
            let (out, whole) = inflated(&bytes, step);
            prop_assert_eq!(whole, Ok(true));
            prop_assert_eq!(out, [first, second.into_bytes()].concat());
        }

        #[test]
        fn a_flipped_bit_is_found_or_does_no_harm(content: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            let mut bytes = member(&content, false);
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let (out, whole) = inflated(&bytes, 100);
            // Time, level and system in the header mean nothing to us.
            prop_assert!(whole != Ok(true) || out == content);
        }
    }

    #[test]
    fn much_comes_out_of_little() {
        let zeros = vec![0; 5 * ROOM + 1];
        let bytes = member(&zeros, false);
        assert_eq!(inflated(&bytes, bytes.len()), (zeros, Ok(true)));
    }

    #[test]
    fn what_ends_early_is_said_and_kept() {
        let content = b"some text that is long enough to be cut in two".repeat(3);
        let bytes = member(&content, true);
        for end in 0..bytes.len() {
            let (out, whole) = inflated(&bytes[..end], 7);
            assert_eq!(whole, Ok(end == 0), "{end}");
            assert!(content.starts_with(&out));
        }
        assert_eq!(
            inflated(&[bytes, vec![0; 3]].concat(), 9),
            (content, Err("what follows is no gzip member"))
        );
    }

    #[test]
    fn the_checksum_is_the_standards() {
        // The check value of the CRC catalogue for CRC-32/ISO-HDLC.
        assert_eq!(checksum(0, b"123456789"), 0xcbf4_3926);
        assert_eq!(checksum(checksum(0, b"1234"), b"56789"), 0xcbf4_3926);
    }
}
