//! Strings kept once, found by number.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// The number of a string in a [`Strings`]; 0 is always the empty string.
pub type StrIx = u32;

/// An append-only arena of distinct strings: one buffer, one table of ends.
#[derive(Clone, Debug)]
pub struct Strings {
    bytes: String,
    ends: Vec<u32>,
    /// Hash and number of each string; empty until the first search where the strings came from elsewhere.
    table: HashTable<(u32, StrIx)>,
}

impl Default for Strings {
    fn default() -> Self {
        let mut strings = Strings { bytes: String::new(), ends: Vec::new(), table: HashTable::new() };
        strings.intern("");
        strings
    }
}

fn hash_of(text: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish() as u32
}

/// The table picks by the lowest bits and sorts out by the highest.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl Strings {
    /// Strings from [`Strings::parts`]; `None` where the ends are not the ends of texts.
    pub fn from_parts(bytes: String, ends: Vec<u32>) -> Option<Self> {
        let rising = ends.is_sorted() && ends.first() == Some(&0);
        let fits = ends.last().is_some_and(|end| *end as usize == bytes.len());
        let texts = ends.iter().all(|end| bytes.is_char_boundary(*end as usize));
        (rising && fits && texts).then(|| Strings { bytes, ends, table: HashTable::new() })
    }

    /// All strings, one behind the other, and where each ends.
    pub fn parts(&self) -> (&str, &[u32]) {
        (&self.bytes, &self.ends)
    }

    /// The number of `text`, adding it when it is new.
    pub fn intern(&mut self, text: &str) -> StrIx {
        if self.table.is_empty() {
            self.fill_table();
        }
        let hash = hash_of(text.as_bytes());
        if let Some(index) = self.found(hash, text) {
            return index;
        }
        let index = self.ends.len() as StrIx;
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u32);
        self.table.insert_unique(spread(hash), (hash, index), |(hash, _)| spread(*hash));
        index
    }

    /// The number of `text`, if it is there.
    pub fn find(&self, text: &str) -> Option<StrIx> {
        if self.table.is_empty() {
            return (0..self.len() as StrIx).find(|index| self.get(*index) == text);
        }
        self.found(hash_of(text.as_bytes()), text)
    }

    fn found(&self, hash: u32, text: &str) -> Option<StrIx> {
        let same = |(other, index): &(u32, StrIx)| {
            *other == hash && bytes_at(&self.bytes, &self.ends, *index) == text.as_bytes()
        };
        self.table.find(spread(hash), same).map(|(_, index)| *index)
    }

    fn fill_table(&mut self) {
        self.table.reserve(self.ends.len(), |(hash, _)| spread(*hash));
        for index in 0..self.ends.len() as StrIx {
            let hash = hash_of(bytes_at(&self.bytes, &self.ends, index));
            self.table.insert_unique(spread(hash), (hash, index), |(hash, _)| spread(*hash));
        }
    }

    /// The string of that number; empty for a number that was never given out.
    pub fn get(&self, index: StrIx) -> &str {
        &self.bytes[range_of(&self.ends, index)]
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
        self.bytes.capacity() + self.ends.capacity() * 4 + self.table.capacity() * 9
    }

    /// All strings in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as StrIx).map(|index| self.get(index))
    }
}

fn range_of(ends: &[u32], index: StrIx) -> std::ops::Range<usize> {
    let index = index as usize;
    let Some(&end) = ends.get(index) else { return 0..0 };
    let begin = if index == 0 { 0 } else { ends[index - 1] };
    begin as usize..end as usize
}

fn bytes_at<'a>(bytes: &'a str, ends: &[u32], index: StrIx) -> &'a [u8] {
    &bytes.as_bytes()[range_of(ends, index)]
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

    #[test]
    fn strings_from_elsewhere_are_found_and_go_on() {
        let mut strings = Strings::default();
        let numbers: Vec<StrIx> = (0..500).map(|number| strings.intern(&format!("ö{number}"))).collect();
        let (bytes, ends) = strings.parts();
        let mut copy = Strings::from_parts(bytes.to_owned(), ends.to_vec()).unwrap();
        assert_eq!((copy.find("ö7"), copy.find("ö500")), (Some(numbers[7]), None));
        for (number, index) in numbers.iter().enumerate() {
            assert_eq!(copy.intern(&format!("ö{number}")), *index);
        }
        assert_eq!(copy.intern("new"), strings.intern("new"));
        for broken in [&[][..], &[1], &[0, 1], &[0, 2, 1, 3], &[0, 2]] {
            assert!(Strings::from_parts("öa".to_owned(), broken.to_vec()).is_none(), "{broken:?}");
        }
    }
}
