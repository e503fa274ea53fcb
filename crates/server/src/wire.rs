//! The protobuf wire format, walked and written without building messages.
//!
//! Source of the rules: <https://protobuf.dev/programming-guides/encoding/>. A walk borrows from its input, never
//! recurses and never allocates; what it does not know it steps over, so that fields of the future survive.

/// The highest number that a field may have.
const HIGHEST_FIELD: u32 = (1 << 29) - 1;
/// Groups within groups beyond this many are refused, so that memory stays bounded.
const DEEPEST_GROUP: usize = 100;

/// Why bytes are not a protobuf message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A varint, a fixed number or a length runs past the end.
    #[error("proto: unexpected end of message")]
    Truncated,
    /// A varint of more than ten bytes.
    #[error("proto: integer overflow")]
    Overflow,
    /// Field number 0, or one above 2^29 - 1.
    #[error("proto: illegal tag")]
    IllegalTag,
    /// Wire type 6 or 7.
    #[error("proto: illegal wireType {0}")]
    IllegalWireType(u8),
    /// A group that ends without having begun, never ends, or nests too deeply.
    #[error("proto: unbalanced group")]
    Group,
    /// A known field with the wrong wire type.
    #[error("proto: wrong wireType for field {0}")]
    WrongType(u32),
    /// A part of a span, resource or scope that answers could not be read from.
    #[error("proto: {0}")]
    Unreadable(std::borrow::Cow<'static, str>),
    /// A trace or span id that is neither absent nor of the right length.
    #[error("invalid length for {0}")]
    IdLength(&'static str),
}

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: text, bytes, a message, packed numbers.
    Bytes(&'a [u8]),
    /// Wire type 5.
    Fixed32(u32),
    /// Wire types 3 and 4, stepped over.
    Group,
}

impl<'a> Field<'a> {
    /// The bytes of a length-delimited field; an error for any other wire type.
    #[inline]
    pub fn bytes(self, number: u32) -> Result<&'a [u8], WireError> {
        match self {
            Field::Bytes(bytes) => Ok(bytes),
            _ => Err(WireError::WrongType(number)),
        }
    }

    /// The number of a varint or fixed field; an error for bytes.
    #[inline]
    pub fn number(self, number: u32) -> Result<u64, WireError> {
        match self {
            Field::Varint(value) | Field::Fixed64(value) => Ok(value),
            Field::Fixed32(value) => Ok(u64::from(value)),
            _ => Err(WireError::WrongType(number)),
        }
    }
}

/// A field's number, its content, and all its bytes (tag and length included).
pub type RawField<'a> = (u32, Field<'a>, &'a [u8]);

/// Walks the fields of one message in the order in which they stand.
#[derive(Clone, Copy)]
pub struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    /// Starts at the first field.
    pub fn new(message: &'a [u8]) -> Self {
        Walk { rest: message }
    }

    /// The next field and its number; `None` at the end.
    #[inline]
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, WireError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (number, wire_type) = self.tag()?;
        if wire_type == 3 {
            self.skip_group(number)?;
            return Ok(Some((number, Field::Group)));
        }
        self.value(wire_type).map(|field| Some((number, field)))
    }

    /// The next field, and with it the bytes of the whole field (tag, length and content) as they stand.
    #[inline]
    pub fn next_raw(&mut self) -> Result<Option<RawField<'a>>, WireError> {
        let before = self.rest;
        let Some((number, field)) = self.next()? else { return Ok(None) };
        Ok(Some((number, field, &before[..before.len() - self.rest.len()])))
    }

    #[inline]
    fn tag(&mut self) -> Result<(u32, u8), WireError> {
        let tag = self.varint()?;
        match u32::try_from(tag >> 3) {
            Ok(number @ 1..=HIGHEST_FIELD) => Ok((number, (tag & 7) as u8)),
            _ => Err(WireError::IllegalTag),
        }
    }

    #[inline]
    fn value(&mut self, wire_type: u8) -> Result<Field<'a>, WireError> {
        match wire_type {
            0 => self.varint().map(Field::Varint),
            1 => self.take::<8>().map(|bytes| Field::Fixed64(u64::from_le_bytes(bytes))),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
                if length > self.rest.len() {
                    return Err(WireError::Truncated);
                }
                let (bytes, rest) = self.rest.split_at(length);
                self.rest = rest;
                Ok(Field::Bytes(bytes))
            }
            4 => Err(WireError::Group),
            5 => self.take::<4>().map(|bytes| Field::Fixed32(u32::from_le_bytes(bytes))),
            other => Err(WireError::IllegalWireType(other)),
        }
    }

    /// Groups are obsolete but legal; nested ones are counted, not recursed into.
    fn skip_group(&mut self, first: u32) -> Result<(), WireError> {
        let mut open = vec![first];
        while let Some(innermost) = open.last().copied() {
            if self.rest.is_empty() {
                return Err(WireError::Group);
            }
            let (number, wire_type) = self.tag()?;
            match wire_type {
                3 if open.len() == DEEPEST_GROUP => return Err(WireError::Group),
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

    #[inline]
    fn take<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, WireError> {
        let (value, length) = read_varint(self.rest)?;
        self.rest = &self.rest[length..];
        Ok(value)
    }
}

/// What becomes of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It stays as it is.
    Keep,
    /// It gets this content, length-delimited.
    Replace(Vec<u8>),
    /// It goes.
    Remove,
}

impl Edit {
    /// New content, if there is any.
    pub fn of(content: Option<Vec<u8>>) -> Self {
        content.map_or(Edit::Keep, Edit::Replace)
    }
}

/// A message with its fields changed, all others as they stand; `None` where nothing changes.
pub fn edit(
    message: &[u8],
    mut each: impl FnMut(u32, Field<'_>) -> Result<Edit, WireError>,
) -> Result<Option<Vec<u8>>, WireError> {
    let mut out: Option<Vec<u8>> = None;
    let (mut walk, mut before) = (Walk::new(message), 0);
    while let Some((number, field, raw)) = walk.next_raw()? {
        match each(number, field)? {
            Edit::Keep => {
                if let Some(out) = &mut out {
                    out.extend_from_slice(raw);
                }
            }
            Edit::Replace(content) => {
                put_bytes(out.get_or_insert_with(|| message[..before].to_vec()), number, &content);
            }
            Edit::Remove => {
                out.get_or_insert_with(|| message[..before].to_vec());
            }
        }
        before += raw.len();
    }
    Ok(out)
}

/// A varint at the start of `bytes`, with its length.
#[inline]
pub fn read_varint(bytes: &[u8]) -> Result<(u64, usize), WireError> {
    // Most tags and lengths are a single byte.
    match bytes.first() {
        Some(byte) if *byte < 0x80 => Ok((u64::from(*byte), 1)),
        _ => read_long_varint(bytes),
    }
}

fn read_long_varint(bytes: &[u8]) -> Result<(u64, usize), WireError> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, index + 1));
        }
    }
    Err(if bytes.len() < 10 { WireError::Truncated } else { WireError::Overflow })
}

/// Appends a varint.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// How many bytes a varint takes.
#[inline]
pub fn varint_length(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Appends a number as field `number`, unless it is the default.
pub fn put_number(out: &mut Vec<u8>, number: u32, value: u64) {
    if value != 0 {
        put_varint(out, u64::from(number) << 3);
        put_varint(out, value);
    }
}

/// Appends eight bytes as field `number`, unless they are the default.
pub fn put_fixed64(out: &mut Vec<u8>, number: u32, value: u64) {
    if value != 0 {
        put_varint(out, u64::from(number) << 3 | 1);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Appends four bytes as field `number`, unless they are the default.
pub fn put_fixed32(out: &mut Vec<u8>, number: u32, value: u32) {
    if value != 0 {
        put_varint(out, u64::from(number) << 3 | 5);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Appends bytes, text or a message as field `number`, even if empty.
#[inline]
pub fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    put_length(out, number, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends the head of a length-delimited field of `length` bytes.
#[inline]
pub fn put_length(out: &mut Vec<u8>, number: u32, length: usize) {
    put_varint(out, u64::from(number) << 3 | 2);
    put_varint(out, length as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_walked() -> Result<(), WireError> {
        let mut out = Vec::new();
        put_number(&mut out, 1, 300);
        put_number(&mut out, 2, 0);
        put_fixed64(&mut out, 3, u64::MAX);
        put_bytes(&mut out, 1000, b"text");
        put_fixed32(&mut out, 5, 7);
        let mut walk = Walk::new(&out);
        assert_eq!(walk.next()?, Some((1, Field::Varint(300))));
        assert_eq!(walk.next()?, Some((3, Field::Fixed64(u64::MAX))));
        assert_eq!(walk.next()?, Some((1000, Field::Bytes(b"text"))));
        assert_eq!(walk.next()?, Some((5, Field::Fixed32(7))));
        assert_eq!(walk.next()?, None);
        Ok(())
    }

    #[test]
    fn varints_say_their_length() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            assert_eq!(out.len(), varint_length(value));
            assert_eq!(read_varint(&out), Ok((value, out.len())));
        }
    }

    #[test]
    fn broken_messages_are_refused_wherever_they_break() {
        let all = |bytes: &[u8]| {
            let mut walk = Walk::new(bytes);
            loop {
                match walk.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        };
        assert_eq!(all(&[0xff, 0xff, 0xff, 0x01]), Err(WireError::IllegalWireType(7)));
        assert_eq!(all(&[0x0a, 5, 1]), Err(WireError::Truncated));
        assert_eq!(all(&[0x00]), Err(WireError::IllegalTag));
        assert_eq!(all(&[0x08, 0x80]), Err(WireError::Truncated));
        assert_eq!(all(&[0x08; 1]), Err(WireError::Truncated));
        assert_eq!(all(&[0x0b, 0x08, 0x01]), Err(WireError::Group));
        assert_eq!(all(&[0x0b, 0x13, 0x14, 0x0c, 0x08, 0x01]), Ok(()));
        let nested = |depth: usize| [vec![0x0b; depth], vec![0x0c; depth]].concat();
        assert_eq!(all(&nested(DEEPEST_GROUP)), Ok(()));
        assert_eq!(all(&nested(100_000)), Err(WireError::Group));
        assert_eq!(all(&[0xf8, 0xff, 0xff, 0xff, 0x0f, 1]), Ok(()), "the highest field");
        assert_eq!(all(&[0x80, 0x80, 0x80, 0x80, 0x10, 1]), Err(WireError::IllegalTag));
    }
}
