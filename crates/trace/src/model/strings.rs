//! Strings kept once, found by number.

use rustc_hash::FxHashMap;

/// The number of a string in a [`Strings`]; 0 is always the empty string.
pub type StrIx = u32;

/// An append-only arena of distinct strings: one buffer, one table of ends.
#[derive(Clone, Debug)]
pub struct Strings {
    bytes: String,
    ends: Vec<u32>,
    // Hash to candidates would be smaller; a map of owned keys would be larger. This maps the hash of a
    // string to the first index with that hash, and collisions are chained through `next`.
    first: FxHashMap<u64, StrIx>,
    next: Vec<StrIx>,
}

impl Default for Strings {
    fn default() -> Self {
        let mut strings =
            Strings { bytes: String::new(), ends: Vec::new(), first: FxHashMap::default(), next: Vec::new() };
        strings.intern("");
        strings
    }
}

impl Strings {
    /// The number of `text`, adding it when it is new.
    pub fn intern(&mut self, text: &str) -> StrIx {
        let hash = hash(text);
        let head = self.first.get(&hash).copied();
        if let Some(index) = self.chained(head, text) {
            return index;
        }
        let index = self.ends.len() as StrIx;
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u32);
        self.next.push(head.unwrap_or(StrIx::MAX));
        self.first.insert(hash, index);
        index
    }

    /// The number of `text`, if it is there.
    pub fn find(&self, text: &str) -> Option<StrIx> {
        self.chained(self.first.get(&hash(text)).copied(), text)
    }

    fn chained(&self, head: Option<StrIx>, text: &str) -> Option<StrIx> {
        let mut candidate = head;
        while let Some(index) = candidate {
            if self.get(index) == text {
                return Some(index);
            }
            candidate = Some(self.next[index as usize]).filter(|next| *next != StrIx::MAX);
        }
        None
    }

    /// All strings one after the other, and where each ends.
    pub fn parts(&self) -> (&str, &[u32]) {
        (&self.bytes, &self.ends)
    }

    /// The string of that number; empty for a number that was never given out.
    pub fn get(&self, index: StrIx) -> &str {
        let index = index as usize;
        let Some(&end) = self.ends.get(index) else { return "" };
        let begin = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[begin as usize..end as usize]
    }

    /// How many distinct strings there are, the empty one included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never true: the empty string is always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes held, roughly.
    pub fn bytes(&self) -> usize {
        self.bytes.len() + self.ends.len() * 32
    }

    /// All strings in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as StrIx).map(|index| self.get(index))
    }
}

fn hash(text: &str) -> u64 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_has_one_number() {
        let mut strings = Strings::default();
        let cart = strings.intern("cart");
        assert_eq!(strings.intern("cart"), cart);
        assert_ne!(strings.intern("order"), cart);
        assert_eq!(strings.get(cart), "cart");
        assert_eq!(strings.get(0), "");
        assert_eq!(strings.get(999), "");
        assert_eq!(
            (strings.find("cart"), strings.find("cat"), strings.find("")),
            (Some(cart), None, Some(0))
        );
    }
}
