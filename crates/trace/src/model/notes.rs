//! Notes that a format makes of spans when it looks at them first: where things stand, so that reading all of a span
//! need not look for them again. They save time and say nothing that the bytes do not say.

/// Notes of the spans of a block. Those of one span are words that only the format understands; in front of them one
/// word says whose they are: the span's offset in the block above, how many words there are below.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    words: Vec<u64>,
    /// Where those of the span start that is being looked at.
    begun: usize,
    /// There will be none of it.
    given_up: bool,
    /// There will be no more at all.
    closed: bool,
}

impl Notes {
    /// Starts those of a span with room for `front` words. What was noted of a span that was not ended is gone.
    #[inline]
    pub fn begin(&mut self, front: usize) {
        self.given_up = self.closed;
        self.words.truncate(self.begun);
        if !self.closed {
            self.words.resize(self.begun + 1 + front, 0);
        }
    }

    /// One more word.
    #[inline]
    pub fn note(&mut self, word: u64) {
        if !self.given_up {
            self.words.push(word);
        }
    }

    /// A word in front.
    #[inline]
    pub fn set(&mut self, at: usize, word: u64) {
        if let Some(room) = self.words.get_mut(self.begun + 1 + at) {
            *room = word;
        }
    }

    /// Leaves the span to its bytes: there is something about it for which notes are not made.
    pub fn give_up(&mut self) {
        self.given_up = true;
    }

    /// The span was read and is there, `offset` bytes from where its block starts.
    #[inline]
    pub fn end(&mut self, offset: u32) {
        let count = self.words.len() - self.begun;
        match self.words.get_mut(self.begun) {
            Some(head) if !self.given_up => {
                *head = u64::from(offset) << 32 | count as u64;
                self.begun += count;
            }
            _ => self.words.truncate(self.begun),
        }
    }

    /// From now on nothing is noted.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The notes of all spans that were ended, for [`Noted`]; there are none left.
    pub fn take(&mut self) -> Vec<u64> {
        self.words.truncate(self.begun);
        // The next block has about as many.
        let next = Vec::with_capacity(self.begun);
        self.begun = 0;
        std::mem::replace(&mut self.words, next)
    }
}

/// A place in the notes of a block, for spans that are asked for in the order in which they stand there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noted {
    block: u32,
    at: usize,
}

impl Noted {
    /// What was noted of the span that starts `offset` bytes from where the block of that number starts; nothing
    /// for one that has no notes.
    #[inline]
    pub fn of<'a>(&mut self, block: u32, notes: &'a [u64], offset: u32) -> &'a [u64] {
        if self.block != block {
            *self = Noted { block, at: 0 };
        }
        while let Some(head) = notes.get(self.at) {
            let (starts, end) = ((head >> 32) as u32, self.at + *head as u32 as usize);
            if starts > offset {
                break;
            }
            let this = self.at + 1..end;
            self.at = end;
            if starts == offset {
                return notes.get(this).unwrap_or_default();
            }
        }
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_span_has_its_own_notes_or_none() {
        let mut notes = Notes::default();
        for (offset, words, whole) in
            [(0, 2, true), (50, 3, false), (90, 0, true), (200, 1, true), (300, 9, false)]
        {
            notes.begin(1);
            notes.note(99);
            // It was cut off, and starts again.
            notes.begin(1);
            notes.set(0, 7);
            (0..words).for_each(|word| notes.note(word));
            if !whole {
                notes.give_up();
                notes.note(1);
            }
            notes.end(offset);
        }
        notes.begin(1);
        let (notes, rest) = (notes.take(), notes.take());
        assert!(rest.is_empty());
        let mut noted = Noted::default();
        assert_eq!(noted.of(3, &notes, 0), [7, 0, 1]);
        assert!(noted.of(3, &notes, 50).is_empty());
        assert_eq!(noted.of(3, &notes, 200), [7, 0], "what lies between is passed over");
        assert!(noted.of(3, &notes, 300).is_empty());
        assert_eq!(noted.of(4, &notes, 90), [7], "another block begins anew");
        let mut closed = Notes::default();
        closed.close();
        closed.begin(2);
        closed.set(0, 1);
        closed.note(2);
        closed.end(0);
        assert!(closed.take().is_empty());
        assert!(noted.of(5, &[], 0).is_empty());
    }
}
