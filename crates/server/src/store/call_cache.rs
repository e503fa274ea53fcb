//! The calls of each block of the index, counted once and kept, for blocks do not change: those of traces of which no
//! earlier block has a part.

use super::StoreError;
use super::block::{BlockId, PartView, StartRange};
use super::call_merge::CallMerge;
use super::call_totals::{CallTotals, ServiceNumbers};
use super::entry_cache::EntryCache;
use super::index::{SegmentIndex, View};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The calls of one block.
pub struct BlockCalls {
    /// Those of traces that are not in `apart`.
    pub totals: CallTotals,
    /// Traces (ascending) that earlier blocks may have parts of, that are large, or whose spans have to be read.
    pub apart: Vec<u128>,
    /// Short hashes of all traces, ascending.
    hashes: Vec<u32>,
    /// Numbers of the segments that had earlier blocks, ascending.
    segments: Vec<u64>,
}

/// Calls of single traces by [`LocatedTrace::state`](super::LocatedTrace::state).
pub type TraceCalls = FxHashMap<u128, Arc<CallTotals>>;

/// Bytes of the encoded calls of a trace above which they are put together once and kept, instead of for each query.
const LARGE: usize = 64 << 10;

/// Whether the calls of a trace are that large, given the bytes of those of its parts.
pub fn is_large(parts: impl Iterator<Item = usize>) -> bool {
    parts.sum::<usize>() > LARGE
}

/// Traces by their short hashes, ascending.
pub struct HashedTraces<'t> {
    traces: &'t [u128],
    hashes: Vec<(u32, usize)>,
}

impl<'t> HashedTraces<'t> {
    /// Of traces in ascending order.
    pub fn new(traces: &'t [u128]) -> Self {
        let mut hashes: Vec<(u32, usize)> =
            traces.iter().enumerate().map(|(at, trace)| (hash_of(*trace), at)).collect();
        hashes.sort_unstable();
        HashedTraces { traces, hashes }
    }
}

/// What is kept of the blocks of the index.
#[derive(Default)]
pub struct CallCache {
    /// Numbers of services in all totals.
    pub services: ServiceNumbers,
    blocks: Mutex<FxHashMap<BlockId, Arc<BlockCalls>>>,
    /// Those of large traces, and of traces whose spans were read, of the last query.
    pub traces: Mutex<Arc<TraceCalls>>,
    /// Entry spans of services that were measured.
    pub entries: EntryCache,
}

impl CallCache {
    /// What is kept of these blocks; forgets all others.
    fn retain(&self, blocks: &[BlockLocation]) -> FxHashMap<BlockId, Arc<BlockCalls>> {
        let mut kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let retained = blocks.iter().filter_map(|block| Some((block.id, kept.remove(&block.id)?)));
        *kept = retained.collect();
        kept.clone()
    }

    /// Number of blocks that are kept.
    #[cfg(test)]
    pub fn kept_blocks(&self) -> usize {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn put(&self, block: BlockId, calls: Arc<BlockCalls>) {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).insert(block, calls);
    }
}

impl BlockCalls {
    /// Those of some traces that the block has, ascending, and perhaps a few others.
    pub fn among(&self, traces: &HashedTraces<'_>) -> Vec<u128> {
        let mut found = vec![false; traces.traces.len()];
        find_hashes(&traces.hashes, &self.hashes, &mut found);
        traces.traces.iter().zip(found).filter(|(_, found)| *found).map(|(trace, _)| *trace).collect()
    }

    /// Whether earlier blocks have parts of no other traces than before. A segment that could not be read for a while
    /// may come back.
    fn is_valid(&self, earlier: &[Arc<SegmentIndex>]) -> bool {
        earlier.iter().all(|index| self.segments.binary_search(&index.segment.number).is_ok())
    }
}

/// A block of a view.
pub struct BlockLocation {
    id: BlockId,
    /// Index of its segment in the view.
    pub segment: usize,
    /// Index of the block in the segment.
    pub at: usize,
    /// When its spans start.
    pub range: StartRange,
}

impl BlockLocation {
    /// Whether all its spans start between two times, inclusive.
    pub fn is_within(&self, (from, to): (u64, u64)) -> bool {
        self.range.first_start >= from && self.range.last_start <= to
    }
}

/// The blocks of a view, in the order of arrival.
pub fn blocks(view: &View) -> Vec<BlockLocation> {
    let mut blocks = Vec::new();
    for (segment, index) in view.iter().enumerate() {
        let all = index.block_ids().into_iter().zip(index.ranges()).enumerate();
        blocks.extend(all.map(|(at, (id, range))| BlockLocation { id, segment, at, range }));
    }
    blocks
}

impl CallCache {
    /// The calls of each block: those that are kept, and new ones.
    pub fn of_blocks<E: From<StoreError>>(
        &self,
        view: &View,
        blocks: &[BlockLocation],
        merge: &mut CallMerge,
        check: &impl Fn() -> Result<(), E>,
    ) -> Result<Vec<Arc<BlockCalls>>, E> {
        let mut known = self.retain(blocks);
        let mut counted = Vec::with_capacity(blocks.len());
        for block in blocks {
            let calls = known.remove(&block.id).filter(|calls| calls.is_valid(&view[..block.segment]));
            let calls = match calls {
                Some(calls) => calls,
                None => {
                    check()?;
                    let calls = Arc::new(count_block(view, block, &counted, merge)?);
                    self.put(block.id, calls.clone());
                    calls
                }
            };
            counted.push(calls);
        }
        Ok(counted)
    }
}

/// Counts the calls of a block, given those of all earlier ones.
fn count_block(
    view: &View,
    block: &BlockLocation,
    earlier: &[Arc<BlockCalls>],
    merge: &mut CallMerge,
) -> Result<BlockCalls, StoreError> {
    let (mut totals, mut apart, mut hashes) = (CallTotals::default(), Vec::new(), Vec::new());
    view[block.segment].with_block(block.at, &mut |content| {
        let mut traces = Vec::new();
        content.each_trace(|parts| traces.push((hash_of(parts[0].trace), traces.len())));
        traces.sort_unstable();
        let mut is_earlier = vec![false; traces.len()];
        earlier.iter().for_each(|earlier| find_hashes(&traces, &earlier.hashes, &mut is_earlier));
        let mut is_earlier = is_earlier.into_iter();
        content.each_trace(|parts| {
            let is_earlier = is_earlier.next().unwrap_or(true);
            let is_apart = is_earlier || is_large(parts.iter().map(|part| part.calls.len()));
            if is_apart || !merge.merge(encoded(block.segment, parts), &mut totals) {
                apart.push(parts[0].trace);
            }
        });
        hashes.extend(traces.into_iter().map(|(hash, _)| hash));
        Ok(())
    })?;
    // A block that has to be made from its segment may be several.
    hashes.sort_unstable();
    apart.sort_unstable();
    let segments = view[..block.segment].iter().map(|index| index.segment.number).collect();
    Ok(BlockCalls { totals, apart, hashes, segments })
}

/// A short hash of a trace. Traces that share one with an earlier one are put together by themselves, which costs time.
fn hash_of(trace: u128) -> u32 {
    let folded = (trace as u64) ^ (trace >> 64) as u64;
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// Marks the traces (ascending by their hashes) whose hashes are among others (ascending).
fn find_hashes(traces: &[(u32, usize)], hashes: &[u32], found: &mut [bool]) {
    // Few are searched for, many compared.
    if traces.len() * 16 < hashes.len() {
        let is_there = |(hash, _): &&(u32, usize)| hashes.binary_search(hash).is_ok();
        traces.iter().filter(is_there).for_each(|(_, at)| found[*at] = true);
        return;
    }
    let mut rest = hashes.iter().peekable();
    for (hash, at) in traces {
        while rest.next_if(|other| *other < hash).is_some() {}
        found[*at] |= rest.peek() == Some(&hash);
    }
}

/// The encoded calls of parts of one segment.
pub fn encoded<'b>(
    segment: usize,
    parts: &'b [PartView<'b>],
) -> impl ExactSizeIterator<Item = (u32, &'b [u8])> {
    parts.iter().map(move |part| (segment as u32, part.calls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::calls::{CallSpan, Calls};
    use crate::store::entry::Summary;
    use crate::store::load::Contents;
    use crate::store::part::{Extent, OperationKey};
    use crate::store::segment::Segment;

    /// A segment in which each trace has one span without a parent.
    fn index(number: u64, traces: &[u128]) -> Arc<SegmentIndex> {
        let (mut contents, mut calls) = (Contents::default(), Vec::new());
        contents.operations.push(OperationKey { service: "service".into(), name: "x".into(), kind: 2 });
        let span = CallSpan { id: number, parent: 0, service: 0, kind: 2, failed: false };
        Calls::of(&[span], &[0], false).unwrap().write(&mut calls, |operation| operation);
        let extent = Extent {
            first_start: 1,
            last_start: 1,
            last_end: 2,
            shortest: 1,
            longest: 1,
            spans: 1,
            errors: 0,
        };
        for (row, trace) in (1..).zip(traces) {
            let summary = Summary { extent: &extent, operations: &[0], calls: &calls, filter: &[] };
            contents.blocks.push(*trace, row, summary);
        }
        Arc::new(SegmentIndex::loaded(Arc::new(Segment::new("".as_ref(), number)), contents))
    }

    /// Requests that are counted of each block, and its traces that are not.
    fn counted(cache: &CallCache, view: &View) -> Vec<(u64, Vec<u128>)> {
        let mut merge = CallMerge::new(view, &cache.services).unwrap();
        let counted = cache.of_blocks::<StoreError>(view, &blocks(view), &mut merge, &|| Ok(()));
        let of_block = |calls: &Arc<BlockCalls>| {
            let requests = calls.totals.requests.values().map(|(requests, _)| requests).sum();
            (requests, calls.apart.clone())
        };
        counted.unwrap().iter().map(of_block).collect()
    }

    #[test]
    fn a_block_is_counted_again_where_an_earlier_segment_comes_back() {
        let cache = CallCache::default();
        let (first, second, third) = (index(1, &[7, 8]), index(2, &[8, 9, 10]), index(3, &[10, 11]));
        let without = [(3, vec![]), (1, vec![10])];
        assert_eq!(counted(&cache, &vec![second.clone(), third.clone()]), without);
        let all = vec![first.clone(), second.clone(), third.clone()];
        let with = [(2, vec![]), (2, vec![8]), (1, vec![10])];
        assert_eq!(counted(&cache, &all), with);
        assert_eq!(counted(&cache, &all), with, "what was kept");
        // A segment that was deleted: what was counted stays, and the trace is put together from what is left.
        assert_eq!(counted(&cache, &vec![second, third]), with[1..]);
    }
}
