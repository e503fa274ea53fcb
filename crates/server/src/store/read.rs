//! Reading: whole traces by id, and searches. A trace is its parts from all segments, each span once.

use super::candidates::{Candidate, Candidates};
use super::criteria::Criteria;
use super::located::{LocatedTrace, PartLocation, locate};
use super::losses::Losses;
use super::{Store, StoreError};
use crate::facts::{EMPTY_SPAN, ServiceNames, facts_of};
use spandrel_trace::format::{SpanParts, otlp_proto};
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::sync::Arc;

/// What a search asks of one span, beside its criteria.
pub trait SpanTest: Send + Sync {
    /// Whether every span passes.
    fn accepts_all(&self) -> bool;

    /// Adds what the index can decide. A span that passes is never excluded.
    fn constrain(&self, criteria: &mut Criteria);

    /// Decides whether a span passes.
    fn tester(&self) -> Box<dyn FnMut(&SpanParts) -> bool + '_>;
}

/// A trace as it is stored.
pub struct StoredTrace {
    /// Trace id as a number.
    pub trace: u128,
    /// OTLP `TracesData` messages, resent spans included.
    blobs: Vec<Vec<u8>>,
    losses: Arc<Losses>,
}

impl StoredTrace {
    /// Takes a `TracesData` message that holds one trace.
    pub fn new(trace: u128, bytes: Vec<u8>) -> Self {
        StoredTrace { trace, blobs: vec![bytes], losses: Arc::default() }
    }

    /// Bytes of all spans, resent ones included.
    pub fn weight(&self) -> usize {
        self.blobs.iter().map(Vec::len).sum()
    }

    /// Whether one of its spans fits all criteria and passes the test.
    pub fn has_a_span(&self, criteria: &Criteria, test: &dyn SpanTest) -> bool {
        let (mut passes, mut names, mut found) = (test.tester(), ServiceNames::default(), false);
        self.each(|parts| found = found || (fits(&parts, criteria, &mut names) && passes(&parts)));
        found
    }

    /// Counts and logs a span (or its resource or scope) that cannot be read. The caller answers without it: nothing
    /// that is stored may fail an answer.
    pub fn left_out(&self, why: &dyn Display) {
        self.losses.span(self.trace, why);
    }

    /// Hands over each span once, in the order in which they came: a span whose bytes, resource and scope are those
    /// of an earlier one was sent twice. What follows damaged bytes within a blob is left out.
    pub fn each<'s>(&'s self, mut each: impl FnMut(SpanParts<'s>)) {
        let mut seen = HashSet::new();
        let mut heads = Heads::default();
        for blob in &self.blobs {
            let split = otlp_proto::split(blob, |parts| {
                let heads = (heads.resource(parts.resource), heads.scope(parts.scope));
                if seen.insert((heads, parts.span)) {
                    each(parts);
                }
            });
            if let Err(error) = split {
                self.losses.blob(self.trace, &error);
            }
        }
    }
}

/// Numbers for the resources and scopes of a trace, equal where their bytes are. Spans of one message share its
/// resource, whose bytes may be many: they are hashed once, not for every span.
#[derive(Default)]
struct Heads<'a> {
    numbers: HashMap<&'a [u8], usize>,
    resource: Option<(&'a [u8], usize)>,
    scope: Option<(&'a [u8], usize)>,
    /// Messages that were hashed.
    hashed: usize,
}

impl<'a> Heads<'a> {
    fn resource(&mut self, bytes: &'a [u8]) -> usize {
        match self.resource {
            Some((last, number)) if std::ptr::eq(last, bytes) => number,
            _ => {
                let number = self.number(bytes);
                self.resource = Some((bytes, number));
                number
            }
        }
    }

    fn scope(&mut self, bytes: &'a [u8]) -> usize {
        match self.scope {
            Some((last, number)) if std::ptr::eq(last, bytes) => number,
            _ => {
                let number = self.number(bytes);
                self.scope = Some((bytes, number));
                number
            }
        }
    }

    fn number(&mut self, bytes: &'a [u8]) -> usize {
        self.hashed += 1;
        let next = self.numbers.len();
        *self.numbers.entry(bytes).or_insert(next)
    }
}

impl Store {
    /// Where the parts of a trace are; without parts if no span of it is held. Blocks.
    pub fn locate(&self, trace: u128) -> Result<LocatedTrace, StoreError> {
        let located = locate(&self.view(), &[trace], || Ok(()))?;
        Ok(located.into_iter().next().unwrap_or_else(|| LocatedTrace::new(trace)))
    }

    /// A whole trace; `None` when no span of it is held or can be read. Blocks.
    pub fn trace(&self, trace: u128) -> Result<Option<StoredTrace>, StoreError> {
        self.read(&self.locate(trace)?)
    }

    /// The spans of a located trace; `None` if none can be read. Blocks.
    pub fn read(&self, located: &LocatedTrace) -> Result<Option<StoredTrace>, StoreError> {
        let LocatedTrace { trace, parts, .. } = located;
        let mut blobs = Vec::with_capacity(parts.len());
        for run in parts.chunk_by(|left, right| left.segment.number == right.segment.number) {
            let rows: Vec<u32> = run.iter().map(|part| part.row).collect();
            let segment = &run[0].segment;
            let read = segment.read(&rows, |blob| match blob {
                Ok(blob) => blobs.push(blob),
                Err(_) if !segment.exists() => {}
                Err(error) => self.losses.blob(*trace, &error),
            });
            match read {
                Err(_) if !segment.exists() => {} // Deleted for its age since the index was asked.
                other => other?,
            }
        }
        let losses = self.losses.clone();
        Ok((!blobs.is_empty()).then_some(StoredTrace { trace: *trace, blobs, losses }))
    }

    /// Traces with a span that starts between two times (nanoseconds since the Unix epoch), in no order. Blocks.
    pub fn between(&self, from: u64, to: u64) -> Result<Vec<u128>, StoreError> {
        let mut found = HashSet::new();
        for index in self.view() {
            index.each_block(from, to, |block| {
                let within = block.parts().filter(|part| part.extent.overlaps(from, to));
                found.extend(within.map(|part| part.trace));
                Ok(())
            })?;
        }
        Ok(found.into_iter().collect())
    }

    /// Traces whose id starts with these hexadecimal digits, an id of 64 bits with its first of 16 digits: at most `most` of
    /// them, in no order. Blocks; looks at the whole index.
    pub fn starting_with(&self, digits: &str, most: usize) -> Result<Vec<u128>, StoreError> {
        let Ok(start) = u128::from_str_radix(digits, 16) else { return Ok(Vec::new()) };
        let starts = |id: u128, length: usize| {
            let rest = length.checked_sub(digits.len());
            rest.is_some_and(|rest| id.checked_shr(4 * rest as u32).unwrap_or(0) == start)
        };
        let fits = |id: u128| starts(id, 32) || id >> 64 == 0 && starts(id, 16);
        let mut found = HashSet::new();
        for index in self.view() {
            index.each_block(0, u64::MAX, |block| {
                let fitting = block.parts().map(|part| part.trace).filter(|trace| fits(*trace));
                found.extend(fitting.take(most.saturating_sub(found.len())));
                Ok(())
            })?;
        }
        Ok(found.into_iter().take(most).collect())
    }

    /// Whether a span of the trace is held. Blocks.
    pub fn contains(&self, trace: u128) -> Result<bool, StoreError> {
        Ok(!self.locate(trace)?.parts.is_empty())
    }

    /// Spans of the trace as the index in memory counts them, resent ones included; `None` where more may be in an index
    /// that is in a file. Does not block.
    pub fn spans_in_memory(&self, trace: u128) -> Option<u64> {
        let (mut spans, mut whole) = (0, true);
        for index in self.view() {
            match index.blocks() {
                Some(blocks) => {
                    blocks
                        .iter()
                        .for_each(|block| block.find(&[trace], |_, part| spans += u64::from(part.spans)));
                }
                None => whole = false,
            }
        }
        // A trace is rarely older than what is in memory of it.
        (whole || spans > 0).then_some(spans)
    }

    /// Traces with one span that fits all criteria and passes the test, those that start last first; `None` for a trace that was
    /// read and does not match, so that a caller can stop between any two. They are those of the index as it is now.
    /// When `stop` answers true before the first is found, that is a failure ([`StoreError::Stopped`]). Blocks.
    pub fn search(
        &self,
        mut criteria: Criteria,
        test: &dyn SpanTest,
        stop: impl Fn() -> bool,
    ) -> impl Iterator<Item = Result<Option<LocatedTrace>, StoreError>> {
        test.constrain(&mut criteria);
        let candidates = Candidates::new(self.view(), criteria.clone(), stop);
        candidates.map(move |candidate| {
            let candidate = candidate?;
            let matches =
                (candidate.certain && test.accepts_all()) || self.holds(&candidate, &criteria, test)?;
            Ok(matches.then_some(candidate.located))
        })
    }

    /// Whether a span in the candidate's parts fits. One part is in memory at a time.
    fn holds(
        &self,
        candidate: &Candidate,
        criteria: &Criteria,
        test: &dyn SpanTest,
    ) -> Result<bool, StoreError> {
        let (trace, mut passes) = (candidate.located.trace, test.tester());
        let (mut found, mut names) = (false, ServiceNames::default());
        for part in &candidate.parts {
            let Some(blob) = part.read(trace, &self.losses)? else { continue };
            let split = otlp_proto::split(&blob, |parts| {
                found = found || (fits(&parts, criteria, &mut names) && passes(&parts));
            });
            if let Err(error) = split {
                self.losses.blob(trace, &error);
            }
            if found {
                break;
            }
        }
        Ok(found)
    }
}

impl PartLocation {
    /// The spans of a part of a trace; `None` if they are damaged or were deleted for their age. Blocks.
    pub(super) fn read(&self, trace: u128, losses: &Losses) -> Result<Option<Vec<u8>>, StoreError> {
        let (segment, mut found) = (&self.segment, None);
        let read = segment.read(&[self.row], |blob| match blob {
            Ok(blob) => found = Some(blob),
            Err(_) if !segment.exists() => {}
            Err(error) => losses.blob(trace, &error),
        });
        match read {
            Err(_) if !segment.exists() => Ok(None),
            read => read.map(|()| found),
        }
    }
}

/// Whether service, name and times of a span fit.
fn fits(parts: &SpanParts, criteria: &Criteria, names: &mut ServiceNames) -> bool {
    let Ok(facts) = facts_of(parts.span) else { return false };
    if !criteria.fits_times(facts.start, facts.end) {
        return false;
    }
    let name = if facts.name.is_empty() { EMPTY_SPAN.into() } else { String::from_utf8_lossy(facts.name) };
    criteria.operation.as_ref().is_none_or(|operation| *operation == name)
        && criteria.service.as_ref().is_none_or(|service| names.name(parts.resource) == service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::put_bytes;

    #[test]
    fn a_resource_is_hashed_once_for_all_its_spans() {
        let field = |number, bytes: &[u8]| {
            let mut out = Vec::new();
            put_bytes(&mut out, number, bytes);
            out
        };
        let spans: Vec<u8> = (0..1000u32).flat_map(|id| field(2, &field(3, &id.to_le_bytes()))).collect();
        let scope = [field(1, &field(1, b"scope")), spans].concat();
        let message = field(1, &[field(1, &field(9, &[7; 1000])), field(2, &scope)].concat());
        let (mut heads, mut numbers) = (Heads::default(), HashSet::new());
        let twice = message.repeat(2);
        otlp_proto::split(&twice, |parts| {
            numbers.insert((heads.resource(parts.resource), heads.scope(parts.scope)));
        })
        .unwrap();
        assert_eq!((heads.hashed, numbers.len()), (4, 1), "two resources and two scopes, equal bytes");
        let mut spans = 0;
        StoredTrace::new(1, twice).each(|_| spans += 1);
        assert_eq!(spans, 1000, "each span once");
    }
}
