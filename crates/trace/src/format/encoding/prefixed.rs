//! Messages with their length in front, four bytes, most significant first: the Collector's file exporter writes protobuf
//! and compressed data like that. Without the lengths they are one message, or one compressed stream.

use super::Step;
use super::input::Input;
use crate::format::otlp_proto::is_request;

/// More than any exporter puts into one message.
const LONGEST: usize = 1 << 30;

/// Removes the lengths.
#[derive(Debug, Default)]
pub(in crate::format) struct Prefixed {
    /// What has come.
    pub(super) input: Input,
    /// Bytes of the current message still to come.
    left: usize,
}

impl Prefixed {
    /// Whether `head` is a length and what can follow it.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        let (length, message) = head.split_first_chunk()?;
        let length = u32::from_be_bytes(*length) as usize;
        let message = &message[..message.len().min(length)];
        let fits = (1..=LONGEST).contains(&length) && message.len() >= 8.min(length);
        (fits && (message.starts_with(super::ZSTD) || is_request(message))).then(Self::default)
    }

    /// Appends some of the input.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> Result<Step, String> {
        let rest = self.input.rest();
        if self.left == 0 {
            let Some((length, _)) = rest.split_first_chunk() else {
                return Ok(if self.input.ended && !rest.is_empty() { Step::CutOff } else { Step::Starved });
            };
            self.left = u32::from_be_bytes(*length) as usize;
            if self.left > LONGEST {
                return Err(format!("a message claims to have {} bytes", self.left));
            }
            self.input.take(4);
            return Ok(Step::Went);
        }
        let count = self.left.min(rest.len());
        if count == 0 {
            return Ok(if self.input.ended { Step::CutOff } else { Step::Starved });
        }
        out.extend_from_slice(&rest[..count]);
        self.left -= count;
        self.input.take(count);
        Ok(Step::Went)
    }
}
