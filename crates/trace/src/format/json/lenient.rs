//! Reads members of unexpected types: converted where the meaning is clear, else damage.

use super::{Cursor, Raw, Scan};

/// The text of a number, in quotes or not; empty for other values.
pub fn numeric<'a>(cursor: &mut Cursor<'a>) -> Scan<&'a [u8]> {
    match cursor.peek()? {
        b'"' => Ok(cursor.string()?.bytes),
        b'{' | b'[' => {
            cursor.skip()?;
            Ok(b"")
        }
        _ => cursor.word(),
    }
}

/// A string, or a number or Boolean as written; empty for null. Lists and objects are damage.
#[inline]
pub fn text<'a>(cursor: &mut Cursor<'a>, member: &'static str) -> Scan<Raw<'a>> {
    if cursor.peek()? == b'"' {
        return cursor.string();
    }
    Ok(Raw { bytes: scalar(cursor, member)?.bytes(), escaped: false })
}

/// A value without quotes in place of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// Null, or a damaged value.
    Nothing,
    /// A number or Boolean.
    Word(&'a [u8]),
}

impl<'a> Scalar<'a> {
    /// The bytes of a number or Boolean, else empty.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Scalar::Nothing => b"",
            Scalar::Word(bytes) => bytes,
        }
    }
}

/// Reads a number, Boolean or null. Lists and objects are damage.
#[cold]
pub fn scalar<'a>(cursor: &mut Cursor<'a>, member: &'static str) -> Scan<Scalar<'a>> {
    if matches!(cursor.peek()?, b'{' | b'[') {
        cursor.skip()?;
        cursor.damage(member);
        return Ok(Scalar::Nothing);
    }
    match cursor.word()? {
        b"null" => Ok(Scalar::Nothing),
        word => Ok(Scalar::Word(word)),
    }
}

/// Calls `each` at each element of a list, or at an object in place of a list; not for null. All else is damage.
#[inline]
pub fn each_element<'a>(
    cursor: &mut Cursor<'a>,
    member: &'static str,
    mut each: impl FnMut(&mut Cursor<'a>) -> Scan<()>,
) -> Scan<()> {
    match cursor.peek()? {
        b'[' => cursor.array(each),
        b'{' => each(cursor),
        first => {
            cursor.skip()?;
            if first != b'n' {
                cursor.damage(member);
            }
            Ok(())
        }
    }
}
