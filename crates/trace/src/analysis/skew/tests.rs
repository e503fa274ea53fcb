//! Drawn calls between services whose clocks differ.

use super::*;
use crate::model::{Flags, SpanKind};
use crate::testing::{COLUMN, forest, trace};
use proptest::prelude::*;
use std::sync::Arc;

/// Service, reference, offset, least and most in columns, and calls.
type Found = (String, String, f64, Option<i64>, Option<i64>, u32);

fn found(drawing: &str) -> Vec<Found> {
    let trace = trace(drawing);
    let column = COLUMN as i64;
    let columns = |time: i64| time / column;
    let offsets = clocks(trace.outline(), TOLERANCE).offsets;
    let one = |one: ClockOffset| {
        let offset = one.offset as f64 / column as f64;
        (one.service, one.reference, offset, one.least.map(columns), one.most.map(columns), one.calls)
    };
    offsets.into_iter().map(one).collect()
}

#[test]
fn a_server_that_starts_before_its_client_is_behind() {
    let offsets = found(
        "
        shop: call (client)          [==========]
          stock: get (server)   [====]
        ",
    );
    // From 26 - 36 to 21 - 26.
    assert_eq!(offsets, [("stock".into(), "shop".into(), -8.0, Some(-11), Some(-5), 1)]);
}

#[test]
fn a_server_that_ends_after_its_client_is_ahead_if_it_was_shorter() {
    let ahead = "
        shop: call (client)          [==========]
          stock: get (server)                [=====]
    ";
    assert_eq!(found(ahead), [("stock".into(), "shop".into(), 5.5, Some(3), Some(8), 1)]);
    let longer = "
        shop: call (client)          [==========]
          stock: get (server)          [=============]
    ";
    assert_eq!(found(longer), [], "the client may not have waited");
    let failed = "
        shop: call (client) !        [==========]
          stock: get (server)                [=====]
    ";
    assert_eq!(found(failed), [], "the client may have given up");
}

#[test]
fn equal_clocks_are_found_equal() {
    let within = "
        shop: call (client)          [==========]
          stock: get (server)         [====]
    ";
    assert_eq!(found(within), []);
    let within_the_tolerance = "
        shop: call (client)          [==========]
          stock: get (server)       [====]
    ";
    assert_eq!(found(within_the_tolerance), []);
    let own_child_outside = "
        shop: call              [==========]
          shop: early        [=====]
    ";
    assert_eq!(found(own_child_outside), [], "one service has one clock");
}

#[test]
fn more_calls_narrow_the_offset_down() {
    let offsets = found(
        "
        shop: order (server)         [==============================]
          shop: call (client)        [==========]
            stock: get (server)   [====]
          shop: call (client)                    [====]
            stock: get (server)              [==]
          shop: call (client)                          [=======]
            stock: get (server)               [========================================]
        ",
    );
    // The second call allows -6 to -4, and the last, longer than its client, no more than -11: they contradict each other,
    // and the bound of the answers is dropped.
    assert_eq!(offsets, [("stock".into(), "shop".into(), -9.0, None, Some(-9), 3)]);
}

#[test]
fn offsets_add_up_along_calls_and_messages_bound_one_side() {
    let drawing = "
        a: call (client)                   [==========]
          b: answer (server)          [====]
            b: call (client)           [==]
              c: answer (server) [==]
        a: send (producer)                              [=]
          d: take (consumer)                        [=========]
    ";
    let trace = trace(drawing);
    let found = clocks(trace.outline(), TOLERANCE);
    let names: Vec<(&str, &str, i64)> = found
        .offsets
        .iter()
        .map(|one| (one.service.as_str(), one.reference.as_str(), one.offset / COLUMN as i64))
        .collect();
    assert_eq!(names, [("b", "a", -8), ("d", "a", -4), ("c", "b", -6)]);
    let (corrected, _) = corrected(trace.outline(), TOLERANCE).unwrap();
    let start = |span: usize| corrected.start[span] / COLUMN;
    assert_eq!([start(0), start(1), start(2), start(3)], [0, 3, 4, 4]);
    assert!(!corrected.flags[1].has(Flags::CLOCK_SKEW) && !corrected.flags[1].has(Flags::OUTSIDE_PARENT));
}

#[test]
fn a_trace_whose_clocks_agree_is_not_corrected() {
    let trace = trace("a: call (client)      [====]\n  b: answer (server)  [==]");
    assert!(corrected(trace.outline(), TOLERANCE).is_none());
    assert!(corrected(&Arc::default(), TOLERANCE).is_none());
}

proptest! {
    /// A client and servers with a clock that is off: the bounds hold the true offset, and corrected times fit.
    #[test]
    fn the_bounds_hold_the_true_offset(
        offset in -5_000_000_000i64..5_000_000_000,
        calls in proptest::collection::vec((1u64..1_000_000_000, 0u64..500_000_000, 0u64..500_000_000), 1..20),
    ) {
        let parents: Vec<Option<SpanIx>> = (0..calls.len() as u32 * 2).map(|at| (at % 2 == 1).then(|| at - 1)).collect();
        let mut outline = forest::forest(&parents);
        let (client, server) = (outline.strings.intern("client"), outline.strings.intern("server"));
        let mut time = 10_000_000_000i64;
        for (call, (work, there, back)) in calls.iter().enumerate() {
            let (at, below) = (call * 2, call * 2 + 1);
            (outline.service[at], outline.service[below]) = (client, server);
            (outline.kind[at], outline.kind[below]) = (SpanKind::Client, SpanKind::Server);
            outline.start[at] = time as u64;
            outline.start[below] = (time + *there as i64 + offset) as u64;
            outline.end[below] = outline.start[below] + work;
            outline.end[at] = outline.start[at] + there + work + back;
            time = outline.end[at] as i64;
        }
        for one in clocks(&outline, 0).offsets {
            prop_assert!(one.least.is_none_or(|least| least <= offset));
            prop_assert!(one.most.is_none_or(|most| offset <= most));
            prop_assert!(one.least.is_none_or(|least| least <= one.offset));
            prop_assert!(one.most.is_none_or(|most| one.offset <= most));
        }
        let outline = Arc::new(outline);
        let corrected = corrected(&outline, 0).map_or_else(|| outline.clone(), |(new, _)| new);
        for at in (0..outline.len()).step_by(2) {
            prop_assert!(corrected.start[at] <= corrected.start[at + 1], "received after it was sent");
            prop_assert!(corrected.end[at + 1] <= corrected.end[at], "answered before it was received");
        }
    }
}
