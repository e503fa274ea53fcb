//! The parts of all segments grouped by trace, from which the service graph is computed. Traces are processed in
//! groups by a hash of their ids, which bounds the memory.

use super::block::{Block, PartView};
use super::index::View;
use super::{Store, StoreError};

/// Approximate size of calls in memory at a time, in bytes.
const GROUP: u64 = 64 << 20;

/// The calls of a trace.
pub struct TraceCalls<'g> {
    /// Trace id as a number.
    pub trace: u128,
    /// Its parts in the order of arrival: segment (index in the view) and encoded calls.
    pub parts: &'g [GroupedPart],
    /// Whether these are all its parts.
    pub is_whole: bool,
    bytes: &'g [u8],
}

impl<'g> TraceCalls<'g> {
    /// The encoded calls of a part (see `calls`).
    pub fn bytes(&self, part: &GroupedPart) -> &'g [u8] {
        &self.bytes[part.start..part.end]
    }
}

/// A part of a trace.
#[derive(Clone, Copy)]
pub struct GroupedPart {
    trace: u128,
    /// Index of its segment in the view.
    pub segment: u32,
    start: usize,
    end: usize,
    within: bool,
}

/// A snapshot of the index for one time range.
pub struct CallsView {
    view: View,
    from: u64,
    to: u64,
}

impl Store {
    /// Calls of the traces with a span that starts between two times, nanoseconds since the Unix epoch.
    pub fn calls(&self, from: u64, to: u64) -> CallsView {
        CallsView { view: self.view(), from, to }
    }
}

impl CallsView {
    /// Calls `each` with every operation: index of its segment, index in the segment, service. Blocks.
    pub fn each_operation(&self, mut each: impl FnMut(usize, u32, &str)) -> Result<(), StoreError> {
        for (at, index) in self.view.iter().enumerate() {
            index.each_operation(|number, operation| each(at, number, &operation.service))?;
        }
        Ok(())
    }

    /// Number of segments in the view.
    pub fn segments(&self) -> usize {
        self.view.len()
    }

    /// Calls `each` with every trace, once. `check` is called regularly; its error ends the iteration. Blocks.
    pub fn each_trace<E: From<StoreError>>(
        &self,
        check: impl Fn() -> Result<(), E>,
        mut each: impl FnMut(TraceCalls) -> Result<(), E>,
    ) -> Result<(), E> {
        let bytes = self.view.iter().map(|index| {
            index.call_bytes(self.from, self.to)
                + index.parts_between(self.from, self.to) * size_of::<GroupedPart>() as u64
        });
        let groups = bytes.sum::<u64>().div_ceil(GROUP).max(1);
        for group in 0..groups {
            let mut gathered =
                Gathered { from: self.from, to: self.to, parts: Vec::new(), bytes: Vec::new() };
            for (at, index) in self.view.iter().enumerate() {
                let mut stopped = Ok(());
                let read = index.each_block(self.from, self.to, |block| {
                    stopped = check();
                    if stopped.is_err() {
                        return Err(StoreError::Stopped);
                    }
                    gathered.add(at as u32, block, |trace| groups == 1 || group_of(trace, groups) == group);
                    Ok(())
                });
                stopped?;
                read?;
            }
            self.give(gathered, &check, &mut each)?;
        }
        Ok(())
    }

    fn give<E: From<StoreError>>(
        &self,
        mut gathered: Gathered,
        check: &impl Fn() -> Result<(), E>,
        each: &mut impl FnMut(TraceCalls) -> Result<(), E>,
    ) -> Result<(), E> {
        // Stable, so parts of a trace stay in the order of arrival. Blocks are sorted runs.
        gathered.parts.sort_by_key(|part| part.trace);
        let by_trace = |left: &GroupedPart, right: &GroupedPart| left.trace == right.trace;
        let wanted = |parts: &&[GroupedPart]| parts.iter().any(|part| part.within);
        let elsewhere = if self.view.iter().all(|index| index.is_between(self.from, self.to)) {
            Vec::new()
        } else {
            let traces: Vec<u128> =
                gathered.parts.chunk_by(by_trace).filter(wanted).map(|parts| parts[0].trace).collect();
            self.elsewhere(&traces, check)?
        };
        let mut elsewhere = elsewhere.into_iter().peekable();
        for (at, parts) in gathered.parts.chunk_by(by_trace).filter(wanted).enumerate() {
            if at % 1024 == 0 {
                check()?;
            }
            let trace = parts[0].trace;
            let is_whole = elsewhere.next_if_eq(&trace).is_none();
            each(TraceCalls { trace, parts, is_whole, bytes: &gathered.bytes })?;
        }
        Ok(())
    }

    /// The traces (ascending) with parts in blocks outside the time range; ascending.
    fn elsewhere<E: From<StoreError>>(
        &self,
        traces: &[u128],
        check: &impl Fn() -> Result<(), E>,
    ) -> Result<Vec<u128>, E> {
        let mut found = Vec::new();
        for index in self.view.iter().filter(|index| !index.is_between(self.from, self.to)) {
            check()?;
            index.find_outside(self.from, self.to, traces, |at| found.push(traces[at]))?;
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

/// Parts of some traces, and their calls concatenated.
struct Gathered {
    from: u64,
    to: u64,
    parts: Vec<GroupedPart>,
    bytes: Vec<u8>,
}

impl Gathered {
    fn add(&mut self, segment: u32, block: &Block, wanted: impl Fn(u128) -> bool) {
        for PartView { trace, extent, calls, .. } in block.parts_by_trace() {
            if !wanted(trace) {
                continue;
            }
            let start = self.bytes.len();
            self.bytes.extend_from_slice(calls);
            let within = extent.first_start <= self.to && extent.last_start >= self.from;
            let end = self.bytes.len();
            self.parts.push(GroupedPart { trace, segment, start, end, within });
        }
    }
}

/// The group of a trace. Hashes both halves, because senders choose ids and often use only one half.
pub fn group_of(trace: u128, groups: u64) -> u64 {
    let folded = (trace as u64) ^ (trace >> 64) as u64;
    let mixed = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((u128::from(mixed) * u128::from(groups)) >> 64) as u64
}
