//! Counts the calls in the traces of a time range from what the index has of each part.
//!
//! Most are those that are kept of each block (see `call_cache`). Traces of which several blocks have parts are put
//! together one by one, as are the traces of blocks that are only partly in the time range. Spans are read only where
//! calls do not suffice. Calls of large traces, and of traces whose spans are read, are kept for the next query.

use super::block::PartView;
use super::call_cache::{BlockCalls, BlockLocation, HashedTraces, TraceCalls, blocks, encoded, is_large};
use super::call_merge::CallMerge;
use super::call_totals::{CallTotals, ServiceNumbers};
use super::index::View;
use super::located::{LocatedTrace, locate};
use super::{Store, StoreError};
use std::sync::{Arc, PoisonError};

/// Number of traces that are put together at a time.
const TRACES: usize = 16 << 10;
/// Maximum number of traces whose calls are kept.
const MAX_KEPT_TRACES: usize = 16 << 10;

impl Store {
    /// Numbers of services in [`Store::count_calls`].
    pub fn service_numbers(&self) -> &ServiceNumbers {
        &self.calls.services
    }

    /// Counts the calls and requests in traces with a span that starts between two times, nanoseconds since the Unix
    /// epoch. `check` is called now and then; its error ends the count. Blocks.
    pub fn count_calls<E: From<StoreError>>(
        &self,
        window: (u64, u64),
        check: impl Fn() -> Result<(), E>,
    ) -> Result<CallTotals, E> {
        let view = self.view();
        let blocks = blocks(&view);
        let mut merge = CallMerge::new(&view, &self.calls.services)?;
        let counted = self.calls.of_blocks(&view, &blocks, &mut merge, &check)?;
        let mut apart: Vec<u128> = counted.iter().flat_map(|calls| calls.apart.iter().copied()).collect();
        apart.sort_unstable();
        apart.dedup();
        let view = &view;
        let mut counting =
            Counting { store: self, view, blocks: &blocks, counted: &counted, window, merge, check };
        let mut totals = counting.within_blocks(&apart)?;
        counting.apart(&apart, &mut totals)?;
        Ok(totals)
    }
}

/// One count.
struct Counting<'v, C> {
    store: &'v Store,
    view: &'v View,
    blocks: &'v [BlockLocation],
    counted: &'v [Arc<BlockCalls>],
    window: (u64, u64),
    merge: CallMerge,
    check: C,
}

impl<C> Counting<'_, C> {
    /// Counts the calls of the traces of each block, also of those of which a later block has parts.
    fn within_blocks<E: From<StoreError>>(&mut self, apart: &[u128]) -> Result<CallTotals, E>
    where
        C: Fn() -> Result<(), E>,
    {
        let (from, to) = self.window;
        let mut totals = CallTotals::default();
        for (location, calls) in self.blocks.iter().zip(self.counted) {
            if location.is_within(self.window) {
                totals.add(&calls.totals);
            } else if location.range.overlaps(from, to) {
                (self.check)()?;
                self.view[location.segment].with_block(location.at, &mut |block| {
                    block.each_trace(|parts| {
                        let is_within = parts.iter().any(|part| part.extent.overlaps(from, to));
                        if is_within && apart.binary_search(&parts[0].trace).is_err() {
                            self.merge.merge(encoded(location.segment, parts), &mut totals);
                        }
                    });
                    Ok(())
                })?;
            }
        }
        Ok(totals)
    }

    /// Puts traces (ascending) together one by one, and takes back what was counted of them.
    fn apart<E: From<StoreError>>(&mut self, apart: &[u128], totals: &mut CallTotals) -> Result<(), E>
    where
        C: Fn() -> Result<(), E>,
    {
        let (from, to) = self.window;
        let cache = &self.store.calls;
        let known = cache.traces.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut kept, mut excess) = (TraceCalls::default(), CallTotals::default());
        for traces in apart.chunks(TRACES) {
            let hashed = HashedTraces::new(traces);
            let mut gathered = Gathered { from, to, parts: Vec::new(), bytes: Vec::new() };
            for (location, calls) in self.blocks.iter().zip(self.counted) {
                (self.check)()?;
                let (segment, is_counted) = (location.segment, location.is_within(self.window));
                self.view[segment].each_trace_of(location.at, &calls.among(&hashed), &mut |parts| {
                    gathered.add(segment, parts);
                    if is_counted && calls.apart.binary_search(&parts[0].trace).is_err() {
                        self.merge.merge(encoded(segment, parts), &mut excess);
                    }
                })?;
            }
            // Stable, so parts of a trace stay in the order of arrival.
            gathered.parts.sort_by_key(|part| part.trace);
            for parts in gathered.parts.chunk_by(|left, right| left.trace == right.trace) {
                let encoded = parts.iter().map(|part| (part.segment, &gathered.bytes[part.start..part.end]));
                let is_large = is_large(parts.iter().map(|part| part.end - part.start));
                let is_within = parts.iter().any(|part| part.within);
                if !is_within || (!is_large && self.merge.merge(encoded.clone(), totals)) {
                    continue;
                }
                (self.check)()?;
                for located in locate(self.view, &[parts[0].trace], || Ok(()))? {
                    let state = located.state();
                    let calls = match known.get(&state) {
                        Some(calls) => calls.clone(),
                        None => {
                            let mut calls = CallTotals::default();
                            if !is_large || !self.merge.merge(encoded.clone(), &mut calls) {
                                calls = self.read(located)?;
                            }
                            Arc::new(calls)
                        }
                    };
                    totals.add(&calls);
                    if kept.len() < MAX_KEPT_TRACES {
                        kept.insert(state, calls);
                    }
                }
            }
        }
        totals.subtract(&excess);
        *cache.traces.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(kept);
        Ok(())
    }

    fn read(&self, located: LocatedTrace) -> Result<CallTotals, StoreError> {
        let mut calls = CallTotals::default();
        if let Some(spans) = self.store.spans(located)? {
            calls.read(&*spans, &self.store.calls.services);
        }
        Ok(calls)
    }
}

/// Parts of some traces, and their encoded calls one after the other.
struct Gathered {
    from: u64,
    to: u64,
    parts: Vec<GatheredPart>,
    bytes: Vec<u8>,
}

struct GatheredPart {
    trace: u128,
    segment: u32,
    start: usize,
    end: usize,
    /// Whether a span of it may start in the time range.
    within: bool,
}

impl Gathered {
    fn add(&mut self, segment: usize, parts: &[PartView]) {
        for PartView { trace, extent, calls, .. } in parts {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(calls);
            let (end, within) = (self.bytes.len(), extent.overlaps(self.from, self.to));
            self.parts.push(GatheredPart { trace: *trace, segment: segment as u32, start, end, within });
        }
    }
}
