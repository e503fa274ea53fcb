//! Transfers an outline from the worker to the page as buffers without copying: a header (a [`message`]), text and
//! ends of the strings, then one buffer per column. The page decodes one at a time, so that tasks are short.
//!
//! Numbers are in native byte order, as in typed arrays.

use super::message;
use crate::model::{Flags, Outline, SpanKind, StatusCode, Strings, TraceVersion};
use crate::units::{SpanId, TraceId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Contents of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buffer<'a> {
    /// Bytes, or a column of `u8`.
    Bytes(Cow<'a, [u8]>),
    /// A column of `u32`.
    U32(Cow<'a, [u32]>),
    /// A column of `u64`.
    U64(Cow<'a, [u64]>),
}

/// Type of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BufferType {
    /// [`Buffer::Bytes`].
    Bytes,
    /// [`Buffer::U32`].
    U32,
    /// [`Buffer::U64`].
    U64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    trace_id: TraceId,
    foreign_trace_id: String,
    start_unix: u64,
    duration: u64,
    warnings: Vec<String>,
    version: TraceVersion,
    spans: usize,
}

/// How to encode a buffer from an outline, and decode it.
enum Codec {
    Bytes(fn(&Outline) -> Cow<'_, [u8]>, fn(&mut OutlineDecoder, Vec<u8>) -> Option<()>),
    U32(fn(&Outline) -> Cow<'_, [u32]>, fn(&mut OutlineDecoder, Vec<u32>) -> Option<()>),
    U64(fn(&Outline) -> Cow<'_, [u64]>, fn(&mut OutlineDecoder, Vec<u64>) -> Option<()>),
}

/// Expected number of elements of a buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// One per span.
    PerSpan,
    /// Any.
    Any,
}

/// A column that is transferred unchanged.
macro_rules! column {
    ($codec:ident, $length:ident, $field:ident) => {
        (
            Length::$length,
            Codec::$codec(
                |outline| Cow::from(&outline.$field),
                |decoder, column| {
                    decoder.outline.$field = column;
                    Some(())
                },
            ),
        )
    };
    ($codec:ident, $length:ident, $field:ident, $encode:expr, $decode:expr) => {
        (
            Length::$length,
            Codec::$codec(
                |outline| outline.$field.iter().map($encode).collect(),
                |decoder, column| {
                    decoder.outline.$field = column.into_iter().map($decode).collect();
                    Some(())
                },
            ),
        )
    };
}

/// The buffers in order. Encoding and decoding follow from this table.
const BUFFERS: [(Length, Codec); 16] = [
    (Length::Any, Codec::Bytes(encode_header, decode_header)),
    (
        Length::Any,
        Codec::Bytes(
            |outline| outline.strings.parts().0.as_bytes().into(),
            |decoder, text| {
                decoder.text = String::from_utf8(text).ok()?;
                Some(())
            },
        ),
    ),
    (
        Length::Any,
        Codec::U32(
            |outline| outline.strings.parts().1.into(),
            |decoder, ends| {
                decoder.outline.strings = Strings::from_parts(std::mem::take(&mut decoder.text), ends)?;
                Some(())
            },
        ),
    ),
    column!(U64, PerSpan, id, |id| id.0, SpanId),
    column!(U32, PerSpan, parent),
    column!(U32, PerSpan, subtree_end),
    column!(U32, PerSpan, depth),
    column!(U64, PerSpan, start),
    column!(U64, PerSpan, end),
    column!(U32, PerSpan, name),
    column!(U32, PerSpan, service),
    column!(Bytes, PerSpan, kind, |kind| *kind as u8, |kind| SpanKind::from_number(u64::from(kind))),
    column!(Bytes, PerSpan, status, |code| *code as u8, |code| StatusCode::from_number(u64::from(code))),
    column!(U32, PerSpan, flags, |flags| u32::from(flags.0), |flags| Flags(flags as u16)),
    column!(U32, Any, event_start),
    column!(U64, Any, event_time),
];

fn encode_header(outline: &Outline) -> Cow<'_, [u8]> {
    let header = Header {
        trace_id: outline.trace_id,
        foreign_trace_id: outline.foreign_trace_id.clone(),
        start_unix: outline.start_unix,
        duration: outline.duration,
        warnings: outline.warnings.clone(),
        version: outline.version,
        spans: outline.len(),
    };
    message::encode(&header).into()
}

fn decode_header(decoder: &mut OutlineDecoder, bytes: Vec<u8>) -> Option<()> {
    let header = message::decode::<Header>(&bytes)?;
    let outline = &mut decoder.outline;
    outline.trace_id = header.trace_id;
    outline.foreign_trace_id = header.foreign_trace_id;
    outline.start_unix = header.start_unix;
    outline.duration = header.duration;
    outline.warnings = header.warnings;
    outline.version = header.version;
    decoder.spans = header.spans;
    Some(())
}

/// The outline's buffers, created lazily.
pub fn encode(outline: &Outline) -> impl Iterator<Item = Buffer<'_>> {
    BUFFERS.iter().map(move |(_, codec)| match codec {
        Codec::Bytes(encode, _) => Buffer::Bytes(encode(outline)),
        Codec::U32(encode, _) => Buffer::U32(encode(outline)),
        Codec::U64(encode, _) => Buffer::U64(encode(outline)),
    })
}

/// An outline that is being received.
#[derive(Debug, Default)]
pub struct OutlineDecoder {
    outline: Outline,
    text: String,
    spans: usize,
    taken: usize,
}

impl OutlineDecoder {
    /// The type of the next buffer; `None` after the last one.
    pub fn wants(&self) -> Option<BufferType> {
        BUFFERS.get(self.taken).map(|(_, codec)| match codec {
            Codec::Bytes(..) => BufferType::Bytes,
            Codec::U32(..) => BufferType::U32,
            Codec::U64(..) => BufferType::U64,
        })
    }

    /// Decodes the next buffer; false if its type, length or contents are invalid.
    pub fn take(&mut self, buffer: Buffer<'_>) -> bool {
        let Some((length, codec)) = BUFFERS.get(self.taken) else { return false };
        let elements = match &buffer {
            Buffer::Bytes(bytes) => bytes.len(),
            Buffer::U32(words) => words.len(),
            Buffer::U64(longs) => longs.len(),
        };
        if *length == Length::PerSpan && elements != self.spans {
            return false;
        }
        let decoded = match (codec, buffer) {
            (Codec::Bytes(_, decode), Buffer::Bytes(bytes)) => decode(self, bytes.into_owned()),
            (Codec::U32(_, decode), Buffer::U32(words)) => decode(self, words.into_owned()),
            (Codec::U64(_, decode), Buffer::U64(longs)) => decode(self, longs.into_owned()),
            _ => None,
        };
        self.taken += usize::from(decoded.is_some());
        decoded.is_some()
    }

    /// The outline, if all buffers were received.
    pub fn finish(self) -> Option<Outline> {
        (self.taken == BUFFERS.len()).then_some(self.outline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline() -> Outline {
        let mut strings = Strings::default();
        let (name, service) = (strings.intern("GET /"), strings.intern("cart"));
        Outline {
            trace_id: TraceId(7),
            start_unix: 1_700_000_000_000_000_001,
            duration: 10,
            id: vec![SpanId(u64::MAX), SpanId(2)],
            parent: vec![crate::model::NO_SPAN, 0],
            subtree_end: vec![2, 2],
            depth: vec![0, 1],
            start: vec![0, 3],
            end: vec![10, 9],
            name: vec![name, 0],
            service: vec![service, service],
            kind: vec![SpanKind::Server, SpanKind::Client],
            status: vec![StatusCode::Unset, StatusCode::Error],
            flags: vec![Flags::ERROR_BELOW, Flags::OWN_ERROR],
            event_start: vec![0, 0, 1],
            event_time: vec![5],
            strings,
            warnings: vec!["one".into()],
            ..Outline::default()
        }
    }

    /// Everything but the table by which strings are found, which is made when it is first needed.
    fn as_text(outline: &Outline) -> String {
        let strings: Vec<&str> = outline.strings.iter().collect();
        format!("{strings:?} {:?}", Outline { strings: Strings::default(), ..outline.clone() })
    }

    #[test]
    fn an_outline_arrives_as_it_was_sent() {
        let sent = outline();
        let mut decoder = OutlineDecoder::default();
        for buffer in encode(&sent) {
            let shape = match &buffer {
                Buffer::Bytes(_) => BufferType::Bytes,
                Buffer::U32(_) => BufferType::U32,
                Buffer::U64(_) => BufferType::U64,
            };
            assert_eq!(decoder.wants(), Some(shape));
            assert!(decoder.take(buffer));
        }
        assert_eq!(decoder.wants(), None);
        let mut got = decoder.finish().unwrap();
        assert_eq!(as_text(&got), as_text(&sent));
        assert_eq!(got.strings.intern("cart"), sent.service[0], "strings are still found");
    }

    #[test]
    fn half_an_outline_is_none() {
        let mut decoder = OutlineDecoder::default();
        for buffer in encode(&outline()).take(5) {
            decoder.take(buffer);
        }
        assert!(decoder.finish().is_none());
    }

    #[test]
    fn what_is_no_outline_is_refused() {
        let mut decoder = OutlineDecoder::default();
        assert!(!decoder.take(Buffer::Bytes(b"not json".into())));
        assert!(!decoder.take(Buffer::U32(vec![1].into())));
        let sent = outline();
        let mut head = encode(&sent);
        assert!(decoder.take(head.next().unwrap()));
        assert!(decoder.take(Buffer::Bytes("é".as_bytes().into())));
        assert!(!decoder.take(Buffer::U32(vec![0, 1, 2].into())), "an end within a letter");
    }

    #[test]
    fn a_column_of_another_length_is_refused() {
        let sent = outline();
        let mut decoder = OutlineDecoder::default();
        let mut buffers = encode(&sent);
        for _ in 0..3 {
            assert!(decoder.take(buffers.next().unwrap()));
        }
        assert!(!decoder.take(Buffer::U64(vec![1].into())), "ids of one span of two");
        assert!(decoder.take(buffers.next().unwrap()));
    }
}
