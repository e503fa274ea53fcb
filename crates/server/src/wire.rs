//! The protobuf wire format, read and written without building messages. A [`Walk`] never recurses and allocates only
//! for groups; fields that are not known stay in what is written, so that those of future versions are kept.

mod edit;
mod write;

pub use edit::{Edit, edit};
pub use spandrel_trace::format::protobuf::{WireField, read_varint};
pub use write::{put_bytes, put_fixed32, put_fixed64, put_length, put_number, put_varint, varint_length};

use spandrel_trace::format::protobuf::{WireFormatError, WireReader};

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

impl From<WireFormatError> for WireError {
    #[cold]
    fn from(error: WireFormatError) -> Self {
        match error {
            // Requests are shorter than the limit of a length.
            WireFormatError::Truncated | WireFormatError::TooLong => WireError::Truncated,
            WireFormatError::Overflow => WireError::Overflow,
            WireFormatError::IllegalTag => WireError::IllegalTag,
            WireFormatError::IllegalWireType(wire_type) => WireError::IllegalWireType(wire_type),
            WireFormatError::UnexpectedGroupEnd
            | WireFormatError::UnendedGroup
            | WireFormatError::GroupDepth => WireError::Group,
        }
    }
}

/// Access to a field whose wire type is known.
pub trait TypedField<'a> {
    /// The bytes of a length-delimited field; an error for any other wire type.
    fn bytes(self, number: u32) -> Result<&'a [u8], WireError>;
    /// The number of a varint or fixed field; an error for bytes.
    fn number(self, number: u32) -> Result<u64, WireError>;
}

impl<'a> TypedField<'a> for WireField<'a> {
    #[inline]
    fn bytes(self, number: u32) -> Result<&'a [u8], WireError> {
        match self {
            WireField::Bytes(bytes) => Ok(bytes),
            _ => Err(WireError::WrongType(number)),
        }
    }

    #[inline]
    fn number(self, number: u32) -> Result<u64, WireError> {
        match self {
            WireField::Varint(value) | WireField::Fixed64(value) => Ok(value),
            WireField::Fixed32(value) => Ok(u64::from(value)),
            _ => Err(WireError::WrongType(number)),
        }
    }
}

/// A field's number, its content, and all its bytes (tag and length included).
pub type RawField<'a> = (u32, WireField<'a>, &'a [u8]);

/// Reads the fields of one message in order.
#[derive(Clone, Copy)]
pub struct Walk<'a>(WireReader<'a>);

impl<'a> Walk<'a> {
    /// Starts at the first field.
    #[inline]
    pub fn new(message: &'a [u8]) -> Self {
        Walk(WireReader::new(message))
    }

    /// The next field and its number; `None` at the end.
    #[inline(always)]
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<(u32, WireField<'a>)>, WireError> {
        Ok(self.0.next()?)
    }

    /// The next field, and with it the bytes of the whole field (tag, length and content) as they stand.
    #[inline]
    pub fn next_raw(&mut self) -> Result<Option<RawField<'a>>, WireError> {
        let before = self.0.rest();
        let Some((number, field)) = self.next()? else { return Ok(None) };
        Ok(Some((number, field, &before[..before.len() - self.0.rest().len()])))
    }
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
        assert_eq!(walk.next()?, Some((1, WireField::Varint(300))));
        assert_eq!(walk.next()?, Some((3, WireField::Fixed64(u64::MAX))));
        assert_eq!(walk.next()?, Some((1000, WireField::Bytes(b"text"))));
        assert_eq!(walk.next()?, Some((5, WireField::Fixed32(7))));
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
        assert_eq!(all(&nested(100)), Ok(()));
        assert_eq!(all(&nested(100_000)), Err(WireError::Group));
        assert_eq!(all(&[0xf8, 0xff, 0xff, 0xff, 0x0f, 1]), Ok(()), "the highest field");
        assert_eq!(all(&[0x80, 0x80, 0x80, 0x80, 0x10, 1]), Err(WireError::IllegalTag));
    }
}
