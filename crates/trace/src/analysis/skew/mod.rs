//! Estimates the clock offsets between services from their calls.
//!
//! A request is received after it is sent, and the response is sent before it is received. So for the offset of a
//! server's clock, by which it is ahead of the client's,
//!
//! * the offset is at most `server start - client start`: always, also for messages; and
//! * at least `server end - client end`: where the client waited for the answer. One that failed may not have, nor one whose
//!   server took longer than itself.
//!
//! The bounds of all calls between two services are combined. If 0 is within the bounds, the clocks are assumed to be
//! equal. Otherwise the estimate is the middle of both bounds (symmetric latency, as NTP and Jaeger assume), or the
//! bound closest to 0 if there is only one. Bounds of responses that contradict those of requests are ignored.
//!
//! Offsets add up along calls, starting from the service of the first root, whose clock is the reference. Times only
//! change if a [`Correction`] is applied.

mod bounds;
mod correct;
#[cfg(test)]
mod tests;

pub use correct::{Correction, corrected};

use crate::model::{Outline, SpanIx, StrIx};
use bounds::Bounds;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Smaller contradictions to equal clocks may come from the clocks' resolution, which is often a millisecond.
pub const TOLERANCE: u64 = 1_000_000;

/// A service whose clock differs from that of a service that it communicates with. Times are in nanoseconds; positive
/// offsets mean that the service's clock is ahead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockOffset {
    /// The service.
    pub service: String,
    /// The service whose clock it is compared with, usually its caller.
    pub reference: String,
    /// The estimated offset from the reference.
    pub offset: i64,
    /// Lower bound of the offset; `None` if the calls set none.
    pub least: Option<i64>,
    /// Upper bound of the offset; `None` if the calls set none.
    pub most: Option<i64>,
    /// Number of calls between the two.
    pub calls: u32,
    /// The received span that contradicts equal clocks most.
    pub span: SpanIx,
}

/// The clock offsets of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// Services whose offset from the reference exceeds the tolerance, in order of appearance.
    pub offsets: Vec<ClockOffset>,
    /// The estimated offset of each service from the reference clock, by index of its name. Other services have no
    /// offset.
    pub by_service: FxHashMap<StrIx, i64>,
}

/// Estimates the clock offsets of a trace. Contradictions to equal clocks below `tolerance` are ignored. Linear in
/// spans.
#[inline(never)]
pub fn clocks(outline: &Outline, tolerance: u64) -> Clocks {
    let pairs = bounds::pairs(outline);
    let mut known: FxHashMap<StrIx, i128> = FxHashMap::default();
    let mut clocks = Clocks::default();
    let mut root: SpanIx = 0;
    while (root as usize) < outline.len() {
        // A service without calls from the preceding ones has a reference clock of its own.
        let first = outline.service[root as usize];
        if !known.contains_key(&first) {
            known.insert(first, 0);
            let mut reached = vec![first];
            let mut next = 0;
            while let Some(reference) = reached.get(next).copied() {
                next += 1;
                let base = known.get(&reference).copied().unwrap_or_default();
                for (service, bounds) in pairs.of(reference) {
                    if known.contains_key(&service) {
                        continue;
                    }
                    reached.push(service);
                    let offset = bounds.offset(tolerance).unwrap_or_default();
                    known.insert(service, base + offset);
                    if offset != 0 {
                        clocks.offsets.push(found(outline, service, reference, offset, &bounds));
                    }
                }
            }
        }
        root = outline.subtree_end[root as usize];
    }
    let whole = known.into_iter().filter(|(_, offset)| *offset != 0);
    clocks.by_service = whole.map(|(service, offset)| (service, narrow(offset))).collect();
    clocks
}

fn found(outline: &Outline, service: StrIx, reference: StrIx, offset: i128, bounds: &Bounds) -> ClockOffset {
    let (least, most) = bounds.narrowed();
    ClockOffset {
        service: outline.strings.get(service).to_owned(),
        reference: outline.strings.get(reference).to_owned(),
        offset: narrow(offset),
        least: least.map(narrow),
        most: most.map(narrow),
        calls: bounds.calls,
        span: bounds.example(offset),
    }
}

/// Saturates; times of an undamaged trace differ by less than 292 years.
fn narrow(time: i128) -> i64 {
    time.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}
