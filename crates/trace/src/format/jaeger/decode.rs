//! The whole of a span, by what was noted of it or by its bytes.

use super::{hints, whole};
use crate::format::json::Cursor;
use crate::format::unreadable_part;
use crate::model::{DecodeCache, Piece, Sink};

/// Says what is in a span's bytes: as it was noted when it was looked at first, else from the beginning. Leaves out what
/// cannot be read, and says so.
pub fn decode(bytes: &[u8], hints: &[u64], memory: &mut DecodeCache, sink: &mut dyn Sink) {
    if let Some((front, rest)) = hints::parts(hints) {
        return hints::decode(bytes, front, rest, &mut memory.attributes, sink);
    }
    let mut cursor = Cursor::patient(bytes, 0);
    if whole::span(&mut cursor, memory, sink).is_err() || cursor.damaged {
        sink.piece(Piece::Warning(&unreadable_part(cursor.part)));
    }
}
