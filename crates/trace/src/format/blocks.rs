//! The bytes that have come: kept in blocks, so that what was read can be looked at again without a copy.

use crate::build::TraceBuilder;
use crate::model::{Block, Outside};

/// First and usual size of a block.
const SMALL: usize = 64 << 10;
const USUAL: usize = 1 << 20;

/// The block being filled. `at` is the first byte that was not taken yet; what was taken and named as a
/// span's place stays until the block goes to the builder.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The block's bytes so far.
    pub(super) bytes: Vec<u8>,
    /// The first byte not taken.
    pub(super) at: usize,
    /// Number of this block.
    pub(super) number: u32,
    /// Whether a span's place is in it.
    pub(super) used: bool,
    /// Offset of its first byte in the input.
    base: u64,
    /// Where complete blocks go, if not all into our own memory.
    pub(super) outside: Option<Outside>,
    /// No use in trying again below this many bytes.
    wanted: usize,
}

impl Blocks {
    /// Offset in the input of the first byte not taken.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Offset in the input of a place in the block.
    pub(super) fn offset_of(&self, at: usize) -> u64 {
        self.base + at as u64
    }

    /// Takes as much of `chunk` as there is room for and returns the rest; starts a new block where there is none.
    pub(super) fn fill<'a>(&mut self, chunk: &'a [u8], builder: &mut TraceBuilder) -> &'a [u8] {
        if self.bytes.len() == self.bytes.capacity() {
            self.next_block(chunk.len(), builder);
        }
        let room = self.bytes.capacity() - self.bytes.len();
        let (now, later) = chunk.split_at(room.min(chunk.len()));
        self.bytes.extend_from_slice(now);
        later
    }

    fn next_block(&mut self, coming: usize, builder: &mut TraceBuilder) {
        let pending = self.bytes.len() - self.at;
        let usual = (self.bytes.capacity() * 2).max(coming).clamp(SMALL, USUAL);
        // A span larger than a block gets room to double in.
        let room = usual.max(pending * 2);
        if std::mem::take(&mut self.used) {
            let done = &self.bytes[..self.at];
            let block = match self.outside {
                Some(outside) if self.base >= outside.after => Block::outside(done, outside),
                _ => Block::here(done.to_vec()),
            };
            builder.block(block);
            self.number += 1;
        }
        self.bytes.drain(..self.at);
        if self.bytes.capacity() < room {
            self.bytes.reserve_exact(room - pending);
        } else {
            self.bytes.shrink_to(room);
        }
        self.wanted = self.wanted.saturating_sub(self.at);
        self.base += self.at as u64;
        self.at = 0;
    }

    /// Whether it is worth trying to read on: a span that was cut off is tried again only when half as much
    /// again has come, or bytes that trickle in would be read over and over.
    pub(super) fn worth_trying(&self) -> bool {
        self.bytes.len() >= self.wanted
    }

    /// Says that what begins at `at` is incomplete.
    pub(super) fn incomplete(&mut self) {
        let pending = self.bytes.len() - self.at;
        self.wanted = self.bytes.len() + pending / 2;
    }

    /// Gives the last block to the builder.
    pub(super) fn close(&mut self, builder: &mut TraceBuilder) {
        if std::mem::take(&mut self.used) {
            builder.block(Block::here(std::mem::take(&mut self.bytes)));
            self.number += 1;
        }
    }
}
