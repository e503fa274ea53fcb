//! An outline as buffers that can be handed from the worker to the page without copying, one a column, so
//! that the page can take them in one at a time and never works for long.
//!
//! Order of the buffers: a head (a [`message`]), then the columns as little-endian numbers in the order of [`COLUMNS`].

use super::message;
use crate::model::{Flags, Kind, Outline, StatusCode, Strings};
use crate::units::{SpanId, TraceId};
use serde::{Deserialize, Serialize};

/// How many buffers carry an outline: the head and the columns.
pub const BUFFERS: usize = 1 + COLUMNS;
const COLUMNS: usize = 13;

#[derive(Serialize, Deserialize)]
struct Head {
    trace_id: TraceId,
    foreign_trace_id: String,
    begin_unix: u64,
    duration: u64,
    strings: Vec<String>,
    warnings: Vec<String>,
    spans: usize,
}

/// The outline's buffers.
pub fn encode(outline: &Outline) -> Vec<Vec<u8>> {
    let head = Head {
        trace_id: outline.trace_id,
        foreign_trace_id: outline.foreign_trace_id.clone(),
        begin_unix: outline.begin_unix,
        duration: outline.duration,
        strings: outline.strings.iter().map(str::to_owned).collect(),
        warnings: outline.warnings.clone(),
        spans: outline.len(),
    };
    vec![
        message::encode(&head),
        outline.id.iter().flat_map(|id| id.0.to_le_bytes()).collect(),
        words32(&outline.parent),
        words32(&outline.subtree_end),
        words32(&outline.depth),
        words64(&outline.begin),
        words64(&outline.end),
        words32(&outline.name),
        words32(&outline.service),
        outline.kind.iter().map(|kind| *kind as u8).collect(),
        outline.status.iter().map(|status| *status as u8).collect(),
        outline.flags.iter().flat_map(|flags| flags.0.to_le_bytes()).collect(),
        words32(&outline.event_start),
        words64(&outline.event_time),
    ]
}

fn words32(column: &[u32]) -> Vec<u8> {
    column.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn words64(column: &[u64]) -> Vec<u8> {
    column.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn read32(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

fn read64(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect()
}

/// An outline that arrives buffer by buffer.
#[derive(Debug, Default)]
pub struct Arrival {
    outline: Outline,
    spans: usize,
    taken: usize,
}

impl Arrival {
    /// Takes the next buffer; true when it was the last one.
    pub fn take(&mut self, bytes: &[u8]) -> bool {
        let outline = &mut self.outline;
        match self.taken {
            0 => {
                let Some(head) = message::decode::<Head>(bytes) else { return false };
                let mut strings = Strings::default();
                for text in &head.strings {
                    strings.intern(text);
                }
                self.spans = head.spans;
                *outline = Outline {
                    trace_id: head.trace_id,
                    foreign_trace_id: head.foreign_trace_id,
                    begin_unix: head.begin_unix,
                    duration: head.duration,
                    strings,
                    warnings: head.warnings,
                    ..Outline::default()
                };
            }
            1 => outline.id = read64(bytes).into_iter().map(SpanId).collect(),
            2 => outline.parent = read32(bytes),
            3 => outline.subtree_end = read32(bytes),
            4 => outline.depth = read32(bytes),
            5 => outline.begin = read64(bytes),
            6 => outline.end = read64(bytes),
            7 => outline.name = read32(bytes),
            8 => outline.service = read32(bytes),
            9 => outline.kind = bytes.iter().map(|kind| Kind::from_number(u64::from(*kind))).collect(),
            10 => {
                outline.status = bytes.iter().map(|code| StatusCode::from_number(u64::from(*code))).collect()
            }
            11 => {
                let words = bytes.as_chunks::<2>().0.iter();
                outline.flags = words.map(|word| Flags(u16::from_le_bytes(*word))).collect();
            }
            12 => outline.event_start = read32(bytes),
            13 => outline.event_time = read64(bytes),
            _ => return true,
        }
        self.taken += 1;
        self.taken == BUFFERS
    }

    /// The outline, if every buffer came and all columns are of one length.
    pub fn finish(self) -> Option<Outline> {
        let outline = self.outline;
        let lengths = [
            outline.id.len(),
            outline.parent.len(),
            outline.subtree_end.len(),
            outline.depth.len(),
            outline.begin.len(),
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
            begin_unix: 1_700_000_000_000_000_001,
            duration: 10,
            id: vec![SpanId(u64::MAX), SpanId(2)],
            parent: vec![crate::model::NO_SPAN, 0],
            subtree_end: vec![2, 2],
            depth: vec![0, 1],
            begin: vec![0, 3],
            end: vec![10, 9],
            name: vec![name, 0],
            service: vec![service, service],
            kind: vec![Kind::Server, Kind::Client],
            status: vec![StatusCode::Unset, StatusCode::Error],
            flags: vec![Flags::ERROR_BELOW, Flags::OWN_ERROR],
            event_start: vec![0, 0, 1],
            event_time: vec![5],
            strings,
            warnings: vec!["one".into()],
            ..Outline::default()
        }
    }

    #[test]
    fn an_outline_arrives_as_it_was_sent() {
        let sent = outline();
        let mut arrival = Arrival::default();
        let buffers = encode(&sent);
        assert_eq!(buffers.len(), BUFFERS);
        let last: Vec<bool> = buffers.iter().map(|buffer| arrival.take(buffer)).collect();
        assert_eq!(last.iter().position(|done| *done), Some(BUFFERS - 1));
        let got = arrival.finish().unwrap();
        assert_eq!(format!("{got:?}"), format!("{sent:?}"));
    }

    #[test]
    fn half_an_outline_is_none() {
        let mut arrival = Arrival::default();
        for buffer in &encode(&outline())[..5] {
            arrival.take(buffer);
        }
        assert!(arrival.finish().is_none());
        assert!(!Arrival::default().take(b"no head"));
    }
}
