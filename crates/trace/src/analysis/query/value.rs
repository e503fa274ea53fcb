//! Values of fields.

use crate::model::{StrIx, Strings, ValueRef};

/// A value of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum FieldValue<'a> {
    /// An interned string, for which results can be cached.
    Interned(StringTable<'a>, StrIx),
    /// A string that is not interned.
    Text(&'a str),
    /// An integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// A duration in nanoseconds.
    Time(u64),
    /// An id, and its number of hexadecimal digits.
    Id(u128, usize),
}

/// A table of interned strings.
#[derive(Clone, Copy, Debug)]
pub(super) struct StringTable<'a> {
    /// Index, below [`TABLES`].
    pub(super) number: usize,
    pub(super) strings: &'a Strings,
}

/// Number of tables: the outline's, and those of [`FieldReader::parts`].
pub(super) const TABLES: usize = 3;

impl FieldValue<'_> {
    /// The value as text, in `room` if it must be formatted.
    pub(super) fn text<'b>(&'b self, room: &'b mut String) -> &'b str {
        use std::fmt::Write;
        room.clear();
        // Writing to a string cannot fail.
        let _ = match self {
            FieldValue::Interned(table, number) => return table.strings.get(*number),
            FieldValue::Text(text) => return text,
            FieldValue::Bool(flag) => return if *flag { "true" } else { "false" },
            FieldValue::Int(number) => write!(room, "{number}"),
            FieldValue::Double(number) => {
                room.push_str(&ValueRef::Double(*number).text());
                Ok(())
            }
            FieldValue::Time(time) => {
                room.push_str(&crate::units::duration_exact(*time).replace(' ', ""));
                Ok(())
            }
            FieldValue::Id(id, digits) => write!(room, "{id:0digits$x}"),
        };
        room
    }
}
