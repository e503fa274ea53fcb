//! Length-prefixed messages (four bytes, big-endian), as the Collector's file exporter writes protobuf and compressed
//! data. Concatenated they are one message, or one compressed stream.

use super::Step;
use super::input::Input;
use crate::format::otlp_proto::is_request;

/// Larger than any exporter's messages.
const LONGEST: usize = 1 << 30;

/// The decoder.
#[derive(Debug, Default)]
pub(in crate::format) struct Prefixed {
    /// Input.
    pub(super) input: Input,
    /// Remaining bytes of the current message.
    left: usize,
}

impl Prefixed {
    /// Whether `head` is a length prefix and a plausible message.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        let (length, message) = head.split_first_chunk()?;
        let length = u32::from_be_bytes(*length) as usize;
        let message = &message[..message.len().min(length)];
        let fits = (1..=LONGEST).contains(&length) && message.len() >= 8.min(length);
        (fits && (message.starts_with(super::ZSTD) || is_request(message))).then(Self::default)
    }

    /// Appends some of the input without prefixes.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> Result<Step, String> {
        let rest = self.input.rest();
        if self.left == 0 {
            let Some((length, _)) = rest.split_first_chunk() else {
                return Ok(if self.input.ended && !rest.is_empty() {
                    Step::CutOff
                } else {
                    Step::NeedsInput
                });
            };
            self.left = u32::from_be_bytes(*length) as usize;
            if self.left > LONGEST {
                return Err(format!("a message claims to have {} bytes", self.left));
            }
            self.input.take(4);
            return Ok(Step::Progress);
        }
        let count = self.left.min(rest.len());
        if count == 0 {
            return Ok(if self.input.ended { Step::CutOff } else { Step::NeedsInput });
        }
        out.extend_from_slice(&rest[..count]);
        self.left -= count;
        self.input.take(count);
        Ok(Step::Progress)
    }
}
