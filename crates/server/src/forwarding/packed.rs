//! What is queued: one request, packed, with the little that must be known of it without unpacking. Spans are as the store
//! packed them for each trace, so that they are packed once; other requests are packed as a whole.

use crate::config::forward::Signal;
use crate::store::{Part, StoreError, compress};
use crate::wire::{put_varint, read_varint};

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// One request.
    Whole,
    /// One message for each trace, each preceded by its length before packing (0 where it is not packed) and after it. One
    /// after the other they are the request.
    ByTrace,
}

/// Each kind with its number on disk.
const KINDS: [(i64, Signal, Packing); 3] = [
    (1, Signal::Traces, Packing::Whole),
    (2, Signal::Logs, Packing::Whole),
    (3, Signal::Traces, Packing::ByTrace),
];

/// A request, packed.
#[derive(Debug)]
pub struct CompressedRequest {
    /// What it holds.
    pub signal: Signal,
    /// How it is packed.
    pub packing: Packing,
    /// How many spans or log lines.
    pub count: u32,
    /// Its length before packing; 0 where it is not packed.
    pub plain: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl CompressedRequest {
    /// Packs a request.
    pub fn new(signal: Signal, count: u32, request: Vec<u8>) -> Self {
        let (plain, bytes) = compress::pack(request);
        CompressedRequest { signal, packing: Packing::Whole, count, plain, bytes }
    }

    /// Takes the spans of the parts of a request as they are packed.
    pub fn by_trace(count: u32, parts: &[Part]) -> Self {
        /// Bytes of two lengths at most.
        const LENGTHS: usize = 10;
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.spans.len() + LENGTHS).sum());
        for part in parts {
            put_varint(&mut bytes, part.plain.into());
            put_varint(&mut bytes, part.spans.len() as u64);
            bytes.extend_from_slice(&part.spans);
        }
        let plain = u32::try_from(plain_bytes(parts)).unwrap_or(u32::MAX);
        CompressedRequest { signal: Signal::Traces, packing: Packing::ByTrace, count, plain, bytes }
    }

    /// The number of its kind on disk.
    pub fn kind(&self) -> i64 {
        let own = KINDS.iter().find(|kind| (kind.1, kind.2) == (self.signal, self.packing));
        own.map_or(0, |kind| kind.0)
    }

    /// The contents and compression of the record kind with this number on disk; `None` if this version does not know it.
    pub fn kind_of(number: i64) -> Option<(Signal, Packing)> {
        KINDS.iter().find(|kind| kind.0 == number).map(|kind| (kind.1, kind.2))
    }

    /// The request as it was received, or with its spans grouped by trace.
    pub fn unpack(self) -> Result<Vec<u8>, StoreError> {
        match self.packing {
            Packing::Whole => compress::unpack(self.plain, self.bytes),
            Packing::ByTrace => {
                let mut request = Vec::with_capacity(self.bytes.len().saturating_mul(4));
                let mut rest = self.bytes.as_slice();
                while !rest.is_empty() {
                    let plain = read_length(&mut rest)?;
                    let length = read_length(&mut rest)?;
                    let (packed, after) = rest.split_at_checked(length).ok_or(DAMAGED)?;
                    rest = after;
                    // No more than was announced, whatever damaged bytes say.
                    if plain.max(length) > self.plain as usize - request.len() {
                        return Err(DAMAGED);
                    }
                    compress::unpack_into(plain, packed, &mut request)?;
                }
                Ok(request)
            }
        }
    }

    /// Bytes before packing.
    pub fn plain_bytes(&self) -> u64 {
        if self.plain == 0 { self.bytes.len() as u64 } else { u64::from(self.plain) }
    }
}

const DAMAGED: StoreError = StoreError::Damaged("a queued request cannot be unpacked");

fn read_length(rest: &mut &[u8]) -> Result<usize, StoreError> {
    let (value, length) = read_varint(rest).map_err(|_| DAMAGED)?;
    *rest = &rest[length..];
    usize::try_from(value).map_err(|_| DAMAGED)
}

/// Bytes of the spans of parts before packing.
pub fn plain_bytes(parts: &[Part]) -> usize {
    parts.iter().map(|part| if part.plain == 0 { part.spans.len() } else { part.plain as usize }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spans_packed_by_trace_are_unpacked_and_damage_is_found(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 1..6),
            repeated in 1..40usize,
            at: prop::sample::Index,
            byte: u8,
        ) {
            let messages: Vec<Vec<u8>> = messages.iter().map(|message| message.repeat(repeated)).collect();
            let part = |(trace, message): (u128, &Vec<u8>)| Part::of(trace, message.clone());
            let parts: Vec<Part> = (1..).zip(&messages).map(part).collect();
            let packed = || CompressedRequest::by_trace(7, &parts);
            prop_assert_eq!(CompressedRequest::kind_of(packed().kind()), Some((Signal::Traces, Packing::ByTrace)));
            prop_assert_eq!(packed().plain_bytes() as usize, messages.concat().len());
            prop_assert_eq!(packed().unpack().unwrap(), messages.concat());
            // Other bytes are an error, or unpacked to no more than was announced.
            let mut damaged = packed();
            let at = at.index(damaged.bytes.len());
            damaged.bytes[at] = byte;
            let announced = damaged.plain as usize;
            if let Ok(request) = damaged.unpack() {
                prop_assert!(request.len() <= announced);
            }
        }
    }
}
