//! A piece of the source's bytes, kept until everything in it is interned: in our own memory, or outside of it. With
//! what was noted of the spans in it.

use std::ops::Range;
use std::sync::Arc;

/// Memory that whoever drives the engine has besides the program's own. A browser's program never gives memory back
/// that it once had, and the bytes of a large trace are needed for seconds: there they had better lie elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Outside {
    /// So many bytes of a source stay in our own memory in any case.
    pub after: u64,
    /// Keeps a copy of bytes and gives it a number.
    pub keep: fn(&[u8]) -> u32,
    /// Copies what is kept under a number, from an offset on, as much as there is room for.
    pub copy: fn(u32, usize, &mut [u8]),
    /// Lets it go.
    pub forget: fn(u32),
}

/// Kept bytes. Clones are the same bytes.
#[derive(Clone, Debug, Default)]
pub struct Block(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    bytes: Bytes,
    notes: Vec<u64>,
}

#[derive(Debug)]
enum Bytes {
    Here(Vec<u8>),
    Outside { outside: Outside, number: u32, size: usize },
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes::Here(Vec::new())
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        if let Bytes::Outside { outside, number, .. } = self {
            (outside.forget)(*number);
        }
    }
}

impl Block {
    /// Bytes in our own memory, and [`super::Notes`] of the spans in them.
    pub fn here(bytes: Vec<u8>, notes: Vec<u64>) -> Self {
        Self(Arc::new(Kept { bytes: Bytes::Here(bytes), notes }))
    }

    /// A copy of bytes outside of it; their notes stay here.
    pub fn outside(bytes: &[u8], notes: Vec<u64>, outside: Outside) -> Self {
        let bytes = Bytes::Outside { outside, number: (outside.keep)(bytes), size: bytes.len() };
        Self(Arc::new(Kept { bytes, notes }))
    }

    /// What was noted of the spans in it, for [`super::Noted`].
    pub fn notes(&self) -> &[u64] {
        &self.0.notes
    }

    /// How many bytes there are.
    pub fn size(&self) -> usize {
        match &self.0.bytes {
            Bytes::Here(bytes) => bytes.len(),
            Bytes::Outside { size, .. } => *size,
        }
    }

    /// Some of the bytes, for once; `room` is where they are put if they have to be brought here.
    pub fn some<'a>(&'a self, range: Range<usize>, room: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        match &self.0.bytes {
            Bytes::Here(bytes) => bytes.get(range),
            Bytes::Outside { outside, number, size } => {
                if range.start > range.end || range.end > *size {
                    return None;
                }
                room.resize(range.len(), 0);
                (outside.copy)(*number, range.start, room);
                Some(room)
            }
        }
    }
}

/// The block that is being read from the beginning to the end, brought here as a whole.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    block: Option<Block>,
    bytes: Vec<u8>,
}

impl Brought {
    /// Some of a block's bytes.
    pub fn some<'a>(&'a mut self, block: &'a Block, range: Range<usize>) -> Option<&'a [u8]> {
        if let Bytes::Here(bytes) = &block.0.bytes {
            return bytes.get(range);
        }
        if !self.block.as_ref().is_some_and(|last| Arc::ptr_eq(&last.0, &block.0)) {
            block.some(0..block.size(), &mut self.bytes)?;
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

    fn outside() -> Outside {
        Outside {
            after: 0,
            keep: |bytes| {
                KEPT.with_borrow_mut(|kept| {
                    kept.push(Some(bytes.to_vec()));
                    kept.len() as u32 - 1
                })
            },
            copy: |number, from, room| {
                KEPT.with_borrow(|kept| {
                    let kept = kept[number as usize].as_ref().unwrap();
                    room.copy_from_slice(&kept[from..from + room.len()]);
                });
            },
            forget: |number| KEPT.with_borrow_mut(|kept| assert!(kept[number as usize].take().is_some())),
        }
    }

    #[test]
    fn bytes_outside_are_had_as_if_they_were_here_and_go_with_the_last_clone() {
        let (one, other) =
            (Block::outside(b"some bytes", vec![], outside()), Block::outside(b"others", vec![], outside()));
        let mut room = Vec::new();
        assert_eq!(one.size(), 10);
        assert_eq!(one.some(5..10, &mut room), Some(&b"bytes"[..]));
        assert_eq!(one.some(0..0, &mut room), Some(&b""[..]));
        assert_eq!(one.some(5..11, &mut room), None);
        let mut brought = Brought::default();
        for _ in 0..2 {
            assert_eq!(brought.some(&one, 0..4), Some(&b"some"[..]));
            assert_eq!(brought.some(&other, 3..6), Some(&b"ers"[..]));
            assert_eq!(brought.some(&other, 3..7), None);
        }
        assert_eq!(brought.some(&Block::here(b"here".to_vec(), vec![]), 0..2), Some(&b"he"[..]));
        let clone = one.clone();
        drop((one, other, brought));
        let left = || KEPT.with_borrow(|kept| kept.iter().flatten().count());
        assert_eq!(left(), 1);
        drop(clone);
        assert_eq!(left(), 0);
    }
}
