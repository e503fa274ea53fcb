//! Reads the parts with a span of certain operations in a time range, by trace, without duplicate spans.

use super::candidates::Place;
use super::grouped::group_of;
use super::part::OperationKey;
use super::read::Stored;
use super::{Store, StoreError};
use std::collections::HashSet;

/// Number of parts in memory at a time, 32 bytes each.
const GROUP: u64 = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    trace: u128,
    segment: u32,
    row: u32,
}

impl Store {
    /// Calls `each` with every trace that has a part with a span that may start between two times (nanoseconds since
    /// the Unix epoch) and an operation that `wanted` accepts; only those parts are passed. `check` is called for
    /// each trace; its error ends the iteration. Blocks.
    pub fn each_with_operation<E: From<StoreError>>(
        &self,
        (from, to): (u64, u64),
        wanted: impl Fn(&OperationKey) -> bool,
        check: impl Fn() -> Result<(), E>,
        mut each: impl FnMut(&Stored) -> Result<(), E>,
    ) -> Result<(), E> {
        let view = self.view();
        let mut operations = Vec::with_capacity(view.len());
        let mut parts = 0;
        for index in &view {
            let mut numbers = HashSet::new();
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
                        part.extent.first_start <= to
                            && part.extent.last_start >= from
                            && part.operations.iter().any(|number| operations.contains(number))
                            && (groups == 1 || group_of(part.trace, groups) == group)
                    });
                    hits.extend(within.map(|part| Hit {
                        trace: part.trace,
                        segment: at as u32,
                        row: part.row,
                    }));
                    Ok(())
                })?;
            }
            hits.sort_unstable();
            for hits in hits.chunk_by(|left, right| left.trace == right.trace) {
                check()?;
                let place =
                    |hit: &Hit| Place { segment: view[hit.segment as usize].segment.clone(), row: hit.row };
                let places: Vec<Place> = hits.iter().map(place).collect();
                each(&self.stored(hits[0].trace, &places)?)?;
            }
        }
        Ok(())
    }
}
