//! Streaming decoders for what wraps a format: compression, UTF-16, length prefixes, container logs. They can be
//! nested.

mod container_log;
mod gzip;
mod input;
mod prefixed;
mod utf16;
mod zstd;

use container_log::ContainerLog;
use gzip::Gzip;
use input::Input;
use prefixed::Prefixed;
use utf16::Utf16;
use zstd::Zstd;

/// Magic number of a zstd frame.
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// A decoder.
#[derive(Debug)]
pub(super) enum Layer {
    Gzip(Gzip),
    Zstd(Box<Zstd>),
    Utf16(Utf16),
    Prefixed(Prefixed),
    ContainerLog(ContainerLog),
}

/// Result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Consumed input; there may be more to do.
    Progress,
    /// Needs more input.
    NeedsInput,
    /// The input ended too early.
    CutOff,
}

impl Layer {
    /// The decoder for input that starts with `head`, if any.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        if head.starts_with(&[0x1f, 0x8b]) {
            return Some(Layer::Gzip(Gzip::default()));
        }
        // A skippable frame may come first.
        if head.starts_with(ZSTD) || matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]) {
            return Some(Layer::Zstd(Box::default()));
        }
        Utf16::detect(head)
            .map(Layer::Utf16)
            .or_else(|| Prefixed::detect(head).map(Layer::Prefixed))
            .or_else(|| ContainerLog::detect(head).map(Layer::ContainerLog))
    }

    /// Its name, for messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Layer::Gzip(_) => "gzip",
            Layer::Zstd(_) => "zstd",
            Layer::Utf16(_) => "UTF-16",
            Layer::Prefixed(_) => "length-prefixed",
            Layer::ContainerLog(_) => "container log",
        }
    }

    fn input(&mut self) -> &mut Input {
        match self {
            Layer::Gzip(gzip) => gzip.input(),
            Layer::Zstd(zstd) => &mut zstd.input,
            Layer::Utf16(utf16) => &mut utf16.input,
            Layer::Prefixed(prefixed) => &mut prefixed.input,
            Layer::ContainerLog(log) => &mut log.input,
        }
    }

    /// Appends input.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.input().push(bytes);
    }

    /// Ends the input.
    pub(super) fn end(&mut self) {
        self.input().ended = true;
    }

    /// Appends a bounded part of the output to `out`. An error describes damage.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> Result<Step, String> {
        match self {
            Layer::Gzip(gzip) => gzip.step(out),
            Layer::Zstd(zstd) => zstd.step(out),
            Layer::Utf16(utf16) => Ok(utf16.step(out)),
            Layer::Prefixed(prefixed) => prefixed.step(out),
            Layer::ContainerLog(log) => Ok(log.step(out)),
        }
    }

    /// A warning for the end.
    pub(super) fn remark(&self) -> Option<String> {
        match self {
            Layer::Gzip(gzip) => gzip.remark(),
            _ => None,
        }
    }
}
