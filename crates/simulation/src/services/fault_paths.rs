//! What the faults of inventory and of order do beside the normal work.

use super::call::Propagate;
use super::inventory::ONE_ROW;
use crate::faults::Fault;
use crate::problem::Problem;
use crate::recorder::{Cx, Run, attribute, int};
use crate::statements::{COUNT_RESERVED, HELD};

/// Rows of a loop with a query for each.
const ROWS: usize = 20;
/// Statements at once where the pool is exhausted, and connections of the pool.
const STATEMENTS: usize = 12;
const CONNECTIONS: usize = 3;
/// Spans of a fan-out.
const FAN_OUT: usize = 5_000;
/// Calls at once where every second one is not sampled.
const CALLS: usize = 8;
/// Memory that is held under memory pressure: blocks of 8 MiB.
const BLOCKS: i64 = 8;
const BLOCK: i64 = 8 << 20;
/// Memory of the process before, bytes.
const RESIDENT: i64 = 48 << 20;

impl Run<'_> {
    /// Faults of inventory.
    pub(super) fn inventory_fault(&mut self, cx: Cx) {
        match self.fault {
            Some(Fault::NPlusOne) => (0..ROWS).for_each(|_| self.statement(cx, &ONE_ROW, 1)),
            Some(Fault::NPlusOneInterleaved) => {
                for _ in 0..ROWS / 2 {
                    self.statement(cx, &ONE_ROW, 1);
                    self.statement(cx, &COUNT_RESERVED, 1);
                }
            }
            Some(Fault::PoolExhausted) => self.exhaust_pool(cx),
            Some(Fault::FanOut) => self.fan_out(cx),
            _ => {}
        }
    }

    /// The span of a statement starts when a connection is free.
    fn exhaust_pool(&mut self, cx: Cx) {
        let mut free_at = [self.now; CONNECTIONS];
        for _ in 0..STATEMENTS {
            if let Some(first) = free_at.iter_mut().min() {
                self.now = *first;
                let held = self.statement_span(cx, &HELD);
                self.work(HELD.distance);
                self.end(held);
                *first = self.now;
            }
        }
        self.now = free_at.into_iter().max().unwrap_or(self.now);
    }

    /// All spans start before the first ends; one takes much longer than the others.
    fn fan_out(&mut self, cx: Cx) {
        let mut shelves = Vec::with_capacity(FAN_OUT);
        for number in 0..FAN_OUT {
            let shelf = self.internal(cx, "check shelf");
            self.set(shelf, "shelf.number", int(number));
            shelves.push(shelf);
            self.wait(0.001);
        }
        self.wait(10.0);
        let mut shelves = shelves.into_iter();
        let longest = shelves.next();
        for shelf in shelves {
            self.end(shelf);
            self.wait(0.001);
        }
        self.wait(120.0);
        if let Some(longest) = longest {
            self.end(longest);
        }
    }

    /// Faults of order.
    ///
    /// # Errors
    /// The problem of inventory.
    pub(super) fn order_fault(&mut self, cx: Cx) -> Result<(), Problem> {
        match self.fault {
            // Five items and no item twice, so that no call repeats another.
            Some(Fault::SequentialCalls) => {
                (0..5).try_for_each(|number| self.product(cx, number, Propagate::All))?;
            }
            Some(Fault::IdenticalCalls) => {
                (0..6).try_for_each(|_| self.product(cx, 0, Propagate::All))?;
            }
            Some(Fault::UnsampledBranch) => {
                let start = self.now;
                let mut end = start;
                for number in 0..CALLS {
                    self.now = start;
                    let propagate = if number % 2 == 1 { Propagate::Unsampled } else { Propagate::All };
                    self.product(cx, number, propagate)?;
                    end = end.max(self.now);
                }
                self.now = end;
            }
            Some(Fault::UnendedSpan) => {
                let checking = self.internal(cx, "check loyalty");
                self.set(checking, "demo.span.unended", true);
                self.work(15.0);
                self.send_unended(checking);
            }
            Some(Fault::MemoryPressure) => self.build_report(cx),
            _ => {}
        }
        Ok(())
    }

    fn build_report(&mut self, cx: Cx) {
        let building = self.internal(cx, "build report");
        for block in 1..=BLOCKS {
            let attributes = vec![
                attribute("allocated.bytes", block * BLOCK),
                attribute("process.memory.usage", RESIDENT + block * BLOCK),
            ];
            self.event(building, "memory allocated", attributes);
            self.work(10.0);
        }
        self.end(building);
    }
}
