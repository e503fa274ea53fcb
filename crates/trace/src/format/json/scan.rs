//! A cursor over JSON that may end anywhere.
//!
//! Nothing is ever half taken: whoever reads gets [`Stop::More`] and starts again at the same place when there
//! are more bytes. What is skipped is not checked beyond strings and brackets. Nothing recurses.

use crate::model::Heads;
use crate::units::same;
use memchr::memchr2;

/// Why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The bytes end before the value does.
    More,
    /// This is not JSON, or not what has to be here: what is wrong, and where.
    Bad(&'static str, usize),
}

/// What reading gives.
pub type Scan<T> = Result<T, Stop>;

/// What stands between the quotes of a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raw<'a> {
    /// The bytes as they are, escapes included.
    pub bytes: &'a [u8],
    /// Whether there is an escape among them.
    pub escaped: bool,
}

/// A place in JSON.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    /// All bytes there are.
    pub bytes: &'a [u8],
    /// The next one.
    pub at: usize,
    /// Whether what is damaged is left out, and what stands beside it read all the same.
    patient: bool,
    /// Whether something was left out.
    pub damaged: bool,
    /// Whether there are no more bytes to come.
    whole: bool,
}

/// Bytes looked at together.
#[cfg(target_feature = "simd128")]
const WIDE: usize = 16;
#[cfg(not(target_feature = "simd128"))]
const WIDE: usize = 8;

/// Where the first quote or backslash of `bytes` is.
#[cfg(target_feature = "simd128")]
#[inline(always)]
fn first_mark(bytes: &[u8; WIDE]) -> Option<usize> {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, u64x2, v128_or};
    let [a, b, c, d, e, f, g, h, rest @ ..] = *bytes;
    let word = u64x2(u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes(rest));
    let hits = u8x16_bitmask(v128_or(u8x16_eq(word, u8x16_splat(b'"')), u8x16_eq(word, u8x16_splat(b'\\'))));
    (hits != 0).then(|| hits.trailing_zeros() as usize)
}

/// Where the first quote or backslash of `bytes` is.
#[cfg(not(target_feature = "simd128"))]
#[inline(always)]
fn first_mark(bytes: &[u8; WIDE]) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    /// Marks the bytes of `word` that equal `byte` with their highest bit; exact up to the first one.
    fn marks(word: u64, byte: u8) -> u64 {
        let difference = word ^ (LOW * byte as u64);
        difference.wrapping_sub(LOW) & !difference & (LOW << 7)
    }
    let word = u64::from_le_bytes(*bytes);
    let hits = marks(word, b'"') | marks(word, b'\\');
    (hits != 0).then(|| hits.trailing_zeros() as usize / 8)
}

impl<'a> Cursor<'a> {
    /// At the beginning of `bytes`; stops where something is wrong.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, patient: false, damaged: false, whole: false }
    }

    /// At a place in `bytes`. A member or element that is damaged is left out, up to the next one.
    pub fn patient(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, patient: true, damaged: false, whole: false }
    }

    /// Reads a value that was taken before, as patiently, and remembers its damage.
    pub fn again<T>(&mut self, value: &'a [u8], read: impl FnOnce(&mut Self) -> Scan<T>) -> Scan<T> {
        let mut within = Self { bytes: value, at: 0, whole: true, ..*self };
        let result = read(&mut within);
        self.damaged |= within.damaged;
        result
    }

    /// The next byte that is not white space, which is not taken.
    #[inline]
    pub fn peek(&mut self) -> Scan<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(Stop::More),
            }
        }
    }

    /// Takes `byte`, or says that it is missing.
    #[inline]
    pub fn expect(&mut self, byte: u8, what: &'static str) -> Scan<()> {
        if self.peek()? == byte {
            self.at += 1;
            Ok(())
        } else {
            Err(Stop::Bad(what, self.at))
        }
    }

    /// A string.
    #[inline]
    pub fn string(&mut self) -> Scan<Raw<'a>> {
        self.expect(b'"', "a string should begin here")?;
        self.string_end()
    }

    /// A string of which the first quote is taken.
    #[inline]
    fn string_end(&mut self) -> Scan<Raw<'a>> {
        let start = self.at;
        let mut escaped = false;
        let mut at = start;
        // Most strings are short: a few bytes at a time find their end faster than a call.
        for _ in 0..6 {
            let Some(wide) = self.bytes.get(at..).and_then(|rest| rest.first_chunk()) else { break };
            let Some(mark) = first_mark(wide) else {
                at += WIDE;
                continue;
            };
            at += mark;
            if wide[mark] == b'"' {
                self.at = at + 1;
                return Ok(Raw { bytes: &self.bytes[start..at], escaped });
            }
            escaped = true;
            at += 2;
        }
        self.long_string_end(start, at, escaped)
    }

    #[inline(never)]
    fn long_string_end(&mut self, start: usize, mut at: usize, mut escaped: bool) -> Scan<Raw<'a>> {
        loop {
            let rest = self.bytes.get(at..).ok_or(Stop::More)?;
            at += memchr2(b'"', b'\\', rest).ok_or(Stop::More)?;
            if self.bytes[at] == b'"' {
                self.at = at + 1;
                return Ok(Raw { bytes: &self.bytes[start..at], escaped });
            }
            escaped = true;
            at += 2;
        }
    }

    /// Takes exactly these bytes if they are next.
    #[inline]
    pub fn literal<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        let next = self.bytes.get(self.at..self.at + N)?;
        same(next, text).then(|| self.at += N)
    }

    /// Takes exactly these bytes, of which the last opens a string, and the string.
    #[inline]
    pub fn literal_string<const N: usize>(&mut self, text: &[u8; N]) -> Option<Raw<'a>> {
        self.literal(text)?;
        self.string_end().ok()
    }

    /// A string, or `None` after skipping whatever else is here.
    pub fn string_or_skip(&mut self) -> Scan<Option<Raw<'a>>> {
        if self.peek()? == b'"' {
            return self.string().map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// A number, `true`, `false`, `null`: everything up to what can only follow it.
    pub fn word(&mut self) -> Scan<&'a [u8]> {
        self.peek()?;
        let start = self.at;
        let rest = &self.bytes[start..];
        let len = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.'))
            .or_else(|| self.whole.then_some(rest.len()))
            .ok_or(Stop::More)?;
        if len == 0 {
            return Err(Stop::Bad("a value should begin here", start));
        }
        self.at += len;
        Ok(&rest[..len])
    }

    /// Skips any value.
    pub fn skip(&mut self) -> Scan<()> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' | b'[' => self.skip_nested(),
            _ => self.word().map(|_| ()),
        }
    }

    fn skip_nested(&mut self) -> Scan<()> {
        let mut depth = 0usize;
        loop {
            match self.bytes.get(self.at).ok_or(Stop::More)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Skips any value and gives its bytes.
    pub fn value(&mut self) -> Scan<&'a [u8]> {
        self.peek()?;
        let start = self.at;
        self.skip()?;
        Ok(&self.bytes[start..self.at])
    }

    /// Calls `each` at the value of every member of an object; it has to take the value.
    /// Anything but an object counts as an empty one.
    #[inline]
    pub fn object(&mut self, mut each: impl FnMut(&mut Self, Raw<'a>) -> Scan<()>) -> Scan<()> {
        if self.peek()? != b'{' {
            return self.skip();
        }
        self.at += 1;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let start = self.at;
            let taken = match self.name() {
                Ok(key) => each(self, key),
                Err(stop) => Err(stop),
            };
            if let Err(stop) = taken {
                self.leave_out(start, stop)?;
            }
            if self.more(b'}')? {
                return Ok(());
            }
        }
    }

    /// As [`Cursor::object`], for objects of which many are written alike: `meaning` says what a name means, and is
    /// asked only about those that did not come here before.
    #[inline]
    pub fn known_object(
        &mut self,
        heads: &mut Heads,
        meaning: impl Fn(&[u8]) -> u32,
        mut each: impl FnMut(&mut Self, u32) -> Scan<()>,
    ) -> Scan<()> {
        if self.peek()? != b'{' {
            return self.skip();
        }
        loop {
            // At the brace before the first member, or at the comma before another.
            let start = self.at;
            let taken = match heads.known(&self.bytes[start..]) {
                Some((len, means)) => {
                    self.at += len;
                    self.peek().map(|_| means)
                }
                None => {
                    self.at += 1;
                    if self.peek()? == b'}' && self.bytes[start] == b'{' {
                        self.at += 1;
                        return Ok(());
                    }
                    self.name().map(|key| {
                        let means = meaning(key.bytes);
                        heads.learn(&self.bytes[start..self.at], means);
                        means
                    })
                }
            };
            if let Err(stop) = taken.and_then(|means| each(self, means)) {
                self.leave_out(start + 1, stop)?;
            }
            if self.more(b'}')? {
                return Ok(());
            }
            self.at -= 1;
        }
    }

    /// Calls `each` at every element of an array; it has to take it. Anything but an array counts as empty.
    #[inline]
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> Scan<()>) -> Scan<()> {
        if self.peek()? != b'[' {
            return self.skip();
        }
        self.at += 1;
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.peek()?;
            let start = self.at;
            if let Err(stop) = each(self) {
                self.leave_out(start, stop)?;
            }
            if self.more(b']')? {
                return Ok(());
            }
        }
    }

    /// The name of a member, up to its value.
    #[inline]
    fn name(&mut self) -> Scan<Raw<'a>> {
        let key = self.string()?;
        self.expect(b':', "a colon should follow the name")?;
        self.peek()?;
        Ok(key)
    }

    /// Takes a comma or `end`; whether it was the end.
    #[inline]
    fn more(&mut self, end: u8) -> Scan<bool> {
        let byte = self.peek()?;
        if byte != b',' && byte != end {
            let stop = Stop::Bad("a comma or the end of the list or object should be here", self.at);
            self.leave_out(self.at, stop)?;
            if !matches!(self.peek()?, byte if byte == b',' || byte == end) {
                return Err(stop);
            }
        }
        let ended = self.bytes[self.at] == end;
        self.at += 1;
        Ok(ended)
    }

    /// Goes from `start`, where a member or element is that `stop` ended, to the comma or bracket that ends it; hands
    /// on the reason where that is not wanted.
    #[cold]
    fn leave_out(&mut self, start: usize, stop: Stop) -> Scan<()> {
        if !self.patient || stop == Stop::More {
            return Err(stop);
        }
        self.damaged = true;
        self.at = start;
        loop {
            match self.bytes.get(self.at).ok_or(Stop::More)? {
                b',' | b'}' | b']' => return Ok(()),
                b'"' | b'{' | b'[' => self.skip()?,
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_their_quote_wherever_the_bytes_end() {
        let text = br#""a \"quoted\" and \\ long enough to leave the first eight bytes behind, and much longer still" "#;
        let mut cursor = Cursor::new(text);
        let raw = cursor.string().unwrap();
        assert!(raw.escaped && raw.bytes.ends_with(b"still"));
        for end in 0..text.len() - 1 {
            assert_eq!(Cursor::new(&text[..end]).string(), Err(Stop::More), "{end}");
        }
    }

    #[test]
    fn anything_is_skipped_whole() {
        let text = br#" {"a":[1,2,{"b":"]}"}],"c":null} ,"#;
        let mut cursor = Cursor::new(text);
        cursor.skip().unwrap();
        assert_eq!(cursor.peek(), Ok(b','));
        let deep = [vec![b'['; 200_000], vec![b']'; 200_000]].concat();
        let mut cursor = Cursor::new(&deep);
        cursor.skip().unwrap();
        assert_eq!(cursor.at, deep.len());
    }

    #[test]
    fn a_value_that_was_taken_ends_where_its_bytes_end() {
        for value in ["null", "7", "[7]", "\"a\""] {
            let mut around = Cursor::patient(b"", 0);
            assert_eq!(around.again(value.as_bytes(), Cursor::skip), Ok(()), "{value}");
            assert!(!around.damaged);
        }
        assert_eq!(Cursor::new(b"7").skip(), Err(Stop::More), "elsewhere it may go on");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let mut cursor = Cursor::new(b"[1 2]");
        let result = cursor.array(|cursor| cursor.skip());
        assert!(matches!(result, Err(Stop::Bad(_, 3))), "{result:?}");
        let mut cursor = Cursor::new(b"[1,]");
        assert!(matches!(cursor.array(|cursor| cursor.skip()), Err(Stop::Bad(_, 3))));
    }

    #[test]
    fn the_patient_leave_out_what_is_damaged_and_no_more() {
        let read = |text: &[u8]| {
            let mut cursor = Cursor::patient(text, 0);
            let mut names = String::new();
            let result = cursor.array(|cursor| {
                cursor.object(|cursor, key| {
                    cursor.word()?;
                    names.push_str(&String::from_utf8_lossy(key.bytes));
                    Ok(())
                })
            });
            (result, cursor.damaged, names)
        };
        assert_eq!(read(br#"[{"a":1,"b":2},{"c":3}] "#), (Ok(()), false, "abc".into()));
        for damaged in [
            &br#"[{"a":1,"x" 2,"b":2},{"c":3}] "#[..],
            br#"[{"a":1,x:{"y":[1,"],"]},"b":2},{"c":3}] "#,
            br#"[{"a":1 "x":2,"b":2},{"c":3}] "#,
            br#"[{"a":1,,"b":2},{"c":3},] "#,
            br#"[{"a":1,"b":2,"x":},{"c":3}] "#,
            br#"[{"a":1,"b":2},:,{"c":3}] "#,
        ] {
            assert_eq!(read(damaged), (Ok(()), true, "abc".into()), "{}", String::from_utf8_lossy(damaged));
        }
        assert_eq!(read(br#"[{"a":1,"x" 2"#).0, Err(Stop::More));
        assert!(matches!(read(br#"[{"a":1} ) }"#).0, Err(Stop::Bad(_, 9))));
    }
}
