//! Decodes a span, from hints or from its bytes alone.

use super::{hints, whole};
use crate::format::json::Cursor;
use crate::format::unreadable_part;
use crate::model::{DecodeCache, Piece, Sink};

/// Emits the fields of a span, with the help of hints if there are any. Damaged fields are skipped, with a warning.
pub fn decode(bytes: &[u8], hints: &[u64], memory: &mut DecodeCache, sink: &mut dyn Sink) {
    if let Some((front, rest)) = hints::parts(hints) {
        return hints::decode(bytes, front, rest, &mut memory.attributes, sink);
    }
    let mut cursor = Cursor::lenient(bytes, 0);
    if whole::span(&mut cursor, memory, sink).is_err() || cursor.damaged {
        sink.piece(Piece::Warning(&unreadable_part(cursor.part)));
    }
}
