//! Members that are not of the type that they should be: read where it is clear what they mean, else damage.

use super::{Cursor, Raw, Scan};

/// The text of a number, in quotes or not; nothing for what is neither.
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

/// A text, or a number or truth value as it is written; nothing for null. Lists and objects are damage.
#[inline]
pub fn text<'a>(cursor: &mut Cursor<'a>, member: &'static str) -> Scan<Raw<'a>> {
    if cursor.peek()? == b'"' {
        return cursor.string();
    }
    Ok(Raw { bytes: bare(cursor, member)?.bytes(), escaped: false })
}

/// What stands where a string should, unquoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bare<'a> {
    /// Null, or what is damaged.
    Nothing,
    /// A number or truth value.
    Word(&'a [u8]),
}

impl<'a> Bare<'a> {
    /// The bytes of a word.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Bare::Nothing => b"",
            Bare::Word(bytes) => bytes,
        }
    }
}

/// A number, truth value or null. Lists and objects are damage.
#[cold]
pub fn bare<'a>(cursor: &mut Cursor<'a>, member: &'static str) -> Scan<Bare<'a>> {
    if matches!(cursor.peek()?, b'{' | b'[') {
        cursor.skip()?;
        cursor.damage(member);
        return Ok(Bare::Nothing);
    }
    match cursor.word()? {
        b"null" => Ok(Bare::Nothing),
        word => Ok(Bare::Word(word)),
    }
}

/// Calls `each` at every element of a list, at an object in place of a list, at nothing for null; all else is damage.
#[inline]
pub fn each_of<'a>(
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
