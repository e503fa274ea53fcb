//! A value as it is found, and as text.

use crate::model::{StrIx, Strings, ValueRef};

/// A value of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said<'a> {
    /// A text that is kept once: its table and its number there, so that it need be looked at only once.
    Kept(Table<'a>, StrIx),
    /// Any other text.
    Text(&'a str),
    /// An integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// A duration in nanoseconds.
    Time(u64),
    /// An id and how many digits it has.
    Id(u128, usize),
}

/// Texts that have numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    /// Which one, below [`TABLES`].
    pub(super) number: usize,
    pub(super) strings: &'a Strings,
}

/// How many tables of texts there are: the outline's, and those of the parts.
pub(super) const TABLES: usize = 3;

impl Said<'_> {
    /// The value as text, in a room that is used again and again.
    pub(super) fn text<'b>(&'b self, room: &'b mut String) -> &'b str {
        use std::fmt::Write;
        room.clear();
        // Writing to a string cannot fail.
        let _ = match self {
            Said::Kept(table, number) => return table.strings.get(*number),
            Said::Text(text) => return text,
            Said::Bool(flag) => return if *flag { "true" } else { "false" },
            Said::Int(number) => write!(room, "{number}"),
            Said::Double(number) => {
                room.push_str(&ValueRef::Double(*number).text());
                Ok(())
            }
            Said::Time(time) => {
                room.push_str(&crate::units::duration_exact(*time).replace(' ', ""));
                Ok(())
            }
            Said::Id(id, digits) => write!(room, "{id:0digits$x}"),
        };
        room
    }
}
