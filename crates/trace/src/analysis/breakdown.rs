//! Splits a span's time into its own work, each service that it waited for, and the network between.
//!
//! The parts add up to the span's duration exactly. Time that no child covers is the span's own; if the span only
//! sends work to another service (a client or a producer), it is time between the services: the network, a queue.
//! Time that several children cover counts once, for the child that ends last, because the span waits for that one.
//! Children are clipped to the span.

use crate::model::{Outline, SpanIx, SpanKind, StrIx};
use rustc_hash::FxHashMap;

/// Time spent in the children of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceShare {
    /// The service, an index in the outline's strings.
    pub service: StrIx,
    /// Time attributed to its children, nanoseconds.
    pub time: u64,
    /// Number of its children, including those without attributed time.
    pub calls: u32,
}

/// The parts of a span's duration, nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// The span's duration: the sum of the parts below.
    pub duration: u64,
    /// Own work.
    pub own: u64,
    /// Between the services: before the other service has received the request, or after it has responded.
    pub between: u64,
    /// Its children by service, most time first.
    pub services: Vec<ServiceShare>,
    /// The longest interval without a running child, from the trace's start; `None` if the span has no children.
    pub gap: Option<(u64, u64)>,
}

/// Breaks down the time of `span` in one pass over its children.
pub fn breakdown(outline: &Outline, span: SpanIx) -> Breakdown {
    let (from, to) = (outline.start[span as usize], outline.end[span as usize]);
    let mut sweep = Sweep { at: from, reach: from, gap: (from, from), ..Sweep::default() };
    let mut elsewhere = false;
    for child in outline.children(span) {
        let service = outline.service[child as usize];
        let start = outline.start[child as usize].clamp(from, to);
        let end = outline.end[child as usize].clamp(from, to);
        // The span does not wait for a message that is received later.
        elsewhere |= service != outline.service[span as usize] && end > start;
        sweep.child(service, start, end);
    }
    sweep.count_until(to);
    sweep.note_gap(to);
    let Sweep { mut shares, gap, .. } = sweep;
    shares.sort_unstable_by_key(|share| (std::cmp::Reverse(share.time), share.service));
    let covered: u64 = shares.iter().map(|share| share.time).sum();
    let uncovered = to - from - covered;
    let hands_over =
        elsewhere && matches!(outline.kind[span as usize], SpanKind::Client | SpanKind::Producer);
    Breakdown {
        duration: to - from,
        own: if hands_over { 0 } else { uncovered },
        between: if hands_over { uncovered } else { 0 },
        gap: (gap.1 > gap.0 && covered > 0).then_some(gap),
        services: shares,
    }
}

/// Processes children in the order of their starts. Among the running children the one that ends last is the one that
/// ends last among all started so far, so no queue is needed.
#[derive(Default)]
struct Sweep {
    /// Time up to which everything is attributed.
    at: u64,
    /// Latest end of the children so far, or the span's start.
    reach: u64,
    /// The share of that child.
    holder: Option<usize>,
    gap: (u64, u64),
    shares: Vec<ServiceShare>,
    known: FxHashMap<StrIx, usize>,
}

impl Sweep {
    fn child(&mut self, service: StrIx, start: u64, end: u64) {
        let next = self.shares.len();
        let share = *self.known.entry(service).or_insert(next);
        if share == next {
            self.shares.push(ServiceShare { service, time: 0, calls: 0 });
        }
        self.shares[share].calls += 1;
        if end > self.reach && end > start {
            self.count_until(start);
            self.note_gap(start);
            self.holder = Some(share);
            self.reach = end;
        }
    }

    fn count_until(&mut self, time: u64) {
        if let Some(share) = self.holder {
            self.shares[share].time += self.reach.min(time).saturating_sub(self.at);
        }
        self.at = self.at.max(time);
    }

    /// Considers the time between the children so far and `time`; of equal gaps the first is kept.
    fn note_gap(&mut self, time: u64) {
        if time.saturating_sub(self.reach) > self.gap.1 - self.gap.0 {
            self.gap = (self.reach, time);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use crate::testing::{COLUMN, trace};
    use proptest::prelude::*;

    /// The breakdown of the first span drawn, in columns: own, between, then each service.
    fn drawn(drawing: &str) -> (u64, u64, Vec<(String, u64, u32)>) {
        let trace = trace(drawing);
        let outline = trace.outline();
        let found = breakdown(outline, 0);
        let services = found
            .services
            .iter()
            .map(|share| (outline.strings.get(share.service).to_owned(), share.time / COLUMN, share.calls))
            .collect();
        (found.own / COLUMN, found.between / COLUMN, services)
    }

    #[test]
    fn the_child_that_ends_last_is_the_one_waited_for() {
        let (own, between, services) = drawn(
            "
            shop: order     [===================]
              stock: get      [=====]
              bank: pay          [=======]
              stock: put                    [=]
            ",
        );
        let expected = [("bank".to_owned(), 8, 1), ("stock".to_owned(), 5, 2)];
        assert_eq!((own, between, &services[..]), (7, 0, &expected[..]));
    }

    #[test]
    fn a_child_inside_another_counts_for_nothing_but_is_counted() {
        let (own, _, services) = drawn(
            "
            shop: order     [============]
              stock: get     [=========]
              bank: pay         [==]
            ",
        );
        assert_eq!((own, services), (3, vec![("stock".into(), 10, 1), ("bank".into(), 0, 1)]));
    }

    #[test]
    fn a_client_does_not_work_while_its_request_travels() {
        let drawing = "
            shop: GET (client)    [==========]
              stock: GET (server)    [====]
            ";
        assert_eq!(drawn(drawing), (0, 6, vec![("stock".into(), 5, 1)]));
        let alone = "shop: GET (client)    [==========]";
        assert_eq!(drawn(alone), (11, 0, vec![]));
        let same = "
            shop: GET (client)    [==========]
              shop: parse            [====]
            ";
        assert_eq!(drawn(same), (6, 0, vec![("shop".into(), 5, 1)]));
        let queued = "
            shop: publish (producer)    [====]
              mail: process (consumer)         [====]
            ";
        assert_eq!(drawn(queued), (5, 0, vec![("mail".into(), 0, 1)]));
    }

    #[test]
    fn children_outside_their_parent_are_clipped() {
        let (own, _, services) = drawn(
            "
            shop: order          [======]
              stock: early    [=====]
              bank: late               [======]
              mail: after                      [==]
            ",
        );
        assert_eq!(own, 3);
        assert_eq!(services, [("stock".into(), 3, 1), ("bank".into(), 1, 1), ("mail".into(), 0, 1)]);
    }

    #[test]
    fn the_longest_stretch_without_a_child_is_found() {
        let trace = trace(
            "
            shop: order     [===================]
              stock: get      [=====]
              bank: pay                   [===]
            ",
        );
        let gap = breakdown(trace.outline(), 0).gap;
        assert_eq!(gap, Some((8 * COLUMN, 14 * COLUMN)));
        assert_eq!(breakdown(trace.outline(), 1).gap, None);
    }

    proptest! {
        #[test]
        fn every_nanosecond_counts_once_for_the_child_that_ends_last(outline in outlines(25)) {
            for span in 0..outline.len() as SpanIx {
                let found = breakdown(&outline, span);
                let sum: u64 = found.services.iter().map(|share| share.time).sum();
                prop_assert_eq!(found.own + found.between + sum, found.duration);
                prop_assert_eq!(found.duration, outline.duration_of(span));
                let mut times: std::collections::HashMap<StrIx, u64> = std::collections::HashMap::new();
                for at in outline.start[span as usize]..outline.end[span as usize] {
                    let end = |child: SpanIx| outline.end[child as usize].min(outline.end[span as usize]);
                    let at_work = outline.children(span)
                        .filter(|child| outline.start[*child as usize] <= at && at < outline.end[*child as usize]);
                    // Of equals the one that began first.
                    let last = at_work.reduce(|best, child| if end(child) > end(best) { child } else { best });
                    if let Some(child) = last {
                        *times.entry(outline.service[child as usize]).or_default() += 1;
                    }
                }
                for share in &found.services {
                    prop_assert_eq!(share.time, times.get(&share.service).copied().unwrap_or(0));
                }
            }
        }
    }
}
