//! What the first look at a span notes of it, and how the whole of the span is said from that: no tag is looked for
//! twice. Only of spans as most are: with hexadecimal ids, one parent or none, tags as Jaeger writes them. The bytes say
//! the rest.
//!
//! In front stand parent, start, end and W3C flags. Behind it a word a tag, or a word for all logs:
//!
//! ```text
//! bits     0–23 | 24–31 | 32–47  | 48–55 | 56–58 | 59–61 | 62   | 63
//! tag    offset | head  | length | key   | fact  | type  | text | escaped
//! logs   offset | length                         | LOGS  |
//! ```
//!
//! `offset` is from the beginning of the span, `head` what lies between it and the value (without its quote), `key` the
//! key's length.

use super::facts::{Facts, Tag};
use super::times::flags;
use super::whole;
use crate::format::json::{Cursor, Raw};
use crate::model::{Heads, Notes, Piece, Sink};
use crate::units::SpanId;

const PARENT: usize = 0;
const BEGIN: usize = 1;
const END: usize = 2;
const FLAGS: usize = 3;
const FRONT: usize = 4;

const OFFSET_BITS: u32 = 24;
/// Stands where a tag's type does, and is none.
const LOGS: u64 = 7;
const TYPE_SHIFT: u32 = 59;
const TEXT: u64 = 1 << 62;
const ESCAPED: u64 = 1 << 63;

/// Starts the notes of a span.
#[inline]
pub(super) fn begin(notes: &mut Notes) {
    notes.begin(FRONT);
}

/// Notes a tag that starts at `at` in the span.
#[inline]
pub(super) fn tag(notes: &mut Notes, at: usize, tag: &Tag<'_>) {
    let Some((head, meaning)) = tag.usual() else { return notes.give_up() };
    let (value, marks) = match tag.text() {
        Some(text) => (text.bytes, TEXT | if text.escaped { ESCAPED } else { 0 }),
        None => (tag.other(), 0),
    };
    if at >> OFFSET_BITS != 0 || value.len() >> 16 != 0 {
        return notes.give_up();
    }
    let [key, fact, kind] = meaning.map(u64::from);
    notes.note(
        at as u64
            | u64::from(head) << 24
            | (value.len() as u64) << 32
            | key << 48
            | fact << 56
            | kind << TYPE_SHIFT
            | marks,
    );
}

/// Notes where all logs are.
pub(super) fn logs(notes: &mut Notes, at: usize, len: usize) {
    match u32::try_from(len) {
        // An empty list says nothing.
        Ok(0..=2) => {}
        Ok(len) if at >> OFFSET_BITS == 0 => {
            notes.note(at as u64 | u64::from(len) << 24 | LOGS << TYPE_SHIFT);
        }
        _ => notes.give_up(),
    }
}

/// What is known of a span when all of it was looked at.
pub(super) struct Settled<'a> {
    pub(super) parent: SpanId,
    pub(super) start: u64,
    pub(super) end: u64,
    /// As they stand there.
    pub(super) flags: &'a [u8],
}

/// Fills in the front.
#[inline]
pub(super) fn settle(notes: &mut Notes, span: &Settled<'_>) {
    notes.set(PARENT, span.parent.0);
    notes.set(BEGIN, span.start);
    notes.set(END, span.end);
    notes.set(FLAGS, u64::from(flags(span.flags)));
}

/// Says what is in a span's bytes, as it was noted.
pub(super) fn decode(
    bytes: &[u8],
    front: &[u64; FRONT],
    rest: &[u64],
    heads: &mut Heads,
    sink: &mut dyn Sink,
) {
    sink.piece(Piece::Parent(SpanId(front[PARENT]), ""));
    sink.piece(Piece::Times(front[BEGIN], front[END]));
    sink.piece(Piece::Flags(front[FLAGS] as u32));
    let (mut facts, mut message) = (Facts::default(), Raw::default());
    for word in rest {
        let at = (word & ((1 << OFFSET_BITS) - 1)) as usize;
        let kind = word >> TYPE_SHIFT & 7;
        if kind == LOGS {
            let logs = part(bytes, at, (word >> 24) as u32 as usize);
            let _ = whole::logs(&mut Cursor::patient(logs, 0), heads, &mut facts, sink);
            continue;
        }
        let (head, len) = ((word >> 24) as u8, (word >> 32) as u16);
        let (key, fact) = ((word >> 48) as u8, (word >> 56) as u8 & 7);
        let quote = usize::from(word & TEXT != 0);
        let value = part(bytes, at + usize::from(head) + quote, usize::from(len));
        let text = (quote == 1).then_some(Raw { bytes: value, escaped: word & ESCAPED != 0 });
        let tag = Tag::noted(part(bytes, at + Tag::KEY, usize::from(key)), [fact, kind as u8], text, value);
        whole::say_tag(&tag, &mut facts, &mut message, sink);
    }
    whole::say_status(&facts, message, sink);
}

/// The front and the rest of a span's notes, where there are any.
#[inline]
pub(super) fn parts(notes: &[u64]) -> Option<(&[u64; FRONT], &[u64])> {
    notes.split_first_chunk()
}

#[inline]
fn part(bytes: &[u8], at: usize, len: usize) -> &[u8] {
    bytes.get(at..at + len).unwrap_or_default()
}
