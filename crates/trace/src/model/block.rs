//! A block of the source's bytes with the decode hints of its spans, kept until all its spans are interned, in the
//! program's memory or in an external store.

use std::ops::Range;
use std::sync::Arc;

/// A store for bytes outside of the program's memory, provided by the caller of the engine. WebAssembly memory never
/// shrinks, and the bytes of a large trace are needed for seconds only.
#[derive(Clone, Copy, Debug)]
pub struct ExternalStore {
    /// Number of bytes of a source that stay in the program's memory before the store is used.
    pub threshold: u64,
    /// Stores a copy of the bytes and returns its number.
    pub write: fn(&[u8]) -> u32,
    /// Copies stored bytes from an offset on into the whole destination.
    pub read: fn(u32, usize, &mut [u8]),
    /// Frees stored bytes.
    pub free: fn(u32),
}

/// Reference-counted bytes of a block.
#[derive(Clone, Debug, Default)]
pub struct Block(Arc<BlockData>);

#[derive(Debug, Default)]
struct BlockData {
    bytes: Bytes,
    hints: Vec<u64>,
}

#[derive(Debug)]
enum Bytes {
    Owned(Vec<u8>),
    External { store: ExternalStore, number: u32, size: usize },
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes::Owned(Vec::new())
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        if let Bytes::External { store, number, .. } = self {
            (store.free)(*number);
        }
    }
}

impl Block {
    /// Bytes in the program's memory, with the [`super::DecodeHints`] of the spans in them.
    pub fn owned(bytes: Vec<u8>, hints: Vec<u64>) -> Self {
        Self(Arc::new(BlockData { bytes: Bytes::Owned(bytes), hints }))
    }

    /// A copy of bytes in an external store; the hints stay in the program's memory.
    pub fn external(bytes: &[u8], hints: Vec<u64>, store: ExternalStore) -> Self {
        let bytes = Bytes::External { store, number: (store.write)(bytes), size: bytes.len() };
        Self(Arc::new(BlockData { bytes, hints }))
    }

    /// The decode hints of its spans, for [`super::HintCursor`].
    pub fn hints(&self) -> &[u64] {
        &self.0.hints
    }

    /// Number of bytes.
    pub fn size(&self) -> usize {
        match &self.0.bytes {
            Bytes::Owned(bytes) => bytes.len(),
            Bytes::External { size, .. } => *size,
        }
    }

    /// Bytes of a range, copied into `room` if they are stored externally. `None` if the range is not within the
    /// block. For single reads; see [`BlockCache`].
    pub fn get<'a>(&'a self, range: Range<usize>, room: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        match &self.0.bytes {
            Bytes::Owned(bytes) => bytes.get(range),
            Bytes::External { store, number, size } => {
                if range.start > range.end || range.end > *size {
                    return None;
                }
                room.resize(range.len(), 0);
                (store.read)(*number, range.start, room);
                Some(room)
            }
        }
    }
}

/// Caches the block that is being read, for sequential reads of externally stored blocks.
#[derive(Clone, Debug, Default)]
pub struct BlockCache {
    block: Option<Block>,
    bytes: Vec<u8>,
}

impl BlockCache {
    /// The bytes of a range of a block. `None` if the range is not within it.
    pub fn get<'a>(&'a mut self, block: &'a Block, range: Range<usize>) -> Option<&'a [u8]> {
        if let Bytes::Owned(bytes) = &block.0.bytes {
            return bytes.get(range);
        }
        if !self.block.as_ref().is_some_and(|last| Arc::ptr_eq(&last.0, &block.0)) {
            block.get(0..block.size(), &mut self.bytes)?;
            self.block = Some(block.clone());
        }
        self.bytes.get(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    thread_local! {
        static KEPT: RefCell<Vec<Option<Vec<u8>>>> = const { RefCell::new(Vec::new()) };
    }

    fn store() -> ExternalStore {
        ExternalStore {
            threshold: 0,
            write: |bytes| {
                KEPT.with_borrow_mut(|kept| {
                    kept.push(Some(bytes.to_vec()));
                    kept.len() as u32 - 1
                })
            },
            read: |number, from, room| {
                KEPT.with_borrow(|kept| {
                    let kept = kept[number as usize].as_ref().unwrap();
                    room.copy_from_slice(&kept[from..from + room.len()]);
                });
            },
            free: |number| KEPT.with_borrow_mut(|kept| assert!(kept[number as usize].take().is_some())),
        }
    }

    #[test]
    fn external_bytes_are_read_like_owned_ones_and_freed_with_the_last_clone() {
        let (one, other) =
            (Block::external(b"some bytes", vec![], store()), Block::external(b"others", vec![], store()));
        let mut room = Vec::new();
        assert_eq!(one.size(), 10);
        assert_eq!(one.get(5..10, &mut room), Some(&b"bytes"[..]));
        assert_eq!(one.get(0..0, &mut room), Some(&b""[..]));
        assert_eq!(one.get(5..11, &mut room), None);
        let mut cache = BlockCache::default();
        for _ in 0..2 {
            assert_eq!(cache.get(&one, 0..4), Some(&b"some"[..]));
            assert_eq!(cache.get(&other, 3..6), Some(&b"ers"[..]));
            assert_eq!(cache.get(&other, 3..7), None);
        }
        assert_eq!(cache.get(&Block::owned(b"here".to_vec(), vec![]), 0..2), Some(&b"he"[..]));
        let clone = one.clone();
        drop((one, other, cache));
        let left = || KEPT.with_borrow(|kept| kept.iter().flatten().count());
        assert_eq!(left(), 1);
        drop(clone);
        assert_eq!(left(), 0);
    }
}
