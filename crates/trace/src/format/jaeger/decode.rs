//! The whole of a span, by what was noted of it or by its bytes.

use super::{noted, whole};
use crate::format::json::Cursor;
use crate::format::unreadable_part;
use crate::model::{Memory, Piece, Sink};

/// Says what is in a span's bytes: as it was noted when it was looked at first, else from the beginning. Leaves out what
/// cannot be read, and says so.
pub fn decode(bytes: &[u8], notes: &[u64], memory: &mut Memory, sink: &mut dyn Sink) {
    if let Some((front, rest)) = noted::parts(notes) {
        return noted::decode(bytes, front, rest, &mut memory.attributes, sink);
    }
    let mut cursor = Cursor::patient(bytes, 0);
    if whole::span(&mut cursor, memory, sink).is_err() || cursor.damaged {
        sink.piece(Piece::Warning(&unreadable_part(cursor.part)));
    }
}
