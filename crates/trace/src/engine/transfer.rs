//! An outline as buffers that are transferred from the worker to the page without copying: a header (a [`message`]), the
//! text and the ends of the strings, then one buffer a column. The page reads one at a time, so that no task is long.
//!
//! Numbers are in the machine's byte order, as typed arrays hold them: both sides run one program on one machine.

use super::message;
use crate::model::{Flags, Outline, SpanKind, StatusCode, Strings, TraceVersion};
use crate::units::{SpanId, TraceId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The contents of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buffer<'a> {
    /// Bytes, or a column of numbers below 256.
    Bytes(Cow<'a, [u8]>),
    /// 32-bit words.
    Words(Cow<'a, [u32]>),
    /// 64-bit words.
    Longs(Cow<'a, [u64]>),
}

/// The type that the next buffer must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BufferType {
    /// [`Buffer::Bytes`].
    Bytes,
    /// [`Buffer::Words`].
    Words,
    /// [`Buffer::Longs`].
    Longs,
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

/// How a buffer is made from an outline and read into one.
enum Codec {
    Bytes(fn(&Outline) -> Cow<'_, [u8]>, fn(&mut Arrival, Vec<u8>) -> Option<()>),
    Words(fn(&Outline) -> Cow<'_, [u32]>, fn(&mut Arrival, Vec<u32>) -> Option<()>),
    Longs(fn(&Outline) -> Cow<'_, [u64]>, fn(&mut Arrival, Vec<u64>) -> Option<()>),
}

/// Number of elements of a buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// One a span.
    PerSpan,
    /// Any.
    Any,
}

/// A column whose elements are transferred as they are.
macro_rules! column {
    ($codec:ident, $length:ident, $field:ident) => {
        (
            Length::$length,
            Codec::$codec(
                |outline| Cow::from(&outline.$field),
                |arrival, column| {
                    arrival.outline.$field = column;
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
                |arrival, column| {
                    arrival.outline.$field = column.into_iter().map($decode).collect();
                    Some(())
                },
            ),
        )
    };
}

/// The buffers in their order. Everything else here follows from this table.
const BUFFERS: [(Length, Codec); 16] = [
    (Length::Any, Codec::Bytes(encode_header, decode_header)),
    (
        Length::Any,
        Codec::Bytes(
            |outline| outline.strings.parts().0.as_bytes().into(),
            |arrival, text| {
                arrival.text = String::from_utf8(text).ok()?;
                Some(())
            },
        ),
    ),
    (
        Length::Any,
        Codec::Words(
            |outline| outline.strings.parts().1.into(),
            |arrival, ends| {
                arrival.outline.strings = Strings::from_parts(std::mem::take(&mut arrival.text), ends)?;
                Some(())
            },
        ),
    ),
    column!(Longs, PerSpan, id, |id| id.0, SpanId),
    column!(Words, PerSpan, parent),
    column!(Words, PerSpan, subtree_end),
    column!(Words, PerSpan, depth),
    column!(Longs, PerSpan, start),
    column!(Longs, PerSpan, end),
    column!(Words, PerSpan, name),
    column!(Words, PerSpan, service),
    column!(Bytes, PerSpan, kind, |kind| *kind as u8, |kind| SpanKind::from_number(u64::from(kind))),
    column!(Bytes, PerSpan, status, |code| *code as u8, |code| StatusCode::from_number(u64::from(code))),
    column!(Words, PerSpan, flags, |flags| u32::from(flags.0), |flags| Flags(flags as u16)),
    column!(Words, Any, event_start),
    column!(Longs, Any, event_time),
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

fn decode_header(arrival: &mut Arrival, bytes: Vec<u8>) -> Option<()> {
    let header = message::decode::<Header>(&bytes)?;
    let outline = &mut arrival.outline;
    outline.trace_id = header.trace_id;
    outline.foreign_trace_id = header.foreign_trace_id;
    outline.start_unix = header.start_unix;
    outline.duration = header.duration;
    outline.warnings = header.warnings;
    outline.version = header.version;
    arrival.spans = header.spans;
    Some(())
}

/// The outline's buffers, each made when it is taken.
pub fn encode(outline: &Outline) -> impl Iterator<Item = Buffer<'_>> {
    BUFFERS.iter().map(move |(_, codec)| match codec {
        Codec::Bytes(encode, _) => Buffer::Bytes(encode(outline)),
        Codec::Words(encode, _) => Buffer::Words(encode(outline)),
        Codec::Longs(encode, _) => Buffer::Longs(encode(outline)),
    })
}

/// An outline that is received buffer by buffer.
#[derive(Debug, Default)]
pub struct Arrival {
    outline: Outline,
    text: String,
    spans: usize,
    taken: usize,
}

impl Arrival {
    /// The type of the next buffer; `None` after the last one.
    pub fn wants(&self) -> Option<BufferType> {
        BUFFERS.get(self.taken).map(|(_, codec)| match codec {
            Codec::Bytes(..) => BufferType::Bytes,
            Codec::Words(..) => BufferType::Words,
            Codec::Longs(..) => BufferType::Longs,
        })
    }

    /// Takes the next buffer; false if it has another type, another length or contents that cannot be read.
    pub fn take(&mut self, buffer: Buffer<'_>) -> bool {
        let Some((length, codec)) = BUFFERS.get(self.taken) else { return false };
        let elements = match &buffer {
            Buffer::Bytes(bytes) => bytes.len(),
            Buffer::Words(words) => words.len(),
            Buffer::Longs(longs) => longs.len(),
        };
        if *length == Length::PerSpan && elements != self.spans {
            return false;
        }
        let decoded = match (codec, buffer) {
            (Codec::Bytes(_, decode), Buffer::Bytes(bytes)) => decode(self, bytes.into_owned()),
            (Codec::Words(_, decode), Buffer::Words(words)) => decode(self, words.into_owned()),
            (Codec::Longs(_, decode), Buffer::Longs(longs)) => decode(self, longs.into_owned()),
            _ => None,
        };
        self.taken += usize::from(decoded.is_some());
        decoded.is_some()
    }

    /// The outline, if every buffer was taken.
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
    fn told(outline: &Outline) -> String {
        let strings: Vec<&str> = outline.strings.iter().collect();
        format!("{strings:?} {:?}", Outline { strings: Strings::default(), ..outline.clone() })
    }

    #[test]
    fn an_outline_arrives_as_it_was_sent() {
        let sent = outline();
        let mut arrival = Arrival::default();
        for buffer in encode(&sent) {
            let shape = match &buffer {
                Buffer::Bytes(_) => BufferType::Bytes,
                Buffer::Words(_) => BufferType::Words,
                Buffer::Longs(_) => BufferType::Longs,
            };
            assert_eq!(arrival.wants(), Some(shape));
            assert!(arrival.take(buffer));
        }
        assert_eq!(arrival.wants(), None);
        let mut got = arrival.finish().unwrap();
        assert_eq!(told(&got), told(&sent));
        assert_eq!(got.strings.intern("cart"), sent.service[0], "strings are still found");
    }

    #[test]
    fn half_an_outline_is_none() {
        let mut arrival = Arrival::default();
        for buffer in encode(&outline()).take(5) {
            arrival.take(buffer);
        }
        assert!(arrival.finish().is_none());
    }

    #[test]
    fn what_is_no_outline_is_refused() {
        let mut arrival = Arrival::default();
        assert!(!arrival.take(Buffer::Bytes(b"not json".into())));
        assert!(!arrival.take(Buffer::Words(vec![1].into())));
        let sent = outline();
        let mut head = encode(&sent);
        assert!(arrival.take(head.next().unwrap()));
        assert!(arrival.take(Buffer::Bytes("é".as_bytes().into())));
        assert!(!arrival.take(Buffer::Words(vec![0, 1, 2].into())), "an end within a letter");
    }

    #[test]
    fn a_column_of_another_length_is_refused() {
        let sent = outline();
        let mut arrival = Arrival::default();
        let mut buffers = encode(&sent);
        for _ in 0..3 {
            assert!(arrival.take(buffers.next().unwrap()));
        }
        assert!(!arrival.take(Buffer::Longs(vec![1].into())), "ids of one span of two");
        assert!(arrival.take(buffers.next().unwrap()));
    }
}
