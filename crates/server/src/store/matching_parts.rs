//! Reads the parts with a span of certain operations in a time range, by trace, without duplicate spans.

use super::block::FoundPart;
use super::large::Spans;
use super::located::LocatedTrace;
use super::operation_set::OperationSet;
use super::part::OperationKey;
use super::{Store, StoreError};

/// Number of parts in memory at a time, 48 bytes each.
const GROUP: u64 = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    trace: u128,
    segment: u32,
    row: u32,
    spans: u32,
    first_start: u64,
}

impl Store {
    /// Calls `each` with every trace that has a part with a span that may start between two times (nanoseconds since
    /// the Unix epoch) and an operation that `wanted` accepts; only those parts are passed. `check` is called for
    /// each trace; its error ends the iteration. Blocks.
    pub fn each_with_operation<E: From<StoreError>>(
        &self,
        between: (u64, u64),
        wanted: impl Fn(&OperationKey) -> bool,
        check: impl Fn() -> Result<(), E>,
        mut each: impl FnMut(&dyn Spans) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_located_with_operation(between, wanted, check, |located| match self.spans(located)? {
            Some(spans) => each(&*spans),
            None => Ok(()),
        })
    }

    /// [`Store::each_with_operation`] without reading the parts.
    pub fn each_located_with_operation<E: From<StoreError>>(
        &self,
        (from, to): (u64, u64),
        wanted: impl Fn(&OperationKey) -> bool,
        check: impl Fn() -> Result<(), E>,
        mut each: impl FnMut(LocatedTrace) -> Result<(), E>,
    ) -> Result<(), E> {
        let view = self.view();
        let mut operations = Vec::with_capacity(view.len());
        let mut parts = 0;
        for index in &view {
            let mut numbers = OperationSet::default();
            index.each_operation(|number, operation| {
                if wanted(operation) {
                    numbers.insert(number);
                }
            })?;
            parts += if numbers.is_empty() { 0 } else { index.parts_between(from, to) };
            operations.push(numbers);
        }
        let groups = parts.div_ceil(GROUP).max(1);
        for group in 0..groups {
            let mut hits = Vec::new();
            for (at, (index, operations)) in view.iter().zip(&operations).enumerate() {
                if operations.is_empty() {
                    continue;
                }
                check()?;
                index.each_block(from, to, |block| {
                    let within = block.parts().filter(|part| {
                        part.extent.overlaps(from, to)
                            && operations.has_any_of(part.operations)
                            && (groups == 1 || group_of(part.trace, groups) == group)
                    });
                    hits.extend(within.map(|part| Hit {
                        trace: part.trace,
                        segment: at as u32,
                        row: part.row,
                        spans: part.extent.spans,
                        first_start: part.extent.first_start,
                    }));
                    Ok(())
                })?;
            }
            hits.sort_unstable();
            for hits in hits.chunk_by(|left, right| left.trace == right.trace) {
                check()?;
                let mut located = LocatedTrace::new(hits[0].trace);
                for Hit { segment, row, spans, first_start, .. } in hits {
                    let part = FoundPart { row: *row, spans: *spans, first_start: *first_start };
                    located.add(&view[*segment as usize].segment, part);
                }
                each(located)?;
            }
        }
        Ok(())
    }
}

/// The group of a trace. Hashes both halves, because senders choose ids and often use only one half.
fn group_of(trace: u128, groups: u64) -> u64 {
    let folded = (trace as u64) ^ (trace >> 64) as u64;
    let mixed = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((u128::from(mixed) * u128::from(groups)) >> 64) as u64
}
