//! An outline as buffers that can be handed from the worker to the page without copying, one a column, so
//! that the page can take them in one at a time and never works for long.
//!
//! Order of the buffers: a head (a [`message`]), the strings' text and ends, then the columns as numbers in memory's
//! own order, as typed arrays hold them; both sides are one program on one machine.

use super::message;
use crate::model::{Flags, Outline, SpanKind, StatusCode, Strings};
use crate::units::{SpanId, TraceId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How many buffers carry an outline.
pub const BUFFERS: usize = 16;

/// What a buffer is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buffer<'a> {
    /// Bytes, or a column of small numbers.
    Bytes(Cow<'a, [u8]>),
    /// 32-bit words.
    Words(Cow<'a, [u32]>),
    /// 64-bit words.
    Longs(Cow<'a, [u64]>),
}

/// What the next buffer has to be made of.
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
struct Head {
    trace_id: TraceId,
    foreign_trace_id: String,
    start_unix: u64,
    duration: u64,
    warnings: Vec<String>,
    spans: usize,
}

/// The outline's buffers, made one by one.
pub fn encode(outline: &Outline) -> impl Iterator<Item = Buffer<'_>> {
    (0..BUFFERS).map(move |number| buffer(outline, number))
}

fn buffer(outline: &Outline, number: usize) -> Buffer<'_> {
    let (text, ends) = outline.strings.parts();
    match number {
        0 => {
            let head = Head {
                trace_id: outline.trace_id,
                foreign_trace_id: outline.foreign_trace_id.clone(),
                start_unix: outline.start_unix,
                duration: outline.duration,
                warnings: outline.warnings.clone(),
                spans: outline.len(),
            };
            Buffer::Bytes(message::encode(&head).into())
        }
        1 => Buffer::Bytes(text.as_bytes().into()),
        2 => words(ends),
        3 => Buffer::Longs(outline.id.iter().map(|id| id.0).collect()),
        4 => words(&outline.parent),
        5 => words(&outline.subtree_end),
        6 => words(&outline.depth),
        7 => longs(&outline.start),
        8 => longs(&outline.end),
        9 => words(&outline.name),
        10 => words(&outline.service),
        11 => Buffer::Bytes(outline.kind.iter().map(|kind| *kind as u8).collect()),
        12 => Buffer::Bytes(outline.status.iter().map(|status| *status as u8).collect()),
        13 => Buffer::Words(outline.flags.iter().map(|flags| u32::from(flags.0)).collect()),
        14 => words(&outline.event_start),
        _ => longs(&outline.event_time),
    }
}

fn words(column: &[u32]) -> Buffer<'_> {
    Buffer::Words(column.into())
}

fn longs(column: &[u64]) -> Buffer<'_> {
    Buffer::Longs(column.into())
}

/// An outline that arrives buffer by buffer.
#[derive(Debug, Default)]
pub struct Arrival {
    outline: Outline,
    text: String,
    spans: usize,
    taken: usize,
}

impl Arrival {
    /// What the next buffer has to be made of; `None` after the last one.
    pub fn wants(&self) -> Option<BufferType> {
        match self.taken {
            0 | 1 | 11 | 12 => Some(BufferType::Bytes),
            3 | 7 | 8 | 15 => Some(BufferType::Longs),
            BUFFERS.. => None,
            _ => Some(BufferType::Words),
        }
    }

    /// Takes the next buffer; false when it is not what has to come next.
    pub fn take(&mut self, buffer: Buffer<'_>) -> bool {
        let taken = match buffer {
            Buffer::Bytes(bytes) => self.bytes(bytes),
            Buffer::Words(words) => self.words(words.into_owned()),
            Buffer::Longs(longs) => self.longs(longs.into_owned()),
        };
        self.taken += usize::from(taken);
        taken
    }

    fn bytes(&mut self, bytes: Cow<'_, [u8]>) -> bool {
        let outline = &mut self.outline;
        match self.taken {
            0 => {
                let Some(head) = message::decode::<Head>(&bytes) else { return false };
                self.spans = head.spans;
                outline.trace_id = head.trace_id;
                outline.foreign_trace_id = head.foreign_trace_id;
                outline.start_unix = head.start_unix;
                outline.duration = head.duration;
                outline.warnings = head.warnings;
            }
            1 => match String::from_utf8(bytes.into_owned()) {
                Ok(text) => self.text = text,
                Err(_) => return false,
            },
            11 => outline.kind = bytes.iter().map(|kind| SpanKind::from_number(u64::from(*kind))).collect(),
            12 => {
                outline.status = bytes.iter().map(|code| StatusCode::from_number(u64::from(*code))).collect();
            }
            _ => return false,
        }
        true
    }

    fn words(&mut self, words: Vec<u32>) -> bool {
        let outline = &mut self.outline;
        match self.taken {
            2 => match Strings::from_parts(std::mem::take(&mut self.text), words) {
                Some(strings) => outline.strings = strings,
                None => return false,
            },
            4 => outline.parent = words,
            5 => outline.subtree_end = words,
            6 => outline.depth = words,
            9 => outline.name = words,
            10 => outline.service = words,
            13 => outline.flags = words.iter().map(|flags| Flags(*flags as u16)).collect(),
            14 => outline.event_start = words,
            _ => return false,
        }
        true
    }

    fn longs(&mut self, longs: Vec<u64>) -> bool {
        let outline = &mut self.outline;
        match self.taken {
            3 => outline.id = longs.into_iter().map(SpanId).collect(),
            7 => outline.start = longs,
            8 => outline.end = longs,
            15 => outline.event_time = longs,
            _ => return false,
        }
        true
    }

    /// The outline, if every buffer came and all columns are of one length.
    pub fn finish(self) -> Option<Outline> {
        let outline = self.outline;
        let lengths = [
            outline.id.len(),
            outline.parent.len(),
            outline.subtree_end.len(),
            outline.depth.len(),
            outline.start.len(),
            outline.end.len(),
            outline.name.len(),
            outline.service.len(),
            outline.kind.len(),
            outline.status.len(),
            outline.flags.len(),
        ];
        let whole = self.taken == BUFFERS && lengths.iter().all(|length| *length == self.spans);
        whole.then_some(outline)
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
}
