//! Zstandard (RFC 8878): any number of frames, including skippable ones.

use super::Step;
use super::input::Input;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Maximum length of a frame header.
const LONGEST_HEADER: usize = 18;

/// The decoder.
#[derive(Default)]
pub(in crate::format) struct Zstd {
    /// Input.
    pub(super) input: Input,
    decoder: FrameDecoder,
    within: bool,
    has_checksum: bool,
    /// Remaining bytes of a skippable frame.
    skip: usize,
}

impl std::fmt::Debug for Zstd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zstd").field("within", &self.within).finish_non_exhaustive()
    }
}

impl Zstd {
    /// Appends at most a block of output.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> Result<Step, String> {
        let rest = self.input.rest();
        if self.skip > 0 {
            let skipped = self.skip.min(rest.len());
            self.skip -= skipped;
            self.input.take(skipped);
            return Ok(if skipped > 0 { Step::Progress } else { self.needs_input() });
        }
        if !self.within {
            return self.frame();
        }
        if !whole_block(rest, self.has_checksum) {
            return Ok(self.needs_input());
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
        Ok(Step::Progress)
    }

    fn frame(&mut self) -> Result<Step, String> {
        let rest = self.input.rest();
        if rest.is_empty() {
            return Ok(Step::NeedsInput);
        }
        if rest.len() < LONGEST_HEADER && !self.input.ended {
            return Ok(Step::NeedsInput);
        }
        let mut source = rest;
        match self.decoder.reset(&mut source) {
            Ok(()) => {
                self.within = true;
                // Bit 2 of the frame header descriptor, after the magic number, announces a checksum.
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
        Ok(Step::Progress)
    }

    fn needs_input(&self) -> Step {
        if self.input.ended { Step::CutOff } else { Step::NeedsInput }
    }
}

/// Whether a block is complete, including the frame's checksum after the last block.
fn whole_block(rest: &[u8], has_checksum: bool) -> bool {
    const CHECKSUM: usize = 4;
    let Some(([a, b, c], content)) = rest.split_first_chunk() else { return false };
    let header = u32::from_le_bytes([*a, *b, *c, 0]);
    let (last, kind, size) = (header & 1 == 1, header >> 1 & 3, (header >> 3) as usize);
    // A run-length block has one byte, whatever its size.
    let size = if kind == 1 { 1 } else { size };
    content.len() >= size + if last && has_checksum { CHECKSUM } else { 0 }
}
