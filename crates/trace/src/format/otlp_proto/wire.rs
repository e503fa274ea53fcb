//! Reading of protobuf with the errors of incremental readers: missing bytes, or damage and its offset.

use crate::format::json::{Scan, Stop};
use crate::format::protobuf::{WireField, WireFormatError, WireReader};

/// A position in a message.
#[derive(Clone, Debug)]
pub struct Wire<'a> {
    /// Length of the message.
    len: usize,
    reader: WireReader<'a>,
}

impl<'a> Wire<'a> {
    /// A cursor at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::starting_at(bytes, 0)
    }

    /// A cursor at byte `at`.
    pub fn starting_at(bytes: &'a [u8], at: usize) -> Self {
        Self { len: bytes.len(), reader: WireReader::new(bytes.get(at..).unwrap_or(b"")) }
    }

    /// Index of the next byte.
    #[inline]
    pub fn at(&self) -> usize {
        self.len - self.reader.rest().len()
    }

    /// The bytes that were not read yet.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// Consumes a varint.
    #[inline]
    pub fn varint(&mut self) -> Scan<u64> {
        self.reader.varint().map_err(|error| self.stop(error))
    }

    /// Consumes a tag: field number and wire type.
    #[inline]
    pub fn tag(&mut self) -> Scan<(u32, u8)> {
        self.reader.tag().map_err(|error| self.stop(error))
    }

    /// Consumes the value of a field.
    #[inline]
    pub fn field(&mut self, wire_type: u8) -> Scan<WireField<'a>> {
        self.reader.value(wire_type).map_err(|error| self.stop(error))
    }

    /// Skips group `number` after its start tag.
    pub fn skip_group(&mut self, number: u32) -> Scan<()> {
        self.reader.skip_group(number).map_err(|error| self.stop(error))
    }

    /// Calls `each` with each field of the message; groups are skipped.
    #[inline]
    pub fn fields(&mut self, mut each: impl FnMut(u32, WireField<'a>) -> Scan<()>) -> Scan<()> {
        loop {
            match self.reader.next() {
                Ok(Some((_, WireField::Group))) => {}
                Ok(Some((number, field))) => each(number, field)?,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.stop(error)),
            }
        }
    }

    #[cold]
    fn stop(&self, error: WireFormatError) -> Stop {
        let why = match error {
            WireFormatError::Truncated | WireFormatError::UnendedGroup => return Stop::More,
            WireFormatError::Overflow => "a number is longer than ten bytes",
            WireFormatError::IllegalTag => "no field has this number",
            WireFormatError::IllegalWireType(_) | WireFormatError::UnexpectedGroupEnd => {
                "no field has this wire type"
            }
            WireFormatError::TooLong => "a length is above the limit of 2 GiB",
            WireFormatError::GroupDepth => "groups are nested too deeply",
        };
        Stop::Bad(why, self.at())
    }
}

/// Calls `each` with each field of an embedded message. If it is truncated, more bytes do not help.
pub fn message<'a>(bytes: &'a [u8], each: impl FnMut(u32, WireField<'a>) -> Scan<()>) -> Scan<()> {
    Wire::new(bytes).fields(each).map_err(|stop| match stop {
        Stop::More => Stop::Bad("a message ends in the middle of a field", 0),
        bad => bad,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_bytes_are_told_from_damage() {
        assert_eq!(Wire::new(&[0xff; 9]).varint(), Err(Stop::More));
        assert!(matches!(Wire::new(&[0xff; 11]).varint(), Err(Stop::Bad(..))));
        assert_eq!(Wire::new(&[3, b'a', b'b']).field(2), Err(Stop::More));
        assert!(matches!(Wire::new(&[0xff, 0xff, 0xff, 0xff, 0x7f]).field(2), Err(Stop::Bad(..))));
        assert!(matches!(Wire::starting_at(&[0x08, 0, 0x00], 2).tag(), Err(Stop::Bad(_, 2))));
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
        assert_eq!(numbers(&nested(100)), Ok(vec![]));
        assert!(numbers(&nested(100_000)).is_err());
    }
}
