//! Decode hints of a Jaeger span: recorded when the span is first scanned, so that decoding it later does not search
//! for its tags again. Only spans of the common form have hints: hexadecimal ids, at most one parent, compact tags.
//! Others are decoded from their bytes alone.
//!
//! The first words are parent, start, end and W3C flags. Then follows a word per tag, or a word for all logs:
//!
//! ```text
//! bits     0–23 | 24–31 | 32–47  | 48–55 | 56–58   | 59–61 | 62   | 63
//! tag    offset | head  | length | key   | meaning | type  | text | escaped
//! logs   offset | length                           | LOGS  |
//! ```
//!
//! `offset` is relative to the start of the span, `head` is the length from there to the value (without its quote), `key`
//! the length of the key.

use super::tags::{KindAndStatus, Tag};
use super::times::flags;
use super::whole;
use crate::format::json::{Cursor, Raw};
use crate::model::{DecodeHints, Piece, PrefixCache, Sink};
use crate::units::SpanId;

const PARENT: usize = 0;
const START: usize = 1;
const END: usize = 2;
const FLAGS: usize = 3;
const FRONT: usize = 4;

const OFFSET_BITS: u32 = 24;
/// In place of a tag's type.
const LOGS: u64 = 7;
const TYPE_SHIFT: u32 = 59;
const TEXT: u64 = 1 << 62;
const ESCAPED: u64 = 1 << 63;

/// Starts the hints of a span.
#[inline]
pub(super) fn begin(hints: &mut DecodeHints) {
    hints.begin(FRONT);
}

/// Records a tag that starts at `at` in the span.
#[inline]
pub(super) fn tag(hints: &mut DecodeHints, at: usize, tag: &Tag<'_>) {
    let Some((head, meaning)) = tag.hint_parts() else { return hints.give_up() };
    let (value, marks) = match tag.text() {
        Some(text) => (text.bytes, TEXT | if text.escaped { ESCAPED } else { 0 }),
        None => (tag.other(), 0),
    };
    if at >> OFFSET_BITS != 0 || value.len() >> 16 != 0 {
        return hints.give_up();
    }
    let [key, meaning, kind] = meaning.map(u64::from);
    hints.note(
        at as u64
            | u64::from(head) << 24
            | (value.len() as u64) << 32
            | key << 48
            | meaning << 56
            | kind << TYPE_SHIFT
            | marks,
    );
}

/// Records the position of all logs.
pub(super) fn logs(hints: &mut DecodeHints, at: usize, len: usize) {
    match u32::try_from(len) {
        // Empty list.
        Ok(0..=2) => {}
        Ok(len) if at >> OFFSET_BITS == 0 => {
            hints.note(at as u64 | u64::from(len) << 24 | LOGS << TYPE_SHIFT);
        }
        _ => hints.give_up(),
    }
}

/// The front words of a span's hints.
pub(super) struct SpanFront<'a> {
    pub(super) parent: SpanId,
    pub(super) start: u64,
    pub(super) end: u64,
    /// As written.
    pub(super) flags: &'a [u8],
}

/// Sets the front words.
#[inline]
pub(super) fn set_front(hints: &mut DecodeHints, span: &SpanFront<'_>) {
    hints.set(PARENT, span.parent.0);
    hints.set(START, span.start);
    hints.set(END, span.end);
    hints.set(FLAGS, u64::from(flags(span.flags)));
}

/// Emits the fields of a span from its hints.
pub(super) fn decode(
    bytes: &[u8],
    front: &[u64; FRONT],
    rest: &[u64],
    prefixes: &mut PrefixCache,
    sink: &mut dyn Sink,
) {
    sink.piece(Piece::Parent(SpanId(front[PARENT]), ""));
    sink.piece(Piece::Times(front[START], front[END]));
    sink.piece(Piece::Flags(front[FLAGS] as u32));
    let (mut kind_status, mut message) = (KindAndStatus::default(), Raw::default());
    for word in rest {
        let at = (word & ((1 << OFFSET_BITS) - 1)) as usize;
        let kind = word >> TYPE_SHIFT & 7;
        if kind == LOGS {
            let logs = part(bytes, at, (word >> 24) as u32 as usize);
            let _ = whole::logs(&mut Cursor::lenient(logs, 0), prefixes, &mut kind_status, sink);
            continue;
        }
        let (head, len) = ((word >> 24) as u8, (word >> 32) as u16);
        let (key, meaning) = ((word >> 48) as u8, (word >> 56) as u8 & 7);
        let quote = usize::from(word & TEXT != 0);
        let value = part(bytes, at + usize::from(head) + quote, usize::from(len));
        let text = (quote == 1).then_some(Raw { bytes: value, escaped: word & ESCAPED != 0 });
        let tag =
            Tag::from_hint(part(bytes, at + Tag::KEY, usize::from(key)), [meaning, kind as u8], text, value);
        whole::emit_tag(&tag, &mut kind_status, &mut message, sink);
    }
    whole::emit_status(&kind_status, message, sink);
}

/// The front words and the others, if there are any.
#[inline]
pub(super) fn parts(hints: &[u64]) -> Option<(&[u64; FRONT], &[u64])> {
    hints.split_first_chunk()
}

#[inline]
fn part(bytes: &[u8], at: usize, len: usize) -> &[u8] {
    bytes.get(at..at + len).unwrap_or_default()
}
