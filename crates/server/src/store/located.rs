//! Where the parts of traces are, as the index says.

use super::StoreError;
use super::block::FoundPart;
use super::index::View;
use super::segment::Segment;
use std::cmp::Reverse;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, LazyLock};

/// Location of a part.
#[derive(Clone)]
pub struct PartLocation {
    /// The segment.
    pub segment: Arc<Segment>,
    /// The row.
    pub row: u32,
}

/// Sort key of results: descending start, then id.
pub type Rank = (Reverse<u64>, u128);

/// A trace, or some of its parts, with their locations. Its spans are not read yet.
pub struct LocatedTrace {
    /// Trace id as a number.
    pub trace: u128,
    /// Its parts in the order in which they came.
    pub parts: Vec<PartLocation>,
    /// Number of spans, including duplicates.
    pub spans: u64,
    /// Earliest start of a span, nanoseconds since the Unix epoch.
    pub first_start: u64,
    state: [u64; 2],
}

/// Keys of this process for [`LocatedTrace::state`].
static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);

impl LocatedTrace {
    /// A trace without parts.
    pub fn new(trace: u128) -> Self {
        let state = [0, 1].map(|which| KEYS[which].hash_one(trace));
        LocatedTrace { trace, parts: Vec::new(), spans: 0, first_start: u64::MAX, state }
    }

    /// Adds a part.
    pub fn add(&mut self, segment: &Arc<Segment>, part: FoundPart) {
        let FoundPart { row, spans, first_start } = part;
        for (hash, keys) in self.state.iter_mut().zip(KEYS.iter()) {
            *hash = keys.hash_one((*hash, segment.number, row, spans, first_start));
        }
        self.parts.push(PartLocation { segment: segment.clone(), row });
        self.spans += u64::from(spans);
        self.first_start = self.first_start.min(first_start);
    }

    /// Its place in the results of a search.
    pub fn rank(&self) -> Rank {
        (Reverse(self.first_start), self.trace)
    }

    /// A hash of where its parts are and how many spans each has, for a merged part may take the row of one that it was
    /// made of. Equal only for equal parts as long as this process runs.
    pub fn state(&self) -> u128 {
        u128::from(self.state[0]) << 64 | u128::from(self.state[1])
    }
}

/// Looks up traces (ascending, without duplicates) in all segments; they are returned in the same order, without parts
/// if none is found. `check` is called for each segment; its error ends the lookup. Blocks if an index is in a file.
pub fn locate(
    view: &View,
    traces: &[u128],
    check: impl Fn() -> Result<(), StoreError>,
) -> Result<Vec<LocatedTrace>, StoreError> {
    let mut located: Vec<LocatedTrace> = traces.iter().map(|trace| LocatedTrace::new(*trace)).collect();
    if traces.is_empty() {
        return Ok(located);
    }
    for index in view {
        check()?;
        index.find(traces, |at, part| located[at].add(&index.segment, part))?;
    }
    Ok(located)
}
