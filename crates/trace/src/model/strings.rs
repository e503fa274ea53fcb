//! String interning.

use crate::units::{SeededState, bytes_equal};
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};

/// Index of a string in a [`Strings`]; 0 is the empty string.
pub type StrIx = u32;

/// An append-only arena of distinct strings: one buffer, one table of ends.
#[derive(Clone)]
pub struct Strings {
    bytes: String,
    ends: Vec<u32>,
    /// Open-addressing hash table with at least twice as many slots as strings: hash and index of a string, or
    /// [`FREE`]. Empty until the first lookup if the strings were deserialized.
    table: Vec<(u32, StrIx)>,
    /// The hash is seeded: otherwise a sender could choose colliding strings, which makes each lookup linear.
    seed: SeededState,
}

const FREE: (u32, StrIx) = (0, StrIx::MAX);

impl Default for Strings {
    fn default() -> Self {
        let mut strings = Strings {
            bytes: String::new(),
            ends: Vec::new(),
            table: Vec::new(),
            seed: SeededState::default(),
        };
        strings.intern("");
        strings
    }
}

impl fmt::Debug for Strings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Strings {
    /// Strings from [`Strings::parts`]; `None` where the ends are invalid.
    pub fn from_parts(bytes: String, ends: Vec<u32>) -> Option<Self> {
        let rising = ends.is_sorted() && ends.first() == Some(&0);
        let fits = ends.last().is_some_and(|end| *end as usize == bytes.len());
        let texts = ends.iter().all(|end| bytes.is_char_boundary(*end as usize));
        (rising && fits && texts).then(|| Strings {
            bytes,
            ends,
            table: Vec::new(),
            seed: SeededState::default(),
        })
    }

    /// All strings concatenated, and the end of each.
    pub fn parts(&self) -> (&str, &[u32]) {
        (&self.bytes, &self.ends)
    }

    /// The index of `text`, which is added if it is new.
    pub fn intern(&mut self, text: &str) -> StrIx {
        match self.place_of(text.as_bytes()) {
            Ok(index) => index,
            Err(free) => self.add(text, free),
        }
    }

    /// The index of an unchecked text, with invalid UTF-8 replaced.
    pub fn intern_bytes(&mut self, text: &[u8]) -> StrIx {
        match self.place_of(text) {
            Ok(index) => index,
            // Validation processes many bytes at a time, lossy conversion only one.
            Err(free) => match std::str::from_utf8(text) {
                Ok(text) => self.add(text, free),
                Err(_) => self.intern(&String::from_utf8_lossy(text)),
            },
        }
    }

    /// The index of `text`, if it is present.
    pub fn find(&self, text: &str) -> Option<StrIx> {
        if self.table.is_empty() {
            return (0..self.len() as StrIx).find(|index| self.get(*index) == text);
        }
        self.look(self.hash(text.as_bytes()), text.as_bytes()).ok()
    }

    /// The index of `text`, or its hash and the slot for it.
    #[inline]
    fn place_of(&mut self, text: &[u8]) -> Result<StrIx, (u32, usize)> {
        if self.ends.len() * 2 >= self.table.len() {
            self.make_room();
        }
        let hash = self.hash(text);
        self.look(hash, text).map_err(|place| (hash, place))
    }

    /// The index of `text`, or the slot for it. There is always a free one.
    #[inline]
    fn look(&self, hash: u32, text: &[u8]) -> Result<StrIx, usize> {
        let last = self.table.len() - 1;
        let mut place = hash as usize & last;
        loop {
            let (other, index) = self.table[place];
            if index == FREE.1 {
                return Err(place);
            }
            if other == hash && bytes_equal(self.bytes_of(index), text) {
                return Ok(index);
            }
            place = (place + 1) & last;
        }
    }

    #[inline]
    fn hash(&self, text: &[u8]) -> u32 {
        let mut hasher = self.seed.build_hasher();
        hasher.write(text);
        hasher.finish() as u32
    }

    fn add(&mut self, text: &str, (hash, place): (u32, usize)) -> StrIx {
        let index = self.ends.len() as StrIx;
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u32);
        self.table[place] = (hash, index);
        index
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        let known = if self.table.is_empty() { None } else { Some(std::mem::take(&mut self.table)) };
        let size = (self.ends.len() * 4).next_power_of_two().max(16);
        let mut table = vec![FREE; size];
        let mut put = |hash: u32, index: StrIx| {
            let mut place = hash as usize & (size - 1);
            while table[place].1 != FREE.1 {
                place = (place + 1) & (size - 1);
            }
            table[place] = (hash, index);
        };
        match known {
            Some(known) => {
                known.into_iter().filter(|entry| entry.1 != FREE.1).for_each(|(hash, index)| put(hash, index))
            }
            None => (0..self.len() as StrIx).for_each(|index| put(self.hash(self.bytes_of(index)), index)),
        }
        self.table = table;
    }

    /// The bytes of a string.
    #[inline]
    pub(crate) fn bytes_of(&self, index: StrIx) -> &[u8] {
        self.bytes.as_bytes().get(range_of(&self.ends, index)).unwrap_or_default()
    }

    /// The string with an index; empty for an invalid one.
    pub fn get(&self, index: StrIx) -> &str {
        &self.bytes[range_of(&self.ends, index)]
    }

    /// Number of distinct strings, including the empty one.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Always false: the empty string is always present.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Approximate size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4 + self.table.capacity() * 8
    }

    /// All strings in the order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as StrIx).map(|index| self.get(index))
    }
}

#[inline]
fn range_of(ends: &[u32], index: StrIx) -> std::ops::Range<usize> {
    let index = index as usize;
    let Some(&end) = ends.get(index) else { return 0..0 };
    let start = if index == 0 { 0 } else { ends[index - 1] };
    start as usize..end as usize
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

    /// The former hash without a seed, for which colliding strings can be chosen.
    fn unseeded(text: &[u8]) -> u32 {
        let mixed = |number: u64| {
            let product = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            product ^ product >> 32
        };
        let words = text.chunks(8).map(|word| word.try_into().map(u64::from_le_bytes).unwrap_or_default());
        words.fold(text.len() as u64, |hash, word| mixed(hash ^ word)) as u32
    }

    #[test]
    fn chosen_strings_do_not_fall_into_one_place() {
        const PLACES: u32 = 1 << 12;
        let chosen: Vec<String> = (0u64..)
            .map(|number| format!("{number:016x}"))
            .filter(|text| unseeded(text.as_bytes()).is_multiple_of(PLACES))
            .take(1_000)
            .collect();
        let mut strings = Strings::default();
        for text in &chosen {
            strings.intern(text);
        }
        // Half of the places are free at least: long runs are as unlikely as heads fifty times.
        let taken: Vec<bool> = strings.table.iter().map(|entry| entry.1 != FREE.1).collect();
        let longest = taken.split(|taken| !taken).map(<[bool]>::len).max().unwrap();
        assert!(longest < 100, "a search takes up to {longest} steps");
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
