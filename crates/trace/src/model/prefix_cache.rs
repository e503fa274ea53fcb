//! A cache of prefixes that repeat in a source's bytes: names of members, keys of attributes. Most spans are written alike, so
//! comparing the bytes with the prefix that followed last time costs a fraction of parsing it.

use super::Strings;
use crate::units::bytes_equal;

/// Caches shared by consecutive decodes. They save time and never change the result.
#[derive(Clone, Debug, Default)]
pub struct DecodeCache {
    /// Names of the members of a span.
    pub members: PrefixCache,
    /// Attributes up to the start of their values.
    pub attributes: PrefixCache,
}

/// Parsed prefixes, each with its meaning and the prefixes that followed it.
#[derive(Clone, Debug, Default)]
pub struct PrefixCache {
    /// The texts of the prefixes.
    texts: Strings,
    /// By the index of the text.
    prefixes: Vec<Prefix>,
    last: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Prefix {
    meaning: u32,
    /// Indices of the two prefixes that followed it, the latest first; 0 for none.
    next: [u32; 2],
}

/// Maximum length and number of cached prefixes; a source with more has no repetition to exploit.
const LONGEST: usize = 120;
const MOST: usize = 1_000;

impl PrefixCache {
    /// The length and the meaning of the prefix of `rest`, if it is one that followed the last one before.
    #[inline]
    pub fn known(&mut self, rest: &[u8]) -> Option<(usize, u32)> {
        let [likely, other] = self.prefixes.get(self.last as usize)?.next;
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
        (number > 0 && bytes_equal(next, text)).then(|| (text.len(), self.prefixes[number as usize].meaning))
    }

    /// Inserts a prefix and its meaning as the one that followed the last.
    pub fn learn(&mut self, text: &[u8], meaning: u32) {
        if text.len() > LONGEST || self.prefixes.len() > MOST || !text.is_ascii() {
            return;
        }
        let number = self.texts.intern_bytes(text);
        self.prefixes.resize(self.texts.len(), Prefix::default());
        self.prefixes[number as usize].meaning = meaning;
        self.follows(number);
    }

    fn follows(&mut self, number: u32) {
        let last = &mut self.prefixes[self.last as usize].next;
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
    fn a_prefix_is_found_after_the_one_that_it_followed() {
        let mut prefixes = PrefixCache::default();
        assert_eq!(prefixes.known(b"a:1"), None);
        for text in ["a:", "b:", "a:", "c:", "a:"] {
            prefixes.learn(text.as_bytes(), u32::from(text.as_bytes()[0]));
        }
        // c followed a last, b before that.
        assert_eq!(prefixes.known(b"b:2"), Some((2, u32::from(b'b'))));
        assert_eq!(prefixes.known(b"a:"), Some((2, u32::from(b'a'))));
        assert_eq!(prefixes.known(b"b"), None, "cut off");
        assert_eq!(prefixes.known(b""), None);
        assert_eq!(prefixes.known(b"d:4"), None);
        assert_eq!(prefixes.known(b"c:3"), Some((2, u32::from(b'c'))));
    }

    #[test]
    fn the_number_and_length_of_prefixes_are_bounded() {
        let mut prefixes = PrefixCache::default();
        for number in 0..10 * MOST {
            prefixes.learn(format!("key {number}").as_bytes(), 0);
        }
        prefixes.learn(&[b'x'; LONGEST + 1], 0);
        assert!(prefixes.prefixes.len() < MOST + 2);
    }
}
