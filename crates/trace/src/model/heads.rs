//! What stands in a source's bytes again and again: names of members, keys of attributes. Most spans are written alike,
//! so comparing with what followed the last time is a fraction of reading it anew.

use super::Strings;
use crate::units::same;

/// What reading spans remembers from one to the next. It saves time and never changes what is read.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Names of a span's members.
    pub members: Heads,
    /// Attributes up to their values.
    pub attributes: Heads,
}

/// Beginnings that were read, each with what it means and with what came after it.
#[derive(Clone, Debug, Default)]
pub struct Heads {
    /// What was read, each text once.
    texts: Strings,
    /// By the texts' numbers.
    heads: Vec<Head>,
    last: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Head {
    meaning: u32,
    /// Numbers of those that came after it, the last one first; 0 for none.
    next: [u32; 2],
}

/// Longer ones are not kept, nor more than so many: those of a source that repeats nothing.
const LONGEST: usize = 120;
const MOST: usize = 1_000;

impl Heads {
    /// The length and the meaning of what `rest` starts with, if it is one of those that came here before.
    #[inline]
    pub fn known(&mut self, rest: &[u8]) -> Option<(usize, u32)> {
        let [likely, other] = self.heads.get(self.last as usize)?.next;
        if let Some(found) = self.begins(likely, rest) {
            self.last = likely;
            return Some(found);
        }
        let found = self.begins(other, rest)?;
        self.follows(other);
        Some(found)
    }

    #[inline]
    fn begins(&self, number: u32, rest: &[u8]) -> Option<(usize, u32)> {
        let text = self.texts.bytes_of(number);
        let next = rest.get(..text.len())?;
        (number > 0 && same(next, text)).then(|| (text.len(), self.heads[number as usize].meaning))
    }

    /// Remembers that `text` came now, and what it means.
    pub fn learn(&mut self, text: &[u8], meaning: u32) {
        if text.len() > LONGEST || self.heads.len() > MOST || !text.is_ascii() {
            return;
        }
        let number = self.texts.intern_bytes(text);
        self.heads.resize(self.texts.len(), Head::default());
        self.heads[number as usize].meaning = meaning;
        self.follows(number);
    }

    fn follows(&mut self, number: u32) {
        let last = &mut self.heads[self.last as usize].next;
        if last[0] != number {
            *last = [number, last[0]];
        }
        self.last = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_is_known_where_it_came() {
        let mut heads = Heads::default();
        assert_eq!(heads.known(b"a:1"), None);
        for text in ["a:", "b:", "a:", "c:", "a:"] {
            heads.learn(text.as_bytes(), u32::from(text.as_bytes()[0]));
        }
        // After a there were c, and before that b.
        assert_eq!(heads.known(b"b:2"), Some((2, u32::from(b'b'))));
        assert_eq!(heads.known(b"a:"), Some((2, u32::from(b'a'))));
        assert_eq!(heads.known(b"b"), None, "cut off");
        assert_eq!(heads.known(b""), None);
        assert_eq!(heads.known(b"d:4"), None);
        assert_eq!(heads.known(b"c:3"), Some((2, u32::from(b'c'))));
    }

    #[test]
    fn what_never_comes_again_is_not_kept() {
        let mut heads = Heads::default();
        for number in 0..10 * MOST {
            heads.learn(format!("key {number}").as_bytes(), 0);
        }
        heads.learn(&[b'x'; LONGEST + 1], 0);
        assert!(heads.heads.len() < MOST + 2);
    }
}
