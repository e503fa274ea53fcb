//! Protobuf wire format: tags, varints, lengths. Truncated fields are errors.

use crate::format::json::{Scan, Stop};

/// Maximum nesting of groups, as in other protobuf readers; bounds memory.
const DEEPEST_GROUP: usize = 100;

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field<'a> {
    /// Varint.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// Length-delimited.
    Bytes(&'a [u8]),
    /// Four bytes.
    Fixed32(u32),
}

impl<'a> Field<'a> {
    /// The contents of a length-delimited field; empty for other wire types.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Field::Bytes(bytes) => bytes,
            _ => b"",
        }
    }

    /// A number of any wire type.
    pub fn number(self) -> u64 {
        match self {
            Field::Varint(number) | Field::Fixed64(number) => number,
            Field::Fixed32(number) => u64::from(number),
            Field::Bytes(_) => 0,
        }
    }
}

/// A position in a message.
#[derive(Clone, Debug)]
pub struct Wire<'a> {
    /// The message.
    pub bytes: &'a [u8],
    /// Index of the next byte.
    pub at: usize,
}

impl<'a> Wire<'a> {
    /// A cursor at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// A number of up to ten bytes, seven bits each.
    #[inline]
    pub fn varint(&mut self) -> Scan<u64> {
        // Most tags and lengths are a single byte.
        match self.bytes.get(self.at) {
            Some(byte) if *byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Scan<u64> {
        let mut number = 0u64;
        for (position, byte) in self.bytes.get(self.at..).unwrap_or(b"").iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * position);
            if *byte < 0x80 {
                self.at += position + 1;
                return Ok(number);
            }
            if position == 9 {
                return Err(Stop::Bad("a number is longer than ten bytes", self.at));
            }
        }
        Err(Stop::More)
    }

    /// Consumes a tag: field number and wire type.
    pub fn tag(&mut self) -> Scan<(u64, u8)> {
        let start = self.at;
        let tag = self.varint()?;
        let (field, wire) = (tag >> 3, (tag & 7) as u8);
        if field == 0 || field > 0x1fff_ffff {
            return Err(Stop::Bad("no field has this number", start));
        }
        Ok((field, wire))
    }

    /// Consumes the value of a field.
    pub fn field(&mut self, wire: u8) -> Scan<Field<'a>> {
        let start = self.at;
        match wire {
            0 => self.varint().map(Field::Varint),
            1 => self.take(8).map(|bytes| Field::Fixed64(little(bytes))),
            2 => {
                let len = self.varint()?;
                let len = usize::try_from(len).ok().filter(|len| *len <= 1 << 31);
                let len = len.ok_or(Stop::Bad("a length is beyond all measure", start))?;
                self.take(len).map(Field::Bytes)
            }
            5 => self.take(4).map(|bytes| Field::Fixed32(little(bytes) as u32)),
            _ => Err(Stop::Bad("no field has this wire type", start)),
        }
    }

    /// Skips the group `number` after its start tag. Groups are deprecated but valid protobuf.
    pub fn skip_group(&mut self, number: u64) -> Scan<()> {
        let begin = self.at;
        let mut open = vec![number];
        while let Some(innermost) = open.last().copied() {
            match self.tag()? {
                (_, 3) if open.len() == DEEPEST_GROUP => {
                    return Err(Stop::Bad("groups are nested too deeply", begin));
                }
                (inner, 3) => open.push(inner),
                (inner, 4) if inner == innermost => {
                    open.pop();
                }
                (_, wire) => {
                    self.field(wire)?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, len: usize) -> Scan<&'a [u8]> {
        let bytes = self.bytes.get(self.at..self.at + len).ok_or(Stop::More)?;
        self.at += len;
        Ok(bytes)
    }

    /// Calls `each` with each field of the message; groups are skipped.
    pub fn fields(&mut self, mut each: impl FnMut(u64, Field<'a>) -> Scan<()>) -> Scan<()> {
        while self.at < self.bytes.len() {
            let (number, wire) = self.tag()?;
            if wire == 3 {
                self.skip_group(number)?;
                continue;
            }
            let field = self.field(wire)?;
            each(number, field)?;
        }
        Ok(())
    }
}

#[inline]
fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Calls `each` with each field of an embedded message. If it is truncated, more bytes do not help.
pub fn message<'a>(bytes: &'a [u8], each: impl FnMut(u64, Field<'a>) -> Scan<()>) -> Scan<()> {
    Wire::new(bytes).fields(each).map_err(|stop| match stop {
        Stop::More => Stop::Bad("a message ends in the middle of a field", 0),
        bad => bad,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_end_at_their_last_byte() {
        assert_eq!(Wire::new(&[0x96, 0x01]).varint(), Ok(150));
        assert_eq!(Wire::new(&[0xff; 9]).varint(), Err(Stop::More));
        assert!(matches!(Wire::new(&[0xff; 11]).varint(), Err(Stop::Bad(..))));
        let minus_one = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(Wire::new(&minus_one).varint(), Ok(u64::MAX));
    }

    #[test]
    fn groups_are_stepped_over_and_must_end() {
        let numbers = |bytes: &[u8]| {
            let mut numbers = Vec::new();
            message(bytes, |number, _| {
                numbers.push(number);
                Ok(())
            })
            .map(|()| numbers)
        };
        // 1: group { 2: group {}  1: 5 }  3: 1
        assert_eq!(numbers(&[0x0b, 0x13, 0x14, 0x08, 5, 0x0c, 0x18, 1]), Ok(vec![3]));
        assert!(numbers(&[0x0b, 0x08, 5]).is_err(), "never ends");
        assert!(numbers(&[0x0b, 0x14]).is_err(), "ends as another one");
        assert!(numbers(&[0x0c]).is_err(), "ends without a start");
        let nested = |depth: usize| [vec![0x0b; depth], vec![0x0c; depth]].concat();
        assert_eq!(numbers(&nested(DEEPEST_GROUP)), Ok(vec![]));
        assert!(numbers(&nested(100_000)).is_err());
    }

    #[test]
    fn a_field_cut_off_is_not_read() {
        assert_eq!(Wire::new(&[3, b'a', b'b']).field(2), Err(Stop::More));
        assert_eq!(Wire::new(&[2, b'a', b'b']).field(2), Ok(Field::Bytes(b"ab")));
        assert!(matches!(Wire::new(&[0xff, 0xff, 0xff, 0xff, 0x7f]).field(2), Err(Stop::Bad(..))));
    }
}
