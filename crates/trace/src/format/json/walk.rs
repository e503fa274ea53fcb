//! Iterates over members of objects and elements of lists.

use super::{Cursor, Raw, Scan, Stop};
use crate::model::PrefixCache;

impl<'a> Cursor<'a> {
    /// Calls `each` at the value of each member of an object; it must consume the value. Other values count as empty
    /// objects.
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
                self.skip_damaged(start, stop)?;
            }
            if self.more(b'}')? {
                return Ok(());
            }
        }
    }

    /// As [`Cursor::object`], with cached names for objects that are written alike: `meaning` maps a name to a number
    /// and is called only for names that are not cached.
    #[inline]
    pub fn cached_object(
        &mut self,
        prefixes: &mut PrefixCache,
        meaning: impl Fn(&[u8]) -> u32,
        mut each: impl FnMut(&mut Self, u32) -> Scan<()>,
    ) -> Scan<()> {
        if self.peek()? != b'{' {
            return self.skip();
        }
        loop {
            // At the brace before the first member, or at the comma before another one.
            let start = self.at;
            let taken = match prefixes.known(&self.bytes[start..]) {
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
                        prefixes.learn(&self.bytes[start..self.at], means);
                        means
                    })
                }
            };
            if let Err(stop) = taken.and_then(|means| each(self, means)) {
                self.skip_damaged(start + 1, stop)?;
            }
            if self.more(b'}')? {
                return Ok(());
            }
            self.at -= 1;
        }
    }

    /// Calls `each` at each element of an array; it must consume the element. Other values count as empty arrays.
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
                self.skip_damaged(start, stop)?;
            }
            if self.more(b']')? {
                return Ok(());
            }
        }
    }

    /// Consumes the name of a member and the colon.
    #[inline]
    fn name(&mut self) -> Scan<Raw<'a>> {
        let key = self.string()?;
        self.expect(b':', "a colon should follow the name")?;
        self.peek()?;
        Ok(key)
    }

    /// Consumes a comma or `end`. Returns whether there is another element.
    #[inline]
    fn more(&mut self, end: u8) -> Scan<bool> {
        let byte = self.peek()?;
        if byte != b',' && byte != end {
            let stop = Stop::Bad("a comma or the end of the list or object should be here", self.at);
            self.skip_damaged(self.at, stop)?;
            if !matches!(self.peek()?, byte if byte == b',' || byte == end) {
                return Err(stop);
            }
        }
        let ended = self.bytes[self.at] == end;
        self.at += 1;
        Ok(ended)
    }

    /// Skips from `start`, the start of a member or element that failed with `stop`, to the comma or bracket after
    /// it; or returns `stop` if the cursor is not lenient.
    #[cold]
    fn skip_damaged(&mut self, start: usize, stop: Stop) -> Scan<()> {
        if !self.lenient || stop == Stop::More {
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
    fn what_is_wrong_is_said_with_its_place() {
        let mut cursor = Cursor::new(b"[1 2]");
        let result = cursor.array(|cursor| cursor.skip());
        assert!(matches!(result, Err(Stop::Bad(_, 3))), "{result:?}");
        let mut cursor = Cursor::new(b"[1,]");
        assert!(matches!(cursor.array(|cursor| cursor.skip()), Err(Stop::Bad(_, 3))));
    }

    #[test]
    fn a_lenient_cursor_skips_only_what_is_damaged() {
        let read = |text: &[u8]| {
            let mut cursor = Cursor::lenient(text, 0);
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
