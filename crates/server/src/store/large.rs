//! Large traces, read part by part while they are answered. In memory are one part at a time, and a hash of each span, by
//! which spans that were sent twice are dropped.

use super::located::LocatedTrace;
use super::losses::Losses;
use super::read::StoredTrace;
use super::{Store, StoreError};
use rustc_hash::FxHashSet;
use spandrel_trace::format::{SpanParts, otlp_proto};
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt::Display;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Spans, resent ones included, from which on a trace is large.
const LARGE: u64 = 20_000;
/// Bytes of memory that one part takes; few have more.
const PART: usize = 8 << 20;
/// Bytes of memory for each span.
const EACH: usize = 32;

/// The spans of one trace.
pub trait Spans {
    /// Trace id as a number.
    fn trace(&self) -> u128;

    /// Bytes of memory that reading it takes.
    fn weight(&self) -> usize;

    /// A hash of what it is made of: as long as the process runs, equal means the same spans in the same order. `None`
    /// where that is not known.
    fn state(&self) -> Option<u128> {
        None
    }

    /// Hands over each span once, in the order in which they came (see [`StoredTrace::each`]).
    fn each_span(&self, each: &mut dyn FnMut(SpanParts<'_>));

    /// Counts and logs a span that cannot be read (see [`StoredTrace::left_out`]).
    fn left_out(&self, why: &dyn Display);
}

impl Spans for StoredTrace {
    fn trace(&self) -> u128 {
        self.trace
    }

    fn weight(&self) -> usize {
        StoredTrace::weight(self)
    }

    fn each_span(&self, each: &mut dyn FnMut(SpanParts<'_>)) {
        self.each(each);
    }

    fn left_out(&self, why: &dyn Display) {
        StoredTrace::left_out(self, why);
    }
}

/// A trace that was read, with the state of its parts.
struct Small {
    stored: StoredTrace,
    state: u128,
}

impl Spans for Small {
    fn trace(&self) -> u128 {
        self.stored.trace
    }

    fn weight(&self) -> usize {
        self.stored.weight()
    }

    fn state(&self) -> Option<u128> {
        Some(self.state)
    }

    fn each_span(&self, each: &mut dyn FnMut(SpanParts<'_>)) {
        self.stored.each(each);
    }

    fn left_out(&self, why: &dyn Display) {
        self.stored.left_out(why);
    }
}

/// A trace of many spans. Its parts stay where they are.
struct LargeTrace {
    located: LocatedTrace,
    losses: Arc<Losses>,
}

impl Store {
    /// A whole trace for an answer; `None` when no span of it is held or can be read. Blocks, as reading its spans does.
    pub fn spans_of(&self, trace: u128) -> Result<Option<Box<dyn Spans>>, StoreError> {
        self.spans(self.locate(trace)?)
    }

    /// The spans of a located trace for an answer; `None` if none can be read. Blocks, as reading its spans does.
    pub fn spans(&self, located: LocatedTrace) -> Result<Option<Box<dyn Spans>>, StoreError> {
        if located.spans < LARGE {
            let (stored, state) = (self.read(&located)?, located.state());
            return Ok(stored.map(|stored| Box::new(Small { stored, state }) as Box<dyn Spans>));
        }
        let large = LargeTrace { located, losses: self.losses.clone() };
        // Something of it can be read now.
        for part in &large.located.parts {
            if part.read(large.located.trace, &large.losses)?.is_some() {
                return Ok(Some(Box::new(large)));
            }
        }
        Ok(None)
    }
}

impl Spans for LargeTrace {
    fn trace(&self) -> u128 {
        self.located.trace
    }

    fn weight(&self) -> usize {
        let spans = usize::try_from(self.located.spans).unwrap_or(usize::MAX);
        PART.saturating_add(spans.saturating_mul(EACH))
    }

    fn state(&self) -> Option<u128> {
        Some(self.located.state())
    }

    fn each_span(&self, each: &mut dyn FnMut(SpanParts<'_>)) {
        let (trace, mut seen) = (self.located.trace, SpanDeduplicator::default());
        for part in &self.located.parts {
            let blob = match part.read(trace, &self.losses) {
                Ok(Some(blob)) => blob,
                Ok(None) => continue,
                // The answer has started: it goes on without this part, which is counted.
                Err(error) => {
                    self.losses.blob(trace, &error);
                    continue;
                }
            };
            seen.next_blob();
            let split = otlp_proto::split(&blob, |parts| {
                if seen.is_new(&parts) {
                    each(parts);
                }
            });
            if let Err(error) = split {
                self.losses.blob(trace, &error);
            }
        }
    }

    fn left_out(&self, why: &dyn Display) {
        self.losses.span(self.located.trace, why);
    }
}

/// The spans that were handed over, as hashes of 128 bits with random keys: two spans that differ have the same
/// one by a chance that does not matter.
#[derive(Default)]
struct SpanDeduplicator {
    keys: [RandomState; 2],
    spans: FxHashSet<u128>,
    /// Numbers of resources and scopes, equal where their bytes are.
    heads: HashMap<Box<[u8]>, usize>,
    /// Where the last of each lies in the blob that is read, its length and its number.
    last: [Option<(usize, usize, usize)>; 2],
}

impl SpanDeduplicator {
    /// What was at an address before is there no more.
    fn next_blob(&mut self) {
        self.last = [None; 2];
    }

    fn is_new(&mut self, parts: &SpanParts) -> bool {
        let key = (self.head(0, parts.resource), self.head(1, parts.scope), parts.span);
        let [high, low] = [&self.keys[0], &self.keys[1]].map(|keys| u128::from(keys.hash_one(key)));
        self.spans.insert(high << 64 | low)
    }

    /// The spans of one message share its resource, which is compared once.
    fn head(&mut self, which: usize, bytes: &[u8]) -> usize {
        let place = (bytes.as_ptr() as usize, bytes.len());
        if let Some((start, length, number)) = self.last[which]
            && (start, length) == place
        {
            return number;
        }
        let next = self.heads.len();
        let number = match self.heads.get(bytes) {
            Some(number) => *number,
            None => *self.heads.entry(bytes.into()).or_insert(next),
        };
        self.last[which] = Some((place.0, place.1, number));
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Limits, Part};
    use crate::wire::put_bytes;

    fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put_bytes(&mut out, number, bytes);
        out
    }

    /// A message of one resource with a name, and its spans.
    fn message(name: &str, spans: std::ops::Range<u32>) -> Vec<u8> {
        let spans: Vec<u8> = spans.flat_map(|id| field(2, &field(2, &id.to_be_bytes()))).collect();
        let scope = [field(1, &field(1, b"scope")), spans].concat();
        field(1, &[field(1, &field(9, name.as_bytes())), field(2, &scope)].concat())
    }

    fn read(spans: &dyn Spans) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut read = Vec::new();
        spans.each_span(&mut |parts| read.push((parts.resource.to_vec(), parts.span.to_vec())));
        read
    }

    #[tokio::test]
    async fn a_large_trace_is_read_as_a_small_one_is() {
        let directory = tempfile::tempdir().unwrap();
        let store =
            Store::open(directory.path(), Limits { segment_bytes: 20_000, ..Limits::default() }).unwrap();
        for start in (0..30_000).step_by(1000) {
            // A part that overlaps the one before, and one of another resource.
            for (name, spans) in [("one", start..start + 1500), ("two", start..start + 500)] {
                let count = spans.len();
                let mut part = Part::of(7, message(name, spans));
                part.add_operation("service", "x", 1);
                (0..count).for_each(|_| part.add_span(1, 2, false));
                store.append(vec![part]).await.unwrap();
            }
        }
        let whole = store.trace(7).unwrap().unwrap();
        let large = store.spans_of(7).unwrap().unwrap();
        assert!(large.weight() < 12 << 20 && large.trace() == 7);
        let expected = read(&whole);
        assert_eq!(expected.len(), 30_500 + 15_000);
        assert!(read(&*large) == expected, "the same spans in the same order, each once");
        assert!(store.spans_of(8).unwrap().is_none());
    }
}
