//! The protobuf wire format: reads the fields of a message without building it.
//!
//! Source of the rules: <https://protobuf.dev/programming-guides/encoding/>. A reader borrows from its input and does
//! not recurse. It reads fields of all numbers, known or not.

/// The highest number that a field may have.
const HIGHEST_FIELD: u32 = (1 << 29) - 1;
/// Maximum nesting of groups, as in other protobuf readers; bounds memory.
const DEEPEST_GROUP: usize = 100;
/// Maximum length of a field, as in other protobuf readers.
const MAX_LENGTH: u64 = 1 << 31;

/// Why bytes are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireFormatError {
    /// A varint, a fixed number or a length-delimited field runs past the end.
    Truncated,
    /// A varint of more than ten bytes.
    Overflow,
    /// Field number 0, or one above 2^29 - 1.
    IllegalTag,
    /// Wire type 6 or 7.
    IllegalWireType(u8),
    /// A length above 2 GiB.
    TooLong,
    /// A group ends that did not start.
    UnexpectedGroupEnd,
    /// The message ends within a group.
    UnendedGroup,
    /// Groups are nested too deeply.
    GroupDepth,
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WireField<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: text, bytes, a message, packed numbers.
    Bytes(&'a [u8]),
    /// Wire type 5.
    Fixed32(u32),
    /// Wire types 3 and 4, skipped.
    Group,
}

impl<'a> WireField<'a> {
    /// The contents of a length-delimited field; empty for other wire types.
    #[inline]
    pub fn bytes_or_empty(self) -> &'a [u8] {
        match self {
            WireField::Bytes(bytes) => bytes,
            _ => b"",
        }
    }

    /// A number of any wire type; 0 for bytes and groups.
    #[inline]
    pub fn number_or_zero(self) -> u64 {
        match self {
            WireField::Varint(number) | WireField::Fixed64(number) => number,
            WireField::Fixed32(number) => u64::from(number),
            WireField::Bytes(_) | WireField::Group => 0,
        }
    }
}

/// Reads the fields of one message in order. After an error it is at the element that is wrong.
#[derive(Clone, Copy, Debug)]
pub struct WireReader<'a> {
    rest: &'a [u8],
}

impl<'a> WireReader<'a> {
    /// A reader at the first field of a message.
    #[inline]
    pub fn new(message: &'a [u8]) -> Self {
        WireReader { rest: message }
    }

    /// The bytes that were not read yet.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next field and its number; `None` at the end.
    // Callers need it inlined, which the compiler otherwise does or not depending on how it splits the code.
    #[inline(always)]
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<(u32, WireField<'a>)>, WireFormatError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (number, wire_type) = self.tag()?;
        if wire_type == 3 {
            self.skip_group(number)?;
            return Ok(Some((number, WireField::Group)));
        }
        self.value(wire_type).map(|field| Some((number, field)))
    }

    /// Reads a tag: field number and wire type.
    #[inline]
    pub fn tag(&mut self) -> Result<(u32, u8), WireFormatError> {
        let (tag, length) = read_varint(self.rest)?;
        match u32::try_from(tag >> 3) {
            Ok(number @ 1..=HIGHEST_FIELD) => {
                self.rest = &self.rest[length..];
                Ok((number, (tag & 7) as u8))
            }
            _ => Err(WireFormatError::IllegalTag),
        }
    }

    /// Reads the value of a field, except a group.
    #[inline]
    pub fn value(&mut self, wire_type: u8) -> Result<WireField<'a>, WireFormatError> {
        match wire_type {
            0 => self.varint().map(WireField::Varint),
            1 => self.take::<8>().map(|bytes| WireField::Fixed64(u64::from_le_bytes(bytes))),
            2 => {
                let (length, size) = read_varint(self.rest)?;
                if length > MAX_LENGTH {
                    return Err(WireFormatError::TooLong);
                }
                let after = &self.rest[size..];
                let (bytes, rest) =
                    after.split_at_checked(length as usize).ok_or(WireFormatError::Truncated)?;
                self.rest = rest;
                Ok(WireField::Bytes(bytes))
            }
            4 => Err(WireFormatError::UnexpectedGroupEnd),
            5 => self.take::<4>().map(|bytes| WireField::Fixed32(u32::from_le_bytes(bytes))),
            other => Err(WireFormatError::IllegalWireType(other)),
        }
    }

    /// Skips group `number` after its start tag. Groups are deprecated but valid protobuf.
    #[cold]
    pub fn skip_group(&mut self, number: u32) -> Result<(), WireFormatError> {
        let start = self.rest;
        let mut open = vec![number];
        while let Some(innermost) = open.last().copied() {
            if self.rest.is_empty() {
                return Err(WireFormatError::UnendedGroup);
            }
            let (number, wire_type) = self.tag()?;
            match wire_type {
                3 if open.len() == DEEPEST_GROUP => {
                    self.rest = start;
                    return Err(WireFormatError::GroupDepth);
                }
                3 => open.push(number),
                4 if number == innermost => {
                    open.pop();
                }
                _ => {
                    self.value(wire_type)?;
                }
            }
        }
        Ok(())
    }

    /// Reads a varint.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, WireFormatError> {
        let (value, length) = read_varint(self.rest)?;
        self.rest = &self.rest[length..];
        Ok(value)
    }

    #[inline]
    fn take<const N: usize>(&mut self) -> Result<[u8; N], WireFormatError> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(WireFormatError::Truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }
}

/// A varint at the start of `bytes`, with its length.
#[inline]
pub fn read_varint(bytes: &[u8]) -> Result<(u64, usize), WireFormatError> {
    // Most tags and lengths are a single byte.
    match bytes.first() {
        Some(byte) if *byte < 0x80 => Ok((u64::from(*byte), 1)),
        _ => read_long_varint(bytes),
    }
}

fn read_long_varint(bytes: &[u8]) -> Result<(u64, usize), WireFormatError> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, index + 1));
        }
    }
    Err(if bytes.len() < 10 { WireFormatError::Truncated } else { WireFormatError::Overflow })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_end_at_their_last_byte() {
        assert_eq!(read_varint(&[0x96, 0x01]), Ok((150, 2)));
        assert_eq!(read_varint(&[0xff; 9]), Err(WireFormatError::Truncated));
        assert_eq!(read_varint(&[0xff; 11]), Err(WireFormatError::Overflow));
        let minus_one = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(read_varint(&minus_one), Ok((u64::MAX, 10)));
    }

    #[test]
    fn a_field_cut_off_is_not_read() {
        let value = |bytes| WireReader::new(bytes).value(2);
        assert_eq!(value(&[3, b'a', b'b']), Err(WireFormatError::Truncated));
        assert_eq!(value(&[2, b'a', b'b']), Ok(WireField::Bytes(b"ab")));
        assert_eq!(value(&[0xff, 0xff, 0xff, 0xff, 0x7f]), Err(WireFormatError::TooLong));
    }

    #[test]
    fn groups_are_one_field_and_must_end() {
        let all = |bytes: &[u8]| {
            let mut reader = WireReader::new(bytes);
            let mut numbers = Vec::new();
            while let Some((number, _)) = reader.next()? {
                numbers.push(number);
            }
            Ok(numbers)
        };
        // 1: group { 2: group {}  1: 5 }  3: 1
        assert_eq!(all(&[0x0b, 0x13, 0x14, 0x08, 5, 0x0c, 0x18, 1]), Ok(vec![1, 3]));
        assert_eq!(all(&[0x0b, 0x08, 5]), Err(WireFormatError::UnendedGroup));
        assert_eq!(all(&[0x0b, 0x14]), Err(WireFormatError::UnexpectedGroupEnd));
        assert_eq!(all(&[0x0c]), Err(WireFormatError::UnexpectedGroupEnd));
        let nested = |depth: usize| [vec![0x0b; depth], vec![0x0c; depth]].concat();
        assert_eq!(all(&nested(DEEPEST_GROUP)), Ok(vec![1]));
        assert_eq!(all(&nested(DEEPEST_GROUP + 1)), Err(WireFormatError::GroupDepth));
    }

    #[test]
    fn an_error_leaves_the_reader_at_what_is_wrong() {
        let rest_after = |bytes: &'static [u8]| {
            let mut reader = WireReader::new(bytes);
            while let Ok(Some(_)) = reader.next() {}
            reader.rest()
        };
        assert_eq!(rest_after(&[0x08, 1, 0x00, 7]), [0x00, 7], "a tag");
        assert_eq!(
            rest_after(&[0x08, 1, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]),
            [0xff, 0xff, 0xff, 0xff, 0x7f]
        );
    }
}
