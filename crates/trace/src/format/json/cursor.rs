//! A cursor over JSON that may be incomplete.
//!
//! Methods either consume a whole value or return [`Stop::More`], after which the caller retries from the same
//! position with more bytes. Skipped values are only checked for balanced strings and brackets. No recursion.

use super::find_quote::{WIDE, find_quote};
use crate::units::bytes_equal;
use memchr::memchr2;

/// Why parsing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The bytes end before the value does.
    More,
    /// Invalid JSON, or not what is expected here: message and offset.
    Bad(&'static str, usize),
}

/// Result of parsing.
pub type Scan<T> = Result<T, Stop>;

/// The contents of a JSON string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raw<'a> {
    /// The bytes, with escapes.
    pub bytes: &'a [u8],
    /// Whether there are escapes.
    pub escaped: bool,
}

/// A position in JSON.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Index of the next byte.
    pub at: usize,
    /// Whether damaged members and elements are skipped.
    pub(super) lenient: bool,
    /// Whether something was skipped.
    pub damaged: bool,
    /// Name of the first skipped member, if known.
    pub part: &'static str,
    /// Whether `bytes` is complete.
    whole: bool,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of complete `bytes`; stops at damage.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, lenient: false, damaged: false, part: "", whole: false }
    }

    /// A cursor at a position in `bytes`. Damaged members and elements are skipped.
    pub fn lenient(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, lenient: true, damaged: false, part: "", whole: false }
    }

    /// Parses a value that was consumed as bytes, with the same leniency; records its damage.
    pub fn reread<T>(&mut self, value: &'a [u8], read: impl FnOnce(&mut Self) -> Scan<T>) -> Scan<T> {
        let mut within = Self { bytes: value, at: 0, whole: true, ..*self };
        let result = read(&mut within);
        if within.damaged {
            self.damage(within.part);
        }
        result
    }

    /// Whether something was skipped since the last call.
    #[inline]
    pub fn take_damage(&mut self) -> bool {
        self.part = "";
        std::mem::take(&mut self.damaged)
    }

    /// Records that a member was skipped because of its type.
    #[cold]
    pub fn damage(&mut self, part: &'static str) {
        self.damaged = true;
        if self.part.is_empty() {
            self.part = part;
        }
    }

    /// The next byte after white space, which is not consumed.
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

    /// Consumes `byte`, or fails.
    #[inline]
    pub fn expect(&mut self, byte: u8, what: &'static str) -> Scan<()> {
        if self.peek()? == byte {
            self.at += 1;
            Ok(())
        } else {
            Err(Stop::Bad(what, self.at))
        }
    }

    /// Consumes a string.
    #[inline]
    pub fn string(&mut self) -> Scan<Raw<'a>> {
        self.expect(b'"', "a string should begin here")?;
        self.string_end()
    }

    /// Consumes a string after its first quote.
    #[inline]
    fn string_end(&mut self) -> Scan<Raw<'a>> {
        let start = self.at;
        let mut escaped = false;
        let mut at = start;
        // Most strings are short: a few iterations here are faster than a call.
        for _ in 0..6 {
            let Some(wide) = self.bytes.get(at..).and_then(|rest| rest.first_chunk()) else { break };
            let Some(mark) = find_quote(wide) else {
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

    /// Consumes exactly these bytes if they are next.
    #[inline]
    pub fn literal<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        let next = self.bytes.get(self.at..self.at + N)?;
        bytes_equal(next, text).then(|| self.at += N)
    }

    /// Consumes exactly these bytes, of which the last opens a string, and the string.
    #[inline]
    pub fn literal_string<const N: usize>(&mut self, text: &[u8; N]) -> Option<Raw<'a>> {
        self.literal(text)?;
        self.string_end().ok()
    }

    /// Consumes a string, or returns `None` after skipping any other value.
    pub fn string_or_skip(&mut self) -> Scan<Option<Raw<'a>>> {
        if self.peek()? == b'"' {
            return self.string().map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// Consumes a number, `true`, `false` or `null`: everything up to a delimiter.
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
            return Err(Stop::Bad("a value should start here", start));
        }
        self.at += len;
        Ok(&rest[..len])
    }

    /// Skips a value.
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

    /// Consumes a value and returns its bytes.
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
            let mut around = Cursor::lenient(b"", 0);
            assert_eq!(around.reread(value.as_bytes(), Cursor::skip), Ok(()), "{value}");
            assert!(!around.damaged);
        }
        assert_eq!(Cursor::new(b"7").skip(), Err(Stop::More), "elsewhere it may go on");
    }
}
