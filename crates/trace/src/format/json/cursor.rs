//! A cursor over JSON that may end anywhere.
//!
//! Nothing is ever half taken: whoever reads gets [`Stop::More`] and begins again at the same place when there
//! are more bytes. What is skipped is not checked beyond strings and brackets. Nothing recurses.

use super::marks::{WIDE, first_mark};
use crate::units::bytes_equal;
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
    pub(super) patient: bool,
    /// Whether something was left out.
    pub damaged: bool,
    /// The member that was left out first, where its name is known.
    pub part: &'static str,
    /// Whether there are no more bytes to come.
    whole: bool,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `bytes`; stops where something is wrong.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, patient: false, damaged: false, part: "", whole: false }
    }

    /// At a place in `bytes`. A member or element that is damaged is left out, up to the next one.
    pub fn patient(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, patient: true, damaged: false, part: "", whole: false }
    }

    /// Reads a value that was taken before, as patiently, and remembers its damage.
    pub fn again<T>(&mut self, value: &'a [u8], read: impl FnOnce(&mut Self) -> Scan<T>) -> Scan<T> {
        let mut within = Self { bytes: value, at: 0, whole: true, ..*self };
        let result = read(&mut within);
        if within.damaged {
            self.damage(within.part);
        }
        result
    }

    /// Whether something was left out since this was asked last.
    #[inline]
    pub fn take_damage(&mut self) -> bool {
        self.part = "";
        std::mem::take(&mut self.damaged)
    }

    /// Remembers that a member is not what it has to be, and was left out.
    #[cold]
    pub fn damage(&mut self, part: &'static str) {
        self.damaged = true;
        if self.part.is_empty() {
            self.part = part;
        }
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
        bytes_equal(next, text).then(|| self.at += N)
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
}
