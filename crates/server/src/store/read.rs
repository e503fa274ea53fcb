//! Reading: whole traces by id, and searches. A trace is its parts from all segments, each span once.

use super::index::{Candidate, Criteria, Place};
use super::terms::{UNPRINTED, term};
use super::{Store, StoreError};
use crate::ingest::regroup::{EMPTY_SPAN, service_of, walk_span};
use crate::matching::{self, Tag};
use rustc_hash::FxHashSet;
use spandrel_trace::format::{Parts, otlp_proto};

/// A trace as it is stored.
pub struct Stored {
    /// Trace id as a number.
    pub trace: u128,
    /// An OTLP `TracesData` message, resent spans included.
    bytes: Vec<u8>,
}

impl Stored {
    /// Takes bytes that hold one trace.
    pub fn new(trace: u128, bytes: Vec<u8>) -> Self {
        Stored { trace, bytes }
    }

    /// Bytes of all spans, resent ones included.
    pub fn weight(&self) -> usize {
        self.bytes.len()
    }

    /// Hands over each span once, in the order in which they came: a span whose bytes, resource and scope are those
    /// of an earlier one was sent twice.
    pub fn each<'s>(&'s self, mut each: impl FnMut(Parts<'s>)) -> Result<(), StoreError> {
        let mut seen = FxHashSet::default();
        otlp_proto::split(&self.bytes, |parts| {
            if seen.insert((parts.resource, parts.scope, parts.span)) {
                each(parts);
            }
        })
        .map_err(|_| StoreError::Damaged("a blob is not OTLP"))
    }
}

impl Store {
    /// A whole trace; `None` when no span of it is held. Blocks.
    pub fn trace(&self, trace: u128) -> Result<Option<Stored>, StoreError> {
        let places = self.index().places(trace);
        if places.is_empty() {
            return Ok(None);
        }
        Ok(Some(Stored::new(trace, read(&places)?)))
    }

    /// Traces with a span that starts between two times (nanoseconds since the Unix epoch), in no order.
    pub fn between(&self, from: u64, to: u64) -> Vec<u128> {
        self.index().between(from, to)
    }

    /// Traces with one span that fits all criteria and tags, those that start last first. Blocks.
    pub fn search(
        &self,
        mut criteria: Criteria,
        tags: &[Tag],
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        criteria.terms = tags.iter().filter_map(terms_of).collect();
        if tags.iter().any(|tag| tag.key == "error" && tag.value == "true") {
            criteria.failed_or = Some(term(b"error", b"true"));
        }
        let candidates = self.index().candidates(&criteria);
        let mut found = Vec::new();
        for candidate in candidates {
            if found.len() >= limit {
                break;
            }
            if ((candidate.certain && tags.is_empty()) || holds(&candidate, &criteria, tags)?)
                && let Some(stored) = self.trace(candidate.trace)?
            {
                found.push(stored);
            }
        }
        Ok(found)
    }
}

/// Terms of which one must be there if the tag is; `None` when the filter does not know such tags.
fn terms_of(tag: &Tag) -> Option<Vec<u64>> {
    let key = tag.attribute_key()?.as_bytes();
    Some(vec![term(key, tag.value.as_bytes()), term(key, UNPRINTED)])
}

fn read(places: &[Place]) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    for run in places.chunk_by(|left, right| left.segment.number == right.segment.number) {
        let rows: Vec<u32> = run.iter().map(|place| place.row).collect();
        // Messages of one kind one after the other are one message: repeated fields add up.
        match run[0].segment.read(&rows, |blob| bytes.extend_from_slice(&blob)) {
            Err(_) if !run[0].segment.exists() => {} // Deleted for its age since the index was asked.
            other => other?,
        }
    }
    Ok(bytes)
}

fn holds(candidate: &Candidate, criteria: &Criteria, tags: &[Tag]) -> Result<bool, StoreError> {
    let bytes = read(&candidate.parts)?;
    let mut found = false;
    let mut last = Last::default();
    otlp_proto::split(&bytes, |parts| {
        if !found && fits(&parts, criteria, &mut last) {
            found = tags.is_empty() || matching::matches(tags, &parts);
        }
    })
    .map_err(|_| StoreError::Damaged("a blob is not OTLP"))?;
    Ok(found)
}

#[derive(Default)]
struct Last<'a> {
    resource: &'a [u8],
    service: Option<String>,
}

/// Whether service, name and times of a span fit.
fn fits<'a>(parts: &Parts<'a>, criteria: &Criteria, last: &mut Last<'a>) -> bool {
    let Ok(facts) = walk_span(parts.span, |_| Ok(())) else { return false };
    if !criteria.fits_times(facts.start, facts.end) {
        return false;
    }
    let name = if facts.name.is_empty() { EMPTY_SPAN.into() } else { String::from_utf8_lossy(facts.name) };
    if criteria.operation.as_ref().is_some_and(|operation| *operation != name) {
        return false;
    }
    let Some(wanted) = &criteria.service else { return true };
    if last.service.is_none() || last.resource != parts.resource {
        last.resource = parts.resource;
        last.service = Some(service_of(parts.resource).unwrap_or_default());
    }
    last.service.as_ref() == Some(wanted)
}
