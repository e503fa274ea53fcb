//! Zstandard (RFC 8878): one frame after another, skippable ones included.

use super::Step;
use super::input::Input;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Longest header of a frame.
const LONGEST_HEADER: usize = 18;

/// Decompresses zstd.
#[derive(Default)]
pub(in crate::format) struct Zstd {
    /// What has come.
    pub(super) input: Input,
    decoder: FrameDecoder,
    within: bool,
    has_checksum: bool,
    /// Bytes of a skippable frame still to come.
    skip: usize,
}

impl std::fmt::Debug for Zstd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zstd").field("within", &self.within).finish_non_exhaustive()
    }
}

impl Zstd {
    /// Appends some of what the input becomes: at most a block at a time.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> Result<Step, String> {
        let rest = self.input.rest();
        if self.skip > 0 {
            let skipped = self.skip.min(rest.len());
            self.skip -= skipped;
            self.input.take(skipped);
            return Ok(if skipped > 0 { Step::Went } else { self.starved() });
        }
        if !self.within {
            return self.frame();
        }
        if !whole_block(rest, self.has_checksum) {
            return Ok(self.starved());
        }
        let mut source = rest;
        self.decoder
            .decode_blocks(&mut source, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|error| error.to_string())?;
        let taken = rest.len() - source.len();
        self.input.take(taken);
        self.decoder.collect_to_writer(out).map_err(|error| error.to_string())?;
        if self.decoder.is_finished() {
            self.within = false;
            let sums = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
            if let (Some(right), Some(found)) = sums
                && right != found
            {
                return Err("its checksum is wrong".to_owned());
            }
        }
        Ok(Step::Went)
    }

    fn frame(&mut self) -> Result<Step, String> {
        let rest = self.input.rest();
        if rest.is_empty() {
            return Ok(Step::Starved);
        }
        if rest.len() < LONGEST_HEADER && !self.input.ended {
            return Ok(Step::Starved);
        }
        let mut source = rest;
        match self.decoder.reset(&mut source) {
            Ok(()) => {
                self.within = true;
                // The byte behind the magic number describes the frame; its third bit announces a checksum.
                self.has_checksum = rest.get(4).is_some_and(|descriptor| descriptor & 4 != 0);
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => self.skip = length as usize,
            Err(_) if rest.len() < LONGEST_HEADER => return Ok(Step::CutOff),
            Err(error) => return Err(error.to_string()),
        }
        let taken = rest.len() - source.len();
        self.input.take(taken);
        Ok(Step::Went)
    }

    fn starved(&self) -> Step {
        if self.input.ended { Step::CutOff } else { Step::Starved }
    }
}

/// Whether a whole block is there, and behind the last one the checksum of the frame if it has one.
fn whole_block(rest: &[u8], has_checksum: bool) -> bool {
    const CHECKSUM: usize = 4;
    let Some(([a, b, c], content)) = rest.split_first_chunk() else { return false };
    let header = u32::from_le_bytes([*a, *b, *c, 0]);
    let (last, kind, size) = (header & 1 == 1, header >> 1 & 3, (header >> 3) as usize);
    // A run-length block has one byte, however long the run.
    let size = if kind == 1 { 1 } else { size };
    content.len() >= size + if last && has_checksum { CHECKSUM } else { 0 }
}
