//! Buffers the input in blocks, so that spans can be decoded later without copying them.

use crate::build::TraceBuilder;
use crate::model::{Block, DecodeHints, ExternalStore};

/// Size of the first block, and usual size.
const SMALL: usize = 64 << 10;
const USUAL: usize = 1 << 20;
/// Maximum number of hint words, 24 MB; spans beyond are decoded without hints.
const MAX_HINT_WORDS: usize = 3 << 20;

/// The block being filled. Bytes before `at` are consumed, but stay until the block is complete because spans refer
/// to them.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The block's bytes so far.
    pub(super) bytes: Vec<u8>,
    /// Index of the first byte that is not consumed.
    pub(super) at: usize,
    /// Index of this block.
    pub(super) number: u32,
    /// Whether a span refers to it.
    pub(super) used: bool,
    /// Offset of its first byte in the input.
    base: u64,
    /// Decode hints of its spans.
    pub(super) hints: DecodeHints,
    /// Number of words of hints that are kept so far.
    hint_words: usize,
    /// Where complete blocks are stored, if not in the program's memory.
    pub(super) store: Option<ExternalStore>,
    /// Minimum number of bytes for the next attempt to parse.
    wanted: usize,
}

impl Blocks {
    /// Offset in the input of the first byte that is not consumed.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Offset in the input of an index in the block.
    pub(super) fn offset_of(&self, at: usize) -> u64 {
        self.base + at as u64
    }

    /// Counts bytes of the input that are not stored in blocks.
    pub(super) fn skip(&mut self, count: usize) {
        self.base += count as u64;
    }

    /// Copies as much of `chunk` as fits and returns the rest; starts a new block when the current one is full.
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
        // Doubles the room for a span that is larger than a block.
        let room = usual.max(pending * 2);
        let used = std::mem::take(&mut self.used);
        let store = self.store.filter(|store| self.base >= store.threshold);
        if let (true, None) = (used, store) {
            // The block is completed as it is; only the bytes that are not consumed move.
            let mut next = Vec::with_capacity(room);
            next.extend_from_slice(&self.bytes[self.at..]);
            let mut done = std::mem::replace(&mut self.bytes, next);
            done.truncate(self.at);
            let hints = self.take_hints();
            builder.block(Block::owned(done, hints));
        } else {
            if let Some(store) = store.filter(|_| used) {
                let hints = self.take_hints();
                builder.block(Block::external(&self.bytes[..self.at], hints, store));
            }
            self.bytes.drain(..self.at);
            if self.bytes.capacity() < room {
                self.bytes.reserve_exact(room - pending);
            } else {
                self.bytes.shrink_to(room);
            }
        }
        self.number += u32::from(used);
        self.wanted = self.wanted.saturating_sub(self.at);
        self.base += self.at as u64;
        self.at = 0;
    }

    fn take_hints(&mut self) -> Vec<u64> {
        let hints = self.hints.take();
        self.hint_words += hints.len();
        if self.hint_words > MAX_HINT_WORDS {
            self.hints.close();
        }
        hints
    }

    /// Whether to try parsing: a value that was incomplete is tried again only after half as many bytes again
    /// arrived. Otherwise small chunks would make parsing quadratic.
    pub(super) fn worth_trying(&self) -> bool {
        self.bytes.len() >= self.wanted
    }

    /// Marks the value at `at` as incomplete.
    pub(super) fn incomplete(&mut self) {
        let pending = self.bytes.len() - self.at;
        self.wanted = self.bytes.len() + pending / 2;
    }

    /// Passes the last block to the builder.
    pub(super) fn close(&mut self, builder: &mut TraceBuilder) {
        if std::mem::take(&mut self.used) {
            let hints = self.take_hints();
            builder.block(Block::owned(std::mem::take(&mut self.bytes), hints));
            self.number += 1;
        }
    }
}
