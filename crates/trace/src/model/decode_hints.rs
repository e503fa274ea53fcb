//! Hints that a format records when it first scans a span: offsets of its fields, so that decoding the span later
//! need not search again. They only save time and can be left out.

/// The hints of the spans of a block. Those of a span are a word with the span's offset in the block (high half) and the
/// number of words including itself (low half), followed by words that are defined by the format.
#[derive(Clone, Debug, Default)]
pub struct DecodeHints {
    words: Vec<u64>,
    /// Index of the first word of the current span.
    span_start: usize,
    /// Whether the current span gets no hints.
    skip_span: bool,
    /// Whether further spans get no hints.
    closed: bool,
}

impl DecodeHints {
    /// Starts the hints of a span with `front` words of 0. Hints of a span that was not ended are discarded.
    #[inline]
    pub fn begin(&mut self, front: usize) {
        self.skip_span = self.closed;
        self.words.truncate(self.span_start);
        if !self.closed {
            self.words.resize(self.span_start + 1 + front, 0);
        }
    }

    /// Appends a word.
    #[inline]
    pub fn note(&mut self, word: u64) {
        if !self.skip_span {
            self.words.push(word);
        }
    }

    /// Sets one of the first words.
    #[inline]
    pub fn set(&mut self, at: usize, word: u64) {
        if let Some(room) = self.words.get_mut(self.span_start + 1 + at) {
            *room = word;
        }
    }

    /// Discards the hints of the current span.
    pub fn give_up(&mut self) {
        self.skip_span = true;
    }

    /// Ends the current span, which starts `offset` bytes from the start of its block.
    #[inline]
    pub fn end(&mut self, offset: u32) {
        let count = self.words.len() - self.span_start;
        match self.words.get_mut(self.span_start) {
            Some(head) if !self.skip_span => {
                *head = u64::from(offset) << 32 | count as u64;
                self.span_start += count;
            }
            _ => self.words.truncate(self.span_start),
        }
    }

    /// Records no further hints.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Takes the hints of all spans that were ended, for [`HintCursor`].
    pub fn take(&mut self) -> Vec<u64> {
        self.words.truncate(self.span_start);
        // Reserves as much for the next block.
        let next = Vec::with_capacity(self.span_start);
        self.span_start = 0;
        std::mem::replace(&mut self.words, next)
    }
}

/// A position in the hints of a block, for spans that are looked up in the order of the block.
#[derive(Clone, Copy, Debug, Default)]
pub struct HintCursor {
    block: u32,
    at: usize,
}

impl HintCursor {
    /// The hints of the span that starts `offset` bytes from the start of the block with that number; empty if it has
    /// none.
    #[inline]
    pub fn of<'a>(&mut self, block: u32, hints: &'a [u64], offset: u32) -> &'a [u64] {
        if self.block != block {
            *self = HintCursor { block, at: 0 };
        }
        while let Some(head) = hints.get(self.at) {
            let (starts, end) = ((head >> 32) as u32, self.at + *head as u32 as usize);
            if starts > offset {
                break;
            }
            let this = self.at + 1..end;
            self.at = end;
            if starts == offset {
                return hints.get(this).unwrap_or_default();
            }
        }
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_span_has_its_own_hints_or_none() {
        let mut hints = DecodeHints::default();
        for (offset, words, whole) in
            [(0, 2, true), (50, 3, false), (90, 0, true), (200, 1, true), (300, 9, false)]
        {
            hints.begin(1);
            hints.note(99);
            // It was cut off, and starts again.
            hints.begin(1);
            hints.set(0, 7);
            (0..words).for_each(|word| hints.note(word));
            if !whole {
                hints.give_up();
                hints.note(1);
            }
            hints.end(offset);
        }
        hints.begin(1);
        let (hints, rest) = (hints.take(), hints.take());
        assert!(rest.is_empty());
        let mut cursor = HintCursor::default();
        assert_eq!(cursor.of(3, &hints, 0), [7, 0, 1]);
        assert!(cursor.of(3, &hints, 50).is_empty());
        assert_eq!(cursor.of(3, &hints, 200), [7, 0], "spans between are skipped");
        assert!(cursor.of(3, &hints, 300).is_empty());
        assert_eq!(cursor.of(4, &hints, 90), [7], "another block starts from its first span");
        let mut closed = DecodeHints::default();
        closed.close();
        closed.begin(2);
        closed.set(0, 1);
        closed.note(2);
        closed.end(0);
        assert!(closed.take().is_empty());
        assert!(cursor.of(5, &[], 0).is_empty());
    }
}
